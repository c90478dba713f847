using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files;

/// <summary>The buffer between two ends (pipe(7)).</summary>
internal sealed class PipeBuffer
{
    public const int Capacity = 65536, Atomic = 4096;
    private static ulong lastInode = 1000;
    private byte[] bytes = new byte[Atomic];
    private int start;

    public ulong Inode { get; } = ++lastInode;

    public WaitQueue Queue { get; } = new();

    public int Count { get; private set; }

    public int Readers { get; set; }

    public int Writers { get; set; }

    public int Room => Capacity - Count;

    /// <summary>Grows: a reader of a fifo that opened before now knows that there was a writer.</summary>
    public int WritersSeen { get; set; }

    public int ReadersSeen { get; set; }

    public void Put(ReadOnlySpan<byte> from)
    {
        if (Count + from.Length > bytes.Length)
            Grow(Count + from.Length);
        int at = (start + Count) % bytes.Length, first = Math.Min(from.Length, bytes.Length - at);
        from[..first].CopyTo(bytes.AsSpan(at));
        from[first..].CopyTo(bytes);
        Count += from.Length;
    }

    public int Take(Span<byte> to)
    {
        int count = Math.Min(to.Length, Count), first = Math.Min(count, bytes.Length - start);
        bytes.AsSpan(start, first).CopyTo(to);
        bytes.AsSpan(0, count - first).CopyTo(to[first..]);
        start = (start + count) % bytes.Length;
        Count -= count;
        return count;
    }

    private void Grow(int wanted)
    {
        int size = bytes.Length;
        while (size < wanted)
            size *= 2;
        byte[] larger = new byte[size];
        int count = Count;
        Take(larger.AsSpan(0, count));
        (bytes, start, Count) = (larger, 0, count);
    }
}

/// <summary>One end of a pipe, or of a fifo (which may be both).</summary>
internal sealed unsafe class PipeEnd : OpenFile
{
    private const uint GetReady = 0x541B;
    private readonly PipeBuffer pipe;
    private readonly string? path;
    private readonly int writersBefore, readersBefore;

    public PipeEnd(Kernel kernel, PipeBuffer pipe, int flags, string? path = null) : base(kernel)
    {
        this.pipe = pipe;
        this.path = path;
        Flags = flags;
        Queue = pipe.Queue;
        (writersBefore, readersBefore) = (pipe.Writers > 0 ? -1 : pipe.WritersSeen, pipe.Readers > 0 ? -1 : pipe.ReadersSeen);
        if (CanRead)
        {
            pipe.Readers++;
            pipe.ReadersSeen++;
        }
        if (CanWrite)
        {
            pipe.Writers++;
            pipe.WritersSeen++;
        }
        pipe.Queue.WakeAll(kernel);
    }

    public PipeBuffer Buffer => pipe;

    public bool IsFifo => path is not null;

    /// <summary>fifo(7): an open waits until somebody has opened the other end since, or has it open.</summary>
    public bool HasPeer => (CanRead && CanWrite) || (CanRead ? pipe.WritersSeen != writersBefore : pipe.ReadersSeen != readersBefore);

    public override string Name => path ?? $"pipe:[{pipe.Inode}]";

    public override long Read(byte* to, long count, long offset)
    {
        if (pipe.Count == 0)
            return pipe.Writers == 0 ? 0 : Fail.EAGAIN;
        int taken = pipe.Take(new Span<byte>(to, (int)count));
        Queue.WakeAll(Kernel);
        return taken;
    }

    public override long Write(byte* from, long count, long offset)
    {
        if (pipe.Readers == 0)
            return Fail.EPIPE;
        int room = pipe.Room;
        if (room == 0 || (count <= PipeBuffer.Atomic && room < count))
            return Fail.EAGAIN;
        int taken = (int)Math.Min(count, room);
        pipe.Put(new ReadOnlySpan<byte>(from, taken));
        Queue.WakeAll(Kernel);
        return taken;
    }

    public override uint Poll()
    {
        uint events = 0;
        if (CanRead)
            events |= (pipe.Count > 0 ? In : 0) | (pipe.Writers == 0 && (path is null || pipe.WritersSeen != writersBefore) ? HangUp : 0);
        if (CanWrite)
            events |= (pipe.Room >= PipeBuffer.Atomic ? Out : 0) | (pipe.Readers == 0 ? Error : 0);
        return events;
    }

    public override long Control(GuestTask task, uint command, ulong argument)
    {
        if (command != GetReady)
            return Fail.ENOTTY;
        return HostMemory.Write(task.HostPid, argument, pipe.Count) ? 0 : Fail.EFAULT;
    }

    public override long Stat(out stat status)
    {
        status = new stat { st_mode = StatMode.S_IFIFO | 0x180, st_ino = pipe.Inode, st_nlink = 1, st_blksize = 4096, st_dev = 0x32 };
        return 0;
    }

    protected override void OnClose()
    {
        if (CanRead)
            pipe.Readers--;
        if (CanWrite)
            pipe.Writers--;
        Queue.WakeAll(Kernel);
    }
}
