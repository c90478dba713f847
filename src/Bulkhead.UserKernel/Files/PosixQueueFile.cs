using System;
using System.Globalization;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Ipc;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>An open message queue. read(2) shows its state, messages go by calls of their own.</summary>
internal sealed unsafe class PosixQueueFile : OpenFile
{
    private const int StateSize = 80;
    private readonly string name;

    public PosixQueueFile(Kernel kernel, PosixQueue queue, string name) : base(kernel)
    {
        this.name = name;
        Messages = queue;
        Queue = queue.Queue;
    }

    public PosixQueue Messages { get; }

    public override bool IsStream => false;

    public override string Name => "/" + name;

    public override long Read(byte* to, long count, long offset)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"QSIZE:{Messages.Bytes,-10} NOTIFY:{0,-5} SIGNO:{0,-5} NOTIFY_PID:{Messages.Notified?.Pid ?? 0,-6}\n");
        long at = offset < 0 ? Position : offset;
        int length = (int)Math.Clamp(text.Length - at, 0, count);
        if (length > 0)
            Encoding.ASCII.GetBytes(text.AsSpan((int)at, length), new Span<byte>(to, length));
        if (offset < 0)
            Position += length;
        return length;
    }

    public override long Seek(long offset, int whence)
    {
        offset += whence switch { 1 => Position, 2 => StateSize, _ => 0 };
        return whence > 2 || offset < 0 ? Fail.EINVAL : Position = offset;
    }

    public override uint Poll() => (Messages.Count > 0 ? In : 0) | (Messages.IsFull ? 0 : Out);

    public override long Stat(out stat status)
    {
        status = new stat
        {
            st_mode = StatMode.S_IFREG | Messages.Mode,
            st_nlink = 1,
            st_size = StateSize,
            st_blksize = 4096,
            st_dev = OwnDevice.Queues,
            st_uid = Messages.Uid,
            st_gid = Messages.Gid,
        };
        return 0;
    }

    /// <summary>close(2) of any descriptor of a queue ends the notification that its process asked for.</summary>
    public override void DescriptorClosed() => Messages.Unregister(Kernel.Current!.Process);

    /// <summary>Who asked to be notified and has the queue open no longer is not.</summary>
    protected override void OnClose()
    {
        if (Messages.Notified is not { } process)
            return;
        for (int fd = 0; !process.IsZombie && fd < process.Files.Count; fd++)
        {
            if (process.Files[fd] is PosixQueueFile other && other.Messages == Messages)
                return;
        }
        Messages.Unregister(process);
    }
}
