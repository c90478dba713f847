using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>/dev/tty: the opener's own (tty(4)).</summary>
internal sealed class OwnTerminalNode() : Node(StatMode.S_IFCHR | 0x1B6)
{
    private const ulong OwnDevice = 5 << 8;

    public override stat Status(GuestTask task)
    {
        stat status = base.Status(task);
        status.st_rdev = OwnDevice;
        return status;
    }

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = null;
        return task.Process.Terminal is { } terminal ? terminal.Open(task, flags, this, path, out file) : Fail.ENXIO;
    }
}
