using System;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Files.Sockets;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs.Names;

namespace Bulkhead.UserKernel.Vfs;

internal sealed partial class FileSystem
{
    private const int Passed = 3 | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_TRUNC | Fcntl.O_APPEND | Fcntl.O_DIRECTORY | 0x1000 /* O_DSYNC */ | 0x101000 /* O_SYNC */ | 0x40000 /* O_NOATIME */ | Fcntl.O_DIRECT;
    private const int Kept = 3 | Fcntl.O_APPEND | Fcntl.O_NONBLOCK | Fcntl.O_DIRECTORY | Fcntl.O_PATH | 0x101000 | 0x40000 | Fcntl.O_DIRECT;

    /// <summary>openat(2): 0 and the file, or -errno.</summary>
    /// <param name="task">Whose call it is.</param>
    /// <param name="dirfd">Where a relative path begins.</param>
    /// <param name="path">The path.</param>
    /// <param name="flags">O_*.</param>
    /// <param name="mode">Of a new file.</param>
    /// <param name="file">The open file.</param>
    /// <param name="resolve">RESOLVE_* of openat2(2).</param>
    public long Open(GuestTask task, int dirfd, string path, int flags, uint mode, out OpenFile? file, ulong resolve = 0)
    {
        file = null;
        bool follow = (flags & Fcntl.O_NOFOLLOW) == 0 && (flags & (Fcntl.O_CREAT | Fcntl.O_EXCL)) != (Fcntl.O_CREAT | Fcntl.O_EXCL);
        if (resolve == 0 && (flags & Fcntl.O_CREAT) != 0 && path.EndsWith('/') && path.TrimEnd('/') is { Length: > 0 } named)
        {
            // What its last part is does not matter (open_last_lookups of fs/namei.c), unless that is a directory by its name.
            bool isDots = EndsAsDirectory(Encoding.Latin1.GetBytes(named));
            long missing = isDots ? 0 : Locate(task, dirfd, named, follow: false, out _);
            if (!isDots)
                return missing < 0 ? missing : Fail.EISDIR;
            path = named;
        }
        long error = resolve == 0 ? Locate(task, dirfd, path, follow, out Target target, makes: (flags & (Fcntl.O_CREAT | Fcntl.O_PATH)) == Fcntl.O_CREAT) : LocateWithin(task, dirfd, path, follow, resolve, out target);
        if (error == 0)
            error = Open(task, follow, flags, mode, target, out file);
        // A link where nothing was known, or something that is none of the host's files: then it is looked at.
        bool isOther = error is Fail.ELOOP or Fail.ENXIO or Fail.EACCES or Fail.EPERM or Fail.ENOTDIR;
        if (!isOther || target.Entry is not { Kind: EntryKind.Unseen })
            return error;
        error = Locate(task, dirfd, path, follow, out target);
        return error < 0 ? error : Open(task, follow, flags, mode, target, out file);
    }

    /// <summary>Where the host's walk to a target begins.</summary>
    private int From(in Target target) => target.Descriptor > 0 ? target.Descriptor - 1 : target.Directory?.HostFd ?? Root;

