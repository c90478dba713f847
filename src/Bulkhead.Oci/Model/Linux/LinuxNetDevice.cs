namespace Bulkhead.Oci;

/// <summary>A network device moved into the container.</summary>
public sealed class LinuxNetDevice
{
    /// <summary>Its name inside; absent: as on the host.</summary>
    public string? Name { get; set; }
}
