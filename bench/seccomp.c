/* seccomp ROUNDS BATCH NAME=FILE...: nanoseconds per system call with no filter and under each filter (FILE: struct sock_filter as the kernel
 * takes it). Prints what seccomp.awk makes tables of.
 *
 * Each filter sits in a process of its own; all share one CPU. A round gives every process its turn with every call, starting with another one
 * each time, and a turn is BATCH calls; medians over the rounds are printed.
 *
 * Since Linux 5.11 the kernel runs a filter once per number at installation and remembers in a bitmap which numbers it always allows
 * (kernel/seccomp.c: seccomp_is_const_allow); those never reach the filter. Behind one load of an argument nothing is constant, so each filter
 * is measured a second time with that instruction in front: its price on older kernels.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_FILTERS 8
#define MAX_COLUMNS (2 * MAX_FILTERS + 1)
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

struct call {
    const char *label;
    uint32_t arch, nr;
    uint64_t args[6];
};

struct filter {
    const char *name;
    struct sock_filter code[BPF_MAXINSNS]; /* [0] is the load that hides the rest from the bitmap */
    int count;
};

struct column {
    const struct filter *filter; /* NULL: none */
    int hidden, ask, answer;
    pid_t pid;
};

struct turn {
    double ns;
    long result;
};

struct run {
    uint32_t verdict;
    int steps, reads_arguments;
};

static char byte;

/* Rows whose arguments are known only at run time. */
enum { READ = 1, OPENAT = 2 };

/* The i386 numbers are those of asm/unistd_32.h. What is allowed fails early or does little, so that the filter's share can be seen; nfsservctl(2)
 * has been without code since Linux 3.1. */
static struct call calls[] = {
    {"getpid", AUDIT_ARCH_X86_64, SYS_getpid, {0}},
    {"read, one byte of /dev/zero", AUDIT_ARCH_X86_64, SYS_read, {0, 0, 1}},
    {"openat, no such file", AUDIT_ARCH_X86_64, SYS_openat, {(uint32_t)AT_FDCWD, 0, O_RDONLY}},
    {"futex_waitv, the highest number allowed", AUDIT_ARCH_X86_64, 449, {0}},
    {"personality(0xffffffff), argument checked", AUDIT_ARCH_X86_64, SYS_personality, {0xffffffff}},
    {"clone(CLONE_SIGHAND), argument checked", AUDIT_ARCH_X86_64, SYS_clone, {0x800}},
    {"nfsservctl, denied", AUDIT_ARCH_X86_64, SYS_nfsservctl, {0}},
    {"600, above the profile", AUDIT_ARCH_X86_64, 600, {0}},
    {"i386 getpid", AUDIT_ARCH_I386, 20, {0}},
    {"i386 personality(0xffffffff), argument checked", AUDIT_ARCH_I386, 136, {0xffffffff}},
    {"i386 nfsservctl, denied", AUDIT_ARCH_I386, 169, {0}},
};

