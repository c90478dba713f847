using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Netlink;

/// <summary>Walks the messages of one datagram from the kernel. A length that leaves the datagram ends the walk.</summary>
public ref struct MessageReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;
    private ReadOnlySpan<byte> _body;

    public nlmsghdr Header { get; private set; }

    /// <summary>What follows the header.</summary>
    public readonly ReadOnlySpan<byte> Body => _body;

    public bool Next()
    {
        int size = Unsafe.SizeOf<nlmsghdr>();
        if (_rest.Length < size)
            return false;
        Header = MemoryMarshal.Read<nlmsghdr>(_rest);
        if (Header.nlmsg_len < size || Header.nlmsg_len > _rest.Length)
            return false;
        int length = (int)Header.nlmsg_len;
        _body = _rest[size..length];
        _rest = _rest[Math.Min(NetlinkWriter.Align(length), _rest.Length)..];
        return true;
    }

    /// <summary>The fixed part of the body and the attributes behind it; false when the body is too short.</summary>
    public readonly bool TryRead<T>(out T fixedPart, out AttributeReader attributes) where T : unmanaged
    {
        int size = NetlinkWriter.Align(Unsafe.SizeOf<T>());
        bool whole = _body.Length >= size;
        fixedPart = whole ? MemoryMarshal.Read<T>(_body) : default;
        attributes = new AttributeReader(whole ? _body[size..] : default);
        return whole;
    }

    /// <summary>The errno in NLMSG_ERROR (none in an acknowledgement) or NLMSG_DONE.</summary>
    public readonly Errno Error => _body.Length >= sizeof(int) ? (Errno)(-MemoryMarshal.Read<int>(_body)) : Errno.EBADMSG;
}
