/* The channel to the kernel, the template and the first steps of a cell. */
#include "internal.h"

extern char __bss_start[]; /* the linker's: the text ends in the page before */
struct heap heap;
struct thread *leader;

void *memcpy(void *to, const void *from, size_t size)
{
    void *result = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return result;
}

void *memset(void *to, int value, size_t size)
{
    void *result = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
    return result;
}

/* ---- The channel ---- */

void ring(const struct thread *t)
{
    uint16_t index = (uint16_t)t->index;
    long sent = CALL(SYS_sendto, SOCKET_FD, (long)&index, sizeof index, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
    /* Nobody is there any more: a child that was given up before it could speak, or before its first word was read (ECONNRESET, once). */
    if (sent == -EPIPE || sent == -ECONNRESET)
        quit(127);
}

/* Hands the slot to the kernel and waits for its answer. */
struct slot *ask(struct thread *t, uint32_t kind)
{
    struct slot *s = t->slot;
    s->kind = (uint8_t)kind;
    __atomic_store_n(&s->state, SLOT_REQUEST, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&s->watching, __ATOMIC_SEQ_CST))
        ring(t);
    await_answer(t, s);
    return s;
}

/* Up to two descriptors from the socket; the count. */
int receive(int fds[2], void *data, size_t size, long *length)
{
    union { struct cmsghdr header; char space[CMSG_SPACE(2 * sizeof(int))]; } control;
    struct iovec vector = { data, size };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    long got;
    do
        got = CALL(SYS_recvmsg, SOCKET_FD, (long)&message, MSG_CMSG_CLOEXEC, 0, 0, 0);
    while (got == -EINTR);
    *length = got;
    if (got <= 0 || message.msg_controllen < sizeof(struct cmsghdr) || control.header.cmsg_type != SCM_RIGHTS)
        return 0;
    int count = (int)((control.header.cmsg_len - CMSG_LEN(0)) / sizeof(int));
    for (int i = 0; i < count && i < 2; i++)
        fds[i] = ((int *)CMSG_DATA(&control.header))[i];
    return count;
}

/* GS is the gate's until the guest wants it. 1: answered. */
static int is_about_gs(struct op *op)
{
    if (op->args[0] == ARCH_SET_GS_CODE)
        fast_off = 1;
    if (op->args[0] != ARCH_GET_GS_CODE || fast_off)
        return 0;
    *(uint64_t *)op->args[1] = 0;
    op->result = 0;
    return 1;
}

/* (uint64_t)-2 as an mmap's file stands for one that waits in the socket, (uint64_t)-3 for the same as the last. */
void run_ops(struct slot *s)
{
    uint32_t count = s->op_count;
    int fds[2] = { -1, -1 };
    for (uint32_t i = 0; i < count && i < OPS_PER_REPLY; i++) {
        struct op *op = &s->ops[i];
        uint64_t *a = op->args, file = op->nr == SYS_mmap ? a[4] : 0;
        if (file == (uint64_t)-2) {
            if (fds[0] >= 0)
                CALL(SYS_close, fds[0], 0, 0, 0, 0, 0);
            fds[0] = -1;
            char byte;
            long length;
            receive(fds, &byte, 1, &length);
        }
        if (op->nr == SYS_arch_prctl && is_about_gs(op))
            continue;
        op->result = CALL((long)op->nr, (long)a[0], (long)a[1], (long)a[2], (long)a[3], file >= (uint64_t)-3 && file < (uint64_t)-1 ? fds[0] : (long)a[4], (long)a[5]);
        if (op->nr == SYS_mmap)
            note_mapping(op->result, a[1], a[3]);
    }
    if (fds[0] >= 0)
        CALL(SYS_close, fds[0], 0, 0, 0, 0, 0);
}

/* ---- A cell's first steps ---- */

/* In a child: its own channel over the hole that its parent's left (MADV_DONTFORK), its own socket over its parent's. */
void bind_cell(struct thread *t, const int fds[2])
{
    long at = CALL(SYS_mmap, CHANNEL_BASE, CHANNEL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fds[0], 0);
    if (at != (long)CHANNEL_BASE || CALL(SYS_madvise, CHANNEL_BASE, CHANNEL_SIZE, MADV_DONTFORK, 0, 0, 0) < 0)
        quit(127);
    if (CALL(SYS_dup3, fds[1], SOCKET_FD, 0x80000 /* O_CLOEXEC */, 0, 0, 0) < 0)
        quit(127);
    CALL(SYS_close, fds[0], 0, 0, 0, 0, 0);
    CALL(SYS_close, fds[1], 0, 0, 0, 0, 0);
    t->slot = (struct slot *)(CHANNEL_BASE + t->index * SLOT_SIZE);
    t->kicked = 0;
    if (leader != t)
        leader = t;
}

