using System;
using System.Collections.Generic;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files;

/// <summary>
/// The buffer between two ends (pipe(7)): a queue of pages as Linux has it, so that a pipe is full when its pages are taken, however little is
/// in them. A small write goes on in the last page; a packet (O_DIRECT) has pages of its own.
/// </summary>
internal sealed class PipeBuffer
{
    public const int PageSize = 4096, Largest = 1 << 20;
    private const int FirstPages = 16, MostSpare = 16;
    private static ulong lastInode = 1000;
    private readonly Stack<byte[]> spare = new();

    /// <summary>A ring: what is in the pipe begins at <see cref="first"/>.</summary>
    private Page[] ring = new Page[FirstPages];
    private int first, used;

    private struct Page
    {
        public byte[] Bytes;
        public int Start;
        public int End;
        public bool IsPacket;

        public readonly int Length => End - Start;

        public readonly ReadOnlySpan<byte> Data => Bytes.AsSpan(Start, Length);
    }

    private ref Page At(int index) => ref ring[(first + index) % ring.Length];

    public ulong Inode { get; } = ++lastInode;

    public WaitQueue Queue { get; } = new();

    public int Count { get; private set; }

    public int Readers { get; set; }

    public int Writers { get; set; }

    public int MostPages { get; private set; } = FirstPages;

    /// <summary>Bytes that surely fit.</summary>
    public int Room => (MostPages - used) * PageSize;

    public bool IsFull => used >= MostPages;

    /// <summary>Grows: a reader of a fifo that opened before now knows that there was a writer.</summary>
    public int WritersSeen { get; set; }

    public int ReadersSeen { get; set; }

    /// <summary>F_SETPIPE_SZ: the new size, a power of two pages; or -errno.</summary>
    public long Resize(ulong size)
    {
        if (size > Largest)
            return size > 1UL << 31 ? Fail.EINVAL : Fail.EPERM;
        int wanted = (int)System.Numerics.BitOperations.RoundUpToPowerOf2(Math.Max((uint)size, PageSize)) / PageSize;
        if (used > wanted)
            return Fail.EBUSY;
        var pages = new Page[wanted];
        for (int i = 0; i < used; i++)
            pages[i] = At(i);
        (ring, first) = (pages, 0);
        MostPages = wanted;
        return (long)wanted * PageSize;
    }

    /// <summary>How much was taken in; 0 when it is full. What fits into a page is taken whole or not at all.</summary>
    public int Put(ReadOnlySpan<byte> from, bool isPacket = false)
    {
        int total = from.Length, odd = total % PageSize;
        if (!isPacket && odd > 0 && used > 0 && At(used - 1) is { IsPacket: false } last && last.End + odd <= PageSize)
        {
            from[..odd].CopyTo(last.Bytes.AsSpan(last.End));
            At(used - 1).End += odd;
            from = from[odd..];
        }
        while (!from.IsEmpty && !IsFull)
        {
            int length = Math.Min(from.Length, PageSize);
            Append(from[..length], isPacket);
            from = from[length..];
        }
        int taken = total - from.Length;
        Count += taken;
        return taken;
    }

    private void Append(ReadOnlySpan<byte> from, bool isPacket)
    {
        byte[] bytes = spare.TryPop(out byte[]? kept) ? kept : new byte[PageSize];
        from.CopyTo(bytes);
        At(used++) = new Page { Bytes = bytes, IsPacket = isPacket, End = from.Length };
    }

    /// <summary>Up to the end of a packet; what of that does not fit into <paramref name="to"/> is lost.</summary>
    public int Take(Span<byte> to)
    {
        int done = 0;
        while (done < to.Length && used > 0)
        {
            ref Page page = ref At(0);
            int length = Math.Min(to.Length - done, page.Length);
            page.Data[..length].CopyTo(to[done..]);
            done += length;
            if (page.IsPacket)
            {
                Drop(page.Length);
                break;
            }
            Drop(length);
        }
        return done;
    }

    /// <summary>Of the first page.</summary>
    private void Drop(int length)
    {
        ref Page page = ref At(0);
        page.Start += length;
        Count -= length;
        if (page.Length > 0)
            return;
        if (spare.Count < MostSpare)
            spare.Push(page.Bytes);
        page = default;
        first = (first + 1) % ring.Length;
        used--;
    }

    /// <summary>A look that takes nothing, page by page.</summary>
    public int Peek(Span<byte> to)
    {
        int done = 0;
        for (int i = 0; i < used && done < to.Length; i++)
        {
            ReadOnlySpan<byte> data = At(i).Data;
            int length = Math.Min(to.Length - done, data.Length);
            data[..length].CopyTo(to[done..]);
            done += length;
        }
        return done;
    }

    /// <summary>Takes what <see cref="Peek"/> has shown.</summary>
    public void Skip(int count)
    {
        while (count > 0 && used > 0)
        {
            int length = Math.Min(count, At(0).Length);
            Drop(length);
            count -= length;
        }
    }

    /// <summary>tee(2), and the part of splice(2) between pipes: copies pages of at most <paramref name="most"/> bytes into another one.</summary>
    public int CopyTo(PipeBuffer other, long most)
    {
        int done = 0;
        for (int i = 0; i < used && done < most && !other.IsFull; i++)
        {
            Page page = At(i);
            int length = (int)Math.Min(most - done, page.Length);
            other.Append(page.Data[..length], page.IsPacket);
            other.Count += length;
            done += length;
        }
        return done;
    }
}
