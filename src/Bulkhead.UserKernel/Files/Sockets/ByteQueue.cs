using System;
using System.Collections.Generic;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>The bytes of a stream that wait at its receiver, in chunks that go when they are read.</summary>
internal sealed class ByteQueue(BytePool memory)
{
    private const int Least = 2048, Most = 64 << 10;
    private readonly Queue<byte[]> chunks = new();
    private byte[]? tail;
    private int start, end;

    public int Count { get; private set; }

    /// <summary>Room for at most <paramref name="wanted"/> bytes more; <see cref="Commit"/> tells how many came.</summary>
    public Span<byte> Reserve(int wanted)
    {
        if (tail is null || end == tail.Length)
        {
            tail = memory.Take(Math.Clamp(wanted, Least, Most));
            end = 0;
            chunks.Enqueue(tail);
        }
        return tail.AsSpan(end, Math.Min(wanted, tail.Length - end));
    }

    public void Commit(int count)
    {
        end += count;
        Count += count;
    }

    /// <summary>Hands at most <paramref name="wanted"/> bytes to the buffer; false: its memory is not there, and nothing is taken.</summary>
    public bool CopyTo(ref MessageBuffer buffer, int wanted)
    {
        int at = start;
        foreach (byte[] chunk in chunks)
        {
            if (wanted <= 0)
                return true;
            int filled = chunk == tail ? end : chunk.Length, count = Math.Min(filled - at, wanted);
            if (!buffer.Put(chunk.AsSpan(at, count)))
                return false;
            wanted -= count;
            at = 0;
        }
        return true;
    }

    public void Consume(int count)
    {
        Count -= count;
        while (count > 0)
        {
            byte[] chunk = chunks.Peek();
            int step = Math.Min(count, (chunk == tail ? end : chunk.Length) - start);
            start += step;
            count -= step;
            if (start < chunk.Length)
                continue;
            memory.Give(chunks.Dequeue());
            start = 0;
            if (chunk == tail)
                (tail, end) = (null, 0);
        }
    }

    public void Clear()
    {
        while (chunks.TryDequeue(out byte[]? chunk))
            memory.Give(chunk);
        (tail, start, end, Count) = (null, 0, 0, 0);
    }
}
