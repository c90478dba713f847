namespace Bulkhead.Oci;

/// <summary>A namespace to make, or to join by its path.</summary>
public sealed class LinuxNamespace
{
    /// <summary>pid, network, mount, ipc, uts, user, cgroup or time.</summary>
    public string Type { get; set; } = "";

    public string? Path { get; set; }
}
