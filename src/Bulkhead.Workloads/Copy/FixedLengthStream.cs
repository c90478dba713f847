using System;
using System.IO;
using Bulkhead.Linux;

namespace Bulkhead.Workloads.Copy;

/// <summary>A file that may grow or shrink meanwhile, as a tar header has announced it: cut off, or filled up with zeros.</summary>
/// <param name="inner">The file.</param>
/// <param name="length">Bytes.</param>
internal sealed class FixedLengthStream(Stream inner, long length) : ReadingStream
{
    private long _position;

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
}
