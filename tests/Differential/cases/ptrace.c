// ptrace of a child: stops, registers, memory, system calls, events.
#include "harness.h"
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

// Where ptrace of children is refused the case says so and ends.
static pid_t traced(void (*body)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
            _exit(99);
        raise(SIGSTOP);
        body();
        _exit(7);
    }
    waitpid(child, &status, 0);
    show_status("first", status);
    return child;
}

static volatile long word = 1234;

static void exit_with_word(void)
{
    _exit((int)word);
}

static void call_getppid(void)
{
    syscall(SYS_getppid);
}

static void trap(void)
{
    __asm__ volatile("int3");
}

static void do_nothing(void)
{
}

CASE(ptrace, stop_and_go_on)
{
    pid_t child = traced(do_nothing);
    SHOW(ptrace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

CASE(ptrace, memory)
{
    pid_t child = traced(exit_with_word);
    errno = 0;
    SHOW(ptrace(PTRACE_PEEKDATA, child, &word, 0));
    SHOW(ptrace(PTRACE_POKEDATA, child, &word, 55L));
    SHOW(ptrace(PTRACE_PEEKDATA, child, bad(), 0)); // EIO or EFAULT
    SHOW(ptrace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
    SHOW(word);
}

CASE(ptrace, system_calls)
{
    int status;
    struct user_regs_struct registers;
    pid_t child = traced(call_getppid);
    SHOW(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD));
    do {
        ptrace(PTRACE_SYSCALL, child, 0, 0);
        waitpid(child, &status, 0);
        ptrace(PTRACE_GETREGS, child, 0, &registers);
    } while (WIFSTOPPED(status) && registers.orig_rax != SYS_getppid);
    show_status("entry", status);
    SHOW((long)registers.rax); // -ENOSYS until it is done
    ptrace(PTRACE_SYSCALL, child, 0, 0);
    waitpid(child, &status, 0);
    show_status("exit", status);
    ptrace(PTRACE_GETREGS, child, 0, &registers);
    SHOW_IF((pid_t)registers.rax == getpid());
    ptrace(PTRACE_CONT, child, 0, 0);
    SHOW_WAIT(child);
}

CASE(ptrace, signals_are_seen_first)
{
    int status;
    siginfo_t info;
    pid_t child = traced(trap);
    ptrace(PTRACE_CONT, child, 0, 0);
    waitpid(child, &status, 0);
    show_status("status", status);
    SHOW(ptrace(PTRACE_GETSIGINFO, child, 0, &info));
    out("signo %d code %d\n", info.si_signo, info.si_code);
    SHOW(ptrace(PTRACE_CONT, child, 0, 0)); // without the signal
    SHOW_WAIT(child);
}

CASE(ptrace, signal_is_passed_on)
{
    int status;
    pid_t child = traced(trap);
    ptrace(PTRACE_CONT, child, 0, 0);
    waitpid(child, &status, 0);
    SHOW(ptrace(PTRACE_CONT, child, 0, SIGTERM)); // another one instead
    SHOW_WAIT(child);
}

CASE(ptrace, registers_by_set)
{
    struct user_regs_struct registers;
    struct iovec part = { &registers, sizeof registers };
    pid_t child = traced(do_nothing);
    SHOW(ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &part));
    SHOW_IF(part.iov_len == sizeof registers);
    SHOW_IF(registers.cs == 0x33 && registers.rsp != 0);
    SHOW(ptrace(PTRACE_SETREGSET, child, NT_PRSTATUS, &part));
    SHOW(ptrace(PTRACE_KILL, child, 0, 0));
    SHOW_WAIT(child);
}

CASE(ptrace, single_steps)
{
    int status, steps = 0;
    struct user_regs_struct before, after;
    pid_t child = traced(do_nothing);
    for (int i = 0; i < 5; i++) {
        ptrace(PTRACE_GETREGS, child, 0, &before);
        ptrace(PTRACE_SINGLESTEP, child, 0, 0);
        waitpid(child, &status, 0);
        ptrace(PTRACE_GETREGS, child, 0, &after);
        steps += WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP && before.rip != after.rip;
    }
    SHOW(steps);
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

static void fork_once(void)
{
    if (fork() == 0)
        _exit(0);
}

CASE(ptrace, fork_event)
{
    int status;
    unsigned long message = 0;
    pid_t child = traced(fork_once);
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL);
    ptrace(PTRACE_CONT, child, 0, 0);
    waitpid(child, &status, 0);
    SHOW(status >> 8 == (SIGTRAP | PTRACE_EVENT_FORK << 8));
    SHOW(ptrace(PTRACE_GETEVENTMSG, child, 0, &message));
    pid_t grandchild = (pid_t)message;
    waitpid(grandchild, &status, 0);
    show_status("grandchild", status);
    SHOW(ptrace(PTRACE_DETACH, grandchild, 0, 0));
    SHOW(ptrace(PTRACE_DETACH, child, 0, 0));
    SHOW_WAIT(child);
}

CASE(ptrace, exec_stops_with_a_trap)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execl("/proc/self/exe", "cases", "--child", "traced", NULL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    show_status("status", status);
    ptrace(PTRACE_DETACH, child, 0, 0); // no SHOW: the child prints now
    SHOW_WAIT(child);
}

CASE(ptrace, seize_and_interrupt)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    SHOW(ptrace(PTRACE_SEIZE, child, 0, 0));
    SHOW(ptrace(PTRACE_INTERRUPT, child, 0, 0));
    SHOW_IF(waitpid(child, &status, 0) == child);
    SHOW(status >> 16 == PTRACE_EVENT_STOP);
    SHOW(ptrace(PTRACE_DETACH, child, 0, 0));
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

CASE(ptrace, attach_and_detach)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    SHOW(ptrace(PTRACE_ATTACH, child, 0, 0));
    SHOW_IF(waitpid(child, &status, 0) == child);
    show_status("status", status);
    SHOW(ptrace(PTRACE_ATTACH, child, 0, 0)); // EPERM
    SHOW(ptrace(PTRACE_DETACH, child, 0, 0));
    kill(child, SIGTERM);
    SHOW_WAIT(child);
}

CASE(ptrace, errors) // ptrace(2): ESRCH, EPERM
{
    SHOW(ptrace(PTRACE_CONT, INT_MAX, 0, 0));
    SHOW(ptrace(PTRACE_CONT, getppid(), 0, 0)); // not traced by this one
    SHOW(ptrace(PTRACE_ATTACH, getpid(), 0, 0));
    SHOW(ptrace(PTRACE_ATTACH, INT_MAX, 0, 0));
    pid_t child = traced(do_nothing);
    SHOW(ptrace(9999, child, 0, 0)); // EIO
    SHOW(ptrace(PTRACE_SETOPTIONS, child, 0, 1L << 30)); // EINVAL
    SHOW(ptrace(PTRACE_CONT, child, 0, 200L)); // EIO
    SHOW(ptrace(PTRACE_GETREGS, child, 0, bad()));
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}
