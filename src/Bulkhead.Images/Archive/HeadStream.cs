using System;
using System.IO;
using Bulkhead.Linux;

namespace Bulkhead.Images.Archive;

/// <summary>Bytes that were read already, before the rest.</summary>
internal sealed class HeadStream(byte[] head, Stream rest) : ReadingStream
{
    private int _at;

    public override int Read(Span<byte> buffer)
    {
        if (_at == head.Length)
            return rest.Read(buffer);
        int count = Math.Min(buffer.Length, head.Length - _at);
        head.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }
}
