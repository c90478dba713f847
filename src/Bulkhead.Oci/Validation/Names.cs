namespace Bulkhead.Oci;

/// <summary>
/// The specification's names of things that belong to no system call; those that do are in Bulkhead.Linux (Rlimits, Scheduling,
/// Seccomp.SeccompNames). Switches over constants: nothing runs at start.
/// </summary>
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