    private long Open(GuestTask task, bool follow, int flags, uint mode, Target target, out OpenFile? file)
    {
        file = null;
        if (target.MustBeDirectory)
            flags |= Fcntl.O_DIRECTORY;
        if ((flags & Fcntl.O_PATH) != 0)
            return OpenPath(task, follow, flags, ref target, out file);
        if (!target.IsHost || (target.Entry is null && IsOwn(target.Path)))
            return OpenOwn(task, flags, target, out file);
        // A program that runs must not lose its bytes: it is truncated only when nobody executes it.
        bool writes = (flags & 3) is Fcntl.O_WRONLY or Fcntl.O_RDWR;
        int wanted = (flags & Passed & ~(writes ? Fcntl.O_TRUNC : 0)) | Fcntl.O_NOFOLLOW | Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY;
        bool isTemporary = (flags & Fcntl.O_TMPFILE) == Fcntl.O_TMPFILE;
        if (isTemporary)
            wanted |= Fcntl.O_TMPFILE;
        uint permissions = (flags & Fcntl.O_CREAT) != 0 || isTemporary ? mode & 0xFFF & ~task.Process.Place.Umask : 0;
        if ((flags & Fcntl.O_CREAT) != 0 && target.MustBeDirectory)
            return (flags & Fcntl.O_EXCL) != 0 && target is { EndsInDots: true, Entry.Kind: EntryKind.Directory } ? Fail.EEXIST : Fail.EISDIR;
        if (target.Entry is { Kind: EntryKind.Absent } absent)
        {
            if ((flags & Fcntl.O_CREAT) == 0 || isTemporary)
                return Fail.ENOENT;
            Names.Forget(absent);
        }
        bool mayBeKept = (flags & (Kept | Fcntl.O_CREAT | Fcntl.O_TRUNC)) == 0 && !isTemporary && target.Entry is { Kind: EntryKind.File };
        if (mayBeKept && Leases.IsEmpty && Names.Take(target.Entry!, task.Credentials) is { } again)
        {
            file = again;
            return 0;
        }
        if (writes || (flags & (Fcntl.O_CREAT | Fcntl.O_TRUNC)) != 0)
            Names.Touch(target.Entry); // times, and of an overlay's file what it is
        long fd = target is { Entry: { } named, Descriptor: > 0 } && ReferenceEquals(target.Tail, named.Text) ? HostFiles.Open(target.Descriptor - 1, named.Name, wanted, permissions) : HostFiles.Open(From(target), target.Relative, wanted, permissions);
        // Asked for a directory, the host says ENOTDIR of a link to one (open(2)).
        bool mayBeLink = target.MustBeDirectory || (follow && (flags & Fcntl.O_DIRECTORY) != 0);
        if (!target.IsResolved && (fd == Fail.ELOOP || (fd == Fail.ENOTDIR && mayBeLink)))
        {
            long error = Resolve(task, follow, ref target);
            if (error < 0)
                return error;
            if (!target.IsHost || IsOwn(target.Path))
                return OpenOwn(task, flags, target, out file);
            fd = HostFiles.Open(From(target), target.Relative, wanted, permissions);
        }
        if (fd is Fail.ENXIO or Fail.EACCES or Fail.EPERM && IsSpecial(target, out stat special))
            return OpenSpecial(task, target, special, flags, out file);
        if (fd < 0)
            return fd;
        if ((flags & Fcntl.O_CREAT) != 0 && target.Entry is null)
            Forget((int)fd, null);
        long accepted = Accept(task, (int)fd, target, flags, out file);
        if (file is HostFile opened && target.Entry is { } entry && !isTemporary)
        {
            opened.Opened = Names.How(entry.IsForgotten ? Names.Made(entry) : entry, task.Credentials);
            opened.MayBeKept = mayBeKept;
        }
        return accepted;
    }

    /// <summary>Only regular files and directories of the host are kept; a fifo is a pipe of ours.</summary>
    private long Accept(GuestTask task, int fd, in Target target, int flags, out OpenFile? file)
    {
        file = null;
        var owned = new Fd(fd);
        long error = 0;
        if (target.Entry is { Kind: EntryKind.File or EntryKind.Directory } entry && Names.HasStatus(entry))
            return Keep(owned, entry.Status, target.Path, flags, out file);
        error = HostFiles.Stat(fd, out stat status);
        uint type = status.st_mode & StatMode.S_IFMT;
        if (error == 0 && type is StatMode.S_IFREG or StatMode.S_IFDIR)
            return Keep(owned, status, target.Path, flags, out file);
        owned.Dispose();
        // A mask of a path: the host itself would let it be opened.
        if (error == 0 && type == StatMode.S_IFCHR && DevTree.Memory(kernel, status.st_rdev) is { } device)
        {
            device.Flags = flags & Kept;
            file = device;
            return 0;
        }
        return error < 0 ? error : OpenSpecial(task, target, status, flags, out file);
    }

    private bool IsSpecial(in Target target, out stat status)
    {
        status = default;
        long fd = HostFiles.Open(From(target), target.Relative, Fcntl.O_PATH | Fcntl.O_NOFOLLOW);
        if (fd < 0)
            return false;
        long error = HostFiles.Stat((int)fd, out status);
        HostFiles.Close((int)fd);
        return error == 0 && (status.st_mode & StatMode.S_IFMT) is not (StatMode.S_IFREG or StatMode.S_IFDIR or StatMode.S_IFLNK);
    }

