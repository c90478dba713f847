// Mirrors <linux/sched.h> (policies and flags of sched_setattr(2)) and <linux/sched/types.h>.
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Abi;

public static class SchedAttr
{
    public const uint SCHED_NORMAL = 0;
    public const uint SCHED_FIFO = 1;
    public const uint SCHED_RR = 2;
    public const uint SCHED_BATCH = 3;
    public const uint SCHED_IDLE = 5;
    public const uint SCHED_DEADLINE = 6;

    public const ulong SCHED_FLAG_RESET_ON_FORK = 0x01;
    public const ulong SCHED_FLAG_RECLAIM = 0x02;
    public const ulong SCHED_FLAG_DL_OVERRUN = 0x04;
    public const ulong SCHED_FLAG_KEEP_POLICY = 0x08;
    public const ulong SCHED_FLAG_KEEP_PARAMS = 0x10;
    public const ulong SCHED_FLAG_UTIL_CLAMP_MIN = 0x20;
    public const ulong SCHED_FLAG_UTIL_CLAMP_MAX = 0x40;
}

/// <summary>struct sched_attr; size is the size of this struct.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct sched_attr
{
    public uint size;
    public uint sched_policy;
    public ulong sched_flags;
    public int sched_nice;
    public uint sched_priority;
    public ulong sched_runtime;
    public ulong sched_deadline;
    public ulong sched_period;
    public uint sched_util_min;
    public uint sched_util_max;
}
