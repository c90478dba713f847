using System;
using System.Buffers.Binary;
using System.Text;

namespace Bulkhead.Linux.Cgroups.Systemd;

/// <summary>
/// Marshals D-Bus values, little-endian (D-Bus specification, "Marshaling"). Alignment counts from the start of the buffer, so a body must
/// start at a multiple of 8, as the protocol has it.
/// </summary>
public sealed class DBusWriter
{
    private byte[] _buffer = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public void Align(int boundary)
    {
        int padding = -Length & (boundary - 1);
        Take(padding).Clear();
    }

    public void WriteByte(byte value) => Take(1)[0] = value;

    public void WriteUInt32(uint value)
    {
        Align(4);
        BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);
    }

    public void WriteUInt64(ulong value)
    {
        Align(8);
        BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);
    }

    /// <summary>BOOLEAN is a UINT32 of 0 or 1.</summary>
    public void WriteBoolean(bool value) => WriteUInt32(value ? 1u : 0u);

    /// <summary>STRING and OBJECT_PATH: length, UTF-8, NUL.</summary>
    public void WriteString(string value)
    {
        int count = Encoding.UTF8.GetByteCount(value);
        WriteUInt32((uint)count);
        Span<byte> bytes = Take(count + 1);
        Encoding.UTF8.GetBytes(value, bytes);
        bytes[count] = 0;
    }

    /// <summary>SIGNATURE: one byte of length, ASCII, NUL. The head of a VARIANT too.</summary>
    public void WriteSignature(string value)
    {
        WriteByte((byte)value.Length);
        Span<byte> bytes = Take(value.Length + 1);
        Encoding.ASCII.GetBytes(value, bytes);
        bytes[value.Length] = 0;
    }

    public void WriteBytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    /// <summary>
    /// Begins an ARRAY whose elements have this alignment; hand the result to <see cref="EndArray"/>. The length does not count the
    /// padding before the first element.
    /// </summary>
    public (int LengthAt, int Start) BeginArray(int alignment)
    {
        WriteUInt32(0);
        int lengthAt = Length - 4;
        Align(alignment);
        return (lengthAt, Length);
    }

    public void EndArray((int LengthAt, int Start) array) => SetUInt32(array.LengthAt, (uint)(Length - array.Start));

    /// <summary>STRUCT and DICT_ENTRY start at a multiple of 8.</summary>
    public void BeginStruct() => Align(8);

    public void SetUInt32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(at), value);

    private Span<byte> Take(int count)
    {
        if (Length + count > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        Span<byte> span = _buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }
}
