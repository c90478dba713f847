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

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public bool IsDirectory => (Mode & StatMode.S_IFMT) == StatMode.S_IFDIR;

    public bool IsLink => (Mode & StatMode.S_IFMT) == StatMode.S_IFLNK;

    public virtual Node? Lookup(GuestTask task, string name) => null;

    public virtual IEnumerable<(string Name, Node Node)> List(GuestTask task) => [];

    public virtual string? ReadLink(GuestTask task) => null;

    /// <summary>chmod(2): most nodes stay as they are.</summary>
    public virtual long ChangeMode(GuestTask task, uint mode) => Fail.EPERM;

    /// <summary>chown(2), -1 for what stays.</summary>
    public virtual long ChangeOwner(GuestTask task, uint uid, uint gid) => Fail.EPERM;

    /// <summary>0 and the file, or -errno.</summary>
    public abstract long Open(GuestTask task, int flags, string path, out OpenFile? file);

    public virtual stat Status(GuestTask task) => new()
    {
        st_dev = 0x30,
        st_ino = Inode,
        st_nlink = IsDirectory ? 2u : 1,
        st_mode = Mode,
        st_uid = Uid,
        st_gid = Gid,
        st_blksize = 4096,
        st_mtime = task.Kernel.BootTime,
        st_atime = task.Kernel.BootTime,
        st_ctime = task.Kernel.BootTime,
    };
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
        if ((flags & 3) != Fcntl.O_RDONLY)
            return Fail.EISDIR;
        file = new NodeDirectory(task, this, path);
        return 0;
    }
}

/// <summary>A text made anew at each open.</summary>
internal sealed class TextNode(Func<GuestTask, string> text, uint permissions = 0x124, Func<GuestTask, string, long>? write = null)
    : Node(StatMode.S_IFREG | permissions)
{
    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = null;
        if ((flags & 3) != Fcntl.O_RDONLY && write is null)
            return Fail.EACCES;
        file = new TextFile(task, this, text(task), write, path);
        return 0;
    }
}

internal sealed class LinkNode(Func<GuestTask, string?> target) : Node(StatMode.S_IFLNK | 0x1FF)
{
    public override string? ReadLink(GuestTask task) => target(task);

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = null;
        return Fail.ELOOP;
    }
}

/// <summary>/proc/PID/fd/N: following it gives the open file itself, wherever its name leads.</summary>
internal sealed class FileLinkNode(OpenFile open) : Node(StatMode.S_IFLNK | 0x1C0)
{
    public OpenFile Target => open;

    public override string? ReadLink(GuestTask task) => open.Name;

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
