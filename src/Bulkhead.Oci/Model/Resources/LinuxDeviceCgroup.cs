namespace Bulkhead.Oci;

/// <summary>A rule of the device controller.</summary>
public sealed class LinuxDeviceCgroup
{
    public bool Allow { get; set; }

    /// <summary>a, b or c; absent: a.</summary>
    public string? Type { get; set; }

    /// <summary>Absent: all.</summary>
    public long? Major { get; set; }

    /// <summary>Absent: all.</summary>
    public long? Minor { get; set; }

    /// <summary>Of r, w, m.</summary>
    public string? Access { get; set; }
}
