using System;
using Bulkhead.Linux;

namespace Bulkhead.Images.Unpack;

/// <summary>
/// Entries of a tar that a stranger made: v7, POSIX ustar and pax, GNU. Global extended headers are read and mean nothing, as in Docker, podman and containerd: engines must not see
/// different files in one image. What an entry's name or size is follows them too where the formats leave a choice.
/// </summary>
internal sealed class TarReader(BlockSource source, LayerLimits limits)
{
    /// <summary>So that sums of sizes stay within 63 bits.</summary>
    private const long LargestSize = 1L << 60;

    private readonly TarEntry _entry = new();
    private long _unread, _padding;

    /// <summary>The next one, which the one after it replaces; null at the end.</summary>
    public TarEntry? Next()
    {
        SkipRest();
        var pax = new PaxRecords();
        byte[]? longName = null, longTarget = null;
        for (; ; )
        {
            if (NextHeader() is not { } block)
            {
                return pax.Path is null && longName is null && longTarget is null ? null : throw Truncated();
            }
            var header = new TarHeader(block);
            switch (header.Flag)
            {
                case (byte)'x':
                    pax.Add(ReadSmall(header), limits.SparsePieces);
                    break;
                case (byte)'g':
                    new PaxRecords().Add(ReadSmall(header), limits.SparsePieces);
                    break;
                case (byte)'L':
                    longName = LongText(header);
                    break;
                case (byte)'K':
                    longTarget = LongText(header);
                    break;
                case (byte)'V':
                    Begin(StoredSize(header));
                    SkipRest();
                    break;
                default:
                    Fill(header, pax, longName, longTarget);
                    return _entry;
            }
        }
    }

    /// <summary>What is at hand of the entry's data; empty at its end.</summary>
    public ReadOnlySpan<byte> Content()
    {
        if (_unread == 0)
            return default;
        ReadOnlySpan<byte> at = source.Peek();
        if (at.IsEmpty)
            throw Truncated();
        return at.Length > _unread ? at[..(int)_unread] : at;
    }

    public void Consume(int count)
    {
        source.Skip(count);
        _unread -= count;
    }

    private void Fill(in TarHeader header, PaxRecords pax, byte[]? longName, byte[]? longTarget)
    {
        byte[] name = longName ?? pax.SparseName ?? pax.Path ?? header.FullName();
        _entry.Type = TypeOf(header.Flag, name);
        _entry.Name = name.Length > 0 ? name : throw new StepException("an entry of the tar has no name");
        _entry.Target = longTarget ?? pax.Target ?? header.Target.ToArray();
        _entry.Mode = (uint)header.Mode & 0xFFF;
        _entry.Uid = Id(pax.Uid ?? header.Uid, "uid");
        _entry.Gid = Id(pax.Gid ?? header.Gid, "gid");
        (_entry.Modified, _entry.ModifiedNanoseconds) = pax.Modified ?? (header.Modified, 0);
        bool device = _entry.Type is TarType.CharacterDevice or TarType.BlockDevice;
        _entry.Major = device ? Device(header.Major) : 0;
        _entry.Minor = device ? Device(header.Minor) : 0;
        _entry.Attributes.Clear();
        _entry.Attributes.AddRange(pax.Attributes);
        // Whatever size a link, directory or device has, no data follows: so do Docker's and podman's readers.
        _entry.Stored = _entry.Type == TarType.File ? Plausible(pax.Size ?? header.StoredSize, name) : 0;
        _entry.Size = _entry.Stored;
        _entry.Pieces = null;
        Begin(_entry.Stored);
        if (_entry.Type == TarType.File)
            FillSparse(header, pax);
    }

    private void FillSparse(in TarHeader header, PaxRecords pax)
    {
        long? size = null;
        if (header.Flag == 'S')
        {
            // The blocks with its map lie between header and data, and are no part of its size.
            long stored = _unread;
            _entry.Pieces = SparseMaps.Old(header, NextBlock, limits.SparsePieces);
            size = header.RealSize;
            Begin(stored);
        }
        else if (pax.SparseMajor == 1 && pax.SparseMinor == 0)
            _entry.Pieces = SparseMaps.FromData(NextBlockOfEntry, limits.SparsePieces);
        else if (pax.SparseMap is { } map)
            _entry.Pieces = SparseMaps.FromText(map, limits.SparsePieces);
        else if (pax.SparseNumbers.Count > 0)
            _entry.Pieces = SparseMaps.FromNumbers(pax.SparseNumbers);
        else if (pax.SparseMajor is not null)
            throw new StepException($"{EntryName.Show(_entry.Name)}: a sparse file of a form that is not known");
        if (_entry.Pieces is not { } pieces)
            return;
        _entry.Size = size ?? pax.SparseSize ?? throw new StepException($"{EntryName.Show(_entry.Name)}: a sparse file without its real size");
        _entry.Stored = _unread;
        SparseMaps.Check(pieces, _entry.Size, _entry.Stored);
    }