static void die(const char *what)
{
    fprintf(stderr, "seccomp: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long invoke(const struct call *call)
{
    const uint64_t *a = call->args;
    if (call->arch == AUDIT_ARCH_I386) {
        int result;
        __asm__ volatile("int $0x80" : "=a"(result) : "0"(call->nr), "b"((uint32_t)a[0]), "c"((uint32_t)a[1]), "d"((uint32_t)a[2])
                         : "memory", "r8", "r9", "r10", "r11");
        return result;
    }
    long result;
    register uint64_t r10 __asm__("r10") = a[3];
    register uint64_t r8 __asm__("r8") = a[4];
    __asm__ volatile("syscall" : "=a"(result) : "0"((uint64_t)call->nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return result;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

/* What the filter does with the call, by the instructions that compilers of profiles use. */
static struct run interpret(const struct filter *filter, const struct call *call)
{
    struct seccomp_data data = {.nr = call->nr, .arch = call->arch};
    struct run run = {0};
    uint32_t a = 0;
    memcpy(data.args, call->args, sizeof data.args);
    for (const struct sock_filter *op = filter->code + 1;; op++) {
        run.steps++;
        switch (op->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            memcpy(&a, (char *)&data + op->k, sizeof a);
            run.reads_arguments |= op->k >= offsetof(struct seccomp_data, instruction_pointer);
            break;
        case BPF_ALU | BPF_AND | BPF_K: a &= op->k; break;
        case BPF_JMP | BPF_JA: op += op->k; break;
        case BPF_JMP | BPF_JEQ | BPF_K: op += a == op->k ? op->jt : op->jf; break;
        case BPF_JMP | BPF_JGT | BPF_K: op += a > op->k ? op->jt : op->jf; break;
        case BPF_JMP | BPF_JGE | BPF_K: op += a >= op->k ? op->jt : op->jf; break;
        case BPF_JMP | BPF_JSET | BPF_K: op += a & op->k ? op->jt : op->jf; break;
        case BPF_RET | BPF_K: run.verdict = op->k; return run;
        default: errno = EINVAL; die("an instruction that the interpreter does not know");
        }
    }
}

static void load(struct filter *filter, char *argument)
{
    char *equals = strchr(argument, '=');
    FILE *file = equals == NULL ? NULL : fopen(equals + 1, "r");
    if (file == NULL)
        die(argument);
    *equals = 0;
    filter->name = argument;
    filter->code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args));
    filter->count = fread(filter->code + 1, sizeof filter->code[0], BPF_MAXINSNS - 1, file);
    fclose(file);
    if (filter->count == 0)
        die("empty filter");
}

/* A process under the column's filter: takes the index of a call, answers with a turn. */
static void serve(const struct column *column, int ask, int answer, int batch)
{
    if (column->filter != NULL) {
        const struct filter *filter = column->filter;
        struct sock_fprog program = {filter->count + column->hidden, (struct sock_filter *)filter->code + !column->hidden};
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
            die("install");
    }
    int index;
    while (read(ask, &index, sizeof index) == sizeof index) {
        struct turn turn = {.result = invoke(&calls[index])};
        double begin = now();
        for (int i = 0; i < batch; i++)
            invoke(&calls[index]);
        turn.ns = (now() - begin) / batch;
        if (write(answer, &turn, sizeof turn) != sizeof turn)
            break;
    }
    _exit(0);
}

static void start(struct column *column, int batch)
{
    int ask[2], answer[2];
    if (pipe2(ask, O_CLOEXEC) != 0 || pipe2(answer, O_CLOEXEC) != 0)
        die("pipe");
    column->pid = fork();
    if (column->pid == 0) {
        close(ask[1]);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(column, ask[0], answer[1], batch);
    }
    close(ask[0]);
    close(answer[1]);
    column->ask = ask[1];
    column->answer = answer[0];
}

/* The call must really have had the verdict that the table says. */
static void check(const struct column *column, int index, long result)
{
    uint32_t verdict = column->filter == NULL ? SECCOMP_RET_ALLOW : interpret(column->filter, &calls[index]).verdict;
    int refused = (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
    if (refused ? result != -(long)(verdict & SECCOMP_RET_DATA) : column->filter != NULL && (result == -EPERM || result == -ENOSYS)) {
        fprintf(stderr, "seccomp: %s under %s gave %ld\n", calls[index].label, column->filter->name, result);
        exit(1);
    }
}

static double take_turn(const struct column *column, int index)
{
    struct turn turn;
    if (write(column->ask, &index, sizeof index) != sizeof index || read(column->answer, &turn, sizeof turn) != sizeof turn)
        die("a process ended");
    check(column, index, turn.result);
    return turn.ns;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static const char *bitmap(const struct filter *filters, int count, const struct call *call)
{
    int cached = 0;
    for (int i = 0; i < count; i++) {
        struct run run = interpret(&filters[i], call);
        cached += run.verdict == SECCOMP_RET_ALLOW && !run.reads_arguments;
    }
    return cached == count ? "yes" : cached == 0 ? "no" : "some";
}

static void print(const struct filter *filters, int count, int rounds, double *samples)
{
    int total = 2 * count + 1;
    for (int c = 0; c < COUNT(calls); c++) {
        printf("call\t%s\t%s\n", calls[c].label, bitmap(filters, count, &calls[c]));
        for (int i = 0; i < total; i++) {
            double *of = samples + ((size_t)c * total + i) * rounds;
            qsort(of, rounds, sizeof *of, ascending);
            printf("ns\t%s\t%s\t%s\t%.1f\n", calls[c].label, i == 0 ? "none" : i > count ? "hidden" : "installed",
                   i == 0 ? "-" : filters[(i - 1) % count].name, of[rounds / 2]);
        }
        for (int i = 0; i < count; i++) {
            struct run run = interpret(&filters[i], &calls[c]);
            uint32_t refusal = run.verdict == SECCOMP_RET_ALLOW ? 0 : run.verdict & SECCOMP_RET_DATA;
            printf("steps\t%s\t%s\t%d\t%u\n", calls[c].label, filters[i].name, run.steps, refusal);
        }
    }
}

static double *measure(const struct column *columns, int total, int rounds)
{
    double *samples = calloc((size_t)COUNT(calls) * total * rounds, sizeof *samples);
    if (samples == NULL)
        die("memory");
    for (int round = 0; round < rounds; round++)
        for (int c = 0; c < COUNT(calls); c++)
            for (int i = 0; i < total; i++) {
                int column = (i + round) % total;
                samples[((size_t)c * total + column) * rounds + round] = take_turn(&columns[column], c);
            }
    return samples;
}

/* One CPU for all, and the arguments that are addresses or descriptors. */
static void prepare(void)
{
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(sched_getcpu(), &cpus);
    sched_setaffinity(0, sizeof cpus, &cpus);
    calls[READ].args[0] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    calls[READ].args[1] = (uintptr_t)&byte;
    calls[OPENAT].args[1] = (uintptr_t)"/no-such-file";
}

int main(int argc, char **argv)
{
    static struct filter filters[MAX_FILTERS];
    struct column columns[MAX_COLUMNS] = {{0}};
    int rounds = argc > 1 ? atoi(argv[1]) : 0, batch = argc > 2 ? atoi(argv[2]) : 0, count = argc - 3, total = 2 * count + 1;
    if (rounds < 1 || batch < 1 || count < 1 || count > MAX_FILTERS) {
        fprintf(stderr, "seccomp ROUNDS BATCH NAME=FILE... (1 to %d filters)\n", MAX_FILTERS);
        return 2;
    }
    prepare();
    for (int i = 0; i < count; i++) {
        load(&filters[i], argv[3 + i]);
        printf("filter\t%s\t%d\n", filters[i].name, filters[i].count);
    }
    fflush(stdout);
    for (int i = 0; i < total; i++) {
        if (i > 0)
            columns[i] = (struct column){.filter = &filters[(i - 1) % count], .hidden = i > count};
        start(&columns[i], batch);
    }
    print(filters, count, rounds, measure(columns, total, rounds));
    for (int i = 0; i < total; i++)
        close(columns[i].ask);
    while (wait(NULL) > 0) {
    }
    return 0;
}
