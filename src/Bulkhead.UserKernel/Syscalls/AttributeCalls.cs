using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;
using Bulkhead.UserKernel.Vfs.Names;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>stat(2), access(2), chmod(2), chown(2), utimensat(2), truncate(2).</summary>
internal static unsafe class AttributeCalls
{
    private const int EmptyPath = Fcntl.AT_EMPTY_PATH, NoFollow = Fcntl.AT_SYMLINK_NOFOLLOW;

    public static long Stat(GuestTask task) => StatPath(task, FileSystem.AtCwd, task.A0, task.A1, 0);

    public static long LinkStat(GuestTask task) => StatPath(task, FileSystem.AtCwd, task.A0, task.A1, NoFollow);

    public static long StatAt(GuestTask task) => StatPath(task, (int)task.A0, task.A1, task.A2, (int)task.A3);

    public static long FileStat(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file)
            return Fail.EBADF;
        long error = file.Stat(out stat status);
        return error < 0 ? error : Guest.PutLast(task, task.A1, status);
    }

    private static long StatPath(GuestTask task, int dirfd, ulong address, ulong to, int flags)
    {
        if ((flags & ~(NoFollow | EmptyPath | 0x800)) != 0)
            return Fail.EINVAL;
        long error = Find(task, dirfd, address, flags, out stat status);
        return error < 0 ? error : Guest.PutLast(task, to, status);
    }

    private static long Find(GuestTask task, int dirfd, ulong address, int flags, out stat status)
    {
        if (IsKnown(task, dirfd, address, flags, out status, out long error))
            return error;
        error = Named(task, dirfd, address, flags, out string path, out OpenFile? file);
        if (error < 0 || file is not null)
            return file?.Stat(out status) ?? error;
        FileSystem files = task.Kernel.FileSystem;
        bool follow = (flags & NoFollow) == 0;
        error = files.Locate(task, dirfd, path, follow, out Target target);
        if (error < 0 || files.StatAtOnce(target, follow, out status, out error))
            return error;
        long fd = files.Object(task, follow, ref target, out Node? node);
        if (target.Open is { } open)
            error = open.Stat(out status);
        else if (node is not null)
            status = node.Status(task);
        else
            error = fd < 0 ? fd : HostFiles.Stat((int)fd, out status);
        if (fd >= 0 && node is null)
            HostFiles.Close((int)fd);
        return error;
    }

    private static bool IsKnown(GuestTask task, int dirfd, ulong address, int flags, out stat status, out long error)
    {
        status = default;
        FileSystem files = task.Kernel.FileSystem;
        error = files.Look(task, dirfd, Guest.SentPath(task, address), (flags & NoFollow) == 0, out Entry? entry);
        if (error == NameCache.NotKnown)
            return false;
        if (error == 0)
            error = files.Names.StatusOf(entry!, out status);
        files.Lasting(task, error);
        return true;
    }

    /// <summary>statx(2): what stat(2) knows, in its words.</summary>
    public static long StatX(GuestTask task)
    {
        const uint BasicStats = 0x7ff;
        int flags = (int)task.A2;
        if ((flags & ~(NoFollow | EmptyPath | 0x800 | 0x6000)) != 0 || (flags & 0x6000) == 0x6000 || ((uint)task.A3 & 0x80000000) != 0)
            return Fail.EINVAL;
        long error = Find(task, (int)task.A0, task.A1, flags & ~0x6000, out stat s);
        if (error < 0)
            return error;
        Span<byte> x = stackalloc byte[256];
        x.Clear();
        fixed (byte* p = x)
        {
            *(uint*)p = BasicStats;
            *(uint*)(p + 4) = (uint)s.st_blksize;
            *(uint*)(p + 16) = (uint)s.st_nlink;
            *(uint*)(p + 20) = s.st_uid;
            *(uint*)(p + 24) = s.st_gid;
            *(ushort*)(p + 28) = (ushort)s.st_mode;
            *(ulong*)(p + 32) = s.st_ino;
            *(long*)(p + 40) = s.st_size;
            *(long*)(p + 48) = s.st_blocks;
            (*(long*)(p + 64), *(uint*)(p + 72)) = (s.st_atime, (uint)s.st_atime_nsec);
            (*(long*)(p + 96), *(uint*)(p + 104)) = (s.st_ctime, (uint)s.st_ctime_nsec);
            (*(long*)(p + 112), *(uint*)(p + 120)) = (s.st_mtime, (uint)s.st_mtime_nsec);
            (*(uint*)(p + 128), *(uint*)(p + 132)) = (Major(s.st_rdev), Minor(s.st_rdev));
            (*(uint*)(p + 136), *(uint*)(p + 140)) = (Major(s.st_dev), Minor(s.st_dev));
        }
        return Guest.Give(task, task.A4, x) ? 0 : Guest.Put(task, task.A4, x);
    }

    private static uint Major(ulong device) => (uint)((device >> 8 & 0xfff) | (device >> 32 & ~0xfffUL));

    private static uint Minor(ulong device) => (uint)((device & 0xff) | (device >> 12 & ~0xffUL));

    /// <summary>Finds what a path, or an empty one with AT_EMPTY_PATH a descriptor, is, and calls with it.</summary>
    public static long With(GuestTask task, int dirfd, ulong address, int flags, Func<int, Node?, OpenFile?, long> call)
    {
        long error = Named(task, dirfd, address, flags, out string path, out OpenFile? file);
        return error < 0 ? error : file is not null ? call(file.HostFd, null, file) : WithPath(task, dirfd, path, (flags & NoFollow) == 0, call);
    }

    /// <summary>A path, or the open file that an empty one stands for.</summary>
    private static long Named(GuestTask task, int dirfd, ulong address, int flags, out string path, out OpenFile? file)
    {
        path = "";
        file = null;
        if (address != 0 || (flags & EmptyPath) == 0)
        {
            long error = Guest.Path(task, address, out path);
            if (error < 0)
                return error;
        }
        if (path.Length > 0 || (flags & EmptyPath) == 0)
            return 0;
        path = ".";
        if (dirfd != FileSystem.AtCwd)
            file = task.Process.Files[dirfd];
        return dirfd == FileSystem.AtCwd || file is not null ? 0 : Fail.EBADF;
    }

    private static long WithPath(GuestTask task, int dirfd, string path, bool follow, Func<int, Node?, OpenFile?, long> call)
    {
        long error = task.Kernel.FileSystem.Locate(task, dirfd, path, follow, out Target target);
        if (error < 0)
            return error;
        if (target.Open is { } open)
            return call(open.HostFd, null, open);
        long fd = task.Kernel.FileSystem.Object(task, follow, ref target, out Node? node);
        if (target.Open is { } later)
        {
            if (fd >= 0)
                HostFiles.Close((int)fd);
            return call(later.HostFd, null, later);
        }
        if (fd < 0)
            return fd;
        long result = call((int)fd, node, null);
        if (node is null)
            HostFiles.Close((int)fd);
        return result;
    }

    public static long Access(GuestTask task) => Access(task, FileSystem.AtCwd, task.A0, (int)task.A1, 0);

    public static long AccessAt(GuestTask task) => Access(task, (int)task.A0, task.A1, (int)task.A2, 0);

    private const int EffectiveIds = 0x200;

    public static long AccessAt2(GuestTask task) => Access(task, (int)task.A0, task.A1, (int)task.A2, (int)task.A3);

    private static long Access(GuestTask task, int dirfd, ulong address, int mode, int flags)
    {
        if ((mode & ~7) != 0 || (flags & ~(EffectiveIds | NoFollow | EmptyPath)) != 0)
            return Fail.EINVAL;
        if ((flags & EmptyPath) == 0 && IsReal(task.Credentials) && IsKnown(task, dirfd, address, mode, flags, out long known))
            return known;
        return AccessOf(task, dirfd, address, mode, flags);
    }

    private static long AccessOf(GuestTask task, int dirfd, ulong address, int mode, int flags)
    {
        // By the real ids, for programs that run with a borrowed user's rights (access(2)).
        Credentials who = task.Credentials;
        if ((flags & EffectiveIds) == 0)
        {
            who = who with { Fsuid = who.Uid, Fsgid = who.Gid, Effective = who.Uid == 0 ? who.Permitted : 0 };
            task.Kernel.Identity.Assume(task.Credentials, real: true);
        }
        return With(task, dirfd, address, flags, (fd, node, file) =>
        {
            if (node is null && fd >= 0)
                return HostFiles.Named(SysNr.faccessat2, fd, "", mode, EffectiveIds | EmptyPath); // the effective ones of this thread
            if (node is null)
                return 0;
            return node.Allows(who, (uint)mode) ? 0 : Fail.EACCES;
        });
    }

    /// <summary>What access(2) asks for is what the call itself has.</summary>
    private static bool IsReal(Credentials user) =>
        user.Uid == user.Fsuid && user.Gid == user.Fsgid && ((user.Uid == 0 ? user.Permitted : 0) & Credentials.OfFiles) == (user.Effective & Credentials.OfFiles);

    private static bool IsKnown(GuestTask task, int dirfd, ulong address, int mode, int flags, out long error)
    {
        FileSystem files = task.Kernel.FileSystem;
        error = files.Look(task, dirfd, Guest.SentPath(task, address), (flags & NoFollow) == 0, out Entry? entry);
        if (error == 0)
            error = entry!.Kind == EntryKind.Absent ? Fail.ENOENT : mode == 0 ? 0 : files.Names.Access(entry, mode);
        files.Lasting(task, error);
        return error != NameCache.NotKnown;
    }

    /// <summary>Tells inotify of changed attributes.</summary>
    private static long Changed(GuestTask task, int fd, long result)
    {
        if (result == 0)
            task.Kernel.Watches.TellFile(fd, Happened.Attributes);
        return result;
    }

    public static long ChangeMode(GuestTask task) => ChangeMode(task, FileSystem.AtCwd, task.A0, (uint)task.A1, 0);

    public static long ChangeModeAt(GuestTask task) => ChangeMode(task, (int)task.A0, task.A1, (uint)task.A2, 0);

    public static long ChangeModeAt2(GuestTask task) => ((int)task.A3 & ~(NoFollow | EmptyPath)) != 0 ? Fail.EINVAL : ChangeMode(task, (int)task.A0, task.A1, (uint)task.A2, (int)task.A3);

    private static long ChangeMode(GuestTask task, int dirfd, ulong address, uint mode, int flags) =>
        With(task, dirfd, address, flags, (fd, node, file) => fd < 0 || node is not null ? (node ?? file?.Changeable)?.ChangeMode(task, mode) ?? Fail.EPERM : Changed(task, fd, HostFiles.Named(SysNr.fchmodat2, fd, "", (nint)(mode & 0xFFF), EmptyPath)));

    public static long ChangeModeOf(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        return file.HostFd < 0 ? file.Changeable?.ChangeMode(task, (uint)task.A1) ?? 0 : Changed(task, file.HostFd, HostFiles.Named(SysNr.fchmodat2, file.HostFd, "", (nint)(task.A1 & 0xFFF), EmptyPath));
    }

    public static long ChangeOwner(GuestTask task) => ChangeOwner(task, FileSystem.AtCwd, task.A0, task.A1, task.A2, 0);

    public static long ChangeOwnerOfLink(GuestTask task) => ChangeOwner(task, FileSystem.AtCwd, task.A0, task.A1, task.A2, NoFollow);

    public static long ChangeOwnerAt(GuestTask task) => ((int)task.A4 & ~(NoFollow | EmptyPath)) != 0 ? Fail.EINVAL : ChangeOwner(task, (int)task.A0, task.A1, task.A2, task.A3, (int)task.A4);

    private static long ChangeOwner(GuestTask task, int dirfd, ulong address, ulong uid, ulong gid, int flags) =>
        With(task, dirfd, address, flags, (fd, node, file) => fd < 0 || node is not null ? (node ?? file?.Changeable)?.ChangeOwner(task, (uint)uid, (uint)gid) ?? Fail.EPERM : Changed(task, fd, HostFiles.Named(SysNr.fchownat, fd, "", (nint)(uint)uid, (nint)(uint)gid, EmptyPath)));

    public static long ChangeOwnerOf(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        return file.HostFd < 0 ? file.Changeable?.ChangeOwner(task, (uint)task.A1, (uint)task.A2) ?? 0 : Changed(task, file.HostFd, HostFiles.Named(SysNr.fchownat, file.HostFd, "", (nint)(uint)task.A1, (nint)(uint)task.A2, EmptyPath));
    }

    /// <summary>utimensat(2).</summary>
    public static long SetTimesAt(GuestTask task)
    {
        long* times = stackalloc long[4];
        if (task.A2 != 0 && !HostMemory.Read(task.HostPid, task.A2, new Span<byte>(times, 32)))
            return Fail.EFAULT;
        if (((int)task.A3 & ~(NoFollow | EmptyPath)) != 0)
            return Fail.EINVAL;
        nint given = task.A2 == 0 ? 0 : (nint)times;
        if (task.A1 == 0)
        {
            if (Guest.File(task, task.A0) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
                return (int)task.A0 == FileSystem.AtCwd ? Fail.EFAULT : Fail.EBADF;
            return file.HostFd < 0 ? 0 : Changed(task, file.HostFd, HostFiles.SetTimes(file.HostFd, (long*)given));
        }
        return With(task, (int)task.A0, task.A1, (int)task.A3, (fd, node, _) => node is not null || fd < 0 ? Fail.EPERM : Changed(task, fd, HostFiles.SetTimes(fd, (long*)given)));
    }

    /// <summary>utime(2) and utimes(2): older forms of the same.</summary>
    public static long SetTimesOld(GuestTask task)
    {
        long* times = stackalloc long[4];
        nint given = 0;
        bool seconds = task.Nr == SysNr.utime;
        ulong address = task.Nr == SysNr.futimesat ? task.A2 : task.A1;
        if (address != 0)
        {
            if (!HostMemory.Read(task.HostPid, address, new Span<byte>(times, seconds ? 16 : 32)))
                return Fail.EFAULT;
            if (seconds)
                (times[0], times[1], times[2], times[3]) = (times[0], 0, times[1], 0);
            else if (times[1] is < 0 or >= 1_000_000 || times[3] is < 0 or >= 1_000_000)
                return Fail.EINVAL;
            else
                (times[1], times[3]) = (times[1] * 1000, times[3] * 1000);
            given = (nint)times;
        }
        bool at = task.Nr == SysNr.futimesat;
        return With(task, at ? (int)task.A0 : FileSystem.AtCwd, at ? task.A1 : task.A0, 0, (fd, node, _) => node is not null || fd < 0 ? Fail.EPERM : Changed(task, fd, HostFiles.SetTimes(fd, (long*)given)));
    }

    public static long Truncate(GuestTask task)
    {
        if ((long)task.A1 < 0)
            return Fail.EINVAL;
        long error = Guest.Path(task, task.A0, out string path);
        if (error < 0)
            return error;
        error = task.Kernel.FileSystem.Open(task, FileSystem.AtCwd, path, Fcntl.O_WRONLY | Fcntl.O_NONBLOCK, 0, out OpenFile? file);
        if (error < 0)
            return error;
        error = file!.Truncate((long)task.A1);
        file.Release();
        return error;
    }
}
