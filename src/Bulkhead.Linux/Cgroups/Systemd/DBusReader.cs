using System;
using System.Buffers.Binary;
using System.Text;

namespace Bulkhead.Linux.Cgroups.Systemd;

/// <summary>Reads D-Bus values of either byte order. Everything is checked against the buffer: peers are not trusted.</summary>
public ref struct DBusReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly bool _bigEndian;

    public DBusReader(ReadOnlySpan<byte> data, bool bigEndian)
    {
        _data = data;
        _bigEndian = bigEndian;
        Position = 0;
    }

    public int Position { get; private set; }

    public void Align(int boundary) => _ = Take(-Position & (boundary - 1));

    public byte ReadByte() => Take(1)[0];

    public uint ReadUInt32()
    {
        Align(4);
        ReadOnlySpan<byte> bytes = Take(4);
        return _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public ulong ReadUInt64()
    {
        Align(8);
        ReadOnlySpan<byte> bytes = Take(8);
        return _bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public bool ReadBoolean() => ReadUInt32() != 0;

    public string ReadString()
    {
        int count = Size(ReadUInt32());
        string text = Encoding.UTF8.GetString(Take(count));
        _ = Take(1);
        return text;
    }

    public string ReadSignature()
    {
        int count = ReadByte();
        string text = Encoding.ASCII.GetString(Take(count));
        _ = Take(1);
        return text;
    }

    /// <summary>Begins an ARRAY; the position where it ends.</summary>
    public int BeginArray(int alignment)
    {
        int count = Size(ReadUInt32());
        Align(alignment);
        return count <= _data.Length - Position ? Position + count : throw Broken();
    }

    public ReadOnlySpan<byte> ReadBytes(int count) => Take(count);

    private int Size(uint count) => count <= (uint)_data.Length ? (int)count : throw Broken();

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _data.Length - Position)
            throw Broken();
        ReadOnlySpan<byte> span = _data.Slice(Position, count);
        Position += count;
        return span;
    }

    private static StepException Broken() => new("read D-Bus message", Errno.EBADMSG);
}
