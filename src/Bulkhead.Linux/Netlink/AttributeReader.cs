using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Netlink;

/// <summary>Walks the attributes of a netlink message. A length that leaves the message ends the walk.</summary>
public ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    private ReadOnlySpan<byte> _rest = attributes;

    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public bool Next()
    {
        int header = Unsafe.SizeOf<nlattr>();
        if (_rest.Length < header)
            return false;
        nlattr attribute = MemoryMarshal.Read<nlattr>(_rest);
        if (attribute.nla_len < header || attribute.nla_len > _rest.Length)
            return false;
        Type = attribute.nla_type;
        Value = _rest[header..attribute.nla_len];
        _rest = _rest[Math.Min(NetlinkWriter.Align(attribute.nla_len), _rest.Length)..];
        return true;
    }
}
