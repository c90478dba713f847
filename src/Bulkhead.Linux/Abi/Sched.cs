// Mirrors <linux/sched.h>.
namespace Bulkhead.Linux.Abi;

public static class Sched
{
    public const ulong CLONE_NEWTIME = 0x80;
    public const ulong CLONE_VM = 0x100;
    public const ulong CLONE_FS = 0x200;
    public const ulong CLONE_FILES = 0x400;
    public const ulong CLONE_SIGHAND = 0x800;
    public const ulong CLONE_PIDFD = 0x1000;
    public const ulong CLONE_VFORK = 0x4000;
    public const ulong CLONE_PARENT = 0x8000;
    public const ulong CLONE_NEWNS = 0x20000;
    public const ulong CLONE_NEWCGROUP = 0x2000000;
    public const ulong CLONE_NEWUTS = 0x4000000;
    public const ulong CLONE_NEWIPC = 0x8000000;
    public const ulong CLONE_NEWUSER = 0x10000000;
    public const ulong CLONE_NEWPID = 0x20000000;
    public const ulong CLONE_NEWNET = 0x40000000;
    public const ulong CLONE_CLEAR_SIGHAND = 0x100000000;
    public const ulong CLONE_INTO_CGROUP = 0x200000000;
}
