using System.Runtime.InteropServices;

namespace Bulkhead.UserKernel.Cells;

/// <summary>Addresses and sizes of eng/native/gate/gate.h; tests/UserKernel compares them.</summary>
internal static class GateLayout
{
    public const ulong GateBase = 0x7000_0000_0000;
    public const ulong TextSize = 0x10000;
    public const ulong GateEnd = 0x7000_3000_0000;
    public const int MaxThreads = 1024;
    public const int SlotSize = 8192;
    public const int ChannelSize = MaxThreads * SlotSize;
    public const int StacksSize = MaxThreads * 65536;
    public const ulong ChannelBase = 0x7000_1000_0000;
    public const int DataOffset = 4096;
    public const int SocketFd = 3;
    public const int Kick = 64;
    public const int OpsPerReply = 24;

    /// <summary>Bytes that go along with a request or an answer in the place of ops; more of them lie in the data.</summary>
    public const int MostBytes = OpsPerReply * 64, MostData = 4096, MostLittle = 16;

    public const uint Idle = 0, Request = 1, Reply = 2;

    /// <summary>Stands for the descriptor that comes with an mmap.</summary>
    public const ulong ReceivedFd = unchecked((ulong)-2);

    /// <summary>The descriptor of the mmap before.</summary>
    public const ulong SameFd = unchecked((ulong)-3);
}

internal enum RequestKind : uint
{
    Start = 1,
    Syscall,
    Done,
    Signals,
    SignalReturn,
    Fault,
    Exit,
    Owner,
    ExitGroup,
}

internal enum ReplyAction : uint
{
    Return = 1,
    Ops,
    Jump,
    Exit,
    ExitGroup,
    Clone,
    Fork,
    Signal,
    Continue,
    Vfork,
    VforkEnd,
    Local,
}

/// <summary>Where bytes lie that go along with an answer.</summary>
internal enum GivenPlace : byte
{
    Little,
    Bytes,
    Data,
}

/// <summary>One host call that the gate makes for us: what the cell's filter allows anyway.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GateOp
{
    public ulong Nr;
    public fixed ulong Args[6];
    public long Result;
}

/// <summary>
/// What a guest thread and the kernel share. Every byte is hostile: the guest may change it at any time. A value is read once into a local,
/// then checked.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Slot
{
    // One line of memory: what both look at while they wait, a usual request, and its answer.
    public uint State;
    public byte Sleeping;
    public bool Watching;
    public ushort Spin;
    public byte Kind;
    public byte Writable;
    public byte Action;
    public bool More;
    public uint Nr;
    public long Result;
    public ushort Sent;
    public ushort Given;
    public bool Counted;
    public GivenPlace Place;
    public bool Lasting;
    private readonly byte lineEnd;

    /// <summary>Of an answer that gives bytes the second says where to, and the next two are the bytes when they are few.</summary>
    public fixed ulong Args[6];

    // The gate's notes: a look at them takes the line from its CPU.
    public ulong Ip;
    public ulong Sp;
    public ulong Frame;
    public uint Interrupted;
    public int HostTid;
    private fixed ulong notesEnd[2];

    // Seldom written.
    public ulong Blocked;
    public ulong Robust;
    public uint Filtered;
    public uint Pending;
    public uint OwnActions;
    public uint ActionsTurn;
    public int Pid;
    public int Tid;
    public int ParentPid;
    public uint Uid;
    public uint Euid;
    public uint Gid;
    public uint Egid;
    public uint Report;

    // Other answers.
    public uint OpCount;
    public uint ThreadSlot;
    public uint Restart;
    public uint BornAsking;
    public ulong Handler;
    public ulong Restorer;
    public ulong FrameTop;
    public ulong Mask;
    public ulong AlternateSp;
    public ulong AlternateSize;
    public uint AlternateFlags;
    public uint SignalNumber;
    public fixed byte Info[128];
    public ulong SentAt;
    public fixed byte Ops[GateLayout.OpsPerReply * 64];
    public fixed byte Actions[64 * 32];
    public ulong LastingTurn;
    private fixed byte pad[4096 - (3 * 64) - 208 - 1536 - 2048 - 8];
    public fixed byte Data[4096];
}
