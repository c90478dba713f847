namespace Bulkhead.Workloads.Compose.Seccomp;

/// <summary>
/// i386's own forms of calls that are allowed: for 32-bit programs, by --security-opt seccomp-allow=@i386. Their socketcall(2) makes no
/// sockets, since no filter sees the family (escape E18); a libc that calls socket(2) directly has them.
/// </summary>
internal static class I386Calls
{
    public static readonly string[] Names =
    [
        "_llseek", "_newselect", "chown32", "clock_getres_time64", "clock_gettime64", "clock_nanosleep_time64", "fadvise64_64", "fchown32", "fcntl64",
        "fstat64", "fstatat64", "fstatfs64", "ftruncate64", "futex_time64", "getegid32", "geteuid32", "getgid32", "getgroups32", "getresgid32",
        "getresuid32", "getuid32", "lchown32", "lstat64", "mmap2", "ppoll_time64", "pselect6_time64", "recv", "recvmmsg_time64",
        "rt_sigtimedwait_time64", "semtimedop_time64", "send", "sendfile64", "set_thread_area", "setgid32", "setgroups32", "setregid32",
        "setresgid32", "setresuid32", "setreuid32", "setuid32", "sigaction", "signal", "sigpending", "sigprocmask", "sigreturn", "sigsuspend",
        "stat64", "statfs64", "timer_gettime64", "timer_settime64", "timerfd_settime64", "truncate64", "ugetrlimit", "utimensat_time64", "waitpid",
    ];
}
