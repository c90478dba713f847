using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux.Spawn;
using Bulkhead.Oci;
using Bulkhead.Workloads.Compose.Seccomp;
using Bulkhead.Workloads.Ids;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Workloads.Compose;

/// <summary>From what a person asked for to an OCI configuration: the hardened defaults, and each loosening that was named.</summary>
public static class ConfigComposer
{
    /// <summary>In /dev, where a file can be made whatever the root file system has.</summary>
    private const string InitPath = "/dev/init";

    /// <param name="workload">Its id and options.</param>
    /// <param name="ids">Host ids behind its own.</param>
    /// <param name="folder">With the files that it sees; gets a layer for writes where one is needed.</param>
    /// <param name="cgroup">Where its cgroup goes; null: it can have none, and so no limits.</param>
    public static RuntimeConfig Compose(WorkloadRecord workload, ContainerIds ids, WorkloadFolder folder, string? cgroup)
    {
        WorkloadOptions options = workload.Options;
        ProcessUser user = ProcessUser.Resolve(options);
        LinuxCapabilities capabilities = CapabilityChoice.Of(options, user);
        FolderRules.Check(options, user, capabilities);
        var mounts = new List<Mount>();
        uint first = ids.Range?.First ?? 0;
        DefaultMounts.Add(mounts, options, user, ids.OneGroup, cgroup is not null);
        DefaultMounts.AddFiles(mounts, folder.FilesPath, options.NoHosts);
        AccountFiles.Add(mounts, options, user, folder);
        VolumeMounts.Add(mounts, options, user, ids.Range, VolumeStore.Beside(folder));
        DeviceChoice.Add(mounts, options, user, first, folder);
        SecretFiles.Add(mounts, options, user, first, folder);
        if (options.Init)
            mounts.Add(InitProgram(folder));
        return new RuntimeConfig
        {
            OciVersion = StateWriter.OciVersion,
            Root = new Root { Path = options.Rootfs, Readonly = !options.Writable },
            Domainname = options.HostUts ? null : options.Domainname,
            Hostname = options.Network == "host" || options.HostUts ? null : options.Hostname ?? workload.ShortId,
            Process = ProcessOf(options, user, capabilities),
            Mounts = mounts.ToArray(),
            Annotations = Annotations(options, ids.Range is not null, capabilities, RootLayer.For(options, mounts, folder)),
            Linux = new LinuxConfig
            {
                UidMappings = ids.Uids,
                GidMappings = ids.Gids,
                Namespaces = NamespaceChoice.Of(options),
                Resources = cgroup is null ? null : ResourceChoice.Of(options),
                CgroupsPath = cgroup,
                Sysctl = Sysctls(options, user, ids),
                MaskedPaths = options.Privileged ? [] : cgroup is null ? [.. DefaultMounts.MaskedPaths, "/sys/fs/cgroup"] : DefaultMounts.MaskedPaths,
                ReadonlyPaths = options.Privileged ? [] : DefaultMounts.ReadonlyPaths,
                Seccomp = options.Privileged ? null : SeccompChoice.Of(options.SecurityOptions, capabilities.Bounding),
            },
        };
    }

    private static Process ProcessOf(WorkloadOptions options, ProcessUser user, LinuxCapabilities capabilities) => new()
    {
        Terminal = options.Terminal,
        User = new User { Uid = user.Uid, Gid = user.Gid, AdditionalGids = user.Groups, Umask = options.Umask },
        Args = options.Init ? [InitPath, .. options.Words] : options.Words,
        Env = EnvironmentChoice.Of(options, user),
        Cwd = options.WorkingDirectory ?? "/",
        Capabilities = capabilities,
        Rlimits = ResourceChoice.Rlimits(options),
        NoNewPrivileges = !options.Privileged,
        OomScoreAdj = options.OomScoreAdj,
    };

    /// <summary>From the container's own folder: what it sees in /proc/1/exe is no program of the host's.</summary>
    private static Mount InitProgram(WorkloadFolder folder) =>
        DefaultMounts.Make(InitPath, "none", folder.SaveInit(InitImage.Bytes), "bind", "ro", "nosuid", "nodev", "private");

    private static KeyValuePair<string, string>[] Annotations(WorkloadOptions options, bool mappedIds, LinuxCapabilities capabilities, string? layer)
    {
        var result = new List<KeyValuePair<string, string>>(options.Annotations);
        if (mappedIds)
            result.Add(new(Extensions.RootIdMap, "true"));
        if (layer is not null)
            result.Add(new(Extensions.RootUpper, layer));
        if (options.Image is { Layers.Length: > 1 } image)
            result.Add(new(Extensions.RootLayers, string.Join(':', image.Layers[1..])));
        if (options.Init)
            result.Add(new(Extensions.SignalsBlocked, "true"));
        if (options.Isolation is { } tier)
            result.Add(new(IsolationChoice.Annotation, tier));
        if (options.FileAccess is { } access)
            result.Add(new(Extensions.FileAccess, access));
        if (options.FileAccessMounts is { } mounts)
            result.Add(new(Extensions.FileAccessMounts, mounts));
        if (LandlockChoice.Of(options, capabilities))
            result.Add(new(Extensions.Landlock, Extensions.LandlockDefault));
        return result.ToArray();
    }

    /// <summary>As Docker: a program without capabilities may listen on port 80 of its own network, and ping without a raw socket.</summary>
    private static KeyValuePair<string, string>[] Sysctls(WorkloadOptions options, ProcessUser user, ContainerIds ids)
    {
        var result = new List<KeyValuePair<string, string>>();
        if (options.Network == "none" && !options.Privileged)
        {
            result.Add(new("net.ipv4.ip_unprivileged_port_start", "0"));
            result.Add(new("net.ipv4.ping_group_range", PingGroups(user, ids)));
        }
        result.AddRange(options.Sysctls);
        return result.ToArray();
    }

    /// <summary>Both ends must be groups of the user namespace.</summary>
    private static string PingGroups(ProcessUser user, ContainerIds ids) =>
        ids.Range is null && ids.Own ? string.Create(CultureInfo.InvariantCulture, $"{user.Gid} {user.Gid}") : "0 65535";
}
