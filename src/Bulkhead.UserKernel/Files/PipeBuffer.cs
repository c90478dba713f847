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
    private readonly LinkedList<Page> pages = new();
    private readonly Stack<byte[]> spare = new();

    private sealed class Page(byte[] bytes)
    {
        public byte[] Bytes => bytes;

        public int Start { get; set; }

        public int End { get; set; }

        public bool IsPacket { get; init; }

        public int Length => End - Start;
    }

    public ulong Inode { get; } = ++lastInode;

    public WaitQueue Queue { get; } = new();

    public int Count { get; private set; }

    public int Readers { get; set; }

    public int Writers { get; set; }

    public int MostPages { get; private set; } = FirstPages;

    /// <summary>Bytes that surely fit.</summary>
    public int Room => (MostPages - pages.Count) * PageSize;

    public bool IsFull => pages.Count >= MostPages;

    /// <summary>Grows: a reader of a fifo that opened before now knows that there was a writer.</summary>
    public int WritersSeen { get; set; }

    public int ReadersSeen { get; set; }

    /// <summary>F_SETPIPE_SZ: the new size, a power of two pages; or -errno.</summary>
    public long Resize(ulong size)
    {
        if (size > Largest)
            return size > 1UL << 31 ? Fail.EINVAL : Fail.EPERM;
        int wanted = (int)System.Numerics.BitOperations.RoundUpToPowerOf2(Math.Max((uint)size, PageSize)) / PageSize;
        if (pages.Count > wanted)
            return Fail.EBUSY;
        MostPages = wanted;
        return (long)wanted * PageSize;
    }

    /// <summary>How much was taken in; 0 when it is full. What fits into a page is taken whole or not at all.</summary>
    public int Put(ReadOnlySpan<byte> from, bool isPacket = false)
    {
        int total = from.Length, odd = total % PageSize;
        if (!isPacket && odd > 0 && pages.Last?.Value is { IsPacket: false } last && last.End + odd <= PageSize)
        {
            from[..odd].CopyTo(last.Bytes.AsSpan(last.End));
            last.End += odd;
            from = from[odd..];
        }
        while (!from.IsEmpty && !IsFull)
        {
            int length = Math.Min(from.Length, PageSize);
            var page = new Page(spare.TryPop(out byte[]? used) ? used : new byte[PageSize]) { IsPacket = isPacket, End = length };
            from[..length].CopyTo(page.Bytes);
            pages.AddLast(page);
            from = from[length..];
        }
        int taken = total - from.Length;
        Count += taken;
        return taken;
    }

    /// <summary>Up to the end of a packet; what of that does not fit into <paramref name="to"/> is lost.</summary>
    public int Take(Span<byte> to)
    {
        int done = 0;
        while (done < to.Length && pages.First?.Value is { } page)
        {
            int length = Math.Min(to.Length - done, page.Length);
            page.Bytes.AsSpan(page.Start, length).CopyTo(to[done..]);
            done += length;
            Drop(page, page.IsPacket ? page.Length : length);
            if (page.IsPacket)
                break;
        }
        return done;
    }

    private void Drop(Page page, int length)
    {
        page.Start += length;
        Count -= length;
        if (page.Length > 0)
            return;
        pages.RemoveFirst();
        if (spare.Count < MostSpare)
            spare.Push(page.Bytes);
    }

    /// <summary>A look that takes nothing, page by page.</summary>
    public int Peek(Span<byte> to)
    {
        int done = 0;
        foreach (Page page in pages)
        {
            int length = Math.Min(to.Length - done, page.Length);
            page.Bytes.AsSpan(page.Start, length).CopyTo(to[done..]);
            done += length;
        }
        return done;
    }

    /// <summary>Takes what <see cref="Peek"/> has shown.</summary>
    public void Skip(int count)
    {
        while (count > 0 && pages.First?.Value is { } page)
        {
            int length = Math.Min(count, page.Length);
            Drop(page, length);
            count -= length;
        }
    }

    /// <summary>tee(2), and the part of splice(2) between pipes: copies pages of at most <paramref name="most"/> bytes into another one.</summary>
    public int CopyTo(PipeBuffer other, long most)
    {
        int done = 0;
        foreach (Page page in pages)
        {
            if (done >= most || other.IsFull)
                break;
            int length = (int)Math.Min(most - done, page.Length);
            var copy = new Page(new byte[PageSize]) { IsPacket = page.IsPacket, End = length };
            page.Bytes.AsSpan(page.Start, length).CopyTo(copy.Bytes);
            other.pages.AddLast(copy);
            other.Count += length;
            done += length;
        }
        return done;
    }
}
