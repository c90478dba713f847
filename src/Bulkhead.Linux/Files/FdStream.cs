using System;
using System.IO;

namespace Bulkhead.Linux;

/// <summary>A descriptor as a stream, forward only.</summary>
/// <param name="fd">Stays open.</param>
public sealed class FdStream(Fd fd) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer) => Sys.Read(fd, buffer).OrThrow("read");

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Errno error = Sys.WriteAll(fd, buffer);
        if (error != Errno.None)
            throw new StepException("write", error);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is kept back.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
