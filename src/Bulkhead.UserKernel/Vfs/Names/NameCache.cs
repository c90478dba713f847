using System;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Names;

/// <summary>
/// What this kernel has learned of names in trees that nobody else changes (docs/decisions/0040): the root with --file-access exclusive, and the
/// sandbox's own file systems. What a name stands for is forgotten when a call of a guest's is about to change it; attributes count only until
/// the next call that may change any, or for ever on a read-only mount. Who may search a directory the host has said, once for each user.
/// </summary>
internal sealed unsafe partial class NameCache
{
    /// <summary>Nothing is said: the host is to be asked in the ways that need no knowledge.</summary>
    public const long NotKnown = -10_003;

    private const int MostEntries = 16384;
    private readonly NameTable table = new();
    private readonly MountMap mounts;
    private readonly int rootFd;
    private readonly byte[][] ownTops;

    public NameCache(MountMap mounts, int rootFd)
    {
        (this.mounts, this.rootFd) = (mounts, rootFd);
        ownTops = mounts.ExclusiveTops();
        IsRootKnown = mounts.IsExclusive("/");
        IsOn = IsRootKnown || ownTops.Length > 0;
        Root = MakeRoot();
    }

    public bool IsOn { get; }

    private bool IsRootKnown { get; }

    public Entry Root { get; private set; }

    /// <summary>Grows whenever a directory is forgotten: entries that are remembered elsewhere may be old then.</summary>
    public long Forgotten { get; private set; }

    public static Entry Unseen(Entry directory, ReadOnlySpan<byte> name) => new(directory, [.. name, 0], NameTable.HashOf(directory, name)) { Kind = EntryKind.Unseen, IsForgotten = true };

    /// <summary>Nothing has this name any more.</summary>
    public void NoteAbsent(Entry directory, ReadOnlySpan<byte> name)
    {
        if (table.Count < MostEntries && name.Length <= FileSystem.MostName && Find(directory, name) is null)
            table.Add(new Entry(directory, [.. name, 0], NameTable.HashOf(directory, name)) { Kind = EntryKind.Absent, IsFixed = directory.IsFixed, IsSeen = true });
    }

    /// <summary>A regular file that was made where nothing was, or nothing was looked for.</summary>
    public Entry Made(Entry absent)
    {
        Entry directory = absent.Parent!;
        var entry = new Entry(directory, absent.Name, absent.Hash) { Kind = EntryKind.File, IsFixed = directory.IsFixed };
        if (table.Count < MostEntries && Find(directory, absent.Name.AsSpan(0, absent.Name.Length - 1)) is null)
            table.Add(entry);
        else
            entry.IsForgotten = true;
        return entry;
    }

    public Entry? Find(Entry directory, ReadOnlySpan<byte> name) => table.Find(directory, name, NameTable.HashOf(directory, name));

