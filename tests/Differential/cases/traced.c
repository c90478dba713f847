// What a tracer sees and changes of a child: system calls, registers, memory, single steps.
#include "tracing.h"
#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/user.h>

static void exit_with_9(void)
{
    _exit(9);
}

static void loop(void)
{
    for (;;)
        pause();
}

static void some_calls(void)
{
    syscall(SYS_getpid);
    syscall(SYS_brk, 0);
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page, 4096);
    syscall(SYS_futex, &(int){ 0 }, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
    syscall(SYS_sched_yield);
    syscall(SYS_close, 1000);
    syscall(5000L);
}

CASE(traced, every_call_is_seen)
{
    struct ptrace_syscall_info info;
    pid_t child = traced(some_calls, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    unsigned long number = 0;
    for (;;) {
        int status;
        trace(PTRACE_SYSCALL, child, 0, 0);
        waitpid(child, &status, 0);
        if (!WIFSTOPPED(status)) {
            show_status("status", status);
            return;
        }
        long size = trace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, (unsigned long)&info);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
            number = info.entry.nr;
            out("call %lu, size %ld\n", number, size);
        } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && number != SYS_getpid && number != SYS_brk && number != SYS_mmap && number != SYS_tgkill) {
            out("  %ld error %d, size %ld\n", (long)info.exit.rval, info.exit.is_error, size);
        }
    }
}

static void ask_parent(void)
{
    long result = syscall(SYS_getuid, 0);
    _exit(result == 4321 ? 1 : result == -5 ? 2 : result == getppid() ? 3 : 4);
}

// To the entry of getuid.

static void to_call(pid_t child, struct user_regs_struct *registers)
{
    int status;
    do {
        trace(PTRACE_SYSCALL, child, 0, 0);
        waitpid(child, &status, 0);
        trace(PTRACE_GETREGS, child, 0, (unsigned long)registers);
    } while (WIFSTOPPED(status) && registers->orig_rax != SYS_getuid);
}

