using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Unpack;

/// <summary>
/// A layer's entries as files for overlayfs (image-spec, layer.md). Owners are the tar's: mounts map them. What an entry replaces is removed, never written through; whiteouts hide
/// what lower layers have, never what this one has.
/// </summary>
/// <param name="root">An empty directory.</param>
/// <param name="limits">On what it may ask for.</param>
/// <param name="mayLack">A caller without root goes without devices, strangers' ids and attributes that it may not set, and they are counted.</param>
internal sealed class LayerUnpacker(Fd root, LayerLimits limits, bool mayLack) : IDisposable
{
    private const uint NewFile = 0x180, NewDirectory = 0x1C0; // 0600, 0700
    private const uint LargestMajor = 0xFFF, LargestMinor = 0xFFFFF; // of the kernel's dev_t

    private readonly LayerTree _tree = new(root);
    private readonly DirectoryMetadata _directories = new(limits);
    private long _entries, _bytes, _devices;

    public LeftOut LeftOut { get; } = new();

    public long Entries => _entries;

    /// <summary>Of files' contents.</summary>
    public long Bytes => _bytes;

    /// <summary>All entries up to the tar's end.</summary>
    public void Unpack(TarReader reader)
    {
        while (reader.Next() is { } entry)
        {
            if (++_entries > limits.Entries)
                throw new StepException($"the layer has more than {limits.Entries} entries");
            Put(entry, reader);
        }
        _directories.Apply(_tree, Give, mayLack);
    }

    public void Dispose() => _tree.Dispose();

    private void Put(TarEntry entry, TarReader reader)
    {
        _tree.Refresh();
        byte[] path = Path(entry.Name, entry.Name);
        if (path.Length == 0)
        {
            if (entry.Type != TarType.Directory)
                throw Refused(entry, "it stands for the root directory and is none");
            _directories.Add(path, entry);
            GiveAttributes(root, entry);
            return;
        }
        int slash = path.AsSpan().LastIndexOf((byte)'/');
        ReadOnlySpan<byte> last = path.AsSpan(slash + 1);
        Fd parent = _tree.Directory(path.AsSpan(0, Math.Max(0, slash)));
        if (last.StartsWith(Whiteouts.Prefix))
        {
            Whiteouts.Put(parent, last, entry);
            return;
        }
        byte[] name = EntryName.Ended(last);
        switch (entry.Type)
        {
            case TarType.File:
                MakeFile(parent, name, entry, reader);
                break;
            case TarType.Directory:
                MakeDirectory(parent, name, path, entry);
                break;
            case TarType.SymbolicLink:
                byte[] target = EntryName.Ended(entry.Target);
                Make(parent, name, entry, () => Sys.SymlinkAt(target, parent, name));
                GiveByName(parent, name, entry);
                break;
            case TarType.HardLink:
                MakeHardLink(parent, name, path, entry);
                break;
            default:
                MakeNode(parent, name, entry);
                break;
        }
    }

    private byte[] Path(ReadOnlySpan<byte> name, ReadOnlySpan<byte> of)
    {
        byte[] path = EntryName.Clean(name) ?? throw new StepException($"{EntryName.Show(of)}: the name '{EntryName.Show(name)}' leads out of the layer");
        if (path.Length > limits.PathBytes)
            throw new StepException($"{EntryName.Show(of)}: its name has {path.Length} bytes, {limits.PathBytes} at most");
        int depth = path.AsSpan().Count((byte)'/') + 1;
        return depth <= limits.Depth ? path : throw new StepException($"{EntryName.Show(of)}: it lies {depth} directories deep, {limits.Depth} at most");
    }

