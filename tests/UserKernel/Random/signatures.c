// Which kinds of arguments each call takes (values.c has the kinds).
#include <sys/syscall.h>
#include "random.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
#define CALL(name, kinds) [SYS_##name] = kinds

const char *const signatures[HIGHEST] = {
    // Data.
    CALL(read, "fbn"), CALL(write, "fbn"), CALL(pread64, "fbno"), CALL(pwrite64, "fbno"), CALL(readv, "fvj"), CALL(writev, "fvj"), CALL(preadv, "fvjo0"), CALL(pwritev, "fvjo0"), CALL(preadv2, "fvjo0j"),
    CALL(pwritev2, "fvjo0j"), CALL(lseek, "fow"), CALL(sendfile, "ffOn"), CALL(splice, "fOfOnj"), CALL(tee, "ffnj"), CALL(vmsplice, "fvjj"), CALL(copy_file_range, "fOfOn0"), CALL(fsync, "f"), CALL(fdatasync, "f"),
    CALL(syncfs, "f"), CALL(ftruncate, "fo"), CALL(truncate, "po"), CALL(fallocate, "fjoo"), CALL(fadvise64, "foow"), CALL(readahead, "fon"), CALL(sync_file_range, "fooj"), CALL(cachestat, "fbb0"),
    // Descriptors.
    CALL(close, "f"), CALL(dup, "f"), CALL(dup2, "ff"), CALL(dup3, "ffF"), CALL(close_range, "fjj"), CALL(fcntl, "fCD"), CALL(flock, "fj"), CALL(ioctl, "fib"), CALL(pipe, "b"), CALL(pipe2, "bF"),
    CALL(poll, "yjt"), CALL(ppoll, "yjTSz"), CALL(select, "jbbbT"), CALL(pselect6, "jbbbTv"), CALL(eventfd, "x"), CALL(eventfd2, "jF"), CALL(epoll_create, "j"), CALL(epoll_create1, "F"), CALL(epoll_ctl, "fEfe"),
    CALL(epoll_wait, "febj"), CALL(epoll_pwait, "febjSz"), CALL(epoll_pwait2, "febTSz"), CALL(timerfd_create, "cF"), CALL(timerfd_settime, "fjIb"), CALL(timerfd_gettime, "fb"), CALL(signalfd, "fSz"), CALL(signalfd4, "fSzF"),
    CALL(inotify_init1, "F"), CALL(inotify_add_watch, "fpx"), CALL(inotify_rm_watch, "fj"), CALL(memfd_create, "pj"), CALL(pidfd_open, "PF"), CALL(pidfd_send_signal, "fsB0"), CALL(pidfd_getfd, "ff0"),
    // Names.
    CALL(open, "pGm"), CALL(openat, "dpGm"), CALL(creat, "pm"), CALL(openat2, "dphz"), CALL(mkdir, "pm"), CALL(mkdirat, "dpm"), CALL(unlink, "p"), CALL(unlinkat, "dpK"), CALL(rmdir, "p"), CALL(rename, "pp"), CALL(renameat, "dpdp"),
    CALL(renameat2, "dpdpj"), CALL(link, "pp"), CALL(linkat, "dpdpK"), CALL(symlink, "pp"), CALL(symlinkat, "pdp"), CALL(mknod, "pm0"), CALL(mknodat, "dpm0"), CALL(readlink, "pbn"), CALL(readlinkat, "dpbn"), CALL(getdents, "fbn"),
    CALL(getdents64, "fbn"), CALL(getcwd, "bn"), CALL(chdir, "p"), CALL(fchdir, "f"), CALL(umask, "m"), CALL(stat, "pb"), CALL(lstat, "pb"), CALL(newfstatat, "dpbK"), CALL(fstat, "fb"), CALL(statx, "dpKxb"), CALL(access, "pj"),
    CALL(faccessat, "dpj"), CALL(faccessat2, "dpjK"), CALL(chmod, "pm"), CALL(fchmod, "fm"), CALL(fchmodat, "dpm"), CALL(fchmodat2, "dpmK"), CALL(chown, "puu"), CALL(lchown, "puu"), CALL(fchown, "fuu"), CALL(fchownat, "dpuuK"),
    CALL(utimensat, "dptK"), CALL(utime, "pb"), CALL(utimes, "pt"), CALL(futimesat, "dpt"), CALL(statfs, "pb"), CALL(fstatfs, "fb"), CALL(getxattr, "ppbn"), CALL(setxattr, "ppbnj"), CALL(listxattr, "pbn"), CALL(removexattr, "pp"),
    CALL(lgetxattr, "ppbn"), CALL(lsetxattr, "ppbnj"), CALL(llistxattr, "pbn"), CALL(lremovexattr, "pp"), CALL(fgetxattr, "fpbn"), CALL(fsetxattr, "fpbnj"), CALL(flistxattr, "fbn"), CALL(fremovexattr, "fp"), CALL(chroot, "p"),
    CALL(mount, "pppx0"), CALL(umount2, "pj"), CALL(name_to_handle_at, "dpbbK"), CALL(open_by_handle_at, "fbG"), CALL(open_tree, "dpK"), CALL(pivot_root, "pp"),
    // Processes.
    CALL(clone, "HWbbx"), CALL(fork, ""), CALL(vfork, ""), CALL(clone3, "bn"), CALL(execve, "pgg"), CALL(execveat, "dpggK"), CALL(exit, "j"), CALL(exit_group, "j"), CALL(wait4, "PbNb"), CALL(waitid, "jPbNb"), CALL(set_tid_address, "b"),
    CALL(prctl, "qxbxx"), CALL(arch_prctl, "xb"), CALL(getpgid, "P"), CALL(setpgid, "PP"), CALL(getsid, "P"), CALL(setsid, ""), CALL(kcmp, "PPjff"), CALL(process_vm_readv, "Pvjvj0"), CALL(process_vm_writev, "Pvjvj0"), CALL(personality, "x"),
    CALL(ptrace, "jPbb"), CALL(getrlimit, "rb"), CALL(setrlimit, "rL"), CALL(prlimit64, "PrLb"), CALL(getrusage, "jb"), CALL(times, "b"), CALL(sysinfo, "b"), CALL(uname, "b"), CALL(sethostname, "pj"), CALL(setdomainname, "pj"),
    CALL(sched_getaffinity, "Pnb"), CALL(sched_setaffinity, "Pnb"), CALL(sched_setscheduler, "Pjb"), CALL(sched_setattr, "Pb0"), CALL(sched_getattr, "Pbn0"), CALL(setpriority, "jPj"), CALL(getpriority, "jP"), CALL(ioprio_set, "jPx"),
    CALL(membarrier, "jj"), CALL(seccomp, "jjQ"), CALL(unshare, "x"), CALL(setns, "fx"), CALL(get_robust_list, "Pbb"), CALL(set_robust_list, "bn"), CALL(getrandom, "bnj"), CALL(capget, "bb"), CALL(capset, "bb"),
    CALL(setuid, "u"), CALL(setgid, "u"), CALL(setreuid, "uu"), CALL(setregid, "uu"), CALL(setresuid, "uuu"), CALL(setresgid, "uuu"), CALL(setfsuid, "u"), CALL(setfsgid, "u"), CALL(setgroups, "jb"), CALL(getgroups, "jb"),
    // Signals and time.
    CALL(rt_sigaction, "sabz"), CALL(rt_sigprocmask, "jSbz"), CALL(rt_sigpending, "bz"), CALL(rt_sigsuspend, "Sz"), CALL(sigaltstack, "bb"), CALL(kill, "Ps"), CALL(tkill, "Ps"), CALL(tgkill, "PPs"), CALL(rt_sigqueueinfo, "PsB"),
    CALL(rt_tgsigqueueinfo, "PPsB"), CALL(rt_sigtimedwait, "SbTz"), CALL(nanosleep, "tb"), CALL(clock_nanosleep, "cjtb"), CALL(clock_gettime, "cb"), CALL(clock_getres, "cb"), CALL(clock_settime, "ct"), CALL(clock_adjtime, "cb"),
    CALL(alarm, "j"), CALL(setitimer, "jIb"), CALL(getitimer, "jb"), CALL(timer_create, "cbb"), CALL(timer_settime, "jjIb"), CALL(timer_gettime, "jb"), CALL(timer_getoverrun, "j"), CALL(timer_delete, "j"),
    // Memory.
    CALL(mmap, "MLRUfo"), CALL(munmap, "ML"), CALL(mprotect, "MLR"), CALL(mremap, "MLLjM"), CALL(msync, "MLj"), CALL(madvise, "MLA"), CALL(mincore, "MLb"), CALL(mlock, "ML"), CALL(mlock2, "MLj"), CALL(munlock, "ML"), CALL(mlockall, "j"),
    CALL(brk, "x"), CALL(futex, "bXjTbj"), CALL(remap_file_pages, "ML0j0"), CALL(pkey_mprotect, "MLRj"), CALL(mbind, "MLjbjj"), CALL(process_madvise, "fvjA0"), CALL(modify_ldt, "jbn"),
    // Queues and shared memory.
    CALL(shmget, "kLF"), CALL(shmat, "jMj"), CALL(shmdt, "M"), CALL(shmctl, "jkb"), CALL(semget, "kjF"), CALL(semop, "jbj"), CALL(semtimedop, "jbjT"), CALL(semctl, "jjkb"), CALL(msgget, "kF"), CALL(msgsnd, "jbnF"), CALL(msgrcv, "jbnjF"),
    CALL(msgctl, "jkb"), CALL(mq_open, "pGmb"), CALL(mq_unlink, "p"), CALL(mq_timedsend, "fbnjT"), CALL(mq_timedreceive, "fbnbT"), CALL(mq_notify, "fb"), CALL(mq_getsetattr, "fbb"),
    // Sockets.
    CALL(socket, "YZj"), CALL(socketpair, "YZ0b"), CALL(bind, "fJl"), CALL(listen, "fj"), CALL(accept, "fbb"), CALL(accept4, "fbbF"), CALL(connect, "fJl"), CALL(getsockname, "fbb"), CALL(getpeername, "fbb"), CALL(sendto, "fbnFJl"),
    CALL(recvfrom, "fbnFbb"), CALL(sendmsg, "fVF"), CALL(recvmsg, "fVF"), CALL(sendmmsg, "fVjF"), CALL(recvmmsg, "fVjFT"), CALL(shutdown, "fj"), CALL(setsockopt, "fjjbn"), CALL(getsockopt, "fjjbb"),
    CALL(io_setup, "jb"), CALL(io_submit, "xjb"), CALL(io_getevents, "xjjbT"), CALL(io_uring_setup, "jb"), CALL(bpf, "jbn"), CALL(perf_event_open, "bPjff"), CALL(userfaultfd, "F"), CALL(fanotify_init, "FG"), CALL(add_key, "ppbnj"), CALL(keyctl, "jbbbb"),
};
