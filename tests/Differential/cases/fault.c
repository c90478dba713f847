// Signals that the processor causes, what their siginfo and context say, and signalfd.
#include "harness.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <ucontext.h>

static sigjmp_buf back;
static siginfo_t seen;

static void catch(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    seen = *info;
    siglongjmp(back, 1);
}

static void catch_all(int number)
{
    struct sigaction action = { .sa_sigaction = catch, .sa_flags = SA_SIGINFO };
    sigaction(number, &action, NULL);
}

CASE(fault, unmapped_read)
{
    catch_all(SIGSEGV);
    if (!sigsetjmp(back, 1))
        *(volatile char *)bad();
    out("signo %d code %d address %ld\n", seen.si_signo, seen.si_code, (long)seen.si_addr);
}

CASE(fault, write_to_read_only)
{
    catch_all(SIGSEGV);
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!sigsetjmp(back, 1))
        *(volatile char *)(page + 5) = 1;
    out("signo %d code %d address %d\n", seen.si_signo, seen.si_code, (char *)seen.si_addr == page + 5);
}

CASE(fault, execute_of_data)
{
    catch_all(SIGSEGV);
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[0] = (char)0xc3;
    if (!sigsetjmp(back, 1))
        ((void (*)(void))page)();
    out("signo %d code %d address %d\n", seen.si_signo, seen.si_code, (char *)seen.si_addr == page);
}

CASE(fault, beyond_the_end_of_a_file) // mmap(2): SIGBUS
{
    catch_all(SIGBUS);
    int fd = open_file("file", "abc");
    char *page = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
    SHOW(page[2]);
    SHOW(page[3]); // the rest of the page is zeros
    if (!sigsetjmp(back, 1))
        *(volatile char *)(page + 4096);
    out("signo %d code %d address %d\n", seen.si_signo, seen.si_code, (char *)seen.si_addr == page + 4096);
}

CASE(fault, divide_by_zero)
{
    catch_all(SIGFPE);
    volatile int zero = 0;
    if (!sigsetjmp(back, 1))
        __asm__ volatile("cltd; idivl %0" : : "m"(zero), "a"(1) : "edx");
    out("signo %d code %d\n", seen.si_signo, seen.si_code);
}

CASE(fault, illegal_instruction)
{
    catch_all(SIGILL);
    if (!sigsetjmp(back, 1))
        __asm__ volatile("ud2");
    out("signo %d code %d\n", seen.si_signo, seen.si_code);
}

CASE(fault, breakpoint)
{
    catch_all(SIGTRAP);
    if (!sigsetjmp(back, 1))
        __asm__ volatile("int3");
    out("signo %d code %d\n", seen.si_signo, seen.si_code);
}

CASE(fault, privileged_instruction)
{
    catch_all(SIGSEGV);
    if (!sigsetjmp(back, 1))
        __asm__ volatile("hlt");
    out("signo %d code %d address %ld\n", seen.si_signo, seen.si_code, (long)seen.si_addr);
}

CASE(fault, non_canonical_address)
{
    catch_all(SIGSEGV);
    if (!sigsetjmp(back, 1))
        __asm__ volatile("movb (%0), %%al" : : "r"(0x8000000000000000ul) : "rax");
    out("signo %d code %d address %ld\n", seen.si_signo, seen.si_code, (long)seen.si_addr);
}

CASE(fault, segv_by_default)
{
    out("before\n");
    *(volatile char *)bad() = 1;
}

CASE(fault, ignored_segv_still_kills) // sigaction(2): forced signals cannot be ignored
{
    signal(SIGSEGV, SIG_IGN);
    *(volatile char *)bad() = 1;
}

CASE(fault, blocked_segv_still_kills)
{
    sigset_t all;
    sigfillset(&all);
    catch_all(SIGSEGV);
    sigprocmask(SIG_SETMASK, &all, NULL);
    *(volatile char *)bad() = 1;
}

static void skip(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    ucontext_t *machine = context;
    out("rax %lld trap %lld\n", machine->uc_mcontext.gregs[REG_RAX], machine->uc_mcontext.gregs[REG_TRAPNO]);
    machine->uc_mcontext.gregs[REG_RAX] = 77;
    machine->uc_mcontext.gregs[REG_RIP] += 2;
}

CASE(fault, handler_changes_registers)
{
    struct sigaction action = { .sa_sigaction = skip, .sa_flags = SA_SIGINFO };
    long value = 55;
    sigaction(SIGILL, &action, NULL);
    __asm__ volatile("ud2" : "+a"(value));
    SHOW(value);
}

