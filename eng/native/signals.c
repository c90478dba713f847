/* Signals as bytes in a pipe. The runtime has threads that no code of ours can mask (the finalizer's exists before Main), so a
 * signalfd would lose signals to them: the kernel hands a signal that the main thread blocks to any other thread, and the default
 * action ends the process. A handler runs on whichever thread is picked, so it must be native: managed code may not run there. */
#include <stdint.h>
#include <sys/syscall.h>

#include "spawn.h"
#include "syscall.h"

#define SA_RESTART 0x10000000ul
#define SA_RESTORER 0x04000000ul
#define KERNEL_SIGSET_SIZE 8

struct kernel_sigaction {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

static volatile int signal_fd = -1;

static void pass_on(int number)
{
    char byte = (char)number;
    raw_syscall(SYS_write, signal_fd, (long)&byte, 1, 0, 0, 0);
}

__attribute__((naked)) static void restorer(void)
{
    __asm__("mov %0, %%eax\n    syscall\n" : : "i"(SYS_rt_sigreturn));
}

static struct kernel_sigaction before[64];

static long sigaction_of(int number, const struct kernel_sigaction *now, struct kernel_sigaction *old)
{
    return raw_syscall(SYS_rt_sigaction, number, (long)now, (long)old, KERNEL_SIGSET_SIZE, 0, 0);
}

long bh_signals_release(uint64_t set)
{
    for (int i = 0; i < 64; i++)
        if ((set >> i) & 1)
            sigaction_of(i + 1, &before[i], 0);
    return 0;
}

/* Every signal stays blocked while the handler runs: it is one write. SA_RESTART keeps the runtime's own calls whole. */
long bh_signals_catch(uint64_t set, int fd)
{
    const struct kernel_sigaction action = { pass_on, SA_RESTART | SA_RESTORER, restorer, ~0ull };
    signal_fd = fd;
    for (int i = 0; i < 64; i++) {
        if (!((set >> i) & 1))
            continue;
        long result = sigaction_of(i + 1, &action, &before[i]);
        if (result < 0) {
            bh_signals_release(set & ((1ull << i) - 1));
            return result;
        }
    }
    return 0;
}
