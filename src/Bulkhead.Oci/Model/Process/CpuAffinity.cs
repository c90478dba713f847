namespace Bulkhead.Oci;

/// <summary>CPU lists for exec.</summary>
public sealed class CpuAffinity
{
    /// <summary>Before the process moves into its cgroup.</summary>
    public string? Initial { get; set; }

    /// <summary>After it.</summary>
    public string? Final { get; set; }
}
