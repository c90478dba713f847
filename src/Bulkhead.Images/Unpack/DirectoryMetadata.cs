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

    private readonly List<Record> _records = [];
    private long _size;

    public void Add(byte[] path, TarEntry entry)
    {
        _size += path.Length + RecordSize;
        if (_size > limits.DirectoryNames)
            throw new StepException($"{EntryName.Show(entry.Name)}: the layer's directories have names of more than {limits.DirectoryNames >> 20} MiB together");
        _records.Add(new Record(path, entry.Mode, entry.Uid, entry.Gid, entry.Modified, entry.ModifiedNanoseconds));
    }

    public void Apply(LayerTree tree, Action<Fd, TarEntry> give)
    {
        var entry = new TarEntry { Type = TarType.Directory };
        foreach (Record record in _records)
        {
            // A later entry may have taken its place, or that of a link on the way to it.
            Result<Fd> found = tree.Open(record.Path, Fcntl.O_NOFOLLOW);
            if (found.Error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
                continue;
            using Fd directory = found.OrThrow("open the directory", EntryName.Show(record.Path));
            (entry.Name, entry.Mode, entry.Uid, entry.Gid) = (record.Path, record.Mode, record.Uid, record.Gid);
            (entry.Modified, entry.ModifiedNanoseconds) = (record.Modified, record.Nanoseconds);
            give(directory, entry);
        }
    }

    private readonly record struct Record(byte[] Path, uint Mode, uint Uid, uint Gid, long Modified, int Nanoseconds);
}
