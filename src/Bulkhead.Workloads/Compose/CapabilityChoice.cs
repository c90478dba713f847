using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose;

/// <summary>No capability, unless asked for.</summary>
internal static class CapabilityChoice
{
    /// <summary>
    /// --as-root: what official entrypoints do before they drop their user (chown a data folder, switch user), all of it within the user
    /// namespace. Less than Docker's fourteen: no raw sockets, no device nodes, no chroot, no audit, no file capabilities.
    /// </summary>
    private static readonly string[] Root =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
    ];

    public static LinuxCapabilities Of(WorkloadOptions options, ProcessUser user)
    {
        var set = new List<string>();
        if (options.Privileged)
            set.AddRange(All());
        else if (options.AsRoot || user.Uid == 0)
            set.AddRange(Root);
        foreach (string name in options.CapAdd)
        {
            foreach (string one in Expand(name, "--cap-add"))
            {
                if (!set.Contains(one))
                    set.Add(one);
            }
        }
        foreach (string name in options.CapDrop)
        {
            foreach (string one in Expand(name, "--cap-drop"))
                set.Remove(one);
        }
        string[] all = set.ToArray();
        // A user other than root keeps capabilities over exec only as ambient ones (capabilities(7)).
        string[] ambient = user.Uid == 0 ? [] : all;
        return new LinuxCapabilities { Bounding = all, Effective = all, Permitted = all, Inheritable = ambient, Ambient = ambient };
    }

    private static string[] Expand(string name, string flag)
    {
        string full = name.ToUpperInvariant();
        if (full is "ALL" or "CAP_ALL")
            return All();
        if (!full.StartsWith("CAP_", StringComparison.Ordinal))
            full = "CAP_" + full;
        return Capabilities.TryParse(full, out _) ? [full] : throw new StepException($"{flag}: there is no capability '{name}' (capabilities(7) lists them)");
    }

    private static string[] All()
    {
        var all = new string[Capabilities.Count];
        for (int i = 0; i < all.Length; i++)
            all[i] = Capabilities.Name(i);
        return all;
    }
}
