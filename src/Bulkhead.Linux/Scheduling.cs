using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

/// <summary>The runtime specification's names for CPU scheduling, I/O priority, memory policy and personality.</summary>
public static class Scheduling
{
    /// <summary>Index is the policy's number. SCHED_ISO is reserved: the kernel answers EINVAL.</summary>
    private static ReadOnlySpan<byte> Policies => "SCHED_OTHER SCHED_FIFO SCHED_RR SCHED_BATCH SCHED_ISO SCHED_IDLE SCHED_DEADLINE "u8;

    /// <summary>Index is the bit.</summary>
    private static ReadOnlySpan<byte> Flags =>
        "SCHED_FLAG_RESET_ON_FORK SCHED_FLAG_RECLAIM SCHED_FLAG_DL_OVERRUN SCHED_FLAG_KEEP_POLICY SCHED_FLAG_KEEP_PARAMS "u8 +
        "SCHED_FLAG_UTIL_CLAMP_MIN SCHED_FLAG_UTIL_CLAMP_MAX "u8;

    private static ReadOnlySpan<byte> IoClasses => "IOPRIO_CLASS_NONE IOPRIO_CLASS_RT IOPRIO_CLASS_BE IOPRIO_CLASS_IDLE "u8;

    private static ReadOnlySpan<byte> MemoryModes =>
        "MPOL_DEFAULT MPOL_PREFERRED MPOL_BIND MPOL_INTERLEAVE MPOL_LOCAL MPOL_PREFERRED_MANY MPOL_WEIGHTED_INTERLEAVE "u8;

    /// <summary>Index 0 is bit 13, MPOL_F_NUMA_BALANCING.</summary>
    private static ReadOnlySpan<byte> MemoryFlags => "MPOL_F_NUMA_BALANCING MPOL_F_RELATIVE_NODES MPOL_F_STATIC_NODES "u8;

    /// <summary>SCHED_OTHER and so on: the sched_policy of struct sched_attr.</summary>
    public static bool TryParsePolicy(ReadOnlySpan<char> name, out uint policy)
    {
        int index = new NameTable(Policies).IndexOf(name);
        policy = (uint)index;
        return index >= 0 && name is not "SCHED_ISO";
    }

    /// <summary>SCHED_FLAG_X: one bit of sched_flags.</summary>
    public static bool TryParseFlag(ReadOnlySpan<char> name, out ulong flag)
    {
        int index = new NameTable(Flags).IndexOf(name);
        flag = index < 0 ? 0 : 1ul << index;
        return index >= 0;
    }

    /// <summary>IOPRIO_CLASS_X.</summary>
    public static bool TryParseIoClass(ReadOnlySpan<char> name, out int ioClass)
    {
        ioClass = new NameTable(IoClasses).IndexOf(name);
        return ioClass >= 0;
    }

    /// <summary>The argument of ioprio_set(2).</summary>
    public static int IoPriority(int ioClass, int priority) => (ioClass << Ioprio.IOPRIO_CLASS_SHIFT) | priority;

    /// <summary>MPOL_X: the mode of set_mempolicy(2).</summary>
    public static bool TryParseMemoryMode(ReadOnlySpan<char> name, out int mode)
    {
        mode = new NameTable(MemoryModes).IndexOf(name);
        return mode >= 0;
    }

    /// <summary>MPOL_F_X: or it into the mode.</summary>
    public static bool TryParseMemoryFlag(ReadOnlySpan<char> name, out int flag)
    {
        int index = new NameTable(MemoryFlags).IndexOf(name);
        flag = index < 0 ? 0 : Mempolicy.MPOL_F_NUMA_BALANCING << index;
        return index >= 0;
    }

    /// <summary>LINUX or LINUX32: the domain of personality(2).</summary>
    public static bool TryParsePersonality(ReadOnlySpan<char> name, out uint domain)
    {
        domain = name is "LINUX32" ? Personality.PER_LINUX32 : Personality.PER_LINUX;
        return name is "LINUX" or "LINUX32";
    }
}
