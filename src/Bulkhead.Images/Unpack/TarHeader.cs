using System;
using Bulkhead.Linux;

namespace Bulkhead.Images.Unpack;

/// <summary>The 512 bytes before an entry: fields of POSIX ustar, of GNU tar and of the tars before them (tar(5)).</summary>
/// <param name="block">512 bytes.</param>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    public const int Size = 512;

    private readonly ReadOnlySpan<byte> _block = block;

    public byte Flag => _block[156];

    public ReadOnlySpan<byte> Name => Text(0, 100);

    public ReadOnlySpan<byte> Target => Text(157, 100);

    public bool IsZero => !_block.ContainsAnyExcept((byte)0);

    private bool IsPosix => _block.Slice(257, 6).SequenceEqual("ustar\0"u8);

    private bool IsGnu => _block.Slice(257, 8).SequenceEqual("ustar  \0"u8);

    /// <summary>Old GNU sparse files: four pieces of offset and length.</summary>
    public ReadOnlySpan<byte> Pieces => _block.Slice(386, 96);

    public bool MorePieces => _block[482] != 0;

    public long RealSize => Number(483, 12, "real size");

    public long StoredSize => Number(124, 12, "size");

    public long Mode => Number(100, 8, "mode");

    public long Uid => Number(108, 8, "uid");

    public long Gid => Number(116, 8, "gid");

    public long Modified => Number(136, 12, "mtime");

    public long Major => IsPosix || IsGnu ? Number(329, 8, "major") : 0;

    public long Minor => IsPosix || IsGnu ? Number(337, 8, "minor") : 0;

    /// <summary>With the prefix, which only POSIX has: GNU keeps other things in its place.</summary>
    public byte[] FullName()
    {
        ReadOnlySpan<byte> prefix = IsPosix ? Text(345, 155) : default;
        return prefix.IsEmpty ? Name.ToArray() : [.. prefix, (byte)'/', .. Name];
    }

    /// <summary>The sum of all bytes with the sum itself as spaces; some old tars added signed bytes.</summary>
    public void Check()
    {
        long said = Number(148, 8, "checksum"), unsigned = 8 * ' ', signed = 8 * ' ';
        for (int i = 0; i < Size; i++)
        {
            if (i is >= 148 and < 156)
                continue;
            unsigned += _block[i];
            signed += (sbyte)_block[i];
        }
        if (said != unsigned && said != signed)
            throw new StepException("the checksum of a header is wrong: this is no tar, or it is damaged");
    }

    private ReadOnlySpan<byte> Text(int at, int length)
    {
        ReadOnlySpan<byte> field = _block.Slice(at, length);
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private long Number(int at, int length, string what) =>
        TarNumber.Parse(_block.Slice(at, length)) ?? throw new StepException($"{EntryName.Show(Name)}: its {what} is no number");
}

/// <summary>Numbers of a header: octal digits, or two's complement with the highest bit set (GNU's base-256).</summary>
internal static class TarNumber
{
    /// <summary>Null: neither, or beyond 63 bits.</summary>
    public static long? Parse(ReadOnlySpan<byte> field)
    {
        if (!field.IsEmpty && (field[0] & 0x80) != 0)
            return Binary(field);
        field = field.Trim(" \0"u8);
        long value = 0;
        foreach (byte digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7' || value > long.MaxValue >> 3)
                return null;
            value = (value << 3) | (uint)(digit - '0');
        }
        return value;
    }

    /// <summary>The second bit is the sign.</summary>
    private static long? Binary(ReadOnlySpan<byte> field)
    {
        long value = (field[0] & 0x40) != 0 ? -1L : 0;
        for (int i = 0; i < field.Length; i++)
        {
            // The mark itself counts as a copy of the sign.
            byte part = i > 0 ? field[i] : (byte)(value < 0 ? field[0] | 0x80 : field[0] & 0x7F);
            long next = (value << 8) | part;
            if (next >> 8 != value)
                return null;
            value = next;
        }
        return value;
    }
}