static void begin_cell(void)
{
    struct thread *t = self();
    struct slot *s = ask(t, REQUEST_START);
    for (;;) {
        switch (s->action) {
        case ACTION_OPS:
            run_ops(s);
            s = ask(t, REQUEST_DONE);
            break;
        case ACTION_JUMP:
            heap.base = heap.end = heap.mapped = s->args[0];
            heap.lock = 0;
            fast_off = s->args[1] != 0;
            if (s->more)
                gate_begin(s->sp);
            gate_jump(s->ip, s->sp);
        default:
            quit(127);
        }
    }
}

static void catch(int signal, void (*handler)(void), uint64_t mask)
{
    /* What cannot be read has an answer (safe_begin) also while a guest's fault is handled. */
    const unsigned long nested = signal == SIGSEGV || signal == SIGBUS ? SA_NODEFER : 0;
    struct kernel_action action = { (void *)handler, SA_SIGINFO | SA_ONSTACK | SA_RESTORER_FLAG | nested, (void *)gate_restorer, mask };
    if (CALL(SYS_rt_sigaction, signal, (long)&action, 0, 8, 0, 0) < 0)
        quit(126);
}

/* A fork copies the page table of what has a page of its own, and leaves the rest to faults: so the text gets one. Nothing of a guest's is here yet. */
static void own_text(void)
{
    const long size = (long)(((uint64_t)__bss_start & -PAGE) - GATE_BASE);
    if (CALL(SYS_mprotect, GATE_BASE, size, PROT_READ | PROT_WRITE | PROT_EXEC, 0, 0, 0) == 0)
        *(volatile char *)GATE_BASE = *(volatile char *)GATE_BASE;
    if (CALL(SYS_mprotect, GATE_BASE, size, PROT_READ | PROT_EXEC, 0, 0, 0) < 0)
        quit(126);
}

/* The template: confined like every cell, it forks one for each message with a channel and a socket. */
_Noreturn void gate_template(long *stack)
{
    static char filter[FILTER_MAX];
    struct thread *t = (struct thread *)STACKS_BASE;
    int fds[2];
    long length, *p = stack + 1 + stack[0] + 1;
    while (*p++)
        ;
    uint64_t hello[] = { 0, (uint64_t)gate_fast }; /* where the vDSO is, and where shared texts enter the gate */
    for (; p[0] != AT_NULL; p += 2) {
        if (p[0] == AT_SYSINFO_EHDR)
            hello[0] = (uint64_t)p[1];
    }
    own_text();
    /* All gate stacks at once: only those that are touched cost memory. */
    if (CALL(SYS_mmap, STACKS_BASE, MAX_THREADS * STACK_SIZE, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != (long)STACKS_BASE)
        quit(126);
    t->self = t;
    if (CALL(SYS_arch_prctl, ARCH_SET_GS_CODE, (long)t, 0, 0, 0, 0) < 0)
        quit(126);
    stack_t alternate = { .ss_sp = AT_STACK(t), .ss_size = HANDLER_STACK_SIZE };
    if (CALL(SYS_sigaltstack, (long)&alternate, 0, 0, 0, 0, 0) < 0)
        quit(126);
    /* A kick must reach a thread that waits in the gate. A fault in the gate is caught only to end with its number. */
    const uint64_t mask = ~(1ul << (KICK - 1) | 1ul << (SIGSEGV - 1) | 1ul << (SIGBUS - 1));
    static const uint8_t caught[] = { SIGSYS, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
    for (unsigned i = 0; i < sizeof caught; i++)
        catch(caught[i], gate_entry, mask);
    catch(KICK, kick_entry, ~0ul);
    CALL(SYS_sendto, SOCKET_FD, (long)hello, sizeof hello, MSG_NOSIGNAL, 0, 0);
    if (receive(fds, filter, sizeof filter, &length) != 0 || length <= 0)
        quit(126);
    struct { unsigned short count; void *filter; } program = { (unsigned short)(length / 8), filter };
    if (CALL(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) < 0 || CALL(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&program, 0, 0, 0) < 0)
        quit(126);
    for (;;) {
        char byte;
        if (receive(fds, &byte, 1, &length) != 2)
            quit(0);
        long pid = CALL(SYS_clone, FORK_FLAGS, 0, 0, 0, 0, 0);
        if (pid == 0) {
            t->index = 0;
            bind_cell(t, fds);
            gate_on_stack((char *)t + STACK_SIZE, begin_cell);
        }
        CALL(SYS_close, fds[0], 0, 0, 0, 0, 0);
        CALL(SYS_close, fds[1], 0, 0, 0, 0, 0);
    }
}
