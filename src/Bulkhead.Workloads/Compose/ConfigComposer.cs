using System.Collections.Generic;
using Bulkhead.Isolation.Plan;
using Bulkhead.Oci;
using Bulkhead.Workloads.Compose.Seccomp;
using Bulkhead.Workloads.Ids;

namespace Bulkhead.Workloads.Compose;

/// <summary>From what a person asked for to an OCI configuration: the hardened defaults, and each loosening that was named.</summary>
public static class ConfigComposer
{
    /// <param name="workload">Its id and options.</param>
    /// <param name="range">Host ids behind its own.</param>
    /// <param name="folder">With the files that it sees; gets a layer for writes where one is needed.</param>
    public static RuntimeConfig Compose(WorkloadRecord workload, IdRange range, WorkloadFolder folder)
    {
        WorkloadOptions options = workload.Options;
        ProcessUser user = ProcessUser.Resolve(options);
        bool ownUsers = !options.Privileged;
        LinuxCapabilities capabilities = CapabilityChoice.Of(options, user);
        FolderRules.Check(options, user, capabilities);
        var mounts = new List<Mount>();
        DefaultMounts.Add(mounts, options, user);
        DefaultMounts.AddFiles(mounts, folder.FilesPath);
        AccountFiles.Add(mounts, options, user, folder);
        VolumeMounts.Add(mounts, options, user, range);
        return new RuntimeConfig
        {
            OciVersion = StateWriter.OciVersion,
            Root = new Root { Path = options.Rootfs, Readonly = !options.Writable },
            Hostname = options.Network == "host" ? null : options.Hostname ?? workload.ShortId,
            Process = ProcessOf(options, user, capabilities),
            Mounts = mounts.ToArray(),
            Annotations = Annotations(options, ownUsers, capabilities, RootLayer.For(options, mounts, folder)),
            Linux = new LinuxConfig
            {
                UidMappings = ownUsers ? [Whole(range)] : [],
                GidMappings = ownUsers ? [Whole(range)] : [],
                Namespaces = NamespaceChoice.Of(options),
                Resources = ResourceChoice.Of(options),
                CgroupsPath = "/bulkhead/" + workload.Id,
                Sysctl = Sysctls(options),
                MaskedPaths = options.Privileged ? [] : DefaultMounts.MaskedPaths,
                ReadonlyPaths = options.Privileged ? [] : DefaultMounts.ReadonlyPaths,
                Seccomp = options.Privileged ? null : SeccompChoice.Of(options.SecurityOptions, capabilities.Bounding),
            },
        };
    }

    private static Process ProcessOf(WorkloadOptions options, ProcessUser user, LinuxCapabilities capabilities) => new()
    {
        Terminal = options.Terminal,
        User = new User { Uid = user.Uid, Gid = user.Gid, AdditionalGids = user.Groups, Umask = 0x12 }, // 0022
        Args = options.Command,
        Env = EnvironmentChoice.Of(options, user),
        Cwd = options.WorkingDirectory ?? "/",
        Capabilities = capabilities,
        Rlimits = ResourceChoice.Rlimits(options),
        NoNewPrivileges = !options.Privileged,
    };

    private static LinuxIdMapping Whole(IdRange range) => new() { ContainerId = 0, HostId = range.First, Size = range.Size };

    private static KeyValuePair<string, string>[] Annotations(WorkloadOptions options, bool ownUsers, LinuxCapabilities capabilities, string? layer)
    {
        var result = new List<KeyValuePair<string, string>>(options.Annotations);
        if (ownUsers)
            result.Add(new(Extensions.RootIdMap, "true"));
        if (layer is not null)
            result.Add(new(Extensions.RootUpper, layer));
        if (LandlockChoice.Of(options, capabilities))
            result.Add(new(Extensions.Landlock, Extensions.LandlockDefault));
        return result.ToArray();
    }

    /// <summary>As Docker: a program without capabilities may listen on port 80 of its own network, and ping without a raw socket.</summary>
    private static KeyValuePair<string, string>[] Sysctls(WorkloadOptions options)
    {
        var result = new List<KeyValuePair<string, string>>();
        if (options.Network == "none" && !options.Privileged)
        {
            result.Add(new("net.ipv4.ip_unprivileged_port_start", "0"));
            result.Add(new("net.ipv4.ping_group_range", "0 65535"));
        }
        result.AddRange(options.Sysctls);
        return result.ToArray();
    }
}
