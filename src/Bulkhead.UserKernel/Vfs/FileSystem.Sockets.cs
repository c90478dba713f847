using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>Sockets in the guest's tree: the host's inode is only the name, the socket is ours.</summary>
internal sealed partial class FileSystem
{
    /// <summary>
    /// bind(2): makes the inode and tells its number; <paramref name="file"/> (O_PATH) keeps it. <paramref name="mayBind"/> false: EINVAL, where
    /// the path itself is good.
    /// </summary>
    public long BindSocket(GuestTask task, string path, bool mayBind, out Fd? file, out (ulong Device, ulong Inode) key)
    {
        file = null;
        key = default;
        long directory = Parent(task, AtCwd, path, out string name, out Target target);
        if (directory < 0)
            return directory;
        long result = name is "." or ".." || path.EndsWith('/') ? Fail.EEXIST : MakeSocket(task, (int)directory, name, mayBind, out file, out key);
        Forget(target, (int)directory, name);
        Return(target, directory);
        return result;
    }

    private static long MakeSocket(GuestTask task, int directory, string name, bool mayBind, out Fd? file, out (ulong Device, ulong Inode) key)
    {
        const uint AllRights = 0x1FF;
        file = null;
        key = default;
        if (!mayBind)
        {
            long there = HostFiles.Open(directory, name, Fcntl.O_PATH | Fcntl.O_NOFOLLOW);
            if (there >= 0)
                HostFiles.Close((int)there);
            return there >= 0 ? Fail.EEXIST : there == Fail.ENOENT ? Fail.EINVAL : there;
        }
        long error = HostFiles.Named(SysNr.mknodat, directory, name, (nint)(StatMode.S_IFSOCK | (AllRights & ~task.Process.Place.Umask)), 0);
        if (error < 0)
            return error;
        long fd = HostFiles.Open(directory, name, Fcntl.O_PATH | Fcntl.O_NOFOLLOW);
        if (fd < 0)
            return fd;
        file = new Fd((int)fd);
        error = HostFiles.Stat((int)fd, out stat status);
        key = (status.st_dev, status.st_ino);
        return error;
    }

    /// <summary>connect(2): the inode that a path leads to, which must be a socket that the caller may write to.</summary>
    public long FindSocket(GuestTask task, string path, out (ulong Device, ulong Inode) key)
    {
        const int AccessWrite = 2, EffectiveIds = 0x200;
        key = default;
        long error = Locate(task, AtCwd, path, follow: true, out Target target);
        if (error < 0)
            return error;
        long fd = Object(task, follow: true, ref target, out Node? node);
        if (node is not null)
            return Fail.ECONNREFUSED;
        if (fd < 0)
            return fd;
        error = HostFiles.Stat((int)fd, out stat status);
        if (error == 0)
            error = HostFiles.Named(SysNr.faccessat2, (int)fd, "", AccessWrite, EffectiveIds | Fcntl.AT_EMPTY_PATH);
        HostFiles.Close((int)fd);
        if (error < 0)
            return error;
        key = (status.st_dev, status.st_ino);
        return (status.st_mode & StatMode.S_IFMT) == StatMode.S_IFSOCK ? 0 : Fail.ECONNREFUSED;
    }
}
