// Mirrors eng/native/spawn.h.
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Spawn;

internal static class ProgramLayout
{
    public const int Slots = 96;
    public const byte NoSlot = 0xff;
    public const ulong PlanAddress = 0x70000000;

    public const uint OpJump = 0x10000;
    public const uint OpTest = 0x10001;
    public const uint OpStore32 = 0x10002;
    public const uint OpStore64 = 0x10003;
    public const uint OpFail = 0x10004;
    public const uint OpSync = 0x10005;
    public const uint OpFork = 0x10006;
    public const uint OpSet = 0x10007;
    public const uint OpDie = 0x10008;

    public const byte FlagOkJump = 1;
    public const byte FlagErrJump = 2;
    public const byte FlagAnyErrno = 4;

    public const uint PhaseLaunch = 0;
    public const uint PhaseStub = 1;

    public const uint ReportFail = 1;
    public const uint ReportSync = 2;
    public const uint ReportForked = 3;
}

/// <summary>struct bh_op: one system call or pseudo call.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ProgramOp
{
    public uint Nr;
    public byte SlotArgs;
    public byte Save;
    public byte Flags;
    private readonly byte pad;
    public ushort Errno1;
    public ushort Errno2;
    public ushort Target;
    private readonly ushort pad2;
    public fixed ulong A[6];
}

/// <summary>struct bh_program: where the ops are and where to report.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProgramHeader
{
    public ulong Ops;
    public uint OpCount;
    public int ReportFd;
    public uint Phase;
    private readonly uint pad;
}

/// <summary>struct bh_report: what the interpreter writes to the parent's socket.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProgramReport
{
    public uint Kind;
    public uint Op;
    public int Error;
    public int Value;
}

/// <summary>struct bh_launch: the arguments and results of one clone.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LaunchArguments
{
    public ulong CloneFlags;
    public int CgroupFd;
    public int Pidfd;
    public ProgramHeader Program;
}
