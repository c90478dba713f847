using System;
using System.IO;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry.Http;

/// <summary>The next so many bytes of a stream, for one request; the stream stays open. A stream that ends early is an error: the request would never end.</summary>
internal sealed class BoundedStream(Stream stream, long length) : Stream
{
    private long left = length;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, left);
        if (wanted == 0)
            return 0;
        int count = stream.Read(buffer[..wanted]);
        if (count == 0)
            throw new StepException($"what is to be pushed ends {left} bytes early");
        left -= count;
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