static void make_readable(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    mprotect((void *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE);
}

CASE(fault, instruction_is_repeated_after_the_handler)
{
    struct sigaction action = { .sa_sigaction = make_readable, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, NULL);
    volatile char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[9] = 42;
    SHOW(page[9]);
}

CASE(fault, stack_overflow_on_alternative_stack)
{
    static char other[16384];
    stack_t stack = { .ss_sp = other, .ss_size = sizeof other };
    struct sigaction action = { .sa_sigaction = catch, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page, 4096, PROT_NONE);
    if (!sigsetjmp(back, 1)) // a push below the last writable word
        __asm__ volatile("movq %%rsp, %%rbx; movq %0, %%rsp; pushq %%rax; movq %%rbx, %%rsp" : : "r"(page + 4096) : "rbx", "memory");
    out("signo %d code %d\n", seen.si_signo, seen.si_code);
}

static volatile double kept;

static void use_floats(int number)
{
    double wide = number;
    for (int i = 0; i < 10; i++)
        wide = wide * 1.5 + 1;
    kept = wide;
}

CASE(fault, vector_registers_are_kept)
{
    signal(SIGUSR1, use_floats);
    double value = 1234.5, result;
    long pid = getpid(), answer = SYS_kill;
    __asm__ volatile("movsd %3, %%xmm7; syscall; movsd %%xmm7, %0"
                     : "=m"(result), "+a"(answer)
                     : "D"(pid), "m"(value), "S"((long)SIGUSR1)
                     : "rcx", "r11", "xmm7", "memory");
    SHOW_IF(result == 1234.5);
    SHOW(answer);
}

CASE(fault, signalfd_reads)
{
    sigset_t set;
    struct signalfd_siginfo info;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = SHOW(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    SHOW(read(fd, &info, sizeof info)); // EAGAIN
    raise(SIGUSR2);
    kill(getpid(), SIGUSR1);
    SHOW(read(fd, &info, sizeof info));
    out("signo %u code %d pid %d\n", info.ssi_signo, info.ssi_code, (int)info.ssi_pid == getpid());
    SHOW(read(fd, &info, sizeof info));
    out("signo %u code %d\n", info.ssi_signo, info.ssi_code);
    SHOW(read(fd, &info, 8)); // EINVAL
    sigdelset(&set, SIGUSR1);
    SHOW(signalfd(fd, &set, 0));
    raise(SIGUSR1);
    SHOW(read(fd, &info, sizeof info)); // EAGAIN: no longer in its set
}

CASE(fault, signalfd_errors) // signalfd(2): EBADF, EINVAL
{
    unsigned long set = 0;
    SHOW(syscall(SYS_signalfd4, 99, &set, 8, 0));
    SHOW(syscall(SYS_signalfd4, 0, &set, 8, 0));
    SHOW(syscall(SYS_signalfd4, -1, &set, 4, 0));
    SHOW(syscall(SYS_signalfd4, -1, &set, 8, 1));
    SHOW(syscall(SYS_signalfd4, -1, bad(), 8, 0));
    SHOW(syscall(SYS_signalfd, -1, &set, 8));
}

static char alternative[16384];
static volatile int on_alternative;

static void where(int number)
{
    char here;
    (void)number;
    stack_t now;
    sigaltstack(NULL, &now);
    on_alternative = &here >= alternative && &here < alternative + sizeof alternative;
    out("flags %d\n", now.ss_flags);
    stack_t other = { .ss_sp = alternative, .ss_size = sizeof alternative };
    SHOW(sigaltstack(&other, NULL)); // EPERM while on it
}

CASE(fault, alternative_stack)
{
    stack_t stack = { .ss_sp = alternative, .ss_size = sizeof alternative }, old;
    SHOW(sigaltstack(NULL, &old));
    SHOW(old.ss_flags);
    SHOW(sigaltstack(&stack, NULL));
    struct sigaction action = { .sa_handler = where, .sa_flags = SA_ONSTACK };
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    SHOW(on_alternative);
    stack.ss_flags = SS_DISABLE;
    SHOW(sigaltstack(&stack, NULL));
}

CASE(fault, alternative_stack_errors) // sigaltstack(2): ENOMEM, EINVAL, EFAULT
{
    stack_t stack = { .ss_sp = alternative, .ss_size = 100 };
    SHOW(sigaltstack(&stack, NULL));
    stack.ss_size = sizeof alternative;
    stack.ss_flags = 64;
    SHOW(sigaltstack(&stack, NULL));
    SHOW(syscall(SYS_sigaltstack, bad(), NULL));
    SHOW(syscall(SYS_sigaltstack, NULL, bad()));
}
