namespace Bulkhead.Linux.Netlink;

/// <summary>One of linux.netDevices: a host interface that moves into the container; an empty <paramref name="ContainerName"/> keeps its name.</summary>
public readonly record struct NetDevice(string HostName, string ContainerName)
{
    internal string Target => ContainerName.Length == 0 ? HostName : ContainerName;
}
