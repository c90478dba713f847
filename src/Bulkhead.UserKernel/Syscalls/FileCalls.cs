using System;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;
using Bulkhead.UserKernel.Vfs.Names;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>open(2), and what changes the tree: mkdir, unlink, rename, link, symlink, mknod.</summary>
internal static partial class FileCalls
{
    private const int Creat = Fcntl.O_CREAT | Fcntl.O_WRONLY | Fcntl.O_TRUNC;

    public static long Open(GuestTask task) => Open(task, FileSystem.AtCwd, task.A0, (int)task.A1, (uint)task.A2);

    public static long OpenAt(GuestTask task) => Open(task, (int)task.A0, task.A1, (int)task.A2, (uint)task.A3);

    public static long Create(GuestTask task) => Open(task, FileSystem.AtCwd, task.A0, Creat, (uint)task.A1);

    /// <summary>openat2(2): unlike open's, unknown flags are refused.</summary>
    public static long OpenAt2(GuestTask task)
    {
        const int Size = 24, MostSize = 4096;
        const ulong KnownFlags = 0x7FFFC3; // O_* of asm-generic/fcntl.h, with O_LARGEFILE and O_TMPFILE's own bit
        if (task.A3 < Size)
            return Fail.EINVAL;
        if (task.A3 > MostSize)
            return Fail.E2BIG;
        if (!Guest.Read(task, task.A2, out open_how how))
            return Fail.EFAULT;
        byte[] more = new byte[task.A3 - Size];
        if (!HostMemory.Read(task.HostPid, task.A2 + Size, more))
            return Fail.EFAULT;
        if (more.AsSpan().ContainsAnyExcept((byte)0))
            return Fail.E2BIG;
        bool creates = Makes(how.flags);
        if ((how.flags & ~KnownFlags) != 0 || (creates ? (how.mode & ~0xFFFUL) != 0 : how.mode != 0))
            return Fail.EINVAL;
        if ((how.resolve & ~WalkScope.All) != 0 || (how.resolve & (WalkScope.Beneath | WalkScope.InRoot)) == (WalkScope.Beneath | WalkScope.InRoot))
            return Fail.EINVAL;
        if ((how.flags & Fcntl.O_PATH) != 0 && (how.flags & ~(ulong)(Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC)) != 0)
            return Fail.EINVAL;
        return Open(task, (int)task.A0, task.A1, (int)how.flags, (uint)how.mode, how.resolve);
    }

    private static long Open(GuestTask task, int dirfd, ulong address, int flags, uint mode, ulong resolve = 0)
    {
        OpenFile? file = task.Opening;
        if (file is null)
        {
            long error = NameCache.NotKnown;
            bool isNew = false;
            if (resolve == 0 && !Makes((ulong)(uint)flags) && task.Process.Files.HasRoom(task.Process.Limits[ResourceLimits.Files].Soft))
                error = task.Kernel.FileSystem.OpenKnown(task, dirfd, Guest.SentPath(task, address), flags, out file);
            if (error == NameCache.NotKnown)
                error = Open(task, dirfd, address, flags, mode, resolve, out file, out isNew);
            if (error < 0)
                return error;
            if (file is HostFile opened)
                TellOpened(task.Kernel.Watches, opened, isNew, (flags & Fcntl.O_TRUNC) != 0);
        }
        if (file is PipeEnd { IsFifo: true, IsNonBlocking: false } fifo && !fifo.HasPeer)
        {
            task.Opening = file;
            return Guest.Wait(task, fifo.Queue);
        }
        task.Opening = null;
        return task.Process.Files.Add(file!, (flags & Fcntl.O_CLOEXEC) != 0, task.Process.Limits[ResourceLimits.Files].Soft);
    }

    private static bool Makes(ulong flags) => (flags & Fcntl.O_CREAT) != 0 || (flags & Fcntl.O_TMPFILE) == Fcntl.O_TMPFILE;

