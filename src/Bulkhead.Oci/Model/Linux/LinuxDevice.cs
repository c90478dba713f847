namespace Bulkhead.Oci;

/// <summary>A device node.</summary>
public sealed class LinuxDevice
{
    public string Path { get; set; } = "";

    /// <summary>c, u, b or p.</summary>
    public string Type { get; set; } = "";

    public long Major { get; set; }

    public long Minor { get; set; }

    public uint? FileMode { get; set; }

    public uint? Uid { get; set; }

    public uint? Gid { get; set; }
}
