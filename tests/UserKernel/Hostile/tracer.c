/* Sees from outside, by ptrace(2), which host calls a cell makes.
 *   tracer drive PID     has the cell make numbers and odd arguments by each `syscall` instruction of its gate. What the wall of walls.h does not allow
 *                        must be trapped: the signal is taken from it again, and the cell goes on as if nothing had been.
 *   tracer watch KERNEL  follows all processes of this kernel and those that they make, until the last has ended or SIGTERM comes.
 *                        Prints "call NUMBER MADE TRAPPED" for each number, and a line that begins with "wrong" for a call that was made although
 *                        the wall does not allow it, or not by the gate's code.
 *   tracer upset PID     answers the call that the process sleeps in with a number that no host gives.
 * At entry to a call the host tells the tracer first and asks the filter then; a trapped call leaves a SIGSYS with SYS_SECCOMP. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "walls.h"

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif
#define TRACED 65536

static unsigned long wrong;

/* <sys/ptrace.h> and <linux/ptrace.h> exclude each other. */
static long trace(long request, pid_t pid, long address, long data)
{
    return syscall(SYS_ptrace, request, pid, address, data);
}

static void die(const char *what)
{
    fprintf(stderr, "tracer: %s: %s\n", what, strerror(errno));
    exit(99);
}

static int is_allowed(uint32_t arch, uint64_t nr, const uint64_t a[6], uint64_t ip)
{
    return is_of_host(arch, nr) || (ip - GATE_BASE < GATE_TEXT && wall_allows(cell_wall, COUNT(cell_wall), arch, nr, a));
}

static int is_trap(const siginfo_t *info)
{
    return info->si_signo == SIGSYS && info->si_code == SYS_SECCOMP;
}

/* The signal of a trapped call is there before the call's exit is told. Below 0: the process was killed since then, and nobody can say. */
static int was_trapped(pid_t pid)
{
    struct { uint64_t from; uint32_t flags; int32_t count; } wanted = { 0, 0, 4 };
    siginfo_t waiting[4];
    long count = trace(PTRACE_PEEKSIGINFO, pid, (long)&wanted, (long)waiting);
    for (long i = 0; i < count; i++)
        if (is_trap(&waiting[i]))
            return 1;
    return count < 0 && errno == ESRCH ? -1 : 0;
}

/* ---- drive ---- */

static void await_stop(pid_t pid, int signal, const char *what)
{
    int status;
    if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != signal) {
        fprintf(stderr, "tracer: %s: status %x\n", what, status);
        exit(1);
    }
}

static void set_registers(pid_t pid, struct user_regs_struct *registers)
{
    struct iovec vector = { registers, sizeof *registers };
    if (trace(PTRACE_SETREGSET, pid, NT_PRSTATUS, (long)&vector) < 0)
        die("set registers");
}

/* One call by the instruction at `site`; it must be trapped. */
static void drive_call(pid_t pid, const struct user_regs_struct *from, uint64_t site, uint64_t nr, const uint64_t a[6])
{
    struct user_regs_struct r = *from;
    if (is_allowed(ARCH_X86_64, nr, a, site))
        return;
    r.rip = site;
    r.rax = nr;
    r.orig_rax = -1ul;
    r.rdi = a[0]; r.rsi = a[1]; r.rdx = a[2]; r.r10 = a[3]; r.r8 = a[4]; r.r9 = a[5];
    set_registers(pid, &r);
    trace(PTRACE_SYSCALL, pid, 0, 0);
    await_stop(pid, SIGTRAP | 0x80, "no entry");
    trace(PTRACE_SYSCALL, pid, 0, 0);
    await_stop(pid, SIGTRAP | 0x80, "no exit");
    trace(PTRACE_SYSCALL, pid, 0, 0);
    int status;
    siginfo_t info;
    if (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) && trace(PTRACE_GETSIGINFO, pid, 0, (long)&info) == 0 && is_trap(&info))
        return;
    printf("wrong: %lx was made at %lx with %lx %lx %lx %lx %lx %lx: status %x\n", nr, site, a[0], a[1], a[2], a[3], a[4], a[5], status);
    exit(1); /* the cell is in the middle of nowhere */
}