    private static long Open(GuestTask task, int dirfd, ulong address, int flags, uint mode, ulong resolve, out OpenFile? file, out bool isNew)
    {
        (file, isNew) = (null, false);
        long error = Guest.Path(task, address, out string path);
        if (error == 0)
            error = task.Process.Files.HasRoom(task.Process.Limits[ResourceLimits.Files].Soft) ? 0 : Fail.EMFILE;
        if (error < 0)
            return error;
        isNew = (flags & Fcntl.O_CREAT) != 0 && !task.Kernel.Watches.IsEmpty && !Exists(task, dirfd, path);
        return task.Kernel.FileSystem.Open(task, dirfd, path, flags, mode, out file, resolve);
    }

    /// <summary>Runs a host call on the last part of a path, in its directory.</summary>
    /// <param name="task">Whose call it is.</param>
    /// <param name="dirfd">Where a relative path begins.</param>
    /// <param name="address">The path.</param>
    /// <param name="call">Gets the directory and the name.</param>
    /// <param name="refuseDots">"." and ".." are EEXIST, as where names are made.</param>
    /// <param name="own">The error in a tree of the kernel's own when the name is there; 0: EEXIST.</param>
    private static long InParent(GuestTask task, int dirfd, ulong address, Func<int, string, long> call, bool refuseDots = true, long own = 0)
    {
        long error = Guest.Path(task, address, out string path);
        if (error < 0)
            return error;
        long directory = task.Kernel.FileSystem.Parent(task, dirfd, path, out string name, out Target target);
        if (directory == Fail.EEXIST && target.Node is not null && own != 0)
            return own;
        if (directory < 0)
            return directory == Fail.ENOENT && target.Node is not null && own == Fail.EXDEV ? own : directory;
        long result = refuseDots && name is "." or ".." ? Fail.EEXIST : call((int)directory, name);
        // Not before: the walk to a second path may have come by this name.
        if (result == 0 && task.Nr is SysNr.unlink or SysNr.unlinkat or SysNr.rmdir)
            task.Kernel.FileSystem.ForgetRemoved(target, (int)directory, name);
        else
            task.Kernel.FileSystem.Forget(target, (int)directory, name);
        FileSystem.Return(target, directory);
        return result;
    }

    private static uint Masked(GuestTask task, ulong mode) => (uint)mode & 0xFFF & ~task.Process.Place.Umask;

    public static long MakeDirectory(GuestTask task) => MakeDirectory(task, FileSystem.AtCwd, task.A0, task.A1);

    public static long MakeDirectoryAt(GuestTask task) => MakeDirectory(task, (int)task.A0, task.A1, task.A2);

    private static long MakeDirectory(GuestTask task, int dirfd, ulong path, ulong mode) => InParent(task, dirfd, path,
        (directory, name) => name is "." or ".." ? Fail.EEXIST : Created(task, directory, name, HostFiles.Named(SysNr.mkdirat, directory, name, (nint)Masked(task, mode)), Happened.IsDirectory), refuseDots: false);

    public static long Unlink(GuestTask task) => Remove(task, FileSystem.AtCwd, task.A0, 0);

    public static long UnlinkAt(GuestTask task) => (task.A2 & ~(ulong)Fcntl.AT_REMOVEDIR) != 0 ? Fail.EINVAL : Remove(task, (int)task.A0, task.A1, (int)task.A2);

    public static long RemoveDirectory(GuestTask task) => Remove(task, FileSystem.AtCwd, task.A0, Fcntl.AT_REMOVEDIR);