    private long OpenSpecial(GuestTask task, in Target target, in stat status, int flags, out OpenFile? file)
    {
        file = null;
        switch (status.st_mode & StatMode.S_IFMT)
        {
            case StatMode.S_IFIFO:
                return OpenFifo(target, status, flags, out file);
            case StatMode.S_IFSOCK:
                return Fail.ENXIO;
            default:
                return Fail.EACCES; // nodev
        }
    }

    private long OpenFifo(in Target target, in stat status, int flags, out OpenFile? file)
    {
        file = null;
        if ((flags & 3) == Fcntl.O_WRONLY && (flags & Fcntl.O_NONBLOCK) != 0 && FifoAt(status).Readers == 0)
            return Fail.ENXIO;
        file = new PipeEnd(kernel, FifoAt(status), flags & Kept, target.Path);
        return 0;
    }

    /// <summary>The one buffer behind a fifo's inode, while somebody has it open.</summary>
    private PipeBuffer FifoAt(in stat status)
    {
        (ulong, ulong) key = (status.st_dev, status.st_ino);
        if (fifos.TryGetValue(key, out WeakReference<PipeBuffer>? held) && held.TryGetTarget(out PipeBuffer? pipe))
            return pipe;
        pipe = new PipeBuffer();
        fifos[key] = new WeakReference<PipeBuffer>(pipe);
        return pipe;
    }

    private long OpenOwn(GuestTask task, int flags, in Target target, out OpenFile? file)
    {
        file = null;
        if (target.Open is { } open)
            return Reopen(task, open, flags, out file);
        if (target.Node is not { } node)
            return Missing(task, flags, target.Path);
        if ((flags & (Fcntl.O_CREAT | Fcntl.O_EXCL)) == (Fcntl.O_CREAT | Fcntl.O_EXCL))
            return Fail.EEXIST;
        if ((flags & Fcntl.O_DIRECTORY) != 0 && !node.IsDirectory)
            return Fail.ENOTDIR;
        if (node.IsLink)
            return Fail.ELOOP;
        uint wanted = (flags & 3) switch { Fcntl.O_RDONLY => 4u, Fcntl.O_WRONLY => 2, _ => 6 };
        if (node.IsDirectory && (wanted & 2) != 0)
            return Fail.EISDIR;
        if (!node.Allows(task.Credentials, wanted))
            return Fail.EACCES;
        if ((flags & Fcntl.O_DIRECT) != 0)
            return Fail.EINVAL; // do_dentry_open of fs/open.c: nothing of ours can
        long error = node.Open(task, flags, target.Path, out file);
        if (file is not null)
            file.Flags = flags & Kept;
        return error;
    }

    /// <summary>In trees of ours nothing can be made: who may write to their directories hears why.</summary>
    private static long Missing(GuestTask task, int flags, string path)
    {
        const int CapDacOverride = 1;
        if ((flags & Fcntl.O_CREAT) == 0 || path.StartsWith("/proc/", StringComparison.Ordinal))
            return Fail.ENOENT;
        return task.Credentials.Fsuid == 0 || task.Credentials.Has(CapDacOverride) ? Fail.EROFS : Fail.EACCES;
    }

    /// <summary>/dev/fd/N and /proc/self/fd/N: a file is opened again, a stream is the same one.</summary>
    private long Reopen(GuestTask task, OpenFile open, int flags, out OpenFile? file)
    {
        file = null;
        switch (open)
        {
            case PipeEnd pipe:
                file = new PipeEnd(kernel, pipe.Buffer, flags & Kept);
                return 0;
            case SocketFile:
                return Fail.ENXIO;
            case NameSpaceFile space:
                file = new NameSpaceFile(kernel, space.Name, space.Number);
                return 0;
            case HostFile or PathFile { HostFd: >= 0 } when open.Name.StartsWith('/'):
                return ReopenHost(open, flags, out file);
            case { Changeable: { } terminal }:
                long error = terminal.Open(task, flags, open.Name, out file);
                if (file is not null)
                    file.Flags = flags & Kept;
                return error;
            default:
                file = open.Share();
                return 0;
        }
    }

