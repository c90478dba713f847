using System.Globalization;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>/dev/pts/N: whoever opened the master owns it; group tty may write (grantpt(3)).</summary>
internal sealed class SlaveNode(PseudoTerminal terminal, uint owner) : Node(StatMode.S_IFCHR | 0x190)
{
    public const ulong FileSystemDevice = 0x35;
    private const uint GroupTty = 5, FirstInode = 3;
    private const int CapDacOverride = 1;

    public string Path => string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{terminal.Number}");

    public override stat Status(GuestTask task)
    {
        stat status = base.Status(task);
        status.st_dev = FileSystemDevice;
        status.st_ino = FirstInode + (uint)terminal.Number;
        status.st_rdev = terminal.Device;
        status.st_uid = owner;
        status.st_gid = GroupTty;
        status.st_blksize = 1024;
        return status;
    }

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = null;
        Credentials user = task.Credentials;
        bool onlyWrites = (flags & 3) == Fcntl.O_WRONLY;
        if (user.Fsuid != owner && !user.Has(CapDacOverride) && !(onlyWrites && user.InGroup(GroupTty)))
            return Fail.EACCES;
        return terminal.Open(task, flags, this, path, out file);
    }
}
