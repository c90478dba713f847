namespace Bulkhead.Oci;

/// <summary>Offset of a clock.</summary>
public sealed class LinuxTimeOffset
{
    public long Secs { get; set; }

    public uint Nanosecs { get; set; }
}