    /// <summary>Before pax a directory was a file whose name ends in a slash.</summary>
    private static TarType TypeOf(byte flag, ReadOnlySpan<byte> name) => flag switch
    {
        0 => name.Length > 0 && name[^1] == '/' ? TarType.Directory : TarType.File,
        (byte)'0' or (byte)'7' or (byte)'S' => TarType.File,
        >= (byte)'1' and <= (byte)'6' => (TarType)flag,
        _ => throw new StepException($"{EntryName.Show(name)}: entries of type '{EntryName.Show([flag])}' are not for layers"),
    };

    private byte[]? NextHeader()
    {
        byte[]? block = TryBlock();
        if (block is null)
            return null;
        var header = new TarHeader(block);
        if (!header.IsZero)
        {
            header.Check();
            return block;
        }
        // Two blocks of zeros are the end; what follows is padding.
        return TryBlock() is not { } second || new TarHeader(second).IsZero ? null : throw new StepException("a block of zeros stands between the entries: the tar is damaged");
    }

    private byte[] LongText(in TarHeader header)
    {
        byte[] text = ReadSmall(header);
        int end = text.AsSpan().IndexOf((byte)0);
        return end < 0 ? text : text[..end];
    }

    /// <summary>A header's content as a whole.</summary>
    private byte[] ReadSmall(in TarHeader header)
    {
        long size = StoredSize(header);
        if (size > limits.HeaderBytes)
            throw new StepException($"an extended header of {size} bytes: {limits.HeaderBytes} at most");
        Begin(size);
        byte[] content = new byte[size];
        for (int at = 0; at < content.Length;)
        {
            ReadOnlySpan<byte> part = Content();
            part.CopyTo(content.AsSpan(at));
            at += part.Length;
            Consume(part.Length);
        }
        SkipRest();
        return content;
    }

    private static long StoredSize(in TarHeader header) => Plausible(header.StoredSize, header.Name);

    private static long Plausible(long size, ReadOnlySpan<byte> name) => size switch
    {
        < 0 => throw new StepException($"{EntryName.Show(name)}: its size is negative"),
        > LargestSize => throw new StepException($"{EntryName.Show(name)}: its size of {size} bytes is more than any disk has"),
        _ => size,
    };

    /// <summary>4294967295 would mean to chown(2) that the owner stays.</summary>
    private uint Id(long value, string what) =>
        value is >= 0 and < uint.MaxValue ? (uint)value : throw new StepException($"{EntryName.Show(_entry.Name)}: its {what} {value} is none");

    private uint Device(long value) =>
        value is >= 0 and <= uint.MaxValue ? (uint)value : throw new StepException($"{EntryName.Show(_entry.Name)}: its device number {value} is none");

    private void Begin(long size)
    {
        _unread = size;
        _padding = -size & (TarHeader.Size - 1);
    }

    private void SkipRest()
    {
        for (_unread += _padding, _padding = 0; _unread > 0;)
            Consume(Content().Length);
    }

    private byte[] NextBlock() => TryBlock() ?? throw Truncated();

    private byte[] NextBlockOfEntry()
    {
        if (_unread < TarHeader.Size)
            throw new StepException($"{EntryName.Show(_entry.Name)}: the map of a sparse file is damaged");
        _unread -= TarHeader.Size;
        return NextBlock();
    }

    private byte[]? TryBlock()
    {
        ReadOnlySpan<byte> at = source.Peek();
        if (at.IsEmpty)
            return null;
        if (at.Length < TarHeader.Size)
            throw Truncated();
        byte[] block = at[..TarHeader.Size].ToArray();
        source.Skip(TarHeader.Size);
        return block;
    }

    private static StepException Truncated() => new("the tar ends in the middle of an entry");
}