/* Everything at one instruction; at each of the others every twelfth number and the ends of the arguments. */
static unsigned long drive_site(pid_t pid, const struct user_regs_struct *from, uint64_t site, unsigned long index)
{
    static const long odd[] = { 0x7fffffff, 0x80000000, 0xffffffff, -2, 1l << 32 | 39, 1l << 62, 511, 512, 547, 4096, 65536 };
    const uint64_t a[6] = { 3, 0x1000, 64, 0, 0, 0 };
    unsigned long calls = 0, step = index < 1 ? 1 : 12;
    for (unsigned long nr = index % step; nr <= HIGHEST; nr += step, calls++)
        drive_call(pid, from, site, nr, a);
    for (unsigned long nr = index % step; nr <= HIGHEST; nr += 8 * step, calls++)
        drive_call(pid, from, site, (unsigned long)X32 | nr, a);
    for (unsigned i = 0; i < COUNT(odd); i++, calls++)
        drive_call(pid, from, site, (uint64_t)odd[i], a);
    for (unsigned k = 0; k < COUNT(cell_wall); k++) {
        for (int i = 0; i < 2; i++) {
            const struct rule *rule = &cell_wall[k].rules[i];
            for (uint64_t value = index % step; rule->used && value < 128; value += step, calls++) {
                uint64_t b[6] = { 3, 3, 3, 3, 0, 0 };
                b[cell_wall[k].rules[0].index] = cell_wall[k].rules[0].values[0];
                b[rule->index] = value < 64 ? value * 257 : 1ul << (value - 64);
                drive_call(pid, from, site, (uint64_t)cell_wall[k].nr, b);
            }
        }
    }
    return calls;
}

static int drive(pid_t pid)
{
    static uint8_t text[GATE_TEXT];
    char path[64];
    struct user_regs_struct before;
    struct iovec vector = { &before, sizeof before };
    unsigned long calls = 0, sites = 0;
    if (trace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) < 0 || trace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
        die("seize");
    int status;
    if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
        die("stop");
    if (trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&vector) < 0)
        die("registers");
    sprintf(path, "/proc/%d/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    long size = 0, got;
    while (size < (long)sizeof text && (got = pread(memory, text + size, 4096, (off_t)(GATE_BASE + (uint64_t)size))) > 0)
        size += got;
    close(memory);
    for (long i = 0; i + 1 < size; i++) {
        if (text[i] != 0x0f || text[i + 1] != 0x05)
            continue;
        calls += drive_site(pid, &before, GATE_BASE + (uint64_t)i, sites++);
    }
    set_registers(pid, &before);
    if (trace(PTRACE_DETACH, pid, 0, 0) < 0)
        die("detach");
    printf("%lu calls at %lu sites trapped\n", calls, sites);
    return sites == 0;
}

/* ---- upset ---- */

static int upset(pid_t pid)
{
    struct user_regs_struct r;
    struct iovec vector = { &r, sizeof r };
    int status;
    if (trace(PTRACE_SEIZE, pid, 0, 0) < 0 || trace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
        die("seize");
    if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status) || trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&vector) < 0)
        die("stop");
    r.orig_rax = -1ul;
    r.rax = 1000;
    set_registers(pid, &r);
    return trace(PTRACE_DETACH, pid, 0, 0) < 0;
}

/* ---- watch ---- */

struct traced { pid_t pid; int inside; uint32_t arch; uint64_t nr, ip, args[6]; };
static struct traced traced[TRACED]; /* by number: they are few */
static unsigned long calls_made[HIGHEST + 2], calls_trapped[HIGHEST + 2];
static volatile sig_atomic_t stop;

static void on_term(int signal)
{
    (void)signal;
    stop = 1;
}

static unsigned slot_of(uint64_t nr)
{
    return (uint32_t)nr <= HIGHEST ? (unsigned)nr : HIGHEST + 1;
}