CASE(traced, result_is_changed)
{
    struct user_regs_struct registers;
    pid_t child = traced(ask_parent, PTRACE_O_TRACESYSGOOD);
    to_call(child, &registers);
    SHOW(trace(PTRACE_SYSCALL, child, 0, 0));
    stop_of(child, "end");
    trace(PTRACE_GETREGS, child, 0, (unsigned long)&registers);
    registers.rax = 4321;
    SHOW(trace(PTRACE_SETREGS, child, 0, (unsigned long)&registers));
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

CASE(traced, number_is_changed)
{
    struct user_regs_struct registers;
    pid_t child = traced(ask_parent, PTRACE_O_TRACESYSGOOD);
    to_call(child, &registers);
    SHOW(trace(PTRACE_POKEUSR, child, offsetof(struct user_regs_struct, orig_rax), SYS_getppid));
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

CASE(traced, call_is_left_out)
{
    struct user_regs_struct registers;
    pid_t child = traced(ask_parent, PTRACE_O_TRACESYSGOOD);
    to_call(child, &registers);
    registers.orig_rax = -1;
    registers.rax = 4321;
    SHOW(trace(PTRACE_SETREGS, child, 0, (unsigned long)&registers));
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

CASE(traced, signal_mask)
{
    unsigned long long mask = 0;
    pid_t child = traced(loop, 0);
    SHOW(trace(PTRACE_GETSIGMASK, child, 4, (unsigned long)&mask)); // EINVAL
    SHOW(trace(PTRACE_GETSIGMASK, child, 8, (unsigned long)&mask));
    SHOW(mask);
    mask = 1ull << (SIGTERM - 1) | 1ull << (SIGKILL - 1);
    SHOW(trace(PTRACE_SETSIGMASK, child, 8, (unsigned long)&mask));
    SHOW(trace(PTRACE_GETSIGMASK, child, 8, (unsigned long)&mask));
    SHOW(mask);
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

static void wait_with_float(void)
{
    double value = 1.5;
    __asm__ volatile("movq %1, %%xmm7; mov $39, %%eax; int3; movq %%xmm7, %0" : "=r"(value) : "r"(value) : "rax", "xmm7");
    _exit(value == 2.25 ? 4 : 5);
}

CASE(traced, floating_point)
{
    struct user_fpregs_struct floats;
    static char state[16384];
    struct iovec part = { state, sizeof state };
    double value = 2.25;
    pid_t child = traced(wait_with_float, 0);
    trace(PTRACE_CONT, child, 0, 0);
    stop_of(child, "trap");
    SHOW(trace(PTRACE_GETFPREGS, child, 0, (unsigned long)&floats));
    SHOW_IF(*(double *)&floats.xmm_space[28] == 1.5);
    SHOW(trace(PTRACE_GETREGSET, child, NT_X86_XSTATE, (unsigned long)&part));
    SHOW_IF(part.iov_len >= 576 && memcmp(state, &floats, 464) == 0);
    SHOW(trace(PTRACE_SETREGSET, child, NT_X86_XSTATE, (unsigned long)&part));
    memcpy(&floats.xmm_space[28], &value, sizeof value);
    SHOW(trace(PTRACE_SETFPREGS, child, 0, (unsigned long)&floats));
    floats.mxcsr = 0xffffffff;
    SHOW(trace(PTRACE_SETFPREGS, child, 0, (unsigned long)&floats)); // EINVAL
    SHOW(trace(PTRACE_GETREGSET, child, 0x7777, (unsigned long)&part));
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

CASE(traced, user_area)
{
    unsigned long word = 0;
    struct user_regs_struct registers;
    pid_t child = traced(exit_with_9, 0);
    trace(PTRACE_GETREGS, child, 0, (unsigned long)&registers);
    SHOW(trace(PTRACE_PEEKUSR, child, offsetof(struct user_regs_struct, rip), (unsigned long)&word));
    SHOW_IF(word == registers.rip);
    SHOW(trace(PTRACE_PEEKUSR, child, 3, (unsigned long)&word)); // EIO
    SHOW(trace(PTRACE_PEEKUSR, child, 100000, (unsigned long)&word));
    SHOW(trace(PTRACE_PEEKUSR, child, offsetof(struct user, u_debugreg[7]), (unsigned long)&word));
    SHOW(trace(PTRACE_POKEUSR, child, offsetof(struct user_regs_struct, fs_base), -4096ul)); // EIO
    SHOW(trace(PTRACE_POKEUSR, child, offsetof(struct user_regs_struct, eflags), registers.eflags | 0x3000)); // not the I/O level
    trace(PTRACE_PEEKUSR, child, offsetof(struct user_regs_struct, eflags), (unsigned long)&word);
    SHOW_IF(word == registers.eflags);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

__attribute__((noinline)) static int patched(int value)
{
    __asm__ volatile("");
    return value + 1;
}

static void call_patched(void)
{
    _exit(patched(10));
}

CASE(traced, breakpoint_in_text)
{
    unsigned long word = 0;
    struct user_regs_struct registers;
    pid_t child = traced(call_patched, 0);
    SHOW(trace(PTRACE_PEEKTEXT, child, (unsigned long)patched, (unsigned long)&word));
    SHOW_IF(memcmp(&word, (void *)patched, 8) == 0);
    SHOW(trace(PTRACE_POKETEXT, child, (unsigned long)patched, (word & ~0xfful) | 0xcc));
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    stop_of(child, "breakpoint");
    trace(PTRACE_GETREGS, child, 0, (unsigned long)&registers);
    SHOW_IF(registers.rip == (unsigned long)patched + 1);
    SHOW(trace(PTRACE_POKETEXT, child, (unsigned long)patched, word));
    registers.rip--;
    SHOW(trace(PTRACE_SETREGS, child, 0, (unsigned long)&registers));
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

static volatile int handled;

static void count(int number)
{
    handled = number;
}

static void catch_and_raise(void)
{
    signal(SIGUSR1, count);
    raise(SIGUSR1);
    _exit(handled == SIGUSR1 ? 4 : 5);
}

CASE(traced, step_into_a_handler)
{
    struct user_regs_struct registers;
    pid_t child = traced(catch_and_raise, 0);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    stop_of(child, "signal");
    SHOW(trace(PTRACE_SINGLESTEP, child, 0, SIGUSR1));
    stop_of(child, "handler");
    trace(PTRACE_GETREGS, child, 0, (unsigned long)&registers);
    SHOW_IF(registers.rip == (unsigned long)count);
    SHOW_IF((registers.eflags & 0x100) == 0);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

static void step_me(void)
{
    __asm__ volatile("mov $110, %%eax; syscall; nop; nop; int3" : : : "rax", "rcx", "r11", "memory");
}

CASE(traced, step_over_a_call)
{
    int status, steps = 0;
    struct user_regs_struct registers = { 0 };
    pid_t child = traced(step_me, 0);
    unsigned long word = 0;
    do { // to the call, instruction by instruction
        trace(PTRACE_SINGLESTEP, child, 0, 0);
        waitpid(child, &status, 0);
        trace(PTRACE_GETREGS, child, 0, (unsigned long)&registers);
        word = 0;
        trace(PTRACE_PEEKTEXT, child, registers.rip, (unsigned long)&word);
    } while (WIFSTOPPED(status) && steps++ < 20000 && ((word & 0xffff) != 0x050f || registers.rax != 110));
    unsigned long before = registers.rip;
    trace(PTRACE_SINGLESTEP, child, 0, 0);
    stop_of(child, "call");
    trace(PTRACE_GETREGS, child, 0, (unsigned long)&registers);
    SHOW((long)(registers.rip - before));
    SHOW_IF((pid_t)registers.rax == getpid());
    trace(PTRACE_SINGLESTEP, child, 0, 0);
    stop_of(child, "nop");
    trace(PTRACE_GETREGS, child, 0, (unsigned long)&registers);
    SHOW((long)(registers.rip - before));
    trace(PTRACE_CONT, child, 0, 0);
    stop_of(child, "trap");
    SHOW(trace(PTRACE_KILL, child, 0, 0));
    SHOW_WAIT(child);
}

static void install_filter(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 77),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getgid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 5),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { 6, code };
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void filtered(void)
{
    install_filter();
    ask_parent();
}

static void filtered_without_library(void)
{
    install_filter();
    _exit(syscall(SYS_getuid) == -1 && errno == EIO ? 6 : 7);
}

CASE(traced, filter_leaves_it_to_the_tracer)
{
    unsigned long message = 0;
    struct user_regs_struct registers;
    pid_t child = traced(filtered, PTRACE_O_TRACESECCOMP);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    stop_of(child, "filter");
    SHOW(trace(PTRACE_GETEVENTMSG, child, 0, (unsigned long)&message));
    SHOW(message);
    trace(PTRACE_GETREGS, child, 0, (unsigned long)&registers);
    SHOW_IF(registers.orig_rax == SYS_getuid);
    registers.orig_rax = -1;
    registers.rax = -5;
    SHOW(trace(PTRACE_SETREGS, child, 0, (unsigned long)&registers));
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

CASE(traced, filter_is_asked_again) // seccomp(2): about what the tracer has made of the call
{
    pid_t child = traced(filtered_without_library, PTRACE_O_TRACESECCOMP);
    trace(PTRACE_CONT, child, 0, 0);
    stop_of(child, "filter");
    SHOW(trace(PTRACE_POKEUSR, child, offsetof(struct user_regs_struct, orig_rax), SYS_getgid));
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}
