using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Copy;

namespace Bulkhead.Workloads.Volumes;

/// <summary>As in Docker an empty volume begins with what the root file system has at its target.</summary>
internal static class VolumeFill
{
    public static void Copy(string rootfs, string target, string data, ProcessUser user)
    {
        using Fd root = Sys.OpenAt(Fd.Cwd, rootfs, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open the root file system", rootfs);
        Result<Fd> found = new Place(root, IsContainer: true).Open(target, Fcntl.O_DIRECTORY);
        if (!found.Ok)
            return;
        using Fd source = found.Value;
        using Fd into = Sys.OpenAt(Fd.Cwd, data, Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open", data);
        // A plain user's volume is all theirs.
        var writer = new TreeWriter(into, "", data, new Ownership(new IdView(null), Keep: Sys.GetEuid() == 0));
        // Devices and sockets of an image are of no use in a volume.
        foreach (CopyEntry entry in new TreeReader(new IdView(null), _ => { }).Read(source, target))
            writer.Put(entry with { Uid = VolumeIds.ToDisk(entry.Uid, user.Uid), Gid = VolumeIds.ToDisk(entry.Gid, user.Gid) });
        writer.Finish();
    }
}
