using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel.Files;

/// <summary>
/// A pipe, socket or terminal that the sandbox was given as a standard stream. Its file description is the caller's too, so it is never made
/// non-blocking: the host is asked before each transfer.
/// </summary>
internal unsafe class HostStream : OpenFile
{
    private const int PipeSize = 4096, LastStandard = 2;
    private ulong watch;

    protected HostStream(Kernel kernel, int number) : base(kernel) => Number = number;

    protected int Number { get; }

    public override int HostFd => -1;

    public override string Name => "pipe:[" + Number + "]";

    /// <summary>What the host's descriptor is: a file keeps its own kind.</summary>
    public static OpenFile Open(Kernel kernel, int number)
    {
        long flags = HostFiles.Plain(SysNr.fcntl, number, Fcntl.F_GETFL);
        if (flags < 0)
            return new NullDevice(kernel) { Flags = Fcntl.O_RDWR };
        bool isFile = HostFiles.Stat(number, out stat status) == 0 && (status.st_mode & StatMode.S_IFMT) == StatMode.S_IFREG;
        OpenFile file = isFile ? new HostFile(kernel, number > LastStandard ? new Fd(number) : Fd.Borrow(number), "/dev/fd/" + number, isDirectory: false) : new HostStream(kernel, number);
        file.Flags = (int)flags & ~Fcntl.O_NONBLOCK;
        return file;
    }

    public override long Read(byte* to, long count, long offset)
    {
        if ((HostEvents.PollOne(Number, Linux.Abi.Poll.POLLIN) & (Linux.Abi.Poll.POLLIN | Linux.Abi.Poll.POLLHUP | Linux.Abi.Poll.POLLERR)) == 0)
            return Fail.EAGAIN;
        return HostFiles.Read(Number, to, count, -1);
    }

    public override long Write(byte* from, long count, long offset)
    {
        long ready = HostEvents.PollOne(Number, Linux.Abi.Poll.POLLOUT);
        if ((ready & (Linux.Abi.Poll.POLLOUT | Linux.Abi.Poll.POLLERR | Linux.Abi.Poll.POLLHUP)) == 0)
            return Fail.EAGAIN;
        // A pipe that is ready takes this much without waiting (pipe(7), PIPE_BUF).
        return HostFiles.Write(Number, from, count < PipeSize ? count : PipeSize, -1);
    }

    public override uint Poll() => (uint)HostEvents.PollOne(Number, Linux.Abi.Poll.POLLIN | Linux.Abi.Poll.POLLOUT) & 0xffff;

    public override void Arm(uint events)
    {
        uint wanted = (events & (In | Out)) | HostEvents.OneShot;
        if (watch == 0)
            watch = Kernel.Watch(Number, wanted, _ => Queue.WakeAll(Kernel));
        else
            Kernel.Rearm(Number, wanted, watch);
    }

    public override long Stat(out stat status) => HostFiles.Stat(Number, out status);

    protected override void OnClose()
    {
        if (watch != 0)
            Kernel.Unwatch(Number, watch);
        watch = 0;
        // Those of the kernel process itself stay: their numbers must not become another file's.
        if (Number > LastStandard)
            HostFiles.Close(Number);
    }
}
