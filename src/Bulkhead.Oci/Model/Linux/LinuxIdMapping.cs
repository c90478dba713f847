namespace Bulkhead.Oci;

/// <summary>A range of ids.</summary>
public sealed class LinuxIdMapping
{
    public uint ContainerId { get; set; }

    public uint HostId { get; set; }

    public uint Size { get; set; }
}
