/* The launcher: clones a child that shares the runtime's memory and interprets the first program there, natively, on a
 * stack of its own. The child never runs managed code; the program it is given ends by exec of the stub. */
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "spawn.h"
#include "syscall.h"

#define STACK_SIZE 16384
#define KERNEL_SIGSET_SIZE 8

static char child_stack[STACK_SIZE] __attribute__((aligned(16)));

__attribute__((used)) static _Noreturn void child_main(struct bh_launch *launch)
{
    bh_interpret(&launch->program);
    for (;;)
        raw_syscall(SYS_exit_group, 1, 0, 0, 0, 0, 0);
}

/* clone3 on a fresh stack: the child must not return into the parent's frames. */
static long clone_child(struct clone_args *args, struct bh_launch *launch)
{
    long result;
    register struct bh_launch *kept __asm__("r12") = launch;
    __asm__ volatile("syscall\n"
                     "    test %%rax, %%rax\n"
                     "    jnz 1f\n"
                     "    xor %%ebp, %%ebp\n"
                     "    mov %%r12, %%rdi\n"
                     "    call child_main\n"
                     "1:\n"
                     : "=a"(result)
                     : "a"((long)SYS_clone3), "D"(args), "S"(sizeof *args), "r"(kept)
                     : "rcx", "r11", "memory");
    return result;
}

/* Not reentrant: one launch at a time in a process, which the managed side guards by a lock. Without CLONE_VFORK the
 * caller must wait for the child's exec (end of file on the report socket's close-on-exec twin) before the next. */
long bh_launch(struct bh_launch *launch)
{
    /* Blocked in the child too, until its program sets the mask: the runtime's handlers must not run there. */
    unsigned long all = ~0ul, before = 0;
    int pidfd = -1;
    struct clone_args args = {
        .flags = launch->clone_flags | CLONE_VM,
        .pidfd = (uint64_t)&pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)child_stack,
        .stack_size = STACK_SIZE,
        .cgroup = launch->cgroup_fd >= 0 ? (uint64_t)launch->cgroup_fd : 0,
    };
    raw_syscall(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)&before, KERNEL_SIGSET_SIZE, 0, 0);
    long pid = clone_child(&args, launch);
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, KERNEL_SIGSET_SIZE, 0, 0);
    launch->pidfd = pidfd;
    return pid;
}

long bh_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
    return raw_syscall(nr, a, b, c, d, e, f);
}

extern const char bh_stub_begin[], bh_stub_end[];

const void *bh_stub_image(uint64_t *size)
{
    *size = (uint64_t)(bh_stub_end - bh_stub_begin);
    return bh_stub_begin;
}

extern const char bh_init_begin[], bh_init_end[];

const void *bh_init_image(uint64_t *size)
{
    *size = (uint64_t)(bh_init_end - bh_init_begin);
    return bh_init_begin;
}
