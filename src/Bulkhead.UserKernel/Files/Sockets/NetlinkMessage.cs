using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>One answer of netlink(7) in the making: a header, a structure and attributes (rtnetlink(7)).</summary>
internal sealed class NetlinkMessage
{
    private const int HeaderSize = 16, AttributeSize = 4;
    private readonly List<byte> bytes = [];

    public NetlinkMessage(ushort type, ushort flags, uint sequence, uint port)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        header.Clear();
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], flags);
        MemoryMarshal.Write(header[8..], sequence);
        MemoryMarshal.Write(header[12..], port);
        bytes.AddRange(header);
    }

    public NetlinkMessage Add(ReadOnlySpan<byte> body)
    {
        bytes.AddRange(body);
        Align();
        return this;
    }

    public NetlinkMessage Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        Span<byte> head = stackalloc byte[AttributeSize];
        MemoryMarshal.Write(head, (ushort)(AttributeSize + value.Length));
        MemoryMarshal.Write(head[2..], type);
        bytes.AddRange(head);
        return Add(value);
    }

    public NetlinkMessage Number(ushort type, uint value)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(number, value);
        return Attribute(type, number);
    }

    public void AppendTo(List<byte> all)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Count);
        for (int i = 0; i < length.Length; i++)
            bytes[i] = length[i];
        all.AddRange(bytes);
    }

    private void Align()
    {
        while (bytes.Count % 4 != 0)
            bytes.Add(0);
    }
}
