using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Vfs.Names;

/// <summary>What a system call may do to what <see cref="NameCache"/> knows, besides the names that it takes and gives.</summary>
internal enum NameEffect : byte
{
    /// <summary>It changes size, times or the like of some file.</summary>
    Attributes,

    /// <summary>Also who may search a directory.</summary>
    Modes,

    /// <summary>No file is changed by it.</summary>
    None,

    /// <summary>Of the file alone that its first argument is a descriptor of.</summary>
    Descriptor,

    /// <summary>The same of its fifth: mmap(2).</summary>
    Mapping,

    /// <summary>Whose rights, which root or filter a process has: what gates repeat is not repeated any more.</summary>
    Rights,

    /// <summary>Names in directories: said where they are forgotten.</summary>
    Names,
}

/// <summary>By number; a call that is not named here is taken to change attributes.</summary>
internal static class NameEffects
{
    private static readonly int[] Modes =
    [
        SysNr.chmod, SysNr.fchmod, SysNr.fchmodat, SysNr.fchmodat2, SysNr.chown, SysNr.fchown, SysNr.lchown, SysNr.fchownat,
        SysNr.setxattr, SysNr.lsetxattr, SysNr.fsetxattr, SysNr.removexattr, SysNr.lremovexattr, SysNr.fremovexattr,
    ];

    private static readonly int[] Descriptors =
    [
        SysNr.read, SysNr.pread64, SysNr.readv, SysNr.preadv, SysNr.preadv2, SysNr.write, SysNr.pwrite64, SysNr.writev, SysNr.pwritev, SysNr.pwritev2,
        SysNr.getdents, SysNr.getdents64, SysNr.ftruncate, SysNr.fallocate,
    ];

    private static readonly int[] OfRights =
    [
        SysNr.setuid, SysNr.setgid, SysNr.setreuid, SysNr.setregid, SysNr.setresuid, SysNr.setresgid, SysNr.setfsuid, SysNr.setfsgid, SysNr.setgroups, SysNr.capset,
        SysNr.chroot, SysNr.pivot_root, SysNr.unshare, SysNr.setns, SysNr.seccomp, SysNr.prctl, SysNr.ptrace,
    ];

    private static readonly int[] OfNames =
    [
        SysNr.mkdir, SysNr.mkdirat, SysNr.rmdir, SysNr.unlink, SysNr.unlinkat, SysNr.rename, SysNr.renameat, SysNr.renameat2, SysNr.symlink, SysNr.symlinkat, SysNr.mknod, SysNr.mknodat,
    ];

    /// <summary>The open calls and execve say by themselves when they change something.</summary>
    private static readonly int[] Nothing =
    [
        SysNr.stat, SysNr.lstat, SysNr.fstat, SysNr.newfstatat, SysNr.statx, SysNr.access, SysNr.faccessat, SysNr.faccessat2, SysNr.readlink, SysNr.readlinkat,
        SysNr.open, SysNr.openat, SysNr.openat2, SysNr.close, SysNr.lseek, SysNr.dup, SysNr.dup2, SysNr.dup3, SysNr.fcntl, SysNr.getcwd, SysNr.chdir, SysNr.fchdir,
        SysNr.pipe, SysNr.pipe2, SysNr.poll, SysNr.ppoll, SysNr.select, SysNr.pselect6, SysNr.epoll_wait, SysNr.epoll_pwait, SysNr.epoll_ctl,
        SysNr.wait4, SysNr.waitid, SysNr.kill, SysNr.tgkill, SysNr.rt_sigsuspend, SysNr.rt_sigaction, SysNr.rt_sigprocmask, SysNr.nanosleep, SysNr.clock_nanosleep,
        SysNr.clock_gettime, SysNr.gettimeofday, SysNr.getrusage, SysNr.times, SysNr.uname, SysNr.sysinfo, SysNr.umask, SysNr.prlimit64, SysNr.getrandom, SysNr.futex,
        SysNr.getpgid, SysNr.getpgrp, SysNr.getsid, SysNr.setpgid, SysNr.sched_getaffinity, SysNr.execve, SysNr.execveat, SysNr.exit, SysNr.exit_group, SysNr.munmap, SysNr.mprotect, SysNr.mremap, SysNr.brk, SysNr.fadvise64, SysNr.fork, SysNr.vfork, SysNr.clone, SysNr.clone3, SysNr.statfs, SysNr.fstatfs,
    ];

    private static readonly NameEffect[] Effects = Make();

    public static NameEffect Of(int nr) => (uint)nr < (uint)Effects.Length ? Effects[nr] : NameEffect.Attributes;

    private static NameEffect[] Make()
    {
        var effects = new NameEffect[Syscalls.SyscallTable.Size];
        foreach (int nr in Modes)
            effects[nr] = NameEffect.Modes;
        foreach (int nr in Nothing)
            effects[nr] = NameEffect.None;
        foreach (int nr in Descriptors)
            effects[nr] = NameEffect.Descriptor;
        foreach (int nr in OfNames)
            effects[nr] = NameEffect.Names;
        foreach (int nr in OfRights)
            effects[nr] = NameEffect.Rights;
        effects[SysNr.mmap] = NameEffect.Mapping;
        return effects;
    }
}
