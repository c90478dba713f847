using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose;

/// <summary>Every namespace of its own, but for what was asked to be shared.</summary>
internal static class NamespaceChoice
{
    public static LinuxNamespace[] Of(WorkloadOptions options)
    {
        var result = new List<LinuxNamespace>();
        foreach (string type in new[] { "pid", "mount", "ipc", "uts", "cgroup", "time" })
        {
            if (type != "uts" || !options.HostUts)
                result.Add(new LinuxNamespace { Type = type });
        }
        if (!options.Privileged)
            result.Add(new LinuxNamespace { Type = "user" });
        if (options.Network == "none")
            result.Add(new LinuxNamespace { Type = "network" });
        else if (options.Network.StartsWith("/proc/", StringComparison.Ordinal))
            result.Add(new LinuxNamespace { Type = "network", Path = options.Network });
        else if (options.Network != "host")
            throw new StepException($"--network: '{options.Network}' is not one of none, host, container:NAME");
        return result.ToArray();
    }
}
