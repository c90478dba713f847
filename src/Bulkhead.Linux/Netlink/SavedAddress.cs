using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Netlink;

/// <summary>An interface's address, kept while the interface moves: the kernel drops addresses on the way.</summary>
internal sealed class SavedAddress
{
    private ifaddrmsg _header;
    private uint _flags;
    private byte[]? _address;
    private byte[]? _local;
    private byte[]? _broadcast;

    /// <summary>
    /// Collects what the runtime specification asks to keep of interface <paramref name="index"/>: permanent addresses of global scope.
    /// </summary>
    public static Errno Collect(NetlinkSocket socket, int index, List<SavedAddress> into)
    {
        Span<byte> buffer = stackalloc byte[64];
        var request = NetlinkWriter.Request(buffer, Rtnetlink.RTM_GETADDR, Abi.Netlink.NLM_F_DUMP, new ifaddrmsg());
        var state = (Index: index, Into: into);
        return socket.Dump(request, ref state, static (ref (int Index, List<SavedAddress> Into) state, in MessageReader message) =>
        {
            if (Read(message, state.Index) is { } address)
                state.Into.Add(address);
        });
    }

    /// <summary>What one message of the dump says of interface <paramref name="index"/>; null when that is nothing to keep.</summary>
    internal static SavedAddress? Read(in MessageReader message, int index)
    {
        if (message.Header.nlmsg_type != Rtnetlink.RTM_NEWADDR || !message.TryRead(out ifaddrmsg header, out AttributeReader attributes))
            return null;
        return header.ifa_index == index ? Read(header, attributes) : null;
    }

    /// <summary>Adds the address to interface <paramref name="index"/>.</summary>
    public Errno AddTo(NetlinkSocket socket, int index)
    {
        _header.ifa_index = (uint)index;
        Span<byte> buffer = stackalloc byte[256];
        const ushort Flags = Abi.Netlink.NLM_F_ACK | Abi.Netlink.NLM_F_CREATE | Abi.Netlink.NLM_F_EXCL;
        NetlinkWriter request = NetlinkWriter.Request(buffer, Rtnetlink.RTM_NEWADDR, Flags, _header);
        request.Attribute(Rtnetlink.IFA_FLAGS, _flags);
        if (_local is not null)
            request.Attribute(Rtnetlink.IFA_LOCAL, _local);
        if (_address is not null)
            request.Attribute(Rtnetlink.IFA_ADDRESS, _address);
        if (_broadcast is not null)
            request.Attribute(Rtnetlink.IFA_BROADCAST, _broadcast);
        return socket.Execute(request);
    }

    public override string ToString() =>
        new System.Net.IPAddress(_local ?? _address ?? [0, 0, 0, 0]).ToString() + "/" +
        _header.ifa_prefixlen.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>An address of IPv4 or IPv6; null for any other length.</summary>
    private static byte[]? Bytes(ReadOnlySpan<byte> value) => value.Length is 4 or 16 ? value.ToArray() : null;

    private static SavedAddress? Read(ifaddrmsg header, AttributeReader attributes)
    {
        var address = new SavedAddress { _header = header, _flags = header.ifa_flags };
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Rtnetlink.IFA_FLAGS:
                    if (MemoryMarshal.TryRead(attributes.Value, out uint flags))
                        address._flags = flags;
                    break;
                case Rtnetlink.IFA_LOCAL:
                    address._local = Bytes(attributes.Value);
                    break;
                case Rtnetlink.IFA_ADDRESS:
                    address._address = Bytes(attributes.Value);
                    break;
                case Rtnetlink.IFA_BROADCAST:
                    address._broadcast = Bytes(attributes.Value);
                    break;
                default:
                    break;
            }
        }
        bool kept = (address._flags & Rtnetlink.IFA_F_PERMANENT) != 0 && header.ifa_scope == Rtnetlink.RT_SCOPE_UNIVERSE;
        // What the kernel takes from a caller; the rest of the flags are its own findings.
        address._flags &= Rtnetlink.IFA_F_NODAD | Rtnetlink.IFA_F_NOPREFIXROUTE;
        return kept ? address : null;
    }
}
