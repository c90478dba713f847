using System;
using System.IO;
using Bulkhead.Linux;

namespace Bulkhead.Images.Archive;

/// <summary>A file of a known length, read from its beginning; its descriptor's own position is left alone.</summary>
/// <param name="file">Stays open.</param>
/// <param name="length">Bytes.</param>
/// <param name="read">Hears how far it has been read.</param>
public sealed class StoredBlobStream(Fd file, long length, Action<long>? read = null) : ReadingStream
{
    private long _position;

    public override bool CanSeek => true;

    public override long Length => length;

    public override long Position { get => _position; set => _position = value; }

    public override int Read(Span<byte> buffer)
    {
        int count = Sys.ReadAt(file, buffer[..(int)Math.Min(buffer.Length, length - _position)], _position).OrThrow("read a blob");
        _position += count;
        read?.Invoke(_position);
        return count;
    }

    public override long Seek(long offset, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };
}
