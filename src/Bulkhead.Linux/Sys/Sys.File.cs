using System;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

public static unsafe partial class Sys
{
    /// <summary>A tenth of a second: a thousand were not enough beside a machine that mounts all the time.</summary>
    private const int MaxWalks = 100_000;

    /// <summary>XATTR_LIST_MAX of xattr(7).</summary>
    private const int MaxAttributeNames = 1 << 16;

    /// <summary>faccessat2(2) for the effective ids; <paramref name="mode"/>: 4 read, 2 write, 1 execute.</summary>
    public static Errno AccessAt(Fd dir, string path, int mode)
    {
        const int EffectiveIds = 0x200;
        fixed (byte* p = Z(path))
            return ToErrno(Raw(SysNr.faccessat2, dir.Value, (nint)p, mode, EffectiveIds));
    }

    /// <summary>openat(2), always O_CLOEXEC.</summary>
    public static Result<Fd> OpenAt(Fd dir, string path, int flags, uint mode = 0)
    {
        fixed (byte* p = Z(path))
            return ToFd(Raw(SysNr.openat, dir.Value, (nint)p, flags | Fcntl.O_CLOEXEC, (nint)mode));
    }

    /// <summary>openat2(2), always O_CLOEXEC. <paramref name="resolve"/>: RESOLVE_* of linux/openat2.h.</summary>
    public static Result<Fd> OpenAt2(Fd dir, string path, int flags, ulong resolve, uint mode = 0)
    {
        var how = new open_how { flags = (ulong)(uint)(flags | Fcntl.O_CLOEXEC), mode = mode, resolve = resolve };
        fixed (byte* p = Z(path))
        {
            // EAGAIN: a rename or a mount, by anybody on the machine, fell between two ".." of a walk that must stay in its root.
            for (int walks = 1; ; walks++)
            {
                Result<Fd> opened = ToFd(Raw(SysNr.openat2, dir.Value, (nint)p, (nint)(&how), sizeof(open_how)));
                if (opened.Error != Errno.EAGAIN || walks == MaxWalks)
                    return opened;
            }
        }
    }

    /// <summary>read(2): the count of bytes, 0 at the end.</summary>
    public static Result<int> Read(Fd fd, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
            return ToInt(Raw(SysNr.read, fd.Value, (nint)p, buffer.Length));
    }

    /// <summary>pread(2).</summary>
    public static Result<int> ReadAt(Fd fd, Span<byte> buffer, long offset)
    {
        fixed (byte* p = buffer)
            return ToInt(Raw(SysNr.pread64, fd.Value, (nint)p, buffer.Length, (nint)offset));
    }

