using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Copy;

/// <summary>
/// A tree as entries. Each node is looked at through a descriptor that was opened by one name in its directory, and read through the same one: what a
/// container swaps meanwhile can change which of its files is read, never lead out.
/// </summary>
/// <param name="ids">Whose numbers the entries have.</param>
/// <param name="skipped">Hears of each node that is left out.</param>
public sealed class TreeReader(IdView ids, Action<string> skipped)
{
    private const ulong Beneath = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_MAGICLINKS | Fcntl.RESOLVE_NO_SYMLINKS;

    /// <param name="top">Opened with O_PATH.</param>
    /// <param name="name">For messages.</param>
    public IEnumerable<CopyEntry> Read(Fd top, string name) => Walk(top, "", name);

    private IEnumerable<CopyEntry> Walk(Fd node, string path, string name)
    {
        stat status = Sys.Fstat(node).OrThrow("look at", name);
        uint kind = status.st_mode & StatMode.S_IFMT;
        if (kind is StatMode.S_IFREG or StatMode.S_IFDIR && KernelFiles.Has(node))
            skipped($"{name} is the kernel's: not copied");
        else if (kind == StatMode.S_IFREG)
        {
            using Fd file = Reopen(node, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY, name);
            using var content = new FdStream(file);
            yield return Entry(path, EntryKind.File, status, "", content);
        }
        else if (kind == StatMode.S_IFLNK)
            yield return Entry(path, EntryKind.SymbolicLink, status, Sys.ReadLinkAt(node, "").OrThrow("read the link", name), null);
        else if (kind == StatMode.S_IFDIR)
        {
            yield return Entry(path, EntryKind.Directory, status, "", null);
            foreach (CopyEntry entry in Below(node, path, name))
                yield return entry;
        }
        else
            skipped($"{name} is {Describe(kind)}: not copied");
    }

    private IEnumerable<CopyEntry> Below(Fd node, string path, string name)
    {
        RequireDepth(path, name);
        using Fd directory = Sys.OpenAt(node, ".", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY).OrThrow("open", name);
        foreach (string child in Sys.ReadDirectory(directory).OrThrow("list", name))
        {
            Result<Fd> opened = Sys.OpenAt2(directory, child, Fcntl.O_PATH | Fcntl.O_NOFOLLOW, Beneath);
            // Gone meanwhile, or its name is no UTF-8. Anything else would leave a hole that nobody notices.
            if (opened.Error == Errno.ENOENT)
            {
                skipped($"{name}/{child}: {opened.Error.Describe()}: not copied");
                continue;
            }
            using Fd below = opened.OrThrow("open", name + "/" + child);
            foreach (CopyEntry entry in Walk(below, path.Length == 0 ? child : path + "/" + child, name + "/" + child))
                yield return entry;
        }
    }

    /// <summary>Each level costs a descriptor and stack, and a container may make tens of thousands.</summary>
    internal static void RequireDepth(string path, string name)
    {
        const int MaxDepth = 1000;
        if (path.AsSpan().Count('/') >= MaxDepth)
            throw new StepException($"{name[..Math.Min(name.Length, 64)]}...: more than {MaxDepth} directories in each other are not looked into");
    }

    private CopyEntry Entry(string path, EntryKind kind, in stat status, string target, FdStream? content) => new()
    {
        Path = path,
        Kind = kind,
        Mode = status.st_mode & 0xFFF,
        Uid = ids.User(status.st_uid),
        Gid = ids.Group(status.st_gid),
        Modified = status.st_mtime,
        ModifiedNanoseconds = status.st_mtime_nsec,
        Size = kind == EntryKind.File ? status.st_size : 0,
        Target = target,
        Content = content,
    };

    /// <summary>The same node, whatever its name means by now.</summary>
    internal static Fd Reopen(Fd node, int flags, string name) =>
        Sys.OpenAt(Fd.Cwd, "/proc/self/fd/" + node.Value.ToString(CultureInfo.InvariantCulture), flags).OrThrow("open", name);

    internal static string Describe(uint kind) => kind switch
    {
        StatMode.S_IFCHR or StatMode.S_IFBLK => "a device",
        StatMode.S_IFIFO => "a fifo",
        StatMode.S_IFSOCK => "a socket",
        _ => "no file",
    };
}
