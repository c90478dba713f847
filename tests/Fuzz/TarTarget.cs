using System;
using System.Linq;
using System.Text;
using Bulkhead.Images.Unpack;

namespace Bulkhead.Fuzz;

/// <summary>A layer's tar, as its reader gives it to the unpacker. Checksums are set right first: else no changed header would get past them.</summary>
internal sealed class TarTarget : Target
{
    private const int Block = 512, Checksum = 148, Magic = 257;

    public override byte[][] Seeds { get; } =
    [
        [.. Header('5', "d/", 0), .. Header('0', "d/file", 5), .. Content("hello"), .. Header('2', "link", 0, "d/file"), .. Header('1', "hard", 0, "d/file"), .. Header('3', "null", 0), .. new byte[1024]],
        [.. Pax("path=dir/ab", "mtime=12345.6789", "SCHILY.xattr.user.a=bcdef", "size=5", "uid=65534"), .. Header('0', "a", 5), .. Content("hello"), .. new byte[1024]],
        [.. Header('L', "l", 12), .. Content("long/name/x\0"), .. Header('K', "l", 5), .. Content("long\0"), .. Header('2', "a", 0), .. Header('g', "g", 10), .. Content("10 path=b\n"), .. new byte[1024]],
        [.. Pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=name", "GNU.sparse.realsize=99"), .. Header('0', "a", 517), .. Content("1\n7\n5\n"), .. Content("hello"), .. new byte[1024]],
        [.. Pax("GNU.sparse.size=99", "GNU.sparse.map=1,2,9,3"), .. Header('0', "a", 5), .. Content("hello"), .. new byte[1024]],
        [.. Sparse(), .. Content("hello"), .. new byte[1024]],
    ];

    public override string[] Words => ["ustar\u000000", "ustar  \0", "00000000005\0", "GNU.sparse.map=", "GNU.sparse.offset=", "GNU.sparse.numbytes=", "9223372036854775807", "-1", "\n", "path=", "\u0080", "..", "/"];

    protected override void Parse(byte[] input)
    {
        var reader = new TarReader(new Bytes(Mend(input)), LayerLimits.Default);
        while (reader.Next() is { } entry)
        {
            Must(entry.Name.Length > 0 && !entry.Name.Contains((byte)0) && !entry.Target.Contains((byte)0), "a name that is none");
            Must(entry.Stored >= 0 && entry.Size >= 0 && entry.Mode <= 0xFFF && entry.ModifiedNanoseconds is >= 0 and < 1_000_000_000, "a number out of its range");
            Must(entry.Uid != uint.MaxValue && entry.Gid != uint.MaxValue, "an owner that chown does not take");
            Must(entry.Pieces is not { } pieces || (pieces.Sum(piece => piece.Length) == entry.Stored && pieces.All(piece => piece.Offset >= 0 && piece.Offset + piece.Length <= entry.Size)), "pieces beyond the file");
            byte[]? path = EntryName.Clean(entry.Name);
            Must(path is null || !("/" + Encoding.Latin1.GetString(path) + "/").Contains("/../", StringComparison.Ordinal), "a path that leads up");
            Must(!EntryName.Show(entry.Name).Any(char.IsControl), "a message of more than one line");
            for (ReadOnlySpan<byte> part = reader.Content(); !part.IsEmpty; part = reader.Content())
                reader.Consume(part.Length);
        }
    }

    /// <summary>Whole blocks, each header with its checksum.</summary>
    internal static byte[] Mend(byte[] input)
    {
        byte[] whole = new byte[(input.Length + Block - 1) / Block * Block];
        input.CopyTo(whole, 0);
        for (int at = 0; at < whole.Length; at += Block)
            Mend(whole.AsSpan(at, Block));
        return whole;
    }

    private static void Mend(Span<byte> header)
    {
        if (!header.Slice(Magic, 5).SequenceEqual("ustar"u8))
            return;
        header.Slice(Checksum, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte one in header)
            sum += one;
        Encoding.Latin1.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ", header.Slice(Checksum, 8));
    }

    internal static byte[] Header(char type, string name, int size, string target = "")
    {
        byte[] header = new byte[Block];
        Put(header, 0, name);
        Put(header, 100, "0000644\0" + "0000000\0" + "0000000\0" + Convert.ToString(size, 8).PadLeft(11, '0') + "\0" + "00000000001\0");
        header[156] = (byte)type;
        Put(header, 157, target);
        Put(header, Magic, "ustar\u000000");
        return header;
    }

    private static byte[] Pax(params string[] records)
    {
        // Each shorter than a hundred bytes: two digits, a space and a line's end beside it.
        string content = string.Concat(records.Select(record => $"{record.Length + 4} {record}\n"));
        return [.. Header('x', "p", content.Length), .. Content(content)];
    }

    private static byte[] Sparse()
    {
        byte[] header = Header('S', "s", 5);
        Put(header, Magic, "ustar  \0");
        Put(header, 386, "00000000012\0" + "00000000005\0");
        Put(header, 483, "00000000143\0");
        return header;
    }

    internal static byte[] Content(string text) => [.. Text(text), .. new byte[-text.Length & (Block - 1)]];

    private static void Put(byte[] header, int at, string text) => Encoding.Latin1.GetBytes(text).CopyTo(header, at);

    private sealed class Bytes(byte[] bytes) : BlockSource
    {
        private int _at;

        public override ReadOnlySpan<byte> Peek() => bytes.AsSpan(_at);

        public override void Skip(int count) => _at += count;
    }
}
