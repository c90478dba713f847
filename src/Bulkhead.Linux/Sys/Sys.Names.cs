using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

/// <summary>
/// The calls that take names, for names that are no text: a file's name is any bytes but '/' and NUL, and decoding them to UTF-16 and back loses some. Every name ends in a NUL
/// that is part of the span.
/// </summary>
public static unsafe partial class Sys
{
    /// <summary>openat(2), always O_CLOEXEC.</summary>
    public static Result<Fd> OpenAt(Fd dir, ReadOnlySpan<byte> name, int flags, uint mode = 0)
    {
        fixed (byte* p = Ended(name))
            return ToFd(Raw(SysNr.openat, dir.Value, (nint)p, flags | Fcntl.O_CLOEXEC, (nint)mode));
    }

    /// <summary>openat2(2), always O_CLOEXEC. <paramref name="resolve"/>: RESOLVE_* of linux/openat2.h.</summary>
    public static Result<Fd> OpenAt2(Fd dir, ReadOnlySpan<byte> name, int flags, ulong resolve)
    {
        var how = new open_how { flags = (ulong)(uint)(flags | Fcntl.O_CLOEXEC), resolve = resolve };
        fixed (byte* p = Ended(name))
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

    /// <summary>newfstatat(2). <paramref name="flags"/>: AT_SYMLINK_NOFOLLOW.</summary>
    public static Result<stat> StatAt(Fd dir, ReadOnlySpan<byte> name, int flags)
    {
        stat buffer;
        fixed (byte* p = Ended(name))
        {
            Errno error = ToErrno(Raw(SysNr.newfstatat, dir.Value, (nint)p, (nint)(&buffer), flags));
            return error == Errno.None ? buffer : error;
        }
    }

    public static Errno MkdirAt(Fd dir, ReadOnlySpan<byte> name, uint mode)
    {
        fixed (byte* p = Ended(name))
            return ToErrno(Raw(SysNr.mkdirat, dir.Value, (nint)p, (nint)mode));
    }

    /// <summary>mknodat(2). <paramref name="device"/>: as st_rdev has it.</summary>
    public static Errno MknodAt(Fd dir, ReadOnlySpan<byte> name, uint mode, ulong device)
    {
        fixed (byte* p = Ended(name))
            return ToErrno(Raw(SysNr.mknodat, dir.Value, (nint)p, (nint)mode, (nint)device));
    }

    /// <summary>unlinkat(2). <paramref name="flags"/>: AT_REMOVEDIR for a directory.</summary>
    public static Errno UnlinkAt(Fd dir, ReadOnlySpan<byte> name, int flags = 0)
    {
        fixed (byte* p = Ended(name))
            return ToErrno(Raw(SysNr.unlinkat, dir.Value, (nint)p, flags));
    }

    /// <summary>linkat(2) without AT_SYMLINK_FOLLOW: a symbolic link gets a second name itself.</summary>
    public static Errno LinkAt(Fd fromDir, ReadOnlySpan<byte> from, Fd toDir, ReadOnlySpan<byte> to)
    {
        fixed (byte* p = Ended(from), q = Ended(to))
            return ToErrno(Raw(SysNr.linkat, fromDir.Value, (nint)p, toDir.Value, (nint)q));
    }

    /// <summary>symlinkat(2).</summary>
    public static Errno SymlinkAt(ReadOnlySpan<byte> target, Fd dir, ReadOnlySpan<byte> name)
    {
        fixed (byte* p = Ended(target), q = Ended(name))
            return ToErrno(Raw(SysNr.symlinkat, (nint)p, dir.Value, (nint)q));
    }

    public static Errno RenameAt(Fd fromDir, ReadOnlySpan<byte> from, Fd toDir, ReadOnlySpan<byte> to)
    {
        fixed (byte* p = Ended(from), q = Ended(to))
            return ToErrno(Raw(SysNr.renameat, fromDir.Value, (nint)p, toDir.Value, (nint)q));
    }

    /// <summary>fchownat(2) with AT_SYMLINK_NOFOLLOW.</summary>
    public static Errno ChownAt(Fd dir, ReadOnlySpan<byte> name, uint uid, uint gid)
    {
        fixed (byte* p = Ended(name))
            return ToErrno(Raw(SysNr.fchownat, dir.Value, (nint)p, (nint)uid, (nint)gid, Fcntl.AT_SYMLINK_NOFOLLOW));
    }

    /// <summary>fchmodat(2), which follows links: not for one.</summary>
    public static Errno ChmodAt(Fd dir, ReadOnlySpan<byte> name, uint mode)
    {
        fixed (byte* p = Ended(name))
            return ToErrno(Raw(SysNr.fchmodat, dir.Value, (nint)p, (nint)mode));
    }

    /// <summary>fchmodat2(2) with AT_SYMLINK_NOFOLLOW (Linux 6.6): EOPNOTSUPP for a link.</summary>
    public static Errno ChmodNoFollow(Fd dir, ReadOnlySpan<byte> name, uint mode)
    {
        fixed (byte* p = Ended(name))
            return ToErrno(Raw(SysNr.fchmodat2, dir.Value, (nint)p, (nint)mode, Fcntl.AT_SYMLINK_NOFOLLOW));
    }

    /// <summary>utimensat(2) with the same time twice; a link is not followed.</summary>
    public static Errno SetTimes(Fd dir, ReadOnlySpan<byte> name, long seconds, long nanoseconds)
    {
        long* times = stackalloc long[] { seconds, nanoseconds, seconds, nanoseconds };
        fixed (byte* p = Ended(name))
            return ToErrno(Raw(SysNr.utimensat, dir.Value, (nint)p, (nint)times, Fcntl.AT_SYMLINK_NOFOLLOW));
    }

    /// <summary>futimens(3): the open file's own time, the same twice.</summary>
    public static Errno SetTimes(Fd file, long seconds, long nanoseconds)
    {
        long* times = stackalloc long[] { seconds, nanoseconds, seconds, nanoseconds };
        return ToErrno(Raw(SysNr.utimensat, file.Value, 0, (nint)times));
    }

    /// <summary>fsetxattr(2).</summary>
    public static Errno SetExtendedAttribute(Fd file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        fixed (byte* p = Ended(name), q = value)
            return ToErrno(Raw(SysNr.fsetxattr, file.Value, (nint)p, (nint)q, value.Length));
    }

    /// <summary>getdents64(2) from the start: all names but "." and "..", each with its NUL.</summary>
    public static Result<List<byte[]>> ReadNames(Fd directory)
    {
        const int BufferSize = 8192, NameOffset = 19;
        var names = new List<byte[]>();
        byte[] buffer = new byte[BufferSize];
        nint seek = Raw(SysNr.lseek, directory.Value, 0, 0);
        if (ToErrno(seek) != Errno.None)
            return ToErrno(seek);
        for (; ; )
        {
            int length;
            fixed (byte* p = buffer)
            {
                Result<int> read = ToInt(Raw(SysNr.getdents64, directory.Value, (nint)p, BufferSize));
                if (!read.Ok)
                    return read.Error;
                length = read.Value;
            }
            if (length == 0)
                return names;
            // struct linux_dirent64: u64 ino, s64 offset, u16 record length, u8 type, name.
            for (int at = 0; at < length;)
            {
                int record = MemoryMarshal.Read<ushort>(buffer.AsSpan(at + 16));
                ReadOnlySpan<byte> name = buffer.AsSpan(at + NameOffset, record - NameOffset);
                name = name[..(name.IndexOf((byte)0) + 1)];
                if (!name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8))
                    names.Add(name.ToArray());
                at += record;
            }
        }
    }

    /// <summary>A name without its NUL would lead the kernel into what lies behind it.</summary>
    private static ReadOnlySpan<byte> Ended(ReadOnlySpan<byte> name) =>
        !name.IsEmpty && name[^1] == 0 ? name : throw new System.ArgumentException("a name must end in NUL");
}
