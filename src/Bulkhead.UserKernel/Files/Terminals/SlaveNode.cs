using System.Globalization;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>
/// /dev/pts/N: whoever opened the master owns it; group tty may write (grantpt(3)). Logins and mesg(1) change that, so the node's own fixed
/// mode lets everybody pass to the check here.
/// </summary>
internal sealed class SlaveNode(Terminal terminal, int number, uint owner) : Node(StatMode.S_IFCHR | 0x1B6)
{
    public const ulong FileSystemDevice = OwnDevice.Terminals;
    private const uint GroupTty = 5, FirstInode = 3, Unchanged = uint.MaxValue;
    private const int CapChown = 0, CapDacOverride = 1, CapFowner = 3;
    private uint user = owner, group = GroupTty, permissions = 0x190;

    public string Path => string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{number}");

    public override stat Status(GuestTask task)
    {
        stat status = base.Status(task);
        status.st_dev = FileSystemDevice;
        status.st_ino = FirstInode + (uint)number;
        status.st_mode = StatMode.S_IFCHR | permissions;
        status.st_rdev = terminal.Device;
        status.st_uid = user;
        status.st_gid = group;
        status.st_blksize = 1024;
        return status;
    }

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = null;
        return Allows(task.Credentials, flags) ? terminal.Open(task, flags, this, path, out file) : Fail.EACCES;
    }

    private bool Allows(Credentials who, int flags)
    {
        uint wanted = (flags & 3) switch { Fcntl.O_RDONLY => 4u, Fcntl.O_WRONLY => 2u, _ => 6u };
        int shift = who.Fsuid == user ? 6 : who.InGroup(group) ? 3 : 0;
        return (permissions >> shift & wanted) == wanted || who.Has(CapDacOverride);
    }

    public override long ChangeMode(GuestTask task, uint mode)
    {
        if (task.Credentials.Fsuid != user && !task.Credentials.Has(CapFowner))
            return Fail.EPERM;
        permissions = mode & 0xFFF;
        return 0;
    }

    public override long ChangeOwner(GuestTask task, uint uid, uint gid)
    {
        Credentials who = task.Credentials;
        bool isOwner = who.Fsuid == user;
        bool mayUser = uid is Unchanged || (isOwner && uid == user), mayGroup = gid is Unchanged || (isOwner && (gid == group || who.InGroup(gid)));
        if (!(mayUser && mayGroup) && !who.Has(CapChown))
            return Fail.EPERM;
        user = uid == Unchanged ? user : uid;
        group = gid == Unchanged ? group : gid;
        return 0;
    }
}
