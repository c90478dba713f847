using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads.Ids;
using Bulkhead.Workloads.Volumes;
using Mount = Bulkhead.Oci.Mount;

namespace Bulkhead.Workloads.Compose;

/// <summary>
/// Volumes as idmapped mounts: the owner of a host folder and the container's user are the same there, every other id does not exist
/// (EOVERFLOW for who writes, 65534 for who looks). Nothing is chowned.
/// </summary>
internal static class VolumeMounts
{
    /// <summary>A mapping must not be empty: the last id that there is, which stands for no id inside. That of "nobody" would do, but files of nobody are common.</summary>
    private static readonly LinuxIdMapping[] s_nobody = [new() { ContainerId = uint.MaxValue - 1, HostId = uint.MaxValue - 1, Size = 1 }];

    public static void Add(List<Mount> mounts, WorkloadOptions options, ProcessUser user, IdRange? range, VolumeStore volumes)
    {
        foreach (VolumeOption volume in MountOrder.ByDepth(options.Mounts))
        {
            mounts.Add(volume.Kind switch
            {
                VolumeKind.Tmpfs => Tmpfs(volume, user),
                VolumeKind.Volume => Named(volume, options, user, range, volumes),
                _ => Bind(volume, options, user, range),
            });
        }
    }

    private static Mount Tmpfs(VolumeOption volume, ProcessUser user)
    {
        var flags = new List<string> { "nosuid", "nodev", volume.Exec ? "exec" : "noexec", volume.ReadOnly ? "ro" : "rw" };
        flags.Add(string.Create(CultureInfo.InvariantCulture, $"uid={user.Uid}"));
        flags.Add(string.Create(CultureInfo.InvariantCulture, $"gid={user.Gid}"));
        flags.Add("mode=" + System.Convert.ToString(volume.Mode, 8));
        if (volume.Size > 0)
            flags.Add(string.Create(CultureInfo.InvariantCulture, $"size={volume.Size}"));
        return DefaultMounts.Make(volume.Target, "tmpfs", "tmpfs", flags.ToArray());
    }

    private static Mount Bind(VolumeOption volume, WorkloadOptions options, ProcessUser user, IdRange? range)
    {
        FolderOwner.RefuseMagicLinks(volume.Source);
        var flags = new List<string> { volume.Recursive ? "rbind" : "bind", "nosuid", "nodev" };
        // "ro" alone would leave mounts below the source writable.
        flags.Add(volume.ReadOnly ? volume.Recursive ? "rro" : "ro" : "rw");
        flags.Add(volume.Propagation ?? (volume.Recursive ? "rprivate" : "private"));
        Mount mount = DefaultMounts.Make(volume.Target, "none", volume.Source, flags.ToArray());
        // The host's ids, or the caller's own id among the container's: nothing to map.
        if (range is not { } ids)
            return mount;
        FolderOwner owner = FolderOwner.Of(volume.Source, options.AsRoot || user.Uid == 0);
        mount.Options = [.. mount.Options, volume.Recursive ? "ridmap" : "idmap"];
        mount.UidMappings = owner.IsHostRoot ? s_nobody : Map(owner.Uid, user.Uid, ids);
        mount.GidMappings = owner.IsHostRoot ? s_nobody : Map(owner.Gid, user.Gid, ids);
        return mount;
    }

    /// <summary>A volume by name is made when the first container with it starts, as in Docker. Also a --privileged one writes no file of the host's root.</summary>
    private static Mount Named(VolumeOption volume, WorkloadOptions options, ProcessUser user, IdRange? range, VolumeStore volumes)
    {
        volumes.Ensure(VolumeStore.New(volume.Source, volume.Labels) with { Anonymous = volume.Anonymous },
            volume.NoCopy ? null : data => VolumeFill.Copy(RootPath.Of(options), volume.Target, data, user));
        string[] flags = ["bind", "nosuid", "nodev", volume.ReadOnly ? "ro" : "rw", "private"];
        // A plain user's volume is all theirs, and they stand behind the process's user.
        if (Sys.GetEuid() != 0)
            return DefaultMounts.Make(volume.Target, "none", volumes.PathOf(volume.Source), flags);
        Mount mount = DefaultMounts.Make(volume.Target, "none", volumes.PathOf(volume.Source), [.. flags, "idmap"]);
        mount.UidMappings = VolumeIds.Map(user.Uid, range ?? default);
        mount.GidMappings = VolumeIds.Map(user.Gid, range ?? default);
        return mount;
    }

    /// <summary>An idmapped mount's user namespace: "container" ids are those on the disk, "host" ids those that processes have.</summary>
    private static LinuxIdMapping[] Map(uint onDisk, uint inside, IdRange range) =>
        [new() { ContainerId = onDisk, HostId = range.First + inside, Size = 1 }];
}
