using System;
using System.Buffers.Text;
using System.Collections.Generic;
using Bulkhead.Linux;

namespace Bulkhead.Images.Unpack;

/// <summary>What an extended header says of the entry behind it (POSIX pax; GNU.sparse.* of GNU tar, SCHILY.xattr.* of star). A field that is not named here means nothing to a layer.</summary>
internal sealed class PaxRecords
{
    private const string Damaged = "an extended header is damaged";

    /// <summary>The kernel's own (xattr(7)): XATTR_NAME_MAX, XATTR_SIZE_MAX.</summary>
    private const int LongestName = 255, LargestValue = 65536;

    public byte[]? Path { get; private set; }

    public byte[]? Target { get; private set; }

    public long? Size { get; private set; }

    public long? Uid { get; private set; }

    public long? Gid { get; private set; }

    public (long Seconds, int Nanoseconds)? Modified { get; private set; }

    public byte[]? SparseName { get; private set; }

    public long? SparseSize { get; private set; }

    public byte[]? SparseMap { get; private set; }

    public long? SparseMajor { get; private set; }

    public long? SparseMinor { get; private set; }

    /// <summary>Version 0.0: offsets and lengths in turn.</summary>
    public List<long> SparseNumbers { get; } = [];

    public List<TarXattr> Attributes { get; } = [];

    /// <summary>Records of "LENGTH KEY=VALUE\n"; the length counts itself.</summary>
    public void Add(ReadOnlySpan<byte> content, int maxPieces)
    {
        while (!content.IsEmpty)
        {
            int space = content.IndexOf((byte)' ');
            if (space is < 1 or > 9 || !Utf8Parser.TryParse(content[..space], out int length, out int used) || used != space || length <= space + 2 || length > content.Length)
                throw new StepException(Damaged + ": the length of a record is wrong");
            ReadOnlySpan<byte> record = content[(space + 1)..length];
            int equals = record.IndexOf((byte)'=');
            if (equals < 1 || record[^1] != '\n')
                throw new StepException(Damaged + ": a record is not KEY=VALUE and a line's end");
            Set(record[..equals], record[(equals + 1)..^1], maxPieces);
            content = content[length..];
        }
    }

    private void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, int maxPieces)
    {
        ReadOnlySpan<byte> attribute = "SCHILY.xattr."u8;
        if (key.StartsWith(attribute))
        {
            AddAttribute(key[attribute.Length..], value);
            return;
        }
        switch (System.Text.Encoding.Latin1.GetString(key))
        {
            case "path": Path = Name(value); break;
            case "linkpath": Target = Name(value); break;
            case "size": Size = Number(value); break;
            case "uid": Uid = Number(value); break;
            case "gid": Gid = Number(value); break;
            case "mtime": Modified = value.IsEmpty ? null : PaxTime.Parse(value) ?? throw new StepException(Damaged + ": mtime is no time"); break;
            case "GNU.sparse.name": SparseName = Name(value); break;
            case "GNU.sparse.size" or "GNU.sparse.realsize": SparseSize = Number(value); break;
            case "GNU.sparse.map": SparseMap = value.ToArray(); break;
            case "GNU.sparse.major": SparseMajor = Number(value); break;
            case "GNU.sparse.minor": SparseMinor = Number(value); break;
            case "GNU.sparse.offset" or "GNU.sparse.numbytes":
                // In turn: 0.0 has no other way to say which belongs to which.
                if (SparseNumbers.Count >= 2L * maxPieces || (SparseNumbers.Count % 2 == 0) != key.EndsWith("offset"u8))
                    throw new StepException(Damaged + ": the pieces of a sparse file");
                SparseNumbers.Add(Number(value) ?? 0);
                break;
        }
    }

    private void AddAttribute(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.IsEmpty || name.Length > LongestName || name.Contains((byte)0) || value.Length > LargestValue)
            throw new StepException($"the extended attribute '{EntryName.Show(name)}' is longer than a file can have (255 bytes, its value 65,536)");
        Attributes.Add(new TarXattr(EntryName.Ended(name), value.ToArray()));
    }

    /// <summary>Null: an empty value takes the field back (POSIX pax).</summary>
    private static byte[]? Name(ReadOnlySpan<byte> value) => value.IsEmpty ? null
        : !value.Contains((byte)0) ? value.ToArray()
        : throw new StepException($"the name '{EntryName.Show(value)}' has a NUL in it");

    private static long? Number(ReadOnlySpan<byte> value) => value.IsEmpty ? null
        : Utf8Parser.TryParse(value, out long number, out int used) && used == value.Length && value[0] != '+' ? number
        : throw new StepException($"{Damaged}: '{EntryName.Show(value)}' is no number");
}

/// <summary>Times of pax: decimal seconds with any number of digits behind the point.</summary>
internal static class PaxTime
{
    public static (long Seconds, int Nanoseconds)? Parse(ReadOnlySpan<byte> text)
    {
        bool negative = text[0] == '-';
        if (negative)
            text = text[1..];
        int point = text.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = point < 0 ? text : text[..point], part = point < 0 ? default : text[(point + 1)..];
        if (whole.IsEmpty || !char.IsAsciiDigit((char)whole[0]) || !Utf8Parser.TryParse(whole, out long seconds, out int used) || used != whole.Length)
            return null;
        int nanoseconds = 0;
        for (int i = 0; i < Math.Max(9, part.Length); i++)
        {
            byte digit = i < part.Length ? part[i] : (byte)'0';
            if (!char.IsAsciiDigit((char)digit))
                return null;
            if (i < 9)
                nanoseconds = (nanoseconds * 10) + digit - '0';
        }
        if (!negative)
            return (seconds, nanoseconds);
        return nanoseconds == 0 ? (-seconds, 0) : (-seconds - 1, 1_000_000_000 - nanoseconds);
    }
}
