/* For hostile programs in a guest: the gate's own `syscall` instructions, and the channel. Include gate.h's folder. */
#ifndef INSIDE_H
#define INSIDE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gate.h"

#define MOST_SITES 512
#define FORK_FLAGS 0x8011l     /* CLONE_PARENT | SIGCHLD */
#define THREAD_FLAGS 0x2d0f00l
#define COUNT(array) (sizeof(array) / sizeof *(array))

static __thread uint64_t random_state = 1;
static uint64_t sites[MOST_SITES], call_site; /* call_site: syscall; ret */
static int site_count;

static uint64_t next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void seed(uint64_t value)
{
    random_state = value * 0x9e3779b97f4a7c15 | 1;
    for (int i = 0; i < 4; i++)
        next();
}

static long now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* The gate's text as far as it is there: the kernel reads it for us, or says EFAULT. */
static void find_sites(void)
{
    int ends[2];
    uint8_t page[4096], *text = malloc(GATE_TEXT_SIZE + 4096);
    unsigned long size = 0;
    if (pipe(ends) < 0)
        exit(90);
    while (size < GATE_TEXT_SIZE && write(ends[1], (void *)(GATE_BASE + size), sizeof page) == sizeof page && read(ends[0], text + size, sizeof page) == sizeof page)
        size += sizeof page;
    for (unsigned long i = 0; i + 2 < size && site_count < MOST_SITES; i++) {
        if (text[i] != 0x0f || text[i + 1] != 0x05)
            continue;
        sites[site_count++] = GATE_BASE + i;
        if (text[i + 2] == 0xc3)
            call_site = GATE_BASE + i;
    }
    close(ends[0]);
    close(ends[1]);
    free(text);
    if (!call_site) {
        printf("no syscall; ret in %d sites, %lu bytes of the gate\n", site_count, size);
        exit(91);
    }
}

/* A host call by a jump to the gate's instruction. */
__attribute__((noinline)) static long raw6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    long result;
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    __asm__ volatile("mov %%rsp, %%r12\n\tsub $128, %%rsp\n\tand $-16, %%rsp\n\tcall *%%rbx\n\tmov %%r12, %%rsp"
        : "=a"(result) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9), "b"(call_site)
        : "rcx", "r11", "r12", "memory");
    return result;
}

#define RAW_1(nr) raw6(nr, 0, 0, 0, 0, 0, 0)
#define RAW(nr, ...) raw_of(nr, (const uint64_t[6]){ __VA_ARGS__ })

static inline long raw_of(long nr, const uint64_t a[6])
{
    return raw6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static inline struct slot *slot_at(unsigned index)
{
    return (struct slot *)(CHANNEL_BASE + (index % MAX_THREADS) * SLOT_SIZE);
}

static inline long ring_bell(unsigned index)
{
    uint16_t number = (uint16_t)index;
    return RAW(SYS_sendto, SOCKET_FD, (uint64_t)&number, sizeof number, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* As the gate asks, without the gate: the action, or 0 when no answer came in time. */
static inline unsigned speak(unsigned index, uint32_t kind, uint64_t nr, const uint64_t a[6], long result, long limit_ms)
{
    struct slot *s = slot_at(index);
    s->kind = kind;
    s->nr = nr;
    if (a)
        memcpy(s->args, a, 6 * sizeof *a);
    s->result = result;
    __atomic_store_n(&s->state, SLOT_REQUEST, __ATOMIC_SEQ_CST);
    ring_bell(index);
    for (long end = now_ms() + limit_ms; __atomic_load_n(&s->state, __ATOMIC_ACQUIRE) != SLOT_REPLY;)
        if (now_ms() > end)
            return 0;
        else
            RAW_1(SYS_sched_yield);
    return s->action;
}

/* A child that ends by itself or is ended after a while: its status, or -1 for the latter. */
static inline int in_child(void (*body)(uint64_t), uint64_t argument, long limit_ms)
{
    pid_t pid = fork(), got;
    int status = -1;
    if (pid == 0) {
        setpgid(0, 0);
        body(argument);
        _exit(0);
    }
    if (pid < 0)
        return -2;
    for (long begin = now_ms(); (got = waitpid(pid, &status, WNOHANG)) == 0 && now_ms() - begin < limit_ms;)
        usleep(300);
    if (got == pid)
        return status;
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

#endif