    /// <summary>write(2): the count of bytes taken.</summary>
    public static Result<int> Write(Fd fd, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* p = buffer)
            return ToInt(Raw(SysNr.write, fd.Value, (nint)p, buffer.Length));
    }

    /// <summary>write(2) until all is taken.</summary>
    public static Errno WriteAll(Fd fd, ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            Result<int> written = Write(fd, buffer);
            if (!written.Ok)
                return written.Error;
            buffer = buffer[written.Value..];
        }
        return Errno.None;
    }

    public static Result<stat> Fstat(Fd fd)
    {
        stat buffer;
        Errno error = ToErrno(Raw(SysNr.fstat, fd.Value, (nint)(&buffer)));
        return error == Errno.None ? buffer : error;
    }

    /// <summary>newfstatat(2). <paramref name="flags"/>: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH.</summary>
    public static Result<stat> StatAt(Fd dir, string path, int flags = 0)
    {
        stat buffer;
        fixed (byte* p = Z(path))
        {
            Errno error = ToErrno(Raw(SysNr.newfstatat, dir.Value, (nint)p, (nint)(&buffer), flags));
            return error == Errno.None ? buffer : error;
        }
    }

    public static Errno MkdirAt(Fd dir, string path, uint mode)
    {
        fixed (byte* p = Z(path))
            return ToErrno(Raw(SysNr.mkdirat, dir.Value, (nint)p, (nint)mode));
    }

    /// <summary>unlinkat(2). <paramref name="flags"/>: AT_REMOVEDIR for a directory.</summary>
    public static Errno UnlinkAt(Fd dir, string path, int flags = 0)
    {
        fixed (byte* p = Z(path))
            return ToErrno(Raw(SysNr.unlinkat, dir.Value, (nint)p, flags));
    }

    public static Errno RenameAt(Fd fromDir, string from, Fd toDir, string to)
    {
        fixed (byte* p = Z(from), q = Z(to))
            return ToErrno(Raw(SysNr.renameat, fromDir.Value, (nint)p, toDir.Value, (nint)q));
    }

    /// <summary>fchownat(2). <paramref name="flags"/>: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH.</summary>
    public static Errno ChownAt(Fd dir, string path, uint uid, uint gid, int flags)
    {
        fixed (byte* p = Z(path))
            return ToErrno(Raw(SysNr.fchownat, dir.Value, (nint)p, (nint)uid, (nint)gid, flags));
    }

    /// <summary>ftruncate(2).</summary>
    public static Errno Truncate(Fd file, long size) => ToErrno(Raw(SysNr.ftruncate, file.Value, (nint)size));

    /// <summary>lseek(2) from the start.</summary>
    public static Errno Seek(Fd file, long offset) => ToErrno(Raw(SysNr.lseek, file.Value, (nint)offset, 0));

    /// <summary>fchmod(2).</summary>
    public static Errno Chmod(Fd file, uint mode) => ToErrno(Raw(SysNr.fchmod, file.Value, (nint)mode));

    /// <summary>symlinkat(2).</summary>
    public static Errno SymlinkAt(string target, Fd dir, string path)
    {
        fixed (byte* p = Z(target), q = Z(path))
            return ToErrno(Raw(SysNr.symlinkat, (nint)p, dir.Value, (nint)q));
    }

    /// <summary>Gives an unnamed file (O_TMPFILE) its name; EEXIST when the name is taken. Needs CAP_DAC_READ_SEARCH (open(2), linkat(2)).</summary>
    public static Errno LinkUnnamed(Fd file, Fd toDir, string to)
    {
        fixed (byte* empty = "\0"u8, q = Z(to))
            return ToErrno(Raw(SysNr.linkat, file.Value, (nint)empty, toDir.Value, (nint)q, Fcntl.AT_EMPTY_PATH));
    }

    /// <summary>utimensat(2) with the same time twice; a link is followed only if asked for.</summary>
    public static Errno SetTimes(Fd dir, string path, long seconds, long nanoseconds, bool follow = false)
    {
        // Access and modification time, struct timespec each.
        long* times = stackalloc long[] { seconds, nanoseconds, seconds, nanoseconds };
        fixed (byte* p = Z(path))
            return ToErrno(Raw(SysNr.utimensat, dir.Value, (nint)p, (nint)times, follow ? 0 : Fcntl.AT_SYMLINK_NOFOLLOW));
    }

    /// <summary>mknodat(2). <paramref name="device"/>: as st_rdev has it.</summary>
    public static Errno MknodAt(Fd dir, string path, uint mode, ulong device)
    {
        fixed (byte* p = Z(path))
            return ToErrno(Raw(SysNr.mknodat, dir.Value, (nint)p, (nint)mode, (nint)device));
    }

    /// <summary>getxattr(2), following links: the value's length; ENODATA when there is none of that name.</summary>
    public static Result<int> GetExtendedAttribute(string path, string name, Span<byte> value)
    {
        fixed (byte* p = Z(path), q = Z(name), v = value)
            return ToInt(Raw(SysNr.getxattr, (nint)p, (nint)q, (nint)v, value.Length));
    }

    /// <summary>listxattr(2), following links: the names; none where the file system has no attributes.</summary>
    public static Result<string[]> ListExtendedAttributes(string path)
    {
        byte[] names = new byte[MaxAttributeNames];
        Result<int> length;
        fixed (byte* p = Z(path), q = names)
            length = ToInt(Raw(SysNr.listxattr, (nint)p, (nint)q, names.Length));
        if (length.Error == Errno.EOPNOTSUPP)
            return Array.Empty<string>();
        return length.Ok ? Encoding.UTF8.GetString(names, 0, length.Value).Split('\0', StringSplitOptions.RemoveEmptyEntries) : length.Error;
    }

    /// <summary>fcntl(2) with an integer argument.</summary>
    public static Result<int> FileControl(Fd fd, int command, nint argument = 0) => ToInt(Raw(SysNr.fcntl, fd.Value, command, argument));

    /// <summary>flock(2). <paramref name="operation"/>: LOCK_*.</summary>
    public static Errno Flock(Fd fd, int operation) => ToErrno(Raw(SysNr.flock, fd.Value, operation));

    /// <summary>A program of the same installation: in the directory of the one that runs.</summary>
    public static string Beside(string name)
    {
        string self = ReadLinkAt(Fd.Cwd, "/proc/self/exe").OrThrow("find", "/proc/self/exe");
        return self[..(self.LastIndexOf('/') + 1)] + name;
    }

    /// <summary>readlinkat(2): the link's text, EINVAL when it is no link, ENAMETOOLONG beyond 4,095 bytes.</summary>
    public static Result<string> ReadLinkAt(Fd dir, string path)
    {
        const int Size = 4096;
        byte* buffer = stackalloc byte[Size];
        fixed (byte* p = Z(path))
        {
            Result<int> length = ToInt(Raw(SysNr.readlinkat, dir.Value, (nint)p, (nint)buffer, Size));
            if (!length.Ok)
                return length.Error;
            return length.Value == Size ? Errno.ENAMETOOLONG : System.Text.Encoding.UTF8.GetString(buffer, length.Value);
        }
    }
}
