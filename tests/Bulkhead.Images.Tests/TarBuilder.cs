using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace Bulkhead.Images.Tests;

/// <summary>Headers by hand: what no tar program would write.</summary>
internal sealed class TarBuilder
{
    private readonly List<byte> _bytes = [];

    public byte[] Done() => [.. _bytes, .. new byte[1024]];

    /// <summary>Without the two blocks of zeros.</summary>
    public byte[] Cut() => [.. _bytes];

    public TarBuilder File(string name, string content = "", Action<byte[]>? change = null) => Entry('0', name, "", Encoding.UTF8.GetBytes(content), change);

    public TarBuilder Directory(string name, Action<byte[]>? change = null) => Entry('5', name, "", [], change);

    public TarBuilder Link(string name, string target) => Entry('2', name, target, []);

    public TarBuilder HardLink(string name, string target) => Entry('1', name, target, []);

    public TarBuilder Device(char type, string name, uint major, uint minor) =>
        Entry(type, name, "", [], header => { Octal(header, 329, 8, major); Octal(header, 337, 8, minor); });

    public TarBuilder Pax(params (string Key, string Value)[] records)
    {
        var content = new List<byte>();
        foreach ((string key, string value) in records)
        {
            byte[] record = Encoding.UTF8.GetBytes($" {key}={value}\n");
            int length = record.Length + 1;
            while (length != record.Length + length.ToString(System.Globalization.CultureInfo.InvariantCulture).Length)
                length++;
            content.AddRange(Encoding.UTF8.GetBytes(length.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            content.AddRange(record);
        }
        return Entry('x', "pax", "", [.. content]);
    }

    public TarBuilder Raw(char type, string name, byte[] content) => Entry(type, name, "", content);

    /// <param name="type">The flag.</param>
    /// <param name="name">Cut at 100 bytes.</param>
    /// <param name="target">Of a link.</param>
    /// <param name="content">Padded.</param>
    /// <param name="change">Before the checksum is made.</param>
    public TarBuilder Entry(char type, string name, string target, byte[] content, Action<byte[]>? change = null)
    {
        byte[] header = new byte[512];
        Put(header, 0, 100, name);
        Octal(header, 100, 8, type == '5' ? 0x1EDu : 0x1A4u);
        Octal(header, 108, 8, 0);
        Octal(header, 116, 8, 0);
        Octal(header, 124, 12, (ulong)content.Length);
        Octal(header, 136, 12, 1);
        header[156] = (byte)type;
        Put(header, 157, 100, target);
        Put(header, 257, 8, "ustar\000");
        change?.Invoke(header);
        header.AsSpan(148, 8).Fill((byte)' ');
        uint sum = 0;
        foreach (byte one in header)
            sum += one;
        Octal(header, 148, 8, sum);
        _bytes.AddRange(header);
        _bytes.AddRange(content);
        _bytes.AddRange(new byte[-content.Length & 511]);
        return this;
    }

    public static void Octal(byte[] header, int at, int length, ulong value) =>
        Put(header, at, length, Convert.ToString((long)value, 8).PadLeft(length - 1, '0') + "\0");

    /// <summary>Base-256, two's complement.</summary>
    public static void Binary(byte[] header, int at, int length, long value)
    {
        header.AsSpan(at, length).Fill(value < 0 ? (byte)0xFF : (byte)0);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(at + length - 8), value);
        header[at] |= 0x80;
    }

    public static void Put(byte[] header, int at, int length, string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        bytes.AsSpan(0, Math.Min(length, bytes.Length)).CopyTo(header.AsSpan(at));
    }
}