    private void MakeFile(Fd parent, byte[] name, TarEntry entry, TarReader reader)
    {
        const int New = Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW;
        Result<Fd> made = Sys.OpenAt(parent, name, New, NewFile);
        if (made.Error == Errno.EEXIST)
        {
            Clear(parent, name, entry);
            made = Sys.OpenAt(parent, name, New, NewFile);
        }
        using Fd file = made.OrThrow("make", EntryName.Show(entry.Name));
        _bytes += entry.Stored;
        if (_bytes > limits.Bytes)
            throw Refused(entry, $"the layer's files have more than {limits.Bytes >> 30} GiB together");
        if (entry.Pieces is null)
            Write(file, entry.Stored, entry, reader);
        else
            WritePieces(file, entry, reader);
        Give(file, entry);
    }

    private static void WritePieces(Fd file, TarEntry entry, TarReader reader)
    {
        Check(Sys.Truncate(file, entry.Size), "make a sparse file:", entry);
        foreach (SparsePiece piece in entry.Pieces!)
        {
            Check(Sys.Seek(file, piece.Offset), "write", entry);
            Write(file, piece.Length, entry, reader);
        }
    }

    private static void Write(Fd file, long length, TarEntry entry, TarReader reader)
    {
        while (length > 0)
        {
            ReadOnlySpan<byte> part = reader.Content();
            part = part[..(int)Math.Min(length, part.Length)];
            Check(Sys.WriteAll(file, part), "write", entry);
            reader.Consume(part.Length);
            length -= part.Length;
        }
    }

