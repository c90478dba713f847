namespace Bulkhead.Oci;

/// <summary>One mount.</summary>
public sealed class Mount
{
    public string Destination { get; set; } = "";

    public string? Type { get; set; }

    public string? Source { get; set; }

    /// <summary>fstab-like options; see Bulkhead.Linux.MountOptions.</summary>
    public string[] Options { get; set; } = [];

    /// <summary>The ids of an idmapped mount.</summary>
    public LinuxIdMapping[] UidMappings { get; set; } = [];

    public LinuxIdMapping[] GidMappings { get; set; } = [];
}
