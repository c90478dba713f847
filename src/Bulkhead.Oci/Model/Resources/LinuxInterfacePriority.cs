namespace Bulkhead.Oci;

/// <summary>Priority of one interface.</summary>
public sealed class LinuxInterfacePriority
{
    public string Name { get; set; } = "";

    public uint Priority { get; set; }
}
