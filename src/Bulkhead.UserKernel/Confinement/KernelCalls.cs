using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Confinement;

/// <summary>
/// The wall around the kernel process itself, put up before the first guest instruction: what it needs of the host from then on. No exec, no new
/// process or thread, no executable memory, no socket that leads anywhere, no mount.
/// </summary>
internal static class KernelCalls
{
    private const uint All = uint.MaxValue, Execute = 4, Unix = 1;

    public static readonly HostCall[] Calls =
    [
        new(SysNr.process_vm_readv, "process_vm_readv", "guests' memory: its own children only (ptrace access)"),
        new(SysNr.process_vm_writev, "process_vm_writev", "guests' memory: its own children only (ptrace access)"),
        new(SysNr.futex, "futex", "wakes guests; locks of the managed runtime"),
        new(SysNr.epoll_pwait2, "epoll_pwait2", "sleeps"),
        new(SysNr.epoll_ctl, "epoll_ctl", "what it sleeps on"),
        new(SysNr.ppoll, "ppoll", "asks standard streams; what stands for an exec waits (poll would go on by restart_syscall after a freeze)"),
        new(SysNr.read, "read", "files, standard streams, its signal pipe"),
        new(SysNr.write, "write", "files and standard streams"),
        new(SysNr.pread64, "pread64", "files"),
        new(SysNr.pwritev2, "pwritev2", "files, at a given place"),
        new(SysNr.lseek, "lseek", "files"),
        new(SysNr.close, "close", "its descriptors"),
        new(SysNr.fcntl, "fcntl", "flags, locks and seals of files; nothing that sends signals",
            new ArgumentRule(1, All, [1, 3, 4, 36, 37, 1030, 1033, 1034])),
        new(SysNr.flock, "flock", "locks of files"),
        new(SysNr.openat2, "openat2", "beneath the root, following nothing"),
        new(SysNr.openat, "openat", "an open file again with other rights, by its link in the sandbox's own /proc"),
        new(SysNr.newfstatat, "newfstatat", "files"),
        new(SysNr.fstatfs, "fstatfs", "files"),
        new(SysNr.faccessat2, "faccessat2", "files"),
        new(SysNr.getdents64, "getdents64", "directories"),
        new(SysNr.readlinkat, "readlinkat", "links, as text"),
        new(SysNr.mkdirat, "mkdirat", "one name in a directory that it holds"),
        new(SysNr.mknodat, "mknodat", "fifos and sockets as names; devices need a capability it has not"),
        new(SysNr.unlinkat, "unlinkat", "one name in a directory that it holds"),
        new(SysNr.renameat2, "renameat2", "one name in a directory that it holds"),
        new(SysNr.linkat, "linkat", "one name in a directory that it holds"),
        new(SysNr.symlinkat, "symlinkat", "one name in a directory that it holds"),
        new(SysNr.fchmodat2, "fchmodat2", "files that it holds"),
        new(SysNr.fchownat, "fchownat", "files that it holds"),
        new(SysNr.utimensat, "utimensat", "files"),
        new(SysNr.ftruncate, "ftruncate", "files"),
        new(SysNr.fallocate, "fallocate", "files"),
        new(SysNr.fsync, "fsync", "files"),
        new(SysNr.fdatasync, "fdatasync", "files"),
        new(SysNr.syncfs, "syncfs", "files"),
        new(SysNr.getxattr, "getxattr", "files, by their link in the sandbox's own /proc"),
        new(SysNr.setxattr, "setxattr", "files, by their link in the sandbox's own /proc"),
        new(SysNr.listxattr, "listxattr", "files, by their link in the sandbox's own /proc"),
        new(SysNr.removexattr, "removexattr", "files, by their link in the sandbox's own /proc"),
        new(SysNr.ioctl, "ioctl", "the sandbox's terminal: attributes, size, flush, bytes that wait, break, bytes not yet sent",
            new ArgumentRule(1, All, [0x5401, 0x5402, 0x5403, 0x5404, 0x5409, 0x540A, 0x540B, 0x5411, 0x5413, 0x5414, 0x541B, 0x5425])),
        new(SysNr.memfd_create, "memfd_create", "channels, memory files of guests, shared text"),
        new(SysNr.socketpair, "socketpair", "a socket for each guest process", new ArgumentRule(0, All, [Unix])),
        new(SysNr.setsockopt, "setsockopt", "who sends on it is told by the host"),
        new(SysNr.sendmsg, "sendmsg", "descriptors to guests, on those sockets"),
        new(SysNr.recvmsg, "recvmsg", "doorbells, on those sockets"),
        new(SysNr.wait4, "wait4", "reaps guests"),
        new(SysNr.kill, "kill", "ends guests: its pid namespace holds nothing else"),
        new(SysNr.tgkill, "tgkill", "interrupts guests' threads; abort"),
        new(SysNr.prlimit64, "prlimit64", "address space and CPU time of guests' processes"),
        new(SysNr.setfsuid, "setfsuid", "whose rights the host's file systems look at: a guest's"),
        new(SysNr.setfsgid, "setfsgid", "as setfsuid"),
        new(SysNr.setgroups, "setgroups", "as setfsuid"),
        new(SysNr.capset, "capset", "as setfsuid: less than it has, and back"),
        new(SysNr.mmap, "mmap", "channels, the managed heap: never executable", new ArgumentRule(2, Execute, [0])),
        new(SysNr.mprotect, "mprotect", "the managed heap: never executable", new ArgumentRule(2, Execute, [0])),
        new(SysNr.munmap, "munmap", "channels, the managed heap"),
        new(SysNr.mremap, "mremap", "the native heap"),
        new(SysNr.brk, "brk", "the native heap"),
        new(SysNr.madvise, "madvise", "the managed heap gives memory back"),
        new(SysNr.membarrier, "membarrier", "garbage collection"),
        new(SysNr.sched_yield, "sched_yield", "spins"),
        new(SysNr.getrandom, "getrandom", "addresses of images, random devices"),
        new(SysNr.clock_gettime, "clock_gettime", "clocks that the vDSO has not"),
        new(SysNr.rt_sigreturn, "rt_sigreturn", "returns from its signal handler"),
        new(SysNr.rt_sigprocmask, "rt_sigprocmask", "the managed runtime, abort"),
        new(SysNr.rt_sigaction, "rt_sigaction", "the managed runtime, abort"),
        new(SysNr.gettid, "gettid", "itself"),
        new(SysNr.getpid, "getpid", "itself"),
        new(SysNr.exit_group, "exit_group", "its end"),
        new(SysNr.sysinfo, "sysinfo", "garbage collection: how much memory is left"),
    ];

    public static byte[] Filter() => FilterCompiler.Compile(Calls, SeccompAbi.SECCOMP_RET_KILL_PROCESS);

    /// <summary>For every thread of this process, for good. What is not on the list ends it: by then it is no longer ours.</summary>
    public static void Enter()
    {
        // The runtime's finalizer thread may not have run yet: libc would register it (rseq) behind the wall.
        System.GC.WaitForPendingFinalizers();
        byte[] filter = Filter();
        Errno error = Sys.ProcessControl(Prctl.PR_SET_NO_NEW_PRIVS, 1).Error;
        if (error == Errno.None)
            error = Host.HostEvents.InstallFilter(filter);
        if (error != Errno.None)
            throw new StepException("confine the kernel process", error);
    }
}
