using System;
using System.Collections.Generic;
using Bulkhead.Oci;
using Bulkhead.Workloads.Compose.Seccomp;

namespace Bulkhead.Workloads.Compose;

/// <summary>What a workload's options come to, for who wants to see it: from the same choices that its configuration is composed of.</summary>
public sealed record Confinement
{
    public required ProcessUser User { get; init; }

    /// <summary>False: ids inside are the host's.</summary>
    public required bool OwnUsers { get; init; }

    /// <summary>CAP_X: the bounding set.</summary>
    public required string[] Capabilities { get; init; }

    public required bool NoNewPrivileges { get; init; }

    /// <summary>default, unconfined, or a file.</summary>
    public required string SeccompProfile { get; init; }

    /// <summary>System calls that the filter lets through, some of them with conditions; null: all.</summary>
    public required int? AllowedCalls { get; init; }

    public required bool Landlock { get; init; }

    /// <summary>Namespaces of its own.</summary>
    public required string[] Namespaces { get; init; }

    public static Confinement Of(WorkloadOptions options)
    {
        ProcessUser user = ProcessUser.Resolve(options);
        LinuxCapabilities capabilities = CapabilityChoice.Of(options, user);
        LinuxSeccomp? filter = options.Privileged ? null : SeccompChoice.Of(options.SecurityOptions, capabilities.Bounding);
        var namespaces = new List<string>();
        // Whose network it is does not matter here, and it may be gone.
        WorkloadOptions placed = options.Network.StartsWith("container:", StringComparison.Ordinal) ? options with { Network = "/proc/self/ns/net" } : options;
        foreach (LinuxNamespace space in NamespaceChoice.Of(placed))
        {
            if (space.Path is not { Length: > 0 })
                namespaces.Add(space.Type);
        }
        return new Confinement
        {
            User = user,
            OwnUsers = !options.Privileged,
            Capabilities = capabilities.Bounding,
            NoNewPrivileges = !options.Privileged,
            SeccompProfile = filter is null ? "unconfined" : Profile(options),
            AllowedCalls = filter is null ? null : Allowed(filter),
            Landlock = LandlockChoice.Of(options, capabilities),
            Namespaces = namespaces.ToArray(),
        };
    }

    private static string Profile(WorkloadOptions options)
    {
        string profile = "default";
        foreach (string option in options.SecurityOptions)
        {
            if (option.StartsWith("seccomp=", StringComparison.Ordinal))
                profile = option["seccomp=".Length..];
        }
        return profile;
    }

    private static int Allowed(LinuxSeccomp filter)
    {
        var names = new HashSet<string>();
        foreach (LinuxSyscall rule in filter.Syscalls)
        {
            if (rule.Action == "SCMP_ACT_ALLOW")
                names.UnionWith(rule.Names);
        }
        return names.Count;
    }
}
