using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace Bulkhead.Workloads.Copy;

/// <summary>One entry of a tar, less what is in it.</summary>
/// <param name="Type">'0' file, '2' symbolic link, '5' directory, '6' fifo.</param>
/// <param name="Path">Its name; a directory's ends with a slash.</param>
/// <param name="Target">A link's text; else empty.</param>
internal sealed record PaxEntry(char Type, string Path, string Target)
{
    /// <summary>The permission bits, 07777.</summary>
    public uint Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Bytes of a file.</summary>
    public long Size { get; init; }

    /// <summary>Seconds since 1970, and nanoseconds.</summary>
    public long Modified { get; init; }

    public long ModifiedNanoseconds { get; init; }

    /// <summary>Extended attributes.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Attributes { get; init; } = [];
}

/// <summary>
/// A tar of POSIX ustar headers, with an extended header (pax) before an entry where those have no room (pax(1), "ustar Interchange Format"). Attributes are
/// SCHILY.xattr.NAME, as GNU tar and all engines have them: their values are bytes, which System.Formats.Tar, whose values are text, cannot write.
/// </summary>
/// <param name="output">Stays open.</param>
internal sealed class PaxWriter(Stream output)
{
    private const int Block = 512, NameRoom = 100;

    /// <summary>What seven octal digits hold.</summary>
    private const long MostId = 0x1FFFFF;

    /// <summary>What eleven octal digits hold.</summary>
    private const long MostSize = 0x1_FFFF_FFFF;

    private readonly byte[] _buffer = new byte[1 << 16];

    public void Write(PaxEntry entry, Stream? content)
    {
        byte[] records = Records(entry);
        if (records.Length > 0)
        {
            Header('x', "PaxHeader", "", 0x1A4, 0, 0, records.Length, 0);
            output.Write(records);
            Fill(records.Length);
        }
        Header(entry.Type, entry.Path, entry.Target, entry.Mode, entry.Uid, entry.Gid, entry.Size, entry.Modified);
        if (content is null)
            return;
        while (content.Read(_buffer) is > 0 and var count)
            output.Write(_buffer, 0, count);
        Fill(entry.Size);
    }

    /// <summary>Two blocks of zeros.</summary>
    public void Finish() => output.Write(new byte[2 * Block]);

    private static byte[] Records(PaxEntry entry)
    {
        var records = new List<byte>();
        if (!HasRoom(entry.Path))
            Add(records, "path", Encoding.UTF8.GetBytes(entry.Path));
        if (!HasRoom(entry.Target))
            Add(records, "linkpath", Encoding.UTF8.GetBytes(entry.Target));
        AddNumber(records, "uid", entry.Uid, MostId);
        AddNumber(records, "gid", entry.Gid, MostId);
        AddNumber(records, "size", entry.Size, MostSize);
        if (entry.ModifiedNanoseconds != 0 || entry.Modified is < 0 or > MostSize)
            Add(records, "mtime", Encoding.ASCII.GetBytes(Time(entry.Modified, entry.ModifiedNanoseconds)));
        foreach ((string name, byte[] value) in entry.Attributes)
            Add(records, "SCHILY.xattr." + name, value);
        return records.ToArray();
    }

    private static bool HasRoom(string text) => text.Length <= NameRoom && Ascii.IsValid(text);

    private static void AddNumber(List<byte> records, string key, long value, long most)
    {
        if (value > most)
            Add(records, key, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>"LENGTH KEY=VALUE\n", where the length counts its own digits too.</summary>
    private static void Add(List<byte> records, string key, byte[] value)
    {
        byte[] name = Encoding.UTF8.GetBytes($" {key}=");
        int rest = name.Length + value.Length + 1, length = rest;
        while (length != rest + Digits(length))
            length = rest + Digits(length);
        records.AddRange(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)));
        records.AddRange(name);
        records.AddRange(value);
        records.Add((byte)'\n');
    }

    private static int Digits(int value) => value.ToString(CultureInfo.InvariantCulture).Length;

    /// <summary>Nanoseconds count upwards, also before 1970: -1.5 s is second -2 and half a second.</summary>
    private static string Time(long seconds, long nanoseconds)
    {
        decimal time = seconds + (nanoseconds / 1_000_000_000m);
        return time.ToString("0.#########", CultureInfo.InvariantCulture);
    }

    private void Header(char type, string path, string target, uint mode, uint uid, uint gid, long size, long modified)
    {
        byte[] block = new byte[Block];
        Text(block.AsSpan(0, NameRoom), path);
        Octal(block.AsSpan(100, 8), mode);
        Octal(block.AsSpan(108, 8), uid <= MostId ? uid : 0);
        Octal(block.AsSpan(116, 8), gid <= MostId ? gid : 0);
        Octal(block.AsSpan(124, 12), size <= MostSize ? size : 0);
        Octal(block.AsSpan(136, 12), modified is >= 0 and <= MostSize ? modified : 0);
        block[156] = (byte)type;
        Text(block.AsSpan(157, NameRoom), target);
        "ustar\u000000"u8.CopyTo(block.AsSpan(257));
        // The checksum counts its own field as blanks.
        block.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte one in block)
            sum += one;
        Octal(block.AsSpan(148, 7), sum);
        output.Write(block);
    }

    /// <summary>What has no room or is not ASCII is in the extended header: here it is cut.</summary>
    private static void Text(Span<byte> field, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        bytes.AsSpan(0, Math.Min(bytes.Length, field.Length)).CopyTo(field);
    }

    /// <summary>Octal digits with a NUL at the end.</summary>
    private static void Octal(Span<byte> field, long value)
    {
        for (int i = field.Length - 2; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
        field[^1] = 0;
    }

    private void Fill(long written)
    {
        int rest = (int)(written % Block);
        if (rest > 0)
            output.Write(new byte[Block - rest]);
    }
}
