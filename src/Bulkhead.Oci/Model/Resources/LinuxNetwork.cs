namespace Bulkhead.Oci;

/// <summary>net_cls and net_prio.</summary>
public sealed class LinuxNetwork
{
    public uint? ClassId { get; set; }

    public LinuxInterfacePriority[] Priorities { get; set; } = [];
}
