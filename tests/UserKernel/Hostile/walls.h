/* The two walls of docs/userkernel.md as a second hand has written them down: filters.c, tracer.c and the tests compare the real filters with these. */
#ifndef WALLS_H
#define WALLS_H

#include <stdint.h>
#include <sys/syscall.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#define GATE_BASE 0x700000000000ul
#define GATE_TEXT 0x10000ul
#define ARCH_X86_64 0xc000003eu
#define ARCH_I386 0x40000003u
#define HIGHEST 600
#define X32 0x40000000l
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* An argument, masked, must be one of the values; wide: all 64 bits of it count. */
struct rule { int used, index; uint32_t mask; int wide, count; uint32_t values[24]; };
struct allowed { long nr; struct rule rules[2]; };

#define ONE_OF(index, mask, wide, ...) { 1, index, mask, wide, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, { __VA_ARGS__ } }
#define ANY 0xffffffffu

static const struct allowed cell_wall[] = {
    { SYS_mmap, { { 0 } } }, { SYS_munmap, { { 0 } } }, { SYS_mprotect, { { 0 } } }, { SYS_mremap, { { 0 } } },
    { SYS_futex, { ONE_OF(1, ~0x180u, 0, 0, 1, 9, 10) } }, /* PRIVATE and CLOCK_REALTIME are free */
    { SYS_rt_sigreturn, { { 0 } } },
    { SYS_clone, { ONE_OF(0, ANY, 1, 0x2d0f00, 0x8011) } },
    { SYS_exit, { { 0 } } }, { SYS_exit_group, { { 0 } } },
    { SYS_arch_prctl, { ONE_OF(0, ANY, 0, 0x1001, 0x1002, 0x1003, 0x1004) } },
    { SYS_membarrier, { ONE_OF(0, ANY, 0, 1, 8, 16, 32, 64) } },
    { SYS_recvmsg, { ONE_OF(0, ANY, 0, 3) } },
    { SYS_sendto, { ONE_OF(0, ANY, 0, 3), ONE_OF(4, ANY, 1, 0) } },
    { SYS_close, { { 0 } } },
    { SYS_dup3, { ONE_OF(1, ANY, 0, 3) } },
    { SYS_sched_yield, { { 0 } } }, { SYS_restart_syscall, { { 0 } } },
    /* Not MADV_DOFORK: a channel is one process's. Not what merges pages or takes them from the machine. */
    { SYS_madvise, { ONE_OF(2, ANY, 0, 0, 1, 2, 3, 4, 8, 9, 10, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 102, 103) } },
};

static const struct allowed kernel_wall[] = {
#define C(name) { SYS_##name, { { 0 } } }
    C(process_vm_readv), C(process_vm_writev), C(futex), C(epoll_pwait2), C(epoll_ctl), C(ppoll), C(read), C(write), C(pread64), C(pwritev2), C(lseek),
    C(close), C(flock), C(openat2), C(openat), C(newfstatat), C(fstatfs), C(faccessat2), C(getdents64), C(readlinkat), C(mkdirat), C(mknodat),
    C(unlinkat), C(renameat2), C(linkat), C(symlinkat), C(fchmodat2), C(fchownat), C(utimensat), C(ftruncate), C(fallocate), C(fsync), C(fdatasync),
    C(syncfs), C(getxattr), C(setxattr), C(listxattr), C(removexattr), C(memfd_create), C(setsockopt), C(sendmsg), C(recvmsg), C(wait4), C(kill),
    C(tgkill), C(prlimit64), C(setfsuid), C(setfsgid), C(setgroups), C(capset), C(munmap), C(mremap), C(brk), C(madvise), C(membarrier),
    C(sched_yield), C(getrandom), C(clock_gettime), C(rt_sigreturn), C(rt_sigprocmask), C(rt_sigaction), C(gettid), C(getpid), C(exit_group), C(sysinfo),
#undef C
    { SYS_fcntl, { ONE_OF(1, ANY, 0, 1, 3, 4, 36, 37, 1030, 1033, 1034) } },
    { SYS_ioctl, { ONE_OF(1, ANY, 0, 0x5401, 0x5402, 0x5403, 0x5404, 0x5409, 0x540a, 0x540b, 0x5411, 0x5413, 0x5414, 0x541b, 0x5425) } },
    { SYS_socketpair, { ONE_OF(0, ANY, 0, 1) } },
    { SYS_mmap, { ONE_OF(2, 4, 0, 0) } },
    { SYS_mprotect, { ONE_OF(2, 4, 0, 0) } },
};

/* uretprobe (335) and uprobe (336) pass every filter by the host's own word (kernel/seccomp.c, seccomp_uprobe_exception): whoever is not at a probe of the
 * host's gets SIGILL or ENXIO. No wall can stop them, and they do nothing. */
static inline int is_of_host(uint32_t arch, uint64_t nr)
{
    return arch == ARCH_X86_64 && ((uint32_t)nr == 335 || (uint32_t)nr == 336);
}

static inline const struct allowed *find_allowed(const struct allowed *wall, int count, long nr)
{
    for (int i = 0; i < count; i++)
        if (wall[i].nr == nr)
            return &wall[i];
    return 0;
}

static inline int rule_holds(const struct rule *rule, uint64_t argument)
{
    if (rule->wide && argument >> 32)
        return 0;
    for (int i = 0; i < rule->count; i++)
        if (((uint32_t)argument & rule->mask) == rule->values[i])
            return 1;
    return 0;
}

/* Exactly these numbers of exactly this ABI, with arguments that keep each rule. The host looks at the lower half of rax only. */
static inline int wall_allows(const struct allowed *wall, int count, uint32_t arch, uint64_t nr, const uint64_t a[6])
{
    const struct allowed *call = find_allowed(wall, count, (long)(uint32_t)nr);
    if (!call || arch != ARCH_X86_64)
        return 0;
    for (int i = 0; i < 2; i++)
        if (call->rules[i].used && !rule_holds(&call->rules[i], a[call->rules[i].index]))
            return 0;
    return 1;
}

#endif