    private void MakeDirectory(Fd parent, byte[] name, byte[] path, TarEntry entry)
    {
        Errno error = Sys.MkdirAt(parent, name, NewDirectory);
        bool hides = false;
        if (error == Errno.EEXIST)
        {
            stat found = Look(parent, name, entry);
            error = Errno.None;
            if ((found.st_mode & StatMode.S_IFMT) != StatMode.S_IFDIR)
            {
                hides = LayerTree.IsWhiteout(found);
                Clear(parent, name, entry);
                error = Sys.MkdirAt(parent, name, NewDirectory);
            }
        }
        Check(error, "make the directory", entry);
        _directories.Add(path, entry);
        if (!hides && entry.Attributes.Count == 0)
            return;
        using Fd made = Sys.OpenAt(parent, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open", EntryName.Show(entry.Name));
        if (hides)
            LayerTree.MakeOpaque(made, EntryName.Show(entry.Name));
        GiveAttributes(made, entry);
    }

    /// <summary>To an entry that came before it, as the format has it. A file of a lower layer has no second name here: whoever packs one writes the file again (overlayfs copies it up).</summary>
    private void MakeHardLink(Fd parent, byte[] name, byte[] path, TarEntry entry)
    {
        byte[] target = Path(entry.Target, entry.Name);
        if (target.AsSpan().SequenceEqual(path))
            return;
        int slash = target.AsSpan().LastIndexOf((byte)'/');
        byte[] first = EntryName.Ended(target.AsSpan(slash + 1));
        Fd? holder = target.Length == 0 ? null : _tree.Existing(target.AsSpan(0, Math.Max(0, slash)));
        Result<stat> found = holder is null ? Errno.ENOENT : Sys.StatAt(holder, first, Fcntl.AT_SYMLINK_NOFOLLOW);
        if (holder is null || !found.Ok || (found.Value.st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR)
            throw Refused(entry, $"it is a hard link to '{EntryName.Show(entry.Target)}', which is no file of this layer");
        if (Sys.StatAt(parent, name, Fcntl.AT_SYMLINK_NOFOLLOW) is { Ok: true } now && now.Value.st_ino == found.Value.st_ino)
            return;
        Make(parent, name, entry, () => Sys.LinkAt(holder, first, parent, name));
    }

    private void MakeNode(Fd parent, byte[] name, TarEntry entry)
    {
        uint kind = entry.Type switch { TarType.CharacterDevice => StatMode.S_IFCHR, TarType.BlockDevice => StatMode.S_IFBLK, _ => StatMode.S_IFIFO };
        if (kind != StatMode.S_IFIFO && ++_devices > limits.Devices)
            throw Refused(entry, $"the layer has more than {limits.Devices} devices");
        if (entry.Major > LargestMajor || entry.Minor > LargestMinor)
            throw Refused(entry, $"there is no device {entry.Major}:{entry.Minor}");
        ulong device = (entry.Minor & 0xFF) | (entry.Major << 8) | ((entry.Minor & ~0xFFu) << 12);
        Errno error = TryMake(parent, name, entry, () => Sys.MknodAt(parent, name, kind | NewFile, device));
        if (error == Errno.EPERM && mayLack)
        {
            LeftOut.Devices++;
            return;
        }
        Check(error, "make the device", entry);
        GiveByName(parent, name, entry);
    }

    private void Make(Fd parent, byte[] name, TarEntry entry, Func<Errno> make) => Check(TryMake(parent, name, entry, make), "make", entry);

    /// <summary>The last of several entries of one name wins, as if the others had never been.</summary>
    private Errno TryMake(Fd parent, byte[] name, TarEntry entry, Func<Errno> make)
    {
        Errno error = make();
        if (error != Errno.EEXIST)
            return error;
        Clear(parent, name, entry);
        return make();
    }

    private void Clear(Fd parent, byte[] name, TarEntry entry)
    {
        Trees.RemoveAt(parent, name, EntryName.Show(entry.Name));
        _tree.Stale();
    }

    private static stat Look(Fd parent, byte[] name, TarEntry entry) =>
        Sys.StatAt(parent, name, Fcntl.AT_SYMLINK_NOFOLLOW).OrThrow("look at", EntryName.Show(entry.Name));

    /// <summary>In this order: chown(2) takes setuid bits and capabilities away, a file without write permission takes attributes of root only, and the mtime comes last.</summary>
    private void Give(Fd made, TarEntry entry)
    {
        if (HasOwner(entry))
            Check(Sys.ChownAt(made, "", entry.Uid, entry.Gid, Fcntl.AT_EMPTY_PATH), "set the owner of", entry);
        GiveAttributes(made, entry);
        Check(Sys.Chmod(made, entry.Mode), "set the permissions of", entry);
        Check(Sys.SetTimes(made, entry.Modified, entry.ModifiedNanoseconds), "set the time of", entry);
    }

    /// <summary>Links, devices and fifos cannot be opened; attributes of user.* are only for files and directories (xattr(7)).</summary>
    private void GiveByName(Fd parent, byte[] name, TarEntry entry)
    {
        if (HasOwner(entry))
            Check(Sys.ChownAt(parent, name, entry.Uid, entry.Gid), "set the owner of", entry);
        if (entry.Type != TarType.SymbolicLink)
            Check(Sys.ChmodAt(parent, name, entry.Mode), "set the permissions of", entry);
        Check(Sys.SetTimes(parent, name, entry.Modified, entry.ModifiedNanoseconds), "set the time of", entry);
        LeftOut.Attributes += entry.Attributes.Count;
    }

    private void GiveAttributes(Fd made, TarEntry entry)
    {
        foreach (TarXattr attribute in entry.Attributes)
        {
            Errno error = AttributeRules.Takes(attribute.Name, mayLack) ? Sys.SetExtendedAttribute(made, attribute.Name, attribute.Value) : Errno.EOPNOTSUPP;
            if (error == Errno.EOPNOTSUPP || (error == Errno.EPERM && mayLack))
                LeftOut.Attributes++;
            else
                Check(error, $"set the attribute {EntryName.Show(attribute.Name.AsSpan(0, attribute.Name.Length - 1))} of", entry);
        }
    }

    /// <summary>In a plain user's store everything is the caller's, also where a user namespace would allow others: one tree serves all of its containers.</summary>
    private bool HasOwner(TarEntry entry)
    {
        if (mayLack && (entry.Uid != Sys.GetEuid() || entry.Gid != Sys.GetEgid()))
            LeftOut.Owners++;
        return !mayLack;
    }

    private static void Check(Errno error, string step, TarEntry entry)
    {
        if (error != Errno.None)
            throw new StepException(step, error, EntryName.Show(entry.Name));
    }

    private static StepException Refused(TarEntry entry, string why) => new($"{EntryName.Show(entry.Name)}: {why}");
}
