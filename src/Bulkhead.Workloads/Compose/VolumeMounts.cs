using System.Collections.Generic;
using System.Globalization;
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
    public static void Add(List<Mount> mounts, WorkloadOptions options, ProcessUser user, IdRange range)
    {
        foreach (VolumeOption volume in options.Mounts)
            mounts.Add(volume.Kind == VolumeKind.Tmpfs ? Tmpfs(volume, user) : Bind(volume, options, user, range));
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

    private static Mount Bind(VolumeOption volume, WorkloadOptions options, ProcessUser user, IdRange range)
    {
        FolderOwner.RefuseMagicLinks(volume.Source);
        var flags = new List<string> { volume.Recursive ? "rbind" : "bind", "nosuid", "nodev" };
        // "ro" alone would leave mounts below the source writable.
        flags.Add(volume.ReadOnly ? volume.Recursive ? "rro" : "ro" : "rw");
        flags.Add(volume.Propagation ?? (volume.Recursive ? "rprivate" : "private"));
        Mount mount = DefaultMounts.Make(volume.Target, "none", volume.Source, flags.ToArray());
        if (options.Privileged)
            return mount;
        FolderOwner owner = FolderOwner.Of(volume.Source, options.AsRoot || user.Uid == 0);
        mount.Options = [.. mount.Options, volume.Recursive ? "ridmap" : "idmap"];
        mount.UidMappings = Map(owner.Uid, user.Uid, range);
        mount.GidMappings = Map(owner.Gid, user.Gid, range);
        return mount;
    }

    /// <summary>An idmapped mount's user namespace: "container" ids are those on the disk, "host" ids those that processes have.</summary>
    private static LinuxIdMapping[] Map(uint onDisk, uint inside, IdRange range) =>
        [new() { ContainerId = onDisk, HostId = range.First + inside, Size = 1 }];
}
