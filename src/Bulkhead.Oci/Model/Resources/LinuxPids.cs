namespace Bulkhead.Oci;

/// <summary>Limit of tasks.</summary>
public sealed class LinuxPids
{
    public long? Limit { get; set; }
}
