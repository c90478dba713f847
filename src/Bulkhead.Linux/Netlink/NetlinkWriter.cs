using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Netlink;

/// <summary>Writes one netlink request into the caller's buffer: header, fixed part, attributes. Nothing is allocated.</summary>
public ref struct NetlinkWriter
{
    private readonly Span<byte> _buffer;
    private int _length;

    private NetlinkWriter(Span<byte> buffer)
    {
        buffer.Clear();
        _buffer = buffer;
        _length = Unsafe.SizeOf<nlmsghdr>();
    }

    /// <summary>A request of <paramref name="type"/> whose fixed part is <paramref name="body"/>.</summary>
    public static NetlinkWriter Request<T>(Span<byte> buffer, ushort type, ushort flags, in T body) where T : unmanaged
    {
        var writer = new NetlinkWriter(buffer);
        var header = new nlmsghdr { nlmsg_type = type, nlmsg_flags = (ushort)(flags | Abi.Netlink.NLM_F_REQUEST) };
        MemoryMarshal.Write(buffer, header);
        MemoryMarshal.Write(buffer[writer._length..], body);
        writer._length = Align(writer._length + Unsafe.SizeOf<T>());
        return writer;
    }

    public void Attribute(ushort type, scoped ReadOnlySpan<byte> payload)
    {
        int size = Unsafe.SizeOf<nlattr>() + payload.Length;
        MemoryMarshal.Write(_buffer[_length..], new nlattr { nla_len = (ushort)size, nla_type = type });
        payload.CopyTo(_buffer[(_length + Unsafe.SizeOf<nlattr>())..]);
        _length += Align(size);
    }

    public void Attribute(ushort type, uint value)
    {
        Span<byte> payload = stackalloc byte[sizeof(uint)];
        MemoryMarshal.Write(payload, value);
        Attribute(type, payload);
    }

    /// <summary>A name: NUL-terminated ASCII or UTF-8.</summary>
    public void Attribute(ushort type, string name) => Attribute(type, Sys.Z(name));

    /// <summary>Opens an attribute that holds attributes; pass the result to <see cref="EndNested"/>.</summary>
    public int BeginNested(ushort type)
    {
        int at = _length;
        MemoryMarshal.Write(_buffer[at..], new nlattr { nla_type = type });
        _length += Unsafe.SizeOf<nlattr>();
        return at;
    }

    public void EndNested(int at) => MemoryMarshal.Write(_buffer[at..], (ushort)(_length - at));

    /// <summary>The message, its length and <paramref name="sequence"/> filled in.</summary>
    public readonly ReadOnlySpan<byte> Finish(uint sequence)
    {
        ref nlmsghdr header = ref MemoryMarshal.AsRef<nlmsghdr>(_buffer);
        header.nlmsg_len = (uint)_length;
        header.nlmsg_seq = sequence;
        return _buffer[.._length];
    }

    internal static int Align(int length) => (length + 3) & ~3;
}
