using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>One end of a pipe, or of a fifo (which may be both).</summary>
internal sealed unsafe class PipeEnd : OpenFile
{
    /// <summary>O_DIRECT of pipe2(2): each write is a packet.</summary>
    public const int Packets = 0x4000;
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
        if (count == 0)
            return 0;
        if (pipe.Count == 0)
            return pipe.Writers == 0 ? 0 : Fail.EAGAIN;
        int taken = pipe.Take(new Span<byte>(to, (int)count));
        Queue.WakeAll(Kernel);
        return taken;
    }

    public override long Write(byte* from, long count, long offset)
    {
        if (count == 0)
            return 0;
        if (pipe.Readers == 0)
            return Fail.EPIPE;
        int taken = pipe.Put(new ReadOnlySpan<byte>(from, (int)count), (Flags & Packets) != 0);
        if (taken == 0)
            return Fail.EAGAIN;
        Queue.WakeAll(Kernel);
        return taken;
    }

    public override uint Poll()
    {
        uint events = 0;
        if (CanRead)
            events |= (pipe.Count > 0 ? In : 0) | (pipe.Writers == 0 && (path is null || pipe.WritersSeen != writersBefore) ? HangUp : 0);
        if (CanWrite)
            events |= (pipe.IsFull ? 0 : Out) | (pipe.Readers == 0 ? Error : 0);
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
        status = new stat { st_mode = StatMode.S_IFIFO | 0x180, st_ino = pipe.Inode, st_nlink = 1, st_blksize = 4096, st_dev = OwnDevice.Pipes };
        return 0;
    }

    protected override void OnClose()
    {
        if (CanRead)
            pipe.Readers--;
        if (CanWrite)
            pipe.Writers--;
        // A fifo keeps nothing for who opens it later.
        if (pipe.Readers == 0 && pipe.Writers == 0)
            pipe.Skip(pipe.Count);
        Queue.WakeAll(Kernel);
    }
}