static void conclude(const struct traced *t, int is_trapped)
{
    (is_trapped ? calls_trapped : calls_made)[slot_of(t->arch == ARCH_X86_64 ? t->nr : -1ul)]++;
    if (is_trapped || is_allowed(t->arch, t->nr, t->args, t->ip))
        return;
    if (wrong++ < 20)
        printf("wrong: %d made %lx of arch %x at %lx with %lx %lx %lx %lx %lx %lx\n", t->pid, t->nr, t->arch, t->ip,
            t->args[0], t->args[1], t->args[2], t->args[3], t->args[4], t->args[5]);
}

static void at_syscall(struct traced *t)
{
    struct ptrace_syscall_info info;
    if (trace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof info, (long)&info) < 0)
        return;
    int is_trapped = info.op == PTRACE_SYSCALL_INFO_EXIT && t->inside ? was_trapped(t->pid) : -1;
    if (is_trapped >= 0)
        conclude(t, is_trapped);
    t->inside = info.op == PTRACE_SYSCALL_INFO_ENTRY;
    if (!t->inside)
        return;
    t->arch = info.arch;
    t->nr = info.entry.nr;
    t->ip = info.instruction_pointer - 2;
    for (int i = 0; i < 6; i++)
        t->args[i] = info.entry.args[i];
}

static void watch_child(pid_t pid)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
    if (trace(PTRACE_SEIZE, pid, 0, options) == 0)
        trace(PTRACE_INTERRUPT, pid, 0, 0);
    else if (errno != ESRCH && errno != EPERM)
        die("seize");
}

static void attach(const char *kernel)
{
    char path[128], words[8192];
    snprintf(path, sizeof path, "/proc/%s/task/%s/children", kernel, kernel);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(file, words, sizeof words - 1);
    if (size <= 0)
        die("no children");
    close(file);
    words[size] = 0;
    for (char *word = strtok(words, " "); word; word = strtok(0, " "))
        watch_child(atoi(word));
}

static void step(pid_t pid, int status)
{
    struct traced *t = &traced[pid % TRACED];
    int signal = WSTOPSIG(status), event = status >> 16;
    t->pid = pid;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
        /* Of exit there is no exit. Another thread's exit_group ends this one too, at the beginning of a call that is not made then. */
        if (t->inside && WIFEXITED(status) && (t->nr == SYS_exit || t->nr == SYS_exit_group))
            conclude(t, 0);
        memset(t, 0, sizeof *t);
        return;
    }
    if (signal == (SIGTRAP | 0x80)) {
        at_syscall(t);
        trace(PTRACE_SYSCALL, pid, 0, 0);
        return;
    }
    if (event == 0) {
        trace(PTRACE_SYSCALL, pid, 0, signal);
        return;
    }
    trace(event == PTRACE_EVENT_STOP && signal != SIGTRAP ? PTRACE_LISTEN : PTRACE_SYSCALL, pid, 0, 0);
}

static int watch(const char *kernel)
{
    struct sigaction action = { .sa_handler = on_term };
    sigaction(SIGTERM, &action, 0);
    attach(kernel);
    printf("watching\n");
    fflush(stdout);
    while (!stop) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0 && errno == ECHILD)
            break;
        if (pid > 0)
            step(pid, status);
    }
    for (int nr = 0; nr <= HIGHEST + 1; nr++)
        if (calls_made[nr] + calls_trapped[nr])
            printf("call %d %lu %lu\n", nr, calls_made[nr], calls_trapped[nr]);
    printf("%lu wrong\n", wrong);
    return wrong != 0;
}

int main(int count, char **words)
{
    if (count == 3 && !strcmp(words[1], "drive"))
        return drive(atoi(words[2]));
    if (count == 3 && !strcmp(words[1], "watch"))
        return watch(words[2]);
    if (count == 3 && !strcmp(words[1], "upset"))
        return upset(atoi(words[2]));
    return 99;
}
