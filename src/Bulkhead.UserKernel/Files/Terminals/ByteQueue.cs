using System;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>Bytes on their way from one side of a pair to the other.</summary>
internal sealed class ByteQueue(int capacity)
{
    private byte[] bytes = [];
    private int start;

    public int Count { get; private set; }

    public int Room => capacity - Count;

    public void Put(byte value)
    {
        if (bytes.Length == 0)
            bytes = new byte[capacity]; // most pairs are never filled, many never used
        bytes[(start + Count) % bytes.Length] = value;
        Count++;
    }

    public byte Take()
    {
        byte value = bytes[start];
        start = (start + 1) % bytes.Length;
        Count--;
        return value;
    }

    /// <summary>As many as there are and fit.</summary>
    public int Take(Span<byte> to)
    {
        int count = Math.Min(to.Length, Count);
        for (int i = 0; i < count; i++)
            to[i] = Take();
        return count;
    }

    /// <summary>All but the first <paramref name="kept"/> go.</summary>
    public void Cut(int kept) => Count = Math.Min(Count, kept);
}
