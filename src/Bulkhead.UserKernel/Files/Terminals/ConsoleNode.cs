using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>/dev/console, the first process's user's: it never becomes anybody's terminal by being opened.</summary>
internal sealed class ConsoleNode(HostConsole console) : Node(StatMode.S_IFCHR | 0x1B6)
{
    public override stat Status(GuestTask task)
    {
        stat status = base.Status(task);
        status.st_mode = StatMode.S_IFCHR | 0x180;
        status.st_uid = task.Kernel.Options.Uid;
        status.st_rdev = console.Device;
        return status;
    }

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        const int CapDacOverride = 1;
        file = null;
        bool allowed = task.Credentials.Fsuid == task.Kernel.Options.Uid || task.Credentials.Has(CapDacOverride);
        return allowed ? console.Open(task, flags, this, path, out file) : Fail.EACCES;
    }
}
