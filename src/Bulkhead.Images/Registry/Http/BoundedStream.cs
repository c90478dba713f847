using System;
using System.IO;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry.Http;

/// <summary>The next so many bytes of a stream, for one request; the stream stays open. A stream that ends early is an error: the request would never end.</summary>
internal sealed class BoundedStream(Stream stream, long length) : ReadingStream
{
    private long left = length;

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
}
