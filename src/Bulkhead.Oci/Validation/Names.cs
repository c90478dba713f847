namespace Bulkhead.Oci;

/// <summary>The names that the specification gives to values. Switches over constants: nothing runs at start.</summary>
public static class Names
{
    public static NamespaceKinds Namespace(string type) => type switch
    {
        "pid" => NamespaceKinds.Pid,
        "network" => NamespaceKinds.Network,
        "mount" => NamespaceKinds.Mount,
        "ipc" => NamespaceKinds.Ipc,
        "uts" => NamespaceKinds.Uts,
        "user" => NamespaceKinds.User,
        "cgroup" => NamespaceKinds.Cgroup,
        "time" => NamespaceKinds.Time,
        _ => NamespaceKinds.None,
    };

    /// <summary>The number of a RLIMIT_ name in linux/resource.h, -1 for an unknown one.</summary>
    public static int Rlimit(string type) => type switch
    {
        "RLIMIT_CPU" => 0,
        "RLIMIT_FSIZE" => 1,
        "RLIMIT_DATA" => 2,
        "RLIMIT_STACK" => 3,
        "RLIMIT_CORE" => 4,
        "RLIMIT_RSS" => 5,
        "RLIMIT_NPROC" => 6,
        "RLIMIT_NOFILE" => 7,
        "RLIMIT_MEMLOCK" => 8,
        "RLIMIT_AS" => 9,
        "RLIMIT_LOCKS" => 10,
        "RLIMIT_SIGPENDING" => 11,
        "RLIMIT_MSGQUEUE" => 12,
        "RLIMIT_NICE" => 13,
        "RLIMIT_RTPRIO" => 14,
        "RLIMIT_RTTIME" => 15,
        _ => -1,
    };

    /// <summary>The number of a SCHED_ policy in linux/sched.h, -1 for one that Linux does not have (SCHED_ISO is only reserved).</summary>
    public static int SchedulerPolicy(string policy) => policy switch
    {
        "SCHED_OTHER" => 0,
        "SCHED_FIFO" => 1,
        "SCHED_RR" => 2,
        "SCHED_BATCH" => 3,
        "SCHED_IDLE" => 5,
        "SCHED_DEADLINE" => 6,
        _ => -1,
    };

    /// <summary>SCHED_FLAG_* of linux/sched.h, 0 for an unknown one.</summary>
    public static ulong SchedulerFlag(string flag) => flag switch
    {
        "SCHED_FLAG_RESET_ON_FORK" => 0x01,
        "SCHED_FLAG_RECLAIM" => 0x02,
        "SCHED_FLAG_DL_OVERRUN" => 0x04,
        "SCHED_FLAG_KEEP_POLICY" => 0x08,
        "SCHED_FLAG_KEEP_PARAMS" => 0x10,
        "SCHED_FLAG_UTIL_CLAMP_MIN" => 0x20,
        "SCHED_FLAG_UTIL_CLAMP_MAX" => 0x40,
        _ => 0,
    };

    /// <summary>IOPRIO_CLASS_* of linux/ioprio.h, -1 for an unknown one.</summary>
    public static int IoPriorityClass(string name) => name switch
    {
        "IOPRIO_CLASS_RT" => 1,
        "IOPRIO_CLASS_BE" => 2,
        "IOPRIO_CLASS_IDLE" => 3,
        _ => -1,
    };

    /// <summary>MPOL_* of linux/mempolicy.h, -1 for an unknown one.</summary>
    public static int MemoryPolicyMode(string mode) => mode switch
    {
        "MPOL_DEFAULT" => 0,
        "MPOL_PREFERRED" => 1,
        "MPOL_BIND" => 2,
        "MPOL_INTERLEAVE" => 3,
        "MPOL_LOCAL" => 4,
        "MPOL_PREFERRED_MANY" => 5,
        "MPOL_WEIGHTED_INTERLEAVE" => 6,
        _ => -1,
    };

    /// <summary>MPOL_F_* of linux/mempolicy.h, 0 for an unknown one.</summary>
    public static int MemoryPolicyFlag(string flag) => flag switch
    {
        "MPOL_F_STATIC_NODES" => 1 << 15,
        "MPOL_F_RELATIVE_NODES" => 1 << 14,
        "MPOL_F_NUMA_BALANCING" => 1 << 13,
        _ => 0,
    };

    /// <summary>The domain for personality(2), -1 for an unknown one.</summary>
    public static int Personality(string domain) => domain switch
    {
        "LINUX" => 0,
        "LINUX32" => 8,
        _ => -1,
    };

    /// <summary>The CLOCK_* number for /proc/PID/timens_offsets, -1 for a clock without an offset.</summary>
    public static int TimeClock(string clock) => clock switch
    {
        "monotonic" => 1,
        "boottime" => 7,
        _ => -1,
    };

    /// <summary>Whether a name can be a network device's (net/core/dev.c: dev_valid_name).</summary>
    public static bool IsNetworkDevice(string name)
    {
        if (name.Length is 0 or > 15 || name is "." or "..")
            return false;
        foreach (char c in name)
        {
            if (c is '/' or ':' or '\0' || char.IsWhiteSpace(c))
                return false;
        }
        return true;
    }
}
