using Bulkhead.Oci;

namespace Bulkhead.Isolation;

/// <summary>Rules about namespaces that a container would share with the host.</summary>
public sealed partial class Policy
{
    private void Namespaces(RuntimeConfig config)
    {
        if (HostNamespaces is null)
            return;
        foreach (string type in HostNamespaces.Values)
        {
            LinuxNamespace? ns = Find(config.Linux, type);
            if (ns is null)
                throw Denied(HostNamespaces, $"the container would share the host's {type} namespace");
            if (ns.Path is not null && HostNamespace.IsHost(ns))
                throw Denied(HostNamespaces, $"{ns.Path} is the host's {type} namespace");
        }
    }

    private static LinuxNamespace? Find(LinuxConfig? linux, string type)
    {
        foreach (LinuxNamespace ns in linux?.Namespaces ?? [])
        {
            if (ns.Type == type)
                return ns;
        }
        return null;
    }
}
