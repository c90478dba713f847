using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>A file that only the kernel has: /proc, /sys, /dev.</summary>
internal abstract class Node(uint mode)
{
    private static ulong lastInode = 1;

    /// <summary>Type and permissions.</summary>
    public uint Mode { get; } = mode;

    public ulong Inode { get; } = ++lastInode;

    /// <summary>Its user and group; null: root's.</summary>
    public Func<(uint Uid, uint Gid)>? Owner { get; init; }

    public bool IsDirectory => (Mode & StatMode.S_IFMT) == StatMode.S_IFDIR;

    public bool IsLink => (Mode & StatMode.S_IFMT) == StatMode.S_IFLNK;

    public virtual Node? Lookup(GuestTask task, string name) => null;

    public virtual IEnumerable<(string Name, Node Node)> List(GuestTask task) => [];

    /// <summary>readlink(2): 0 and the text, or -errno.</summary>
    public virtual long ReadLink(GuestTask task, out string? text)
    {
        text = null;
        return Fail.EINVAL;
    }

    /// <summary>Whether its mode allows the user what is wanted: 4 read, 2 write, 1 execute (path_resolution(7), capabilities(7)).</summary>
    public bool Allows(Credentials user, uint wanted)
    {
        const int Override = 1, ReadSearch = 2;
        (uint uid, uint gid) = Owner?.Invoke() ?? (0, 0);
        uint bits = (user.Fsuid == uid ? Mode >> 6 : user.InGroup(gid) ? Mode >> 3 : Mode) & 7;
        if ((bits & wanted) == wanted)
            return true;
        if (user.Has(Override) && (IsDirectory || (wanted & 1) == 0 || (Mode & 0x49) != 0))
            return true;
        return user.Has(ReadSearch) && (IsDirectory ? (wanted & 2) == 0 : wanted == 4);
    }

    /// <summary>chmod(2): most nodes stay as they are.</summary>
    public virtual long ChangeMode(GuestTask task, uint mode) => Fail.EPERM;

    /// <summary>chown(2), -1 for what stays.</summary>
    public virtual long ChangeOwner(GuestTask task, uint uid, uint gid) => Fail.EPERM;

    /// <summary>0 and the file, or -errno.</summary>
    public abstract long Open(GuestTask task, int flags, string path, out OpenFile? file);

    public virtual stat Status(GuestTask task)
    {
        (uint uid, uint gid) = Owner?.Invoke() ?? (0, 0);
        return new stat
        {
            st_dev = OwnDevice.Trees,
            st_ino = Inode,
            st_nlink = IsDirectory ? 2u : 1,
            st_mode = Mode,
            st_uid = uid,
            st_gid = gid,
            st_blksize = 4096,
            st_mtime = task.Kernel.BootTime,
            st_atime = task.Kernel.BootTime,
            st_ctime = task.Kernel.BootTime,
        };
    }
}

/// <summary>A directory: fixed names, then what <paramref name="more"/> finds.</summary>
internal sealed class DirectoryNode(uint permissions = 0x16D, Func<GuestTask, string, Node?>? more = null, Func<GuestTask, IEnumerable<(string, Node)>>? list = null)
    : Node(StatMode.S_IFDIR | permissions)
{
    private readonly SortedDictionary<string, Node> entries = new(StringComparer.Ordinal);

    public DirectoryNode Add(string name, Node node)
    {
        entries.Add(name, node);
        return this;
    }

    /// <summary>Asked at open: 0, or what open fails with.</summary>
    public Func<GuestTask, long>? Check { get; init; }

    /// <summary>The directory of that name, made where it is missing.</summary>
    public DirectoryNode Sub(string name)
    {
        if (entries.GetValueOrDefault(name) is DirectoryNode there)
            return there;
        var made = new DirectoryNode();
        entries.Add(name, made);
        return made;
    }

    public override Node? Lookup(GuestTask task, string name) => entries.GetValueOrDefault(name) ?? more?.Invoke(task, name);

    public override IEnumerable<(string Name, Node Node)> List(GuestTask task)
    {
        foreach (KeyValuePair<string, Node> entry in entries)
            yield return (entry.Key, entry.Value);
        if (list is null)
            yield break;
        foreach ((string name, Node node) in list(task))
            yield return (name, node);
    }

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = null;
        long error = Check?.Invoke(task) ?? 0;
        if (error < 0)
            return error;
        file = new NodeDirectory(task, this, path);
        return 0;
    }
}

/// <summary>A text made anew at each read from its begin; null: whom it is about is gone (ESRCH).</summary>
internal sealed class TextNode(Func<GuestTask, string?> text, uint permissions = 0x124, Func<GuestTask, string, long>? write = null)
    : Node(StatMode.S_IFREG | permissions)
{
    /// <summary>Asked at open: 0, or what open fails with.</summary>
    public Func<GuestTask, long>? Check { get; init; }

    /// <summary>In a tree that is mounted for reading.</summary>
    public bool IsReadOnly { get; init; }

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = null;
        if (IsReadOnly && (flags & 3) != Fcntl.O_RDONLY)
            return Fail.EROFS;
        long error = Check?.Invoke(task) ?? 0;
        if (error < 0)
            return error;
        file = new TextFile(task, this, text, write, path);
        return 0;
    }
}

internal sealed class LinkNode(Func<GuestTask, string?> target) : Node(StatMode.S_IFLNK | 0x1FF)
{
    /// <summary>Asked before the text is given: 0, or what readlink fails with.</summary>
    public Func<GuestTask, long>? Check { get; init; }

    public override long ReadLink(GuestTask task, out string? text)
    {
        text = null;
        long error = Check?.Invoke(task) ?? 0;
        if (error < 0)
            return error;
        text = target(task);
        return text is null ? Fail.ENOENT : 0;
    }

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = null;
        return Fail.ELOOP;
    }
}

/// <summary>/proc/PID/fd/N and exe: following it gives the open file itself, wherever its name leads.</summary>
internal sealed class FileLinkNode(Func<OpenFile?> open, uint permissions) : Node(StatMode.S_IFLNK | permissions)
{
    public OpenFile? Target => open();

    /// <summary>Asked before it is read or followed: 0, or the error.</summary>
    public Func<GuestTask, long>? Check { get; init; }

    public override long ReadLink(GuestTask task, out string? text)
    {
        text = null;
        long error = Check?.Invoke(task) ?? 0;
        if (error < 0)
            return error;
        if (open() is not { } file)
            return Fail.ENOENT;
        text = task.Kernel.FileSystem.NameOf(file);
        return 0;
    }

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = null;
        return Fail.ELOOP;
    }
}

/// <summary>A character device of /dev.</summary>
internal sealed class DeviceNode(uint major, uint minor, Func<GuestTask, int, OpenFile?> open, uint permissions = 0x1B6)
    : Node(StatMode.S_IFCHR | permissions)
{
    public override stat Status(GuestTask task)
    {
        stat status = base.Status(task);
        status.st_rdev = (major << 8) | minor;
        return status;
    }

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = open(task, flags);
        return file is null ? Fail.ENXIO : 0;
    }
}