    /// <summary>Of a root that others may change, only the sandbox's own file systems in it.</summary>
    public bool IsKnowable(Entry directory, ReadOnlySpan<byte> name)
    {
        if (IsRootKnown || directory.Parent is not null)
            return true;
        foreach (byte[] top in ownTops)
        {
            if (name.SequenceEqual(top))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Asks the host, as the guest's user: 0 and what the name stands for, or -errno. The host looks whether the user may search the directory.
    /// </summary>
    public long Learn(Entry directory, ReadOnlySpan<byte> name, Credentials user, out Entry? entry)
    {
        entry = null;
        long fd = Descriptor(directory);
        if (fd < 0)
            return NotKnown; // an ancestor that this user may not search, or no descriptor is left
        byte[] terminated = new byte[name.Length + 1];
        name.CopyTo(terminated);
        long error;
        stat status = default;
        fixed (byte* p = terminated)
            error = HostFiles.StatAt((int)fd, p, &status);
        if (error is < 0 and not Fail.ENOENT)
            return error;
        NoteSearch(directory, user);
        int hash = NameTable.HashOf(directory, name);
        EntryKind kind = error < 0 ? EntryKind.Absent : KindOf(status);
        entry = table.Find(directory, name, hash);
        if (entry is not null && (entry.Kind != kind || (kind != EntryKind.Absent && entry.IsSeen && (entry.Status.st_ino != status.st_ino || entry.Status.st_dev != status.st_dev))) && entry.Kind != EntryKind.Foreign)
        {
            Forget(entry);
            entry = null;
        }
        if (entry is null)
        {
            if (table.Count >= MostEntries)
            {
                Clear();
                return NotKnown; // the directory is one of those that are forgotten
            }
            entry = new Entry(directory, terminated, hash) { Kind = kind };
            if (kind == EntryKind.Link && !ReadLink(fd, entry))
                return NotKnown;
            Place(directory, entry);
            table.Add(entry);
        }
        (entry.Status, entry.StatusTurn, entry.IsSeen) = (status, Turn, true);
        return 0;
    }

    private static EntryKind KindOf(in stat status) => (status.st_mode & StatMode.S_IFMT) switch
    {
        StatMode.S_IFDIR => EntryKind.Directory,
        StatMode.S_IFREG => EntryKind.File,
        StatMode.S_IFLNK => EntryKind.Link,
        _ => EntryKind.Special,
    };

    private static bool ReadLink(long fd, Entry entry)
    {
        const int Size = 4096;
        byte* buffer = stackalloc byte[Size];
        long length;
        fixed (byte* p = entry.Name)
            length = Linux.Sys.Direct(SysNr.readlinkat, (nint)fd, (nint)p, (nint)buffer, Size);
        if (length is < 0 or >= Size)
            return false;
        entry.Link = new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
        return true;
    }

    /// <summary>Which mount it is of.</summary>
    private void Place(Entry directory, Entry entry)
    {
        entry.IsFixed = directory.IsFixed;
        if (!directory.HoldsMounts)
            return;
        entry.HoldsMounts = mounts.HoldsMounts(entry.Path);
        if (!mounts.Find(entry.Path, out bool isExclusive, out bool isReadOnly))
            return;
        entry.IsFixed = isExclusive && isReadOnly;
        if (!isExclusive)
            entry.Kind = EntryKind.Foreign;
    }

    /// <summary>A name is about to be made, removed or replaced.</summary>
    public void Forget(Entry directory, ReadOnlySpan<byte> name)
    {
        if (Find(directory, name) is { } entry)
            Forget(entry);
    }

    /// <summary>By a path without links, whoever may see it; null: not known.</summary>
    public Entry? Find(ReadOnlySpan<byte> path)
    {
        Entry? here = Root;
        while (here is not null)
        {
            path = path.TrimStart((byte)'/');
            if (path.IsEmpty)
                return here;
            int end = path.IndexOf((byte)'/');
            here = Find(here, end < 0 ? path : path[..end]);
            path = end < 0 ? default : path[end..];
        }
        return null;
    }

    /// <summary>The entry of a directory that the host says is there by this path; null: of another tree.</summary>
    public Entry? Enter(ReadOnlySpan<byte> path)
    {
        Entry here = Root;
        while (here.Kind == EntryKind.Directory)
        {
            path = path.TrimStart((byte)'/');
            if (path.IsEmpty)
                return here;
            int end = path.IndexOf((byte)'/');
            ReadOnlySpan<byte> name = end < 0 ? path : path[..end];
            if (!IsKnowable(here, name) || table.Count >= MostEntries)
                return null;
            if (Find(here, name) is not { Kind: not EntryKind.Absent } next)
            {
                Forget(here, name);
                next = new Entry(here, [.. name, 0], NameTable.HashOf(here, name)) { Kind = EntryKind.Directory };
                Place(here, next);
                table.Add(next);
            }
            here = next;
            path = end < 0 ? default : path[end..];
        }
        return null;
    }

    /// <summary>By a path without links; where its directory is not known, nothing in it is.</summary>
    public void Forget(string path)
    {
        if (Find(Encoding.Latin1.GetBytes(path)) is { Parent: not null } entry)
            Forget(entry);
    }

    public void Forget(Entry entry)
    {
        table.Remove(entry);
        entry.IsForgotten = true;
        if (entry.Kept is not null)
            Discard(entry);
        if (entry.Kind != EntryKind.Directory)
            return;
        Forgotten++;
        DiscardBeneath(entry);
        for (int i = opened.Count - 1; i >= 0; i--)
        {
            if (!IsBeneath(opened[i], entry))
                continue;
            Close(opened[i]);
            opened.RemoveAt(i);
        }
    }

    private static bool IsBeneath(Entry? entry, Entry above)
    {
        for (; entry is not null; entry = entry.Parent)
        {
            if (ReferenceEquals(entry, above))
                return true;
        }
        return false;
    }

    /// <summary>All of it: there is too much, or somebody else has changed the tree after all.</summary>
    public void Clear()
    {
        opened.ForEach(Close);
        opened.Clear();
        DiscardBeneath(Root);
        table.Clear();
        Forgotten++;
        Root = MakeRoot();
    }

    private Entry MakeRoot()
    {
        mounts.Find("/", out bool isExclusive, out bool isReadOnly);
        return new Entry(null, ".\0"u8.ToArray(), 0) { Kind = EntryKind.Directory, IsFixed = isExclusive && isReadOnly, HoldsMounts = true };
    }
}
