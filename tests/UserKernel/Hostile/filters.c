/* filters cell|kernel FILE: attaches the very filter (struct sock_filter instructions in FILE) in a child for each number and each odd argument, makes the
 * call, and compares how the child ended with the wall of walls.h: SIGSYS, or not. Prints a line for each difference, then "N denied, M made". */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "walls.h"

static struct sock_fprog program;
static const struct allowed *wall;
static int wall_count;
static unsigned long denied, made, different;

/* Code of ours where the filter wants it: syscall; ret. And int 0x80; ret. */
static uint64_t native_site = GATE_BASE + 0x100;
static const uint64_t foreign_site = GATE_BASE + 0x200;

__attribute__((noinline)) static long call_at(uint64_t site, long nr, const uint64_t a[6])
{
    long result;
    register uint64_t r10 __asm__("r10") = a[3];
    register uint64_t r8 __asm__("r8") = a[4];
    register uint64_t r9 __asm__("r9") = a[5];
    __asm__ volatile("mov %%rsp, %%r12\n\tsub $128, %%rsp\n\tand $-16, %%rsp\n\tcall *%%rbx\n\tmov %%r12, %%rsp"
        : "=a"(result) : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9), "b"(site)
        : "rcx", "r11", "r12", "memory");
    return result;
}

static int lacks_i386;

static void place_code(uint64_t site, uint8_t first, uint8_t second)
{
    static uint64_t last;
    if ((site & -4096ul) != last) {
        last = site & -4096ul;
        if (mmap((void *)last, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (void *)last) {
            perror("mmap");
            exit(99);
        }
    }
    uint8_t *code = (uint8_t *)site;
    code[0] = first;
    code[1] = second;
    code[2] = 0xc3;
}

/* Without a filter. Some machines' kernels have no calls of i386: int 0x80 is SIGSEGV there, before any filter is asked. */
static int has_i386(void)
{
    static const uint64_t none[6];
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        call_at(foreign_site, 20 /* getpid */, none);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void probe(uint64_t site, uint32_t arch, long nr, const uint64_t a[6], int expected)
{
    static const uint64_t none[6];
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        close(3);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
            _exit(98);
        call_at(site, nr, a);
        for (;;)
            call_at(native_site, SYS_exit_group, none);
    }
    waitpid(pid, &status, 0);
    if (is_of_host(arch, (uint64_t)nr))
        return;
    int was_denied = WIFSIGNALED(status) && WTERMSIG(status) == (arch == ARCH_I386 && lacks_i386 ? SIGSEGV : SIGSYS);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 98) {
        printf("the filter could not be attached\n");
        exit(1);
    }
    if (was_denied)
        denied++;
    else
        made++;
    if (was_denied == !expected)
        return;
    different++;
    printf("%s: arch %x number %ld (%lx) of %lx with %lx %lx %lx %lx %lx %lx: status %x\n", was_denied ? "denied" : "made", arch, nr, nr, site,
        a[0], a[1], a[2], a[3], a[4], a[5], status);
}

/* Arguments that are allowed and do nothing: no such file, no such address, no such process. */
static void harmless(long nr, uint64_t a[6])
{
    for (int i = 0; i < 6; i++)
        a[i] = -1ul;
    if (nr == SYS_kill) {
        a[0] = INT_MAX;
        a[1] = 0;
    }
    const struct allowed *call = find_allowed(wall, wall_count, nr);
    for (int i = 0; call && i < 2; i++) {
        const struct rule *rule = &call->rules[i];
        if (rule->used)
            a[rule->index] = rule->mask == ANY || rule->wide ? rule->values[0] : (uint64_t)(int32_t)(rule->values[0] | (~rule->mask & ~4u));
    }
    if (nr == SYS_futex && wall == cell_wall)
        a[1] = 0;
}

static void number(long nr)
{
    uint64_t a[6];
    harmless((long)(uint32_t)nr, a);
    probe(native_site, ARCH_X86_64, nr, a, wall_allows(wall, wall_count, ARCH_X86_64, (uint64_t)nr, a));
}

/* Each value near an allowed one, single bits, and allowed ones with something in the upper half. */
static void arguments(const struct allowed *call)
{
    for (int i = 0; i < 2; i++) {
        const struct rule *rule = &call->rules[i];
        uint64_t a[6], values[1024];
        int count = 0;
        if (!rule->used)
            continue;
        for (uint64_t value = 0; value < 0x60; value++)
            values[count++] = value;
        for (int bit = 7; bit < 64; bit++)
            values[count++] = 1ul << bit;
        for (int k = 0; k < rule->count; k++) {
            for (int bit = 0; bit < 64 && k < 2; bit++)
                values[count++] = rule->values[k] ^ 1ul << bit;
            values[count++] = rule->values[k] + 1ul;
            values[count++] = rule->values[k] - 1ul;
            values[count++] = rule->values[k];
        }
        values[count++] = -1ul;
        for (int k = 0; k < count; k++) {
            harmless(call->nr, a);
            a[rule->index] = values[k];
            probe(native_site, ARCH_X86_64, call->nr, a, wall_allows(wall, wall_count, ARCH_X86_64, (uint64_t)call->nr, a));
        }
    }
}

/* Calls by code that is not the gate's: none is made. */
static void from_elsewhere(void)
{
    static const uint64_t sites[] = { GATE_BASE - 4096 + 0x100, GATE_BASE + GATE_TEXT + 0x100, 0x710000000100, 0x500000000100, 0x600000000100 };
    for (unsigned i = 0; i < COUNT(sites); i++) {
        place_code(sites[i], 0x0f, 0x05);
        for (int k = 0; k < wall_count; k++) {
            uint64_t a[6];
            harmless(wall[k].nr, a);
            probe(sites[i], ARCH_X86_64, wall[k].nr, a, 0);
        }
    }
}

int main(int count, char **words)
{
    static char filter[1 << 16];
    FILE *file = count == 3 ? fopen(words[2], "r") : 0;
    if (!file)
        return 99;
    program.len = (unsigned short)(fread(filter, 1, sizeof filter, file) / 8);
    program.filter = (struct sock_filter *)filter;
    int is_cell = !strcmp(words[1], "cell");
    wall = is_cell ? cell_wall : kernel_wall;
    wall_count = is_cell ? COUNT(cell_wall) : COUNT(kernel_wall);
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    place_code(native_site, 0x0f, 0x05);
    place_code(foreign_site, 0xcd, 0x80);
    lacks_i386 = !has_i386();
    static const long odd[] = { 0x7fffffff, -1, -2, INT_MIN, LONG_MAX, LONG_MIN, 1l << 32, 0x80000000l };
    for (long nr = 0; nr <= HIGHEST; nr++) {
        uint64_t a[6];
        number(nr);
        number(X32 | nr);
        if (nr % 16 == 0)
            number(nr | 1l << 40); /* the same call: the host does not look at the upper half */
        harmless(-1, a);
        probe(foreign_site, ARCH_I386, nr, a, 0);
    }
    for (unsigned i = 0; i < COUNT(odd); i++)
        number(odd[i]);
    for (int bit = 10; bit < 31; bit++)
        for (int k = 0; k < wall_count; k += 5)
            number(wall[k].nr | 1l << bit);
    for (int k = 0; k < wall_count; k++)
        arguments(&wall[k]);
    if (is_cell)
        from_elsewhere();
    printf("%lu denied, %lu made\n", denied, made);
    return different != 0;
}