    private static long Remove(GuestTask task, int dirfd, ulong address, int flags)
    {
        long invalid = Guest.Path(task, address, out string path);
        if (invalid < 0)
            return invalid;
        bool slash = path.EndsWith('/') && path.Trim('/').Length > 0;
        return Changed(task, flags != 0, InParent(task, dirfd, address, (directory, name) => name switch
        {
            "." => flags == 0 ? Fail.EISDIR : path.Trim('/').Length == 0 ? Fail.EBUSY : Fail.EINVAL,
            ".." => flags == 0 ? Fail.EISDIR : Fail.ENOTEMPTY,
            _ => flags == 0 && slash
                ? (HostFiles.StatAt(directory, name, out stat found) is var error and < 0 ? error : (found.st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR ? Fail.EISDIR : Fail.ENOTDIR)
                : Unlinked(task.Kernel.Watches, directory, name, flags),
        }, refuseDots: false, own: task.Credentials.Fsuid == 0 ? Fail.EPERM : Fail.EACCES));
    }

    /// <summary>Names of directories that were noted may be old now.</summary>
    private static long Changed(GuestTask task, bool isDirectory, long result)
    {
        if (result == 0 && isDirectory)
            task.Kernel.FileSystem.Changes++;
        return result;
    }

    public static long Rename(GuestTask task) => Rename(task, FileSystem.AtCwd, task.A0, FileSystem.AtCwd, task.A1, 0);

    public static long RenameAt(GuestTask task) => Rename(task, (int)task.A0, task.A1, (int)task.A2, task.A3, 0);

    public static long RenameAt2(GuestTask task) => Rename(task, (int)task.A0, task.A1, (int)task.A2, task.A3, (uint)task.A4);

    private static long Rename(GuestTask task, int from, ulong oldPath, int to, ulong newPath, uint flags)
    {
        const uint NoReplace = 1, Exchange = 2, Whiteout = 4;
        if ((flags & ~(NoReplace | Exchange | Whiteout)) != 0 || ((flags & Exchange) != 0 && (flags & (NoReplace | Whiteout)) != 0))
            return Fail.EINVAL;
        if ((flags & Whiteout) != 0)
            return Fail.EPERM;
        return Changed(task, true, InParent(task, from, oldPath, (directory, name) => InParent(task, to, newPath,
            (other, newName) => name is "." or ".." || newName is "." or ".." ? Unmovable(directory, other) : Moved(task.Kernel.Watches, directory, Slash(task, oldPath, name), other, Slash(task, newPath, newName), flags),
            refuseDots: false, own: Fail.EXDEV), refuseDots: false, own: Fail.EXDEV));
    }

    /// <summary>"." and "..": said after whether the two places are of one file system.</summary>
    private static long Unmovable(int from, int to) =>
        HostFiles.Stat(from, out stat a) == 0 && HostFiles.Stat(to, out stat b) == 0 && a.st_dev != b.st_dev ? Fail.EXDEV : Fail.EBUSY;

    /// <summary>A trailing slash says that it must be a directory: the host checks that.</summary>
    private static string Slash(GuestTask task, ulong address, string name) => Guest.Path(task, address, out string path) == 0 && path.EndsWith('/') ? name + "/" : name;

    public static long Link(GuestTask task) => Link(task, FileSystem.AtCwd, task.A0, FileSystem.AtCwd, task.A1, 0);

    public static long LinkAt(GuestTask task) => (task.A4 & ~0x1400UL) != 0 ? Fail.EINVAL : Link(task, (int)task.A0, task.A1, (int)task.A2, task.A3, (int)task.A4);

    private static long Link(GuestTask task, int from, ulong oldPath, int to, ulong newPath, int flags)
    {
        const int Follow = 0x400;
        long error = Guest.Path(task, oldPath, out string path);
        if (error < 0)
            return error;
        if (path.Length == 0 && (flags & Fcntl.AT_EMPTY_PATH) != 0)
        {
            if (task.Process.Files[from] is not HostFile { IsDirectory: false } file)
                return task.Process.Files[from] is null ? Fail.EBADF : Fail.EPERM;
            return InParent(task, to, newPath, (directory, name) => Created(task, directory, name, ByDescriptor(file.HostFd, directory, name)));
        }
        if ((flags & Follow) == 0)
            // What is to be linked is looked for before the new name's directory (do_linkat of fs/namei.c).
            return InParent(task, from, oldPath, (directory, name) => IsThere(directory, name, path.EndsWith('/')) is var missing and < 0 ? missing : InParent(task, to, newPath, (other, newName) => Linked(task, directory, name, other, newName), own: Fail.EXDEV), refuseDots: false, own: Fail.EXDEV);
        error = task.Kernel.FileSystem.Locate(task, from, path, follow: true, out Target target);
        if (error < 0)
            return error;
        long fd = task.Kernel.FileSystem.Object(task, follow: true, ref target, out Node? node);
        if (fd < 0 || node is not null)
            return fd < 0 ? fd : Fail.EXDEV;
        long result = InParent(task, to, newPath, (directory, name) => Created(task, directory, name, ByDescriptor((int)fd, directory, name)));
        HostFiles.Close((int)fd);
        return result;
    }

    private static long IsThere(int directory, string name, bool asDirectory)
    {
        long error = HostFiles.StatAt(directory, name, out stat status);
        return error == 0 && asDirectory && (status.st_mode & StatMode.S_IFMT) is not (StatMode.S_IFDIR or StatMode.S_IFLNK) ? Fail.ENOTDIR : error;
    }

    /// <summary>linkat(2) of an open file without CAP_DAC_READ_SEARCH: by its link in the host's /proc.</summary>
    private static long ByDescriptor(int fd, int directory, string name) =>
        HostFiles.Link(Fcntl.AT_FDCWD, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}"), directory, name, 0x400);

    public static long Symlink(GuestTask task) => Symlink(task, task.A0, FileSystem.AtCwd, task.A1);

    public static long SymlinkAt(GuestTask task) => Symlink(task, task.A0, (int)task.A1, task.A2);

    /// <summary>A slash at its end asks for a directory, which such a call does not make: ENOENT, EEXIST when something is there.</summary>
    private static long NoSlash(GuestTask task, ulong address, int directory, string name)
    {
        if (Guest.Path(task, address, out string path) < 0 || !path.EndsWith('/'))
            return 0;
        return HostFiles.Named(SysNr.faccessat2, directory, name, 0, Fcntl.AT_SYMLINK_NOFOLLOW) == 0 ? Fail.EEXIST : Fail.ENOENT;
    }

    private static long Symlink(GuestTask task, ulong target, int dirfd, ulong path)
    {
        long error = Guest.Path(task, target, out string text);
        if (error < 0)
            return error;
        return text.Length == 0 ? Fail.ENOENT : InParent(task, dirfd, path, (directory, name) => NoSlash(task, path, directory, name) is var error and < 0 ? error : Created(task, directory, name, HostFiles.Symlink(text, directory, name)));
    }

    public static long MakeNode(GuestTask task) => MakeNode(task, FileSystem.AtCwd, task.A0, (uint)task.A1);

    public static long MakeNodeAt(GuestTask task) => MakeNode(task, (int)task.A0, task.A1, (uint)task.A2);

    private static long MakeNode(GuestTask task, int dirfd, ulong path, uint mode)
    {
        uint type = mode & StatMode.S_IFMT;
        if (type is StatMode.S_IFCHR or StatMode.S_IFBLK)
            return Fail.EPERM;
        if (type is not (0 or StatMode.S_IFREG or StatMode.S_IFIFO or StatMode.S_IFSOCK))
            return type == StatMode.S_IFDIR ? Fail.EPERM : Fail.EINVAL;
        return InParent(task, dirfd, path, (directory, name) => NoSlash(task, path, directory, name) is var error and < 0 ? error : Created(task, directory, name, HostFiles.Named(SysNr.mknodat, directory, name, (nint)(type | Masked(task, mode)), 0)));
    }

    public static long ReadLink(GuestTask task) => ReadLink(task, FileSystem.AtCwd, task.A0, task.A1, task.A2);

    public static long ReadLinkAt(GuestTask task) => ReadLink(task, (int)task.A0, task.A1, task.A2, task.A3);

    private static long ReadLink(GuestTask task, int dirfd, ulong address, ulong buffer, ulong size)
    {
        if ((int)size <= 0)
            return Fail.EINVAL;
        long error = task.Kernel.FileSystem.Look(task, dirfd, Guest.SentPath(task, address), follow: false, out Entry? entry);
        if (error != NameCache.NotKnown)
            return task.Kernel.FileSystem.Lasting(task, error < 0 ? error : KnownLink(task, entry!, buffer, size));
        error = Guest.Path(task, address, out string path);
        if (error < 0)
            return error;
        error = path.Length == 0 && dirfd >= 0
            ? LinkOf(task, dirfd, out string? text)
            : LinkAt(task, dirfd, path, out text);
        if (error < 0)
            return error;
        byte[] bytes = Encoding.Latin1.GetBytes(text!);
        int count = (int)Math.Min((ulong)bytes.Length, size);
        return HostMemory.Write(task.HostPid, buffer, bytes.AsSpan(0, count)) ? count : Fail.EFAULT;
    }

    private static long KnownLink(GuestTask task, Entry entry, ulong buffer, ulong size)
    {
        if (entry.Kind != EntryKind.Link)
            return entry.Kind == EntryKind.Absent ? Fail.ENOENT : Fail.EINVAL;
        ReadOnlySpan<byte> link = entry.Link.AsSpan(0, (int)Math.Min((ulong)entry.Link!.Length, size));
        return Guest.Give(task, buffer, link) || HostMemory.Write(task.HostPid, buffer, link) ? link.Length : Fail.EFAULT;
    }

    private static long LinkOf(GuestTask task, int fd, out string? text)
    {
        text = null;
        if (task.Process.Files[fd] is not { } file)
            return Fail.EBADF;
        return file is PathFile { HostFd: >= 0 } ? HostFiles.ReadLink(file.HostFd, out text) : Fail.ENOENT;
    }

    private static long LinkAt(GuestTask task, int dirfd, string path, out string? text)
    {
        text = null;
        long error = task.Kernel.FileSystem.Locate(task, dirfd, path, follow: false, out Target target);
        if (error < 0)
            return error;
        long fd = task.Kernel.FileSystem.Object(task, follow: false, ref target, out Node? node);
        if (node is not null)
            return node.ReadLink(task, out text);
        if (fd < 0)
            return fd;
        long length = HostFiles.ReadLink((int)fd, out text);
        HostFiles.Close((int)fd);
        // An O_PATH descriptor of something else than a link: ENOENT by descriptor, EINVAL by path.
        return length == Fail.ENOENT ? Fail.EINVAL : length;
    }

    public static long Directory(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file)
            return Fail.EBADF;
        HostBuffer bounce = task.Kernel.Bounce;
        long count;
        unsafe
        {
            count = file.ReadDirectory(bounce.Pointer, Math.Min((long)(uint)task.A2, HostBuffer.BounceSize));
        }
        return count <= 0 ? count : HostMemory.Write(task.HostPid, task.A1, bounce.Span[..(int)count]) ? count : Fail.EFAULT;
    }

    /// <summary>getdents(2): records as long as the newer ones, with the type in their last byte.</summary>
    public static unsafe long DirectoryOld(GuestTask task)
    {
        const int Length = 16, Type = 18, Name = 19;
        if (Guest.File(task, task.A0) is not { } file)
            return Fail.EBADF;
        HostBuffer bounce = task.Kernel.Bounce;
        long count = file.ReadDirectory(bounce.Pointer, Math.Min((long)(uint)task.A2, HostBuffer.BounceSize));
        for (int at = 0; at < count;)
        {
            Span<byte> record = bounce.Span[at..];
            int length = System.Runtime.InteropServices.MemoryMarshal.Read<ushort>(record[Length..]);
            byte type = record[Type];
            record[Name..length].CopyTo(record[Type..]);
            record[length - 1] = type;
            at += length;
        }
        return count <= 0 ? count : HostMemory.Write(task.HostPid, task.A1, bounce.Span[..(int)count]) ? count : Fail.EFAULT;
    }
}
