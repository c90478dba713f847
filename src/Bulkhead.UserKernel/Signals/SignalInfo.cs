using System;
using System.Runtime.InteropServices;

namespace Bulkhead.UserKernel.Signals;

/// <summary>siginfo_t of x86-64: 128 bytes, the fields that a guest reads at their offsets.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal unsafe struct SignalInfo
{
    public const int UserCode = 0, KernelCode = 0x80, QueueCode = -1, TimerCode = -2, ThreadCode = -6;
    public const int ChildExited = 1, ChildKilled = 2, ChildDumped = 3, ChildTrapped = 4, ChildStopped = 5, ChildContinued = 6;

    [FieldOffset(0)] public int Signal;
    [FieldOffset(4)] public int Error;
    [FieldOffset(8)] public int Code;
    [FieldOffset(16)] public int Pid;
    [FieldOffset(20)] public uint Uid;
    [FieldOffset(24)] public int Status;
    [FieldOffset(16)] public ulong Address;
    [FieldOffset(24)] public ulong Value;
    [FieldOffset(16)] public int TimerId;
    [FieldOffset(20)] public int Overrun;
    /// <summary>The kernel's own mark of a POSIX timer's signal: which setting of the timer it came from; 0 for all others.</summary>
    [FieldOffset(32)] public int TimerSetting;
    [FieldOffset(0)] public fixed byte Bytes[128];

    public static SignalInfo From(int signal, int code, int pid, uint uid) => new() { Signal = signal, Code = code, Pid = pid, Uid = uid };

    public void CopyTo(byte* to)
    {
        fixed (byte* p = Bytes)
            new ReadOnlySpan<byte>(p, 128).CopyTo(new Span<byte>(to, 128));
    }
}
