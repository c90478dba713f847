/* What must hold before the managed runtime starts, in a constructor: it begins with threads, a heap and open files, and where the caller
 * leaves no room for those it ends by a signal or in silence. Only in the static library: the executable's affair. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/memfd.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "spawn.h"
#include "syscall.h"

/* The heap's range (System.GC.RegionRange of bulkhead-oci.csproj, 384 MiB), and 32 MiB for everything else; 14 MiB of those were needed. */
#define LEAST_ADDRESS_SPACE (416ul << 20)
/* 16 KiB overflowed in every second run, 32 KiB in none of 60. */
#define LEAST_STACK (64ul << 10)
#define SA_RESTORER 0x04000000ul
#define KERNEL_SIGSET_SIZE 8

static int runtime_started;

static _Noreturn void refuse(const char *text)
{
    raw_syscall(SYS_write, 2, (long)text, (long)strlen(text), 0, 0, 0);
    raw_syscall(SYS_exit_group, 1, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

/* A descriptor of ours at 0, 1 or 2 would be inherited by the container and be written to by everything that speaks. */
static void open_standard_streams(void)
{
    struct pollfd fds[3] = { { 0, 0, 0 }, { 1, 0, 0 }, { 2, 0, 0 } };
    if (raw_syscall(SYS_poll, (long)fds, 3, 0, 0, 0, 0) <= 0)
        return;
    for (int i = 0; i < 3; i++) {
        if (!(fds[i].revents & POLLNVAL))
            continue;
        /* The lowest free number is i. Without /dev/null an empty memory file serves. */
        long fd = raw_syscall(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDWR, 0, 0, 0);
        if (fd < 0)
            fd = raw_syscall(SYS_memfd_create, (long)"null", 0, 0, 0, 0, 0);
        if (fd != i)
            refuse("bulkhead-oci: standard input, output or error is closed, and neither /dev/null nor a memory file can stand in for it: open it\n");
    }
}

__attribute__((naked)) static void restorer(void)
{
    __asm__("mov %0, %%eax\n    syscall\n" : : "i"(SYS_rt_sigreturn));
}

static void do_nothing(int number)
{
    (void)number;
}

/* RLIMIT_FSIZE: a write beyond it shall fail with EFBIG, which gets its line. Caught, not ignored: exec resets it for the container. */
static void survive_file_limit(void)
{
    const struct { void (*handler)(int); unsigned long flags; void (*restorer)(void); uint64_t mask; } action = { do_nothing, SA_RESTORER, restorer, 0 };
    raw_syscall(SYS_rt_sigaction, 25 /* SIGXFSZ */, (long)&action, 0, KERNEL_SIGSET_SIZE, 0, 0);
}

/* As libc read it at start: no call more. */
static size_t stack_limit(void)
{
    pthread_attr_t attributes;
    size_t size = LEAST_STACK;
    if (pthread_getattr_default_np(&attributes) == 0)
        pthread_attr_getstacksize(&attributes, &size);
    return size;
}

/* Before the constructor of users.c: its pipes must not become standard streams. */
__attribute__((constructor(101))) static void before_runtime(void)
{
    struct rlimit limit;
    open_standard_streams();
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur < LEAST_ADDRESS_SPACE)
        refuse("bulkhead-oci: the limit on address space (RLIMIT_AS, ulimit -v) is below 416 MiB: raise it to 425984 KiB or more\n");
    if (stack_limit() < LEAST_STACK)
        refuse("bulkhead-oci: the limit on stacks (RLIMIT_STACK, ulimit -s) is below 64 KiB: raise it\n");
    survive_file_limit();
    /* One malloc arena: a second thread's would reserve 128 MiB of address space. */
    mallopt(M_ARENA_MAX, 1);
}

__attribute__((destructor)) static void after_runtime(void)
{
    if (!runtime_started)
        refuse("bulkhead-oci: the runtime could not start: too little memory or too few threads (RLIMIT_AS, RLIMIT_NPROC, a memory or pids cgroup)\n");
}

/* Main was reached: from now on managed code says what is wrong. */
long bh_started(void)
{
    runtime_started = 1;
    return 0;
}
