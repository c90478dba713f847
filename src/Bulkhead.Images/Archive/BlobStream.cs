using System;
using System.IO;
using Bulkhead.Linux;

namespace Bulkhead.Images.Archive;

/// <summary>A file of a known length, read from its beginning; its descriptor's own position is left alone.</summary>
/// <param name="file">Stays open.</param>
/// <param name="length">Bytes.</param>
public sealed class BlobStream(Fd file, long length) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => _position; set => _position = value; }

    public override int Read(Span<byte> buffer)
    {
        int count = Sys.ReadAt(file, buffer[..(int)Math.Min(buffer.Length, length - _position)], _position).OrThrow("read a blob");
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
        // Nothing is written.
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