    /// <summary>The same inode with other rights; like any other open, not for writing while somebody executes it.</summary>
    private long ReopenHost(OpenFile open, int flags, out OpenFile? file)
    {
        file = null;
        bool writes = (flags & 3) is Fcntl.O_WRONLY or Fcntl.O_RDWR;
        string path = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{open.HostFd}");
        int wanted = (flags & Passed & ~(Fcntl.O_CREAT | Fcntl.O_EXCL | (writes ? Fcntl.O_TRUNC : 0))) | Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY;
        Result<Fd> again = Sys.OpenAt(Fd.Cwd, path, wanted);
        if (!again.Ok)
            return -(long)again.Error;
        long error = HostFiles.Stat(again.Value.Value, out stat status);
        if (error == 0 && (status.st_mode & StatMode.S_IFMT) is StatMode.S_IFREG or StatMode.S_IFDIR)
            return Keep(again.Value, status, open.Name, flags, out file);
        again.Value.Dispose();
        return error < 0 ? error : Fail.EACCES;
    }

    /// <summary>A regular file or a directory that was just opened.</summary>
    private long Keep(Fd fd, in stat status, string path, int flags, out OpenFile? file)
    {
        file = null;
        if (!IsForGuests(fd, status.st_dev))
        {
            fd.Dispose();
            return Fail.EACCES;
        }
        long error = 0;
        uint type = status.st_mode & StatMode.S_IFMT;
        // Asked for without O_NONBLOCK: later reads must not return EAGAIN for what cannot wait.
        var host = new HostFile(kernel, fd, path, type == StatMode.S_IFDIR) { Flags = flags & Kept, SeenChanges = Changes };
        if (type == StatMode.S_IFREG && kernel.Current is { } opener)
            error = Leases.Break(opener, status, host.CanWrite, (flags & Fcntl.O_NONBLOCK) == 0);
        if (error == 0 && type == StatMode.S_IFREG && host.CanWrite)
            error = Writing(host, status, flags);
        if (error < 0)
            host.Release();
        else
            file = host;
        return error;
    }

    /// <summary>
    /// The host's procfs is not, by whatever name it came into the tree (a volume with a /proc in it): its files are the kernel process's own memory
    /// and settings, and the host gives a process what is its own.
    /// </summary>
    private bool IsForGuests(Fd fd, ulong device)
    {
        if (!devices.TryGetValue(device, out bool isForGuests))
        {
            isForGuests = Sys.FileSystemMagic(fd) is { Ok: true } magic && magic.Value != Mount.PROC_SUPER_MAGIC;
            devices.Add(device, isForGuests);
        }
        return isForGuests;
    }

