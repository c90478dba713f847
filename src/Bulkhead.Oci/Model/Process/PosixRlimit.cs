namespace Bulkhead.Oci;

/// <summary>A resource limit.</summary>
public sealed class PosixRlimit
{
    /// <summary>RLIMIT_NOFILE and so on.</summary>
    public string Type { get; set; } = "";

    public ulong Hard { get; set; }

    public ulong Soft { get; set; }
}
