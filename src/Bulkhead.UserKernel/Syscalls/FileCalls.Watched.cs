using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>What inotify hears of changes to the tree.</summary>
internal static partial class FileCalls
{
    private static bool Exists(GuestTask task, int dirfd, string path)
    {
        if (task.Kernel.FileSystem.Locate(task, dirfd, path, follow: true, out Target target) < 0)
            return false;
        long fd = task.Kernel.FileSystem.Object(task, follow: true, ref target, out Node? node);
        if (fd >= 0 && node is null)
            HostFiles.Close((int)fd);
        return fd >= 0;
    }

    private static void TellOpened(Watches watches, HostFile file, bool isNew, bool isCut)
    {
        file.IsAnnounced = true;
        if (watches.IsEmpty)
            return;
        if (isNew && HostFiles.Place(file.HostFd, isUnlinked: false, out stat directory, out string name))
            watches.Tell(FileKey.Of(directory), Happened.Create, name);
        watches.TellFile(file.HostFd, Happened.Open);
        if (isCut && !isNew)
            watches.TellFile(file.HostFd, Happened.Modify);
    }

    /// <summary>A new name, told where the call succeeded.</summary>
    private static long Created(GuestTask task, int directory, string name, long result, uint kind = 0)
    {
        if (result == 0)
            task.Kernel.Watches.TellEntry(directory, name.TrimEnd('/'), Happened.Create | kind);
        return result;
    }

    private static long Unlinked(Watches watches, int directory, string name, int flags)
    {
        stat before = default;
        bool watched = !watches.IsEmpty && HostFiles.StatAt(directory, name, out before) == 0;
        long result = HostFiles.Named(SysNr.unlinkat, directory, name, flags);
        if (result < 0 || !watched)
            return result;
        // A directory goes before its name does, a file after it (vfs_rmdir, vfs_unlink).
        if (flags == 0)
            watches.Tell(FileKey.Of(before), Happened.Attributes);
        else
            watches.TellUnlinked(before);
        watches.TellEntry(directory, name, Happened.Delete | (flags != 0 ? Happened.IsDirectory : 0));
        if (flags == 0)
            watches.TellUnlinked(before);
        return result;
    }

    private static long Moved(Watches watches, int from, string name, int to, string newName, uint flags)
    {
        const uint Exchange = 2;
        stat moved = default, replaced = default;
        bool watched = !watches.IsEmpty && HostFiles.StatAt(from, name, out moved) == 0;
        bool replaces = watched && HostFiles.StatAt(to, newName, out replaced) == 0;
        long result = HostFiles.Rename(from, name, to, newName, flags);
        // Two names of one inode: rename(2) does nothing.
        if (result < 0 || !watched || (replaces && FileKey.Of(moved) == FileKey.Of(replaced)))
            return result;
        TellMoved(watches, from, name, to, newName, moved, replaces && (flags & Exchange) == 0 ? replaced : null);
        if (replaces && (flags & Exchange) != 0)
            TellMoved(watches, to, newName, from, name, replaced, null);
        return result;
    }

    private static void TellMoved(Watches watches, int from, string name, int to, string newName, in stat moved, stat? replaced)
    {
        uint cookie = watches.NewCookie(), kind = (moved.st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR ? Happened.IsDirectory : 0;
        watches.TellEntry(from, name.TrimEnd('/'), Happened.MovedFrom | kind, cookie);
        watches.TellEntry(to, newName.TrimEnd('/'), Happened.MovedTo | kind, cookie);
        if (replaced is { } target)
            watches.Tell(FileKey.Of(target), Happened.Attributes);
        watches.Tell(FileKey.Of(moved), Happened.MoveSelf | kind);
        if (replaced is { } gone)
            watches.TellUnlinked(gone);
    }

    private static long Linked(GuestTask task, int directory, string name, int other, string newName)
    {
        long result = HostFiles.Link(directory, name, other, newName);
        if (result == 0 && !task.Kernel.Watches.IsEmpty && HostFiles.StatAt(directory, name, out stat status) == 0)
            task.Kernel.Watches.Tell(FileKey.Of(status), Happened.Attributes);
        return Created(task, other, newName, result);
    }
}
