namespace Bulkhead.Oci;

/// <summary>Intel RDT (resctrl).</summary>
public sealed class LinuxIntelRdt
{
    public string? ClosId { get; set; }

    public string[] Schemata { get; set; } = [];

    public string? L3CacheSchema { get; set; }

    public string? MemBwSchema { get; set; }

    public bool EnableMonitoring { get; set; }
}