    private long OpenPath(GuestTask task, bool follow, int flags, ref Target target, out OpenFile? file)
    {
        file = null;
        long fd = Object(task, follow, ref target, out Node? node);
        if (fd < 0)
            return fd;
        bool isDirectory = node?.IsDirectory ?? (HostFiles.Stat((int)fd, out stat status) == 0 && (status.st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR);
        if ((flags & Fcntl.O_DIRECTORY) != 0 && !isDirectory)
        {
            if (node is null)
                HostFiles.Close((int)fd);
            return Fail.ENOTDIR;
        }
        file = new PathFile(kernel, task, node is null ? new Fd((int)fd) : null, node, target.Path, isDirectory) { Flags = Fcntl.O_PATH | (flags & (Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW)) };
        return 0;
    }

    /// <summary>
    /// What a path names, to ask and to change its attributes: an O_PATH descriptor that the caller closes, or a node (the result is 0 then), or
    /// -errno. A descriptor's own link gives its node as null and a duplicate of its descriptor.
    /// </summary>
    public long Object(GuestTask task, bool follow, ref Target target, out Node? node)
    {
        node = null;
        for (; ; )
        {
            if (target.Open is { } open)
                return open.HostFd >= 0 ? HostFiles.Plain(SysNr.fcntl, open.HostFd, Fcntl.F_DUPFD_CLOEXEC, 0) : Fail.ENOENT;
            if (target.Entry is null && IsOwn(target.Path))
            {
                node = target.Node;
                return node is null ? Fail.ENOENT : 0;
            }
            if (target.Entry is { Kind: EntryKind.Absent })
                return Fail.ENOENT;
            // A link is ELOOP where it is to be followed.
            int flags = Fcntl.O_PATH | (follow ? 0 : Fcntl.O_NOFOLLOW) | (target.MustBeDirectory ? Fcntl.O_DIRECTORY : 0);
            long fd = HostFiles.Open(From(target), target.Relative, flags);
            if (target.IsResolved || (fd != Fail.ELOOP && !(fd == Fail.ENOTDIR && target.MustBeDirectory)))
                return fd;
            long error = Resolve(task, follow, ref target);
            if (error < 0)
                return error;
        }
    }

    /// <summary>
    /// stat(2) by one call of the host's, which follows no link: of one name in its directory, as no link can lie on the way. False: it is a longer path, or
    /// a link, or of a tree of the kernel's own.
    /// </summary>
    public bool StatAtOnce(in Target target, bool follow, out stat status, out long error)
    {
        (status, error) = (default, 0);
        string name = target.Relative;
        if (!target.IsHost || name.Contains('/', StringComparison.Ordinal) || IsOwn(target.Path))
            return false;
        error = HostFiles.StatAt(From(target), name, out status);
        uint type = status.st_mode & StatMode.S_IFMT;
        if (error == 0 && ((follow && type == StatMode.S_IFLNK) || (target.MustBeDirectory && type != StatMode.S_IFDIR)))
            return false;
        return true;
    }

    /// <summary>
    /// The directory of a path's last part, as a descriptor that the caller gives to <see cref="Return"/>, and that part. EROFS beneath the kernel's own trees, which
    /// nobody changes.
    /// </summary>
    public long Parent(GuestTask task, int dirfd, string path, out string name, out Target target)
    {
        const int AccessSearch = 1, AccessChange = 3, EffectiveIds = 0x200; // X_OK, W_OK
        name = "";
        target = default;
        if (path.Length == 0)
            return Fail.ENOENT;
        string trimmed = path.TrimEnd('/');
        int cut = trimmed.LastIndexOf('/');
        name = trimmed[(cut + 1)..];
        string directory = cut < 0 ? "." : trimmed[..(cut + 1)];
        if (trimmed.Length == 0)
            (directory, name) = ("/", ".");
        if (name.Length > MostName)
            return Fail.ENAMETOOLONG;
        long error = Locate(task, dirfd, directory, follow: true, out target);
        if (error < 0)
            return error;
        target.MustBeDirectory = true;
        if (target.Entry is { } known)
        {
            if (known.Kind != EntryKind.Directory)
                return known.Kind == EntryKind.Absent ? Fail.ENOENT : Fail.ENOTDIR;
            // The walk to the last part ends with this look (link_path_walk of fs/namei.c), before a second path's begins.
            error = Names.IsSearchable(known, task.Credentials) ? 0 : Names.MaySearch(known, task.Credentials);
            if (error is < 0 and not NameCache.NotKnown)
                return error;
        }
        long fd = Borrow(ref target);
        Node? node = null;
        if (fd < 0)
            fd = Object(task, follow: true, ref target, out node);
        if (node is not null)
        {
            target.Node = node;
            if (!node.IsDirectory)
                return Fail.ENOTDIR;
            if (node.Lookup(task, name) is not null)
                return Fail.EEXIST;
            return target.Path == "/proc" || target.Path.StartsWith("/proc/", StringComparison.Ordinal) ? Fail.ENOENT : Fail.EROFS;
        }
        if (fd >= 0 && target.Entry is null)
        {
            error = name is "." or ".." ? HostFiles.Named(SysNr.faccessat2, (int)fd, "", AccessSearch, EffectiveIds | Fcntl.AT_EMPTY_PATH) : 0;
            if (error < 0)
            {
                HostFiles.Close((int)fd);
                return error; // no call of the host's will look
            }
        }
        if (fd >= 0 && IsOwn(target.Path == "/" ? "/" + name : target.Path + "/" + name))
        {
            long may = HostFiles.Named(SysNr.faccessat2, (int)fd, "", AccessChange, EffectiveIds | Fcntl.AT_EMPTY_PATH);
            bool isReadOnly = HostFiles.IsReadOnly((int)fd); // said before modes are looked at
            Return(target, fd);
            return MakesName(task.Nr) ? Fail.EEXIST : isReadOnly ? Fail.EROFS : may < 0 ? may : Fail.EBUSY;
        }
        return fd;
    }

    private long Borrow(ref Target target)
    {
        long fd = target.Entry is { } directory ? Names.Descriptor(directory) : -1;
        target.IsBorrowed = fd >= 0;
        return fd;
    }

    private static bool MakesName(int nr) =>
        nr is SysNr.mkdir or SysNr.mkdirat or SysNr.mknod or SysNr.mknodat or SysNr.link or SysNr.linkat or SysNr.symlink or SysNr.symlinkat or SysNr.bind;
}
