using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/PID/mem (proc_pid_mem(5)).</summary>
internal sealed class MemoryNode(Subject subject) : Node(StatMode.S_IFREG | 0x180)
{
    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = null;
        if (!subject.MayRead(task))
            return Fail.EACCES;
        file = new MemoryFile(task.Kernel, subject, this, path);
        return 0;
    }
}

/// <summary>A process's memory by its addresses; the one that was there at open, as after an execve it is another.</summary>
internal sealed unsafe class MemoryFile(Kernel kernel, Subject subject, Node node, string path) : OpenFile(kernel)
{
    private readonly int host = subject.HostPid;

    public override bool IsStream => false;

    public override string Name => path;

    public override long Stat(out stat status)
    {
        status = default;
        if (subject.Main is { } task)
            status = node.Status(task);
        return 0;
    }

    public override long Read(byte* to, long count, long offset) => Move(to, count, offset, write: false);

    public override long Write(byte* from, long count, long offset) => Move(from, count, offset, write: true);

    private long Move(byte* ours, long count, long offset, bool write)
    {
        bool positioned = offset >= 0;
        ulong address = (ulong)(positioned ? offset : Position);
        // The same cell still, or its memory has gone with the image.
        if (host == 0 || subject.HostPid != host || count == 0)
            return 0;
        if (address < GateLayout.GateEnd && address + (ulong)count > GateLayout.GateBase)
            return Fail.EIO;
        long moved = write ? HostMemory.WriteSome(host, address, ours, count) : HostMemory.ReadSome(host, address, ours, count);
        if (moved <= 0)
            moved = write ? HostMemory.WriteForced(Kernel, host, address, ours, count) : HostMemory.ReadForced(Kernel, host, address, ours, count);
        if (moved <= 0)
            return Fail.EIO;
        if (!positioned)
            Position += moved;
        return moved;
    }

    /// <summary>Addresses: any offset is one.</summary>
    public override long Seek(long offset, int whence)
    {
        if (whence > 1)
            return Fail.EINVAL;
        return Position = whence == 1 ? Position + offset : offset;
    }
}
