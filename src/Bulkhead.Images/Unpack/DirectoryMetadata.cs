using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Unpack;

/// <summary>
/// What directories get last: files made in them change their times, and a setgid or sticky one would change what is made in it.
/// </summary>
internal sealed class DirectoryMetadata(LayerLimits limits)
{
    /// <summary>What a record takes beside its name.</summary>
    private const int RecordSize = 64;

    private const uint OwnerMode = 0x1C0; // 0700

    private readonly List<Record> _records = [];
    private long _size;

    public void Add(byte[] path, TarEntry entry)
    {
        _size += path.Length + RecordSize;
        if (_size > limits.DirectoryNames)
            throw new StepException($"{EntryName.Show(entry.Name)}: the layer's directories have names of more than {limits.DirectoryNames >> 20} MiB together");
        _records.Add(new Record(path, entry.Mode, entry.Uid, entry.Gid, entry.Modified, entry.ModifiedNanoseconds));
    }

    /// <param name="tree">Where they are.</param>
    /// <param name="give">Called with each.</param>
    /// <param name="closed">Permissions hold for the caller too: what forbids its owner something gets its own in a second round, from the deepest up.</param>
    public void Apply(LayerTree tree, Action<Fd, TarEntry> give, bool closed)
    {
        if (!closed)
        {
            Apply(tree, _records, give, 0);
            return;
        }
        Apply(tree, _records, give, OwnerMode);
        if (!_records.Exists(record => (record.Mode & OwnerMode) != OwnerMode))
            return;
        Apply(tree, DeepestFirst(), SetMode, 0);
    }

    private static void Apply(LayerTree tree, List<Record> records, Action<Fd, TarEntry> give, uint more)
    {
        var entry = new TarEntry { Type = TarType.Directory };
        foreach (Record record in records)
        {
            // A later entry may have taken its place, or that of a link on the way to it; behind a link it may also lie in one that is closed by now, and keeps its owner's permissions.
            Result<Fd> found = tree.Open(record.Path, Fcntl.O_NOFOLLOW);
            if (found.Error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.EACCES)
                continue;
            using Fd directory = found.OrThrow("open the directory", EntryName.Show(record.Path));
            (entry.Name, entry.Mode, entry.Uid, entry.Gid) = (record.Path, record.Mode | more, record.Uid, record.Gid);
            (entry.Modified, entry.ModifiedNanoseconds) = (record.Modified, record.Nanoseconds);
            give(directory, entry);
        }
    }

    /// <summary>Otherwise in their order: of two entries of one name the last one holds.</summary>
    private List<Record> DeepestFirst()
    {
        var order = new List<(int Depth, int Index)>(_records.Count);
        for (int i = 0; i < _records.Count; i++)
            order.Add((_records[i].Path.Length == 0 ? -1 : _records[i].Path.AsSpan().Count((byte)'/'), i));
        order.Sort((a, b) => a.Depth != b.Depth ? b.Depth.CompareTo(a.Depth) : a.Index.CompareTo(b.Index));
        return order.ConvertAll(one => _records[one.Index]);
    }

    private static void SetMode(Fd directory, TarEntry entry)
    {
        Errno error = Sys.Chmod(directory, entry.Mode);
        if (error != Errno.None)
            throw new StepException("set the permissions of", error, EntryName.Show(entry.Name));
    }

    private readonly record struct Record(byte[] Path, uint Mode, uint Uid, uint Gid, long Modified, int Nanoseconds);
}
