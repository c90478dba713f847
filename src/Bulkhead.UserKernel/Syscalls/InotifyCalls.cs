using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>inotify(7).</summary>
internal static class InotifyCalls
{
    private const uint Known = Happened.All | 0x2000 | Happened.Overflow | Happened.Ignored | Happened.OnlyDirectory | Happened.DontFollow | Happened.ExclUnlink
        | Happened.MaskCreate | Happened.MaskAdd | Happened.IsDirectory | Happened.OneShot;

    public static long Init(GuestTask task) => Create(task, 0);

    public static long Init1(GuestTask task) => ((int)task.A0 & ~(Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC)) != 0 ? Fail.EINVAL : Create(task, (int)task.A0);

    private static long Create(GuestTask task, int flags)
    {
        if (task.Kernel.Watches.Instances >= Watches.MostInstances)
            return Fail.EMFILE;
        task.Kernel.Watches.Instances++;
        var file = new InotifyFile(task.Kernel) { Flags = flags & Fcntl.O_NONBLOCK };
        return task.Process.Files.Add(file, (flags & Fcntl.O_CLOEXEC) != 0, task.Process.Limits[ResourceLimits.Files].Soft);
    }

    private static long Find(GuestTask task, out InotifyFile? file)
    {
        OpenFile? open = Guest.File(task, task.A0);
        file = open as InotifyFile;
        return open is null || (open.Flags & Fcntl.O_PATH) != 0 ? Fail.EBADF : file is null ? Fail.EINVAL : 0;
    }

    public static long Add(GuestTask task)
    {
        uint mask = (uint)task.A2;
        if (mask == 0 || (mask & ~Known) != 0)
            return Fail.EINVAL;
        if (Guest.File(task, task.A0) is null)
            return Fail.EBADF;
        if ((mask & (Happened.MaskAdd | Happened.MaskCreate)) == (Happened.MaskAdd | Happened.MaskCreate))
            return Fail.EINVAL;
        long error = Find(task, out InotifyFile? file);
        if (error < 0)
            return error;
        error = Guest.Path(task, task.A1, out string path);
        if (error < 0)
            return error;
        error = Key(task, path, mask, out FileKey key);
        return error < 0 ? error : Add(task, file!, key, mask);
    }

    private static long Add(GuestTask task, InotifyFile file, FileKey key, uint mask)
    {
        uint kept = mask & (Happened.All | Happened.OneShot);
        if (file.Find(key) is { } watch)
        {
            if ((mask & Happened.MaskCreate) != 0)
                return Fail.EEXIST;
            watch.Mask = (mask & Happened.MaskAdd) != 0 ? watch.Mask | kept : kept;
            return watch.Number;
        }
        return task.Kernel.Watches.Count >= Watches.Most ? Fail.ENOSPC : file.Add(key, kept).Number;
    }

    /// <summary>The inode of a path that the caller may read.</summary>
    private static long Key(GuestTask task, string path, uint mask, out FileKey key)
    {
        const int ReadAccess = 4, EffectiveIds = 0x200;
        key = default;
        bool follow = (mask & Happened.DontFollow) == 0;
        long error = task.Kernel.FileSystem.Locate(task, FileSystem.AtCwd, path, follow, out Target target);
        if (error < 0)
            return error;
        target.MustBeDirectory |= (mask & Happened.OnlyDirectory) != 0;
        long fd = task.Kernel.FileSystem.Object(task, follow, ref target, out Node? node);
        if (node is not null)
        {
            key = FileKey.Of(node.Status(task));
            return target.MustBeDirectory && !node.IsDirectory ? Fail.ENOTDIR : 0;
        }
        if (fd < 0)
            return fd;
        error = HostFiles.Named(SysNr.faccessat2, (int)fd, "", ReadAccess, EffectiveIds | Fcntl.AT_EMPTY_PATH);
        if (error == 0 && (error = HostFiles.Stat((int)fd, out stat status)) == 0)
            key = FileKey.Of(status);
        HostFiles.Close((int)fd);
        return error;
    }

    public static long Remove(GuestTask task)
    {
        long error = Find(task, out InotifyFile? file);
        if (error < 0)
            return error;
        if (file!.Find((int)task.A1) is not { } watch)
            return Fail.EINVAL;
        file.Forget(watch);
        return 0;
    }
}
