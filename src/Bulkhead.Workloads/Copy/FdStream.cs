using System;
using System.IO;
using Bulkhead.Linux;

namespace Bulkhead.Workloads.Copy;

/// <summary>A descriptor as a stream, forward only.</summary>
/// <param name="fd">Stays open.</param>
public sealed class FdStream(Fd fd) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer) => Sys.Read(fd, buffer).OrThrow("read what is copied");

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Errno error = Sys.WriteAll(fd, buffer);
        if (error != Errno.None)
            throw new StepException("write what is copied", error);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is kept back.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>A file that may grow or shrink meanwhile, as a tar header has announced it: cut off, or filled up with zeros.</summary>
/// <param name="inner">The file.</param>
/// <param name="length">Bytes.</param>
internal sealed class FixedLengthStream(Stream inner, long length) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    // The writer of tars asks for Length only of those that can seek.
    public override bool CanSeek => true;

    public override long Length => length;

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        buffer = buffer[..(int)Math.Min(buffer.Length, length - _position)];
        if (buffer.Length == 0)
            return 0;
        int count = inner.Read(buffer);
        if (count == 0)
        {
            buffer.Clear();
            count = buffer.Length;
        }
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
