using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>/dev/console: it never becomes anybody's terminal by being opened.</summary>
internal sealed class ConsoleNode(HostConsole console) : Node(StatMode.S_IFCHR | 0x190)
{
    public override stat Status(GuestTask task)
    {
        stat status = base.Status(task);
        status.st_rdev = console.Device;
        return status;
    }

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file) => console.Open(task, flags, this, path, out file);
}
