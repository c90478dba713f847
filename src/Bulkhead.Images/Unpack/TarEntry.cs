using System.Collections.Generic;

namespace Bulkhead.Images.Unpack;

/// <summary>What an entry is (POSIX pax, tar(5)); the values are the type flags of the header.</summary>
public enum TarType
{
    File = '0',
    HardLink = '1',
    SymbolicLink = '2',
    CharacterDevice = '3',
    BlockDevice = '4',
    Directory = '5',
    Fifo = '6',
}

/// <summary>A piece of a sparse file that holds data; the rest is a hole.</summary>
/// <param name="Offset">In the file.</param>
/// <param name="Length">Bytes, which follow each other in the tar.</param>
public readonly record struct SparsePiece(long Offset, long Length);

/// <summary>An extended attribute.</summary>
/// <param name="Name">With its NUL.</param>
/// <param name="Value">Any bytes.</param>
public readonly record struct TarXattr(byte[] Name, byte[] Value);

/// <summary>One entry of a tar. All of it is a stranger's word; sizes and ids are within their types' ranges.</summary>
public sealed class TarEntry
{
    public TarType Type { get; set; }

    /// <summary>Not empty, no NUL.</summary>
    public byte[] Name { get; set; } = [];

    /// <summary>Of a link; no NUL.</summary>
    public byte[] Target { get; set; } = [];

    /// <summary>12 bits.</summary>
    public uint Mode { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    /// <summary>Bytes in the tar.</summary>
    public long Stored { get; set; }

    /// <summary>Bytes of the file, with its holes.</summary>
    public long Size { get; set; }

    /// <summary>Seconds since 1970.</summary>
    public long Modified { get; set; }

    public int ModifiedNanoseconds { get; set; }

    public uint Major { get; set; }

    public uint Minor { get; set; }

    /// <summary>Null: no sparse file.</summary>
    public List<SparsePiece>? Pieces { get; set; }

    public List<TarXattr> Attributes { get; } = [];
}
