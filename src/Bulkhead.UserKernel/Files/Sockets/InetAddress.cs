using System;
using System.Buffers.Binary;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>
/// An address and a port of either family: one of IPv4 is the IPv6 address that stands for it (::ffff:a.b.c.d), so that sockets of both families
/// meet on one port.
/// </summary>
internal readonly record struct InetAddress(UInt128 Address, ushort Port)
{
    public const int Size4 = 16, Size6 = 28, LeastSize6 = 24;
    private static readonly UInt128 MappedPrefix = (UInt128)0xFFFF << 32;

    public static readonly UInt128 Any4 = MappedPrefix, Any6 = UInt128.Zero, Loopback4 = MappedPrefix | 0x7F000001, Loopback6 = UInt128.One;

    public bool IsAny => Address == Any4 || Address == Any6;

    public static bool IsV4(UInt128 address) => address >> 32 == 0xFFFF;

    /// <summary>127.0.0.0/8 and ::1: what is reachable here.</summary>
    public static bool IsLocal(UInt128 address) => address == Loopback6 || (IsV4(address) && ((uint)address >> 24) == 127);

    public static InetAddress Read4(in SocketAddress from) =>
        new(MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(from.Bytes[4..]), BinaryPrimitives.ReadUInt16BigEndian(from.Bytes[2..]));

    public static InetAddress Read6(in SocketAddress from) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(from.Bytes[8..]), BinaryPrimitives.ReadUInt16BigEndian(from.Bytes[2..]));

    /// <summary>struct sockaddr_in, or sockaddr_in6 for a socket of that family.</summary>
    public SocketAddress ToName(int family)
    {
        byte[] bytes = new byte[family == SocketAbi.FamilyInet ? Size4 : Size6];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)family);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), Port);
        if (family == SocketAbi.FamilyInet)
            WriteV4(Address, bytes.AsSpan(4));
        else
            WriteV6(Address, bytes.AsSpan(8));
        return new SocketAddress(bytes);
    }

    public static void WriteV4(UInt128 address, Span<byte> to) => BinaryPrimitives.WriteUInt32BigEndian(to, (uint)address);

    public static void WriteV6(UInt128 address, Span<byte> to) => BinaryPrimitives.WriteUInt128BigEndian(to, address);
}
