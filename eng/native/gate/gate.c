/* The gate: what runs of ours inside a guest's address space (docs/userkernel.md). It is a program of its own at a fixed address. Started by
 * the kernel process it is the template: it confines itself, then forks a cell for every pair of descriptors that it is sent. In a cell it
 * is the signal handler that every system call of the guest ends in. Nothing here is trusted by the kernel: the guest can change all of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "../syscall.h"
#include "gate.h"

#define ARCH_X86_64 0xc000003eu
#define ARCH_SET_FS_CODE 0x1002
#define ARCH_GET_FS_CODE 0x1003
#define SA_RESTORER_FLAG 0x04000000ul
#define FP_MAGIC1 0x46505853u
#define FP_LEGACY_SIZE 512u
#define FP_SW_OFFSET 464u
#define FILTER_MAX 8192
#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_CHILD_CLEARTID)
#define FORK_FLAGS (CLONE_PARENT | SIGCHLD)
#define CALL(nr, ...) call6(nr, __VA_ARGS__)

/* The kernel's layouts (arch/x86/include/uapi/asm/sigcontext.h and ucontext.h), without libc's longer masks. */
struct context {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
    uint16_t cs, gs, fs, ss;
    uint64_t err, trapno, oldmask, cr2;
    uint8_t *fpstate;
    uint64_t reserved[8];
};

struct ucontext_k {
    uint64_t flags;
    void *link;
    struct { uint64_t sp; int32_t flags; int32_t pad; uint64_t size; } stack;
    struct context mc;
    uint64_t sigmask;
};

struct frame {
    uint64_t restorer;
    struct ucontext_k uc;
    uint8_t info[128];
};

/* At the bottom of each gate stack, one per thread. */
struct thread {
    struct slot *slot;
    uint32_t kicked;
    uint32_t index;
    uint32_t busy;        /* the host clears it when the thread is off its gate stack (CLONE_CHILD_CLEARTID) */
    uint32_t borrowed;    /* a vfork child runs on it */
    uint64_t clear_tid;   /* what the guest wants cleared and woken at its end */
    uint64_t robust;      /* set_robust_list(2) */
};

/* Above the block's page: the parent of a vfork child, a context on its way to a sigreturn, then the stack of handlers. */
#define AT_PARENT(t) ((char *)(t) + 4096)
#define AT_RESUME(t) (AT_PARENT(t) + SAVE_SIZE)
#define AT_STACK(t) (AT_RESUME(t) + SAVE_SIZE)
#define HANDLER_STACK_SIZE (STACK_SIZE - 4096 - 2 * SAVE_SIZE)

struct kernel_action { void *handler; unsigned long flags; void *restorer; uint64_t mask; };

/* The heap: private memory, so that a fork copies it. */
static struct { volatile int lock; uint64_t base, end, mapped; } heap;

/* The host's first thread of this cell. */
static struct thread *leader;

extern char exit_begin[], exit_end[], exit_again[], futex_begin[], futex_end[], futex_stop[];
void gate_entry(void);
void kick_entry(void);
void gate_restorer(void);
long gate_futex(const uint32_t *kicked, uint64_t word, long op, long value, uint64_t timeout, long bits);
long gate_clone_thread(long flags, void *stack, uint64_t child_tid, uint64_t tls);
_Noreturn void gate_jump(uint64_t ip, uint64_t sp);
_Noreturn void gate_on_stack(void *stack, void (*then)(void));

static inline long call6(long nr, long a, long b, long c, long d, long e, long f)
{
    return raw_syscall(nr, a, b, c, d, e, f);
}

static inline struct thread *self(void)
{
    uint64_t sp;
    __asm__ volatile("mov %%rsp, %0" : "=r"(sp));
    return (struct thread *)(sp & -STACK_SIZE);
}

static _Noreturn void quit(long status)
{
    for (;;)
        CALL(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

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

static void ring(const struct thread *t)
{
    uint16_t index = (uint16_t)t->index;
    CALL(SYS_sendto, SOCKET_FD, (long)&index, sizeof index, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
}

/* Hands the slot to the kernel and waits for its answer. */
static struct slot *ask(struct thread *t, uint32_t kind)
{
    struct slot *s = t->slot;
    s->kind = kind;
    __atomic_store_n(&s->state, SLOT_REQUEST, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&s->watching, __ATOMIC_SEQ_CST))
        ring(t);
    /* The kernel takes the number back when the answer will take long. */
    for (uint32_t i = 0; i < __atomic_load_n(&s->spin, __ATOMIC_RELAXED); i++) {
        if (__atomic_load_n(&s->state, __ATOMIC_ACQUIRE) == SLOT_REPLY)
            return s;
        __builtin_ia32_pause();
    }
    while (__atomic_load_n(&s->state, __ATOMIC_ACQUIRE) != SLOT_REPLY) {
        __atomic_store_n(&s->sleeping, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&s->state, __ATOMIC_SEQ_CST) != SLOT_REPLY)
            CALL(SYS_futex, (long)&s->state, FUTEX_WAIT, SLOT_REQUEST, 0, 0, 0);
        __atomic_store_n(&s->sleeping, 0, __ATOMIC_RELAXED);
    }
    return s;
}

/* Up to two descriptors from the socket; the count. */
static int receive(int fds[2], void *data, size_t size, long *length)
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

static void run_ops(struct slot *s)
{
    uint32_t count = s->op_count;
    for (uint32_t i = 0; i < count && i < 32; i++) {
        struct op *op = &s->ops[i];
        uint64_t *a = op->args;
        int fds[2] = { -1, -1 };
        /* A file to map waits in the socket: (uint64_t)-2 stands for it. */
        int takes = op->nr == SYS_mmap && a[4] == (uint64_t)-2;
        if (takes) {
            char byte;
            long length;
            if (receive(fds, &byte, 1, &length) != 1) {
                op->result = -EBADF;
                continue;
            }
        }
        op->result = CALL((long)op->nr, (long)a[0], (long)a[1], (long)a[2], (long)a[3], takes ? fds[0] : (long)a[4], (long)a[5]);
        if (takes)
            CALL(SYS_close, fds[0], 0, 0, 0, 0, 0);
    }
}

/* ---- A cell's first steps ---- */

/* In a child: its own channel over the hole that its parent's left (MADV_DONTFORK), its own socket over its parent's. */
static void bind_cell(struct thread *t, const int fds[2])
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
            gate_jump(s->ip, s->sp);
        default:
            quit(127);
        }
    }
}

static void catch(int signal, void (*handler)(void), uint64_t mask)
{
    struct kernel_action action = { (void *)handler, SA_SIGINFO | SA_ONSTACK | SA_RESTORER_FLAG, (void *)gate_restorer, mask };
    if (CALL(SYS_rt_sigaction, signal, (long)&action, 0, 8, 0, 0) < 0)
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
    uint64_t vdso = 0;
    for (; p[0] != AT_NULL; p += 2) {
        if (p[0] == AT_SYSINFO_EHDR)
            vdso = (uint64_t)p[1];
    }
    /* All gate stacks at once: only those that are touched cost memory. */
    if (CALL(SYS_mmap, STACKS_BASE, MAX_THREADS * STACK_SIZE, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != (long)STACKS_BASE)
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
    CALL(SYS_sendto, SOCKET_FD, (long)&vdso, sizeof vdso, MSG_NOSIGNAL, 0, 0);
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

/* ---- Memory calls that the host answers ---- */

static int touches_gate(uint64_t address, uint64_t length)
{
    return address < GATE_END && (length > GATE_END - address || address + length > GATE_BASE) && address + length > address;
}

static long set_heap(uint64_t wanted)
{
    while (__atomic_exchange_n(&heap.lock, 1, __ATOMIC_ACQUIRE))
        CALL(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    uint64_t top = (wanted + 4095) & -4096ul;
    if (wanted >= heap.base && wanted < GATE_BASE && heap.base != 0) {
        long done = 0;
        if (top > heap.mapped) {
            done = CALL(SYS_mmap, (long)heap.mapped, (long)(top - heap.mapped), PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        } else if (top < heap.mapped) {
            done = CALL(SYS_munmap, (long)top, (long)(heap.mapped - top), 0, 0, 0, 0);
        }
        if (done >= 0) {
            heap.mapped = top;
            heap.end = wanted;
        }
    }
    long result = (long)heap.end;
    __atomic_store_n(&heap.lock, 0, __ATOMIC_RELEASE);
    return result;
}

/* 1: answered. Only what cannot concern the kernel: anonymous memory of the guest's own. */
static int memory_call(long nr, const uint64_t a[6], long *result)
{
    const uint64_t plain = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_NORESERVE | MAP_STACK | MAP_SHARED;
    switch (nr) {
    case SYS_mmap:
        if (!(a[3] & MAP_ANONYMOUS) || (a[3] & ~plain))
            return 0;
        break;
    case SYS_mremap:
        if ((a[3] & MREMAP_FIXED) && touches_gate(a[4], a[2])) {
            *result = -EINVAL;
            return 1;
        }
        break;
    case SYS_madvise:
        if (a[2] == MADV_DOFORK || a[2] == MADV_DONTFORK)
            return 0;
        break;
    case SYS_munmap:
    case SYS_mprotect:
        break;
    case SYS_brk:
        *result = set_heap(a[0]);
        return 1;
    default:
        return 0;
    }
    if (touches_gate(a[0], a[1])) {
        *result = nr == SYS_mmap && (a[3] & MAP_FIXED_NOREPLACE) ? -EEXIST : -ENOMEM;
        return 1;
    }
    *result = CALL(nr, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]);
    return 1;
}

/* ---- Futex ---- */

/* FUTEX_WAKE_OP (futex(2)) without the host: the operation, then wakes. */
static long wake_op(const uint64_t a[6])
{
    uint32_t *word = (uint32_t *)a[4], code = (uint32_t)a[5];
    if (a[4] & 3)
        return -EINVAL;
    int32_t operand = (int32_t)(code << 8) >> 20, comparand = (int32_t)(code << 20) >> 20;
    uint32_t op = code >> 28, compare = code >> 24 & 15, value = op & 8 ? 1u << (operand & 31) : (uint32_t)operand;
    uint32_t old = __atomic_load_n(word, __ATOMIC_SEQ_CST), new;
    do {
        switch (op & 7) {
        case 0: new = value; break;
        case 1: new = old + value; break;
        case 2: new = old | value; break;
        case 3: new = old & ~value; break;
        case 4: new = old ^ value; break;
        default: return -ENOSYS;
        }
    } while (!__atomic_compare_exchange_n(word, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    static const uint8_t holds[6][3] = { { 0, 1, 0 }, { 1, 0, 1 }, { 1, 0, 0 }, { 1, 1, 0 }, { 0, 0, 1 }, { 0, 1, 1 } };
    if (compare > 5)
        return -ENOSYS;
    long flags = (long)(a[1] & FUTEX_PRIVATE_FLAG);
    long woken = CALL(SYS_futex, (long)a[0], FUTEX_WAKE | flags, (long)a[2], 0, 0, 0);
    int32_t was = (int32_t)old;
    if (woken >= 0 && holds[compare][was < comparand ? 0 : was == comparand ? 1 : 2]) {
        long more = CALL(SYS_futex, (long)word, FUTEX_WAKE | flags, (long)a[3], 0, 0, 0);
        if (more > 0)
            woken += more;
    }
    return woken;
}

static long futex(struct thread *t, const uint64_t a[6])
{
    long op = (long)(a[1] & FUTEX_CMD_MASK), flags = (long)(a[1] & FUTEX_PRIVATE_FLAG);
    switch (op) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return gate_futex(&t->kicked, a[0], (long)a[1], (long)a[2], a[3], (long)a[5]);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        return CALL(SYS_futex, (long)a[0], (long)a[1], (long)a[2], 0, 0, (long)a[5]);
    case FUTEX_CMP_REQUEUE:
        if (__atomic_load_n((uint32_t *)a[0], __ATOMIC_SEQ_CST) != (uint32_t)a[5])
            return -EAGAIN;
        /* fallthrough */
    case FUTEX_REQUEUE:
        /* Waking them all is what a requeue must look like to a waiter: it looks again. */
        return CALL(SYS_futex, (long)a[0], FUTEX_WAKE | flags, 0x7fffffff, 0, 0, 0);
    case FUTEX_WAKE_OP:
        return wake_op(a);
    default:
        return -ENOSYS;
    }
}

/* ---- Threads and processes ---- */

static uint64_t state_size(const uint8_t *fp)
{
    const uint32_t *software = (const uint32_t *)(fp + FP_SW_OFFSET);
    uint64_t size = software[0] == FP_MAGIC1 ? software[1] : FP_LEGACY_SIZE;
    return size > SAVE_SIZE - 1024 ? FP_LEGACY_SIZE : size;
}

/* A copy of a host frame below `top`, whole for a sigreturn. */
static struct ucontext_k *copy_frame(const struct ucontext_k *uc, uint64_t top)
{
    uint64_t size = uc->mc.fpstate ? state_size(uc->mc.fpstate) : 0;
    uint64_t fp = (top - size) & -64ul;
    struct ucontext_k *copy = (struct ucontext_k *)((fp - sizeof *copy) & -16ul);
    *copy = *uc;
    if (size) {
        memcpy((void *)fp, uc->mc.fpstate, size);
        copy->mc.fpstate = (uint8_t *)fp;
    }
    return copy;
}

static void set_host_stack(struct ucontext_k *uc, const struct thread *t)
{
    uc->stack.sp = (uint64_t)AT_STACK(t);
    uc->stack.size = HANDLER_STACK_SIZE;
    uc->stack.flags = 0;
    uc->sigmask = 0;
}

/* clone(2) for a thread: args are the guest's flags, stack, parent_tid, child_tid, tls. */
static long clone_thread(struct slot *s, const struct ucontext_k *uc, const uint64_t a[6])
{
    uint64_t flags = a[0], tls = a[4];
    uint32_t index = s->thread_slot & (MAX_THREADS - 1);
    int32_t tid = (int32_t)s->result;
    struct thread *n = (struct thread *)(STACKS_BASE + index * STACK_SIZE);
    /* The slot's last thread may still be on its way out. */
    while (__atomic_load_n(&n->busy, __ATOMIC_ACQUIRE))
        CALL(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    n->busy = 1;
    n->borrowed = 0;
    n->robust = 0;
    n->clear_tid = flags & CLONE_CHILD_CLEARTID ? a[3] : 0;
    n->index = index;
    n->kicked = 0;
    n->slot = (struct slot *)(CHANNEL_BASE + index * SLOT_SIZE);
    struct ucontext_k *copy = copy_frame(uc, (uint64_t)n + STACK_SIZE);
    copy->mc.rax = 0;
    copy->mc.rsp = a[1];
    set_host_stack(copy, n);
    if (flags & CLONE_PARENT_SETTID)
        *(int32_t *)a[2] = tid;
    if (flags & CLONE_CHILD_SETTID)
        *(int32_t *)a[3] = tid;
    if (!(flags & CLONE_SETTLS))
        CALL(SYS_arch_prctl, ARCH_GET_FS_CODE, (long)&tls, 0, 0, 0, 0);
    long result = gate_clone_thread(THREAD_FLAGS, copy, (uint64_t)&n->busy, tls);
    if (result < 0)
        n->busy = 0;
    return result;
}

static void clear_and_wake(uint64_t word)
{
    if (!word)
        return;
    __atomic_store_n((uint32_t *)word, 0, __ATOMIC_SEQ_CST);
    CALL(SYS_futex, (long)word, FUTEX_WAKE, 1, 0, 0, 0);
}

/* The owner dies: what it held is marked and one waiter woken (the kernel's documentation of robust futexes). */
static void bury_owner(uint64_t entry, int64_t offset, int32_t tid)
{
    uint32_t *word = (uint32_t *)((entry & ~1ul) + (uint64_t)offset), held = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    while ((held & FUTEX_TID_MASK) == (uint32_t)tid) {
        if (!__atomic_compare_exchange_n(word, &held, (held & FUTEX_WAITERS) | FUTEX_OWNER_DIED, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            continue;
        CALL(SYS_futex, (long)word, FUTEX_WAKE, 1, 0, 0, 0);
        return;
    }
}

static void walk_robust_list(const struct thread *t, int32_t tid)
{
    const int most = 2048; /* ROBUST_LIST_LIMIT */
    if (!t->robust)
        return;
    const uint64_t *head = (const uint64_t *)t->robust;
    int64_t offset = (int64_t)head[1];
    uint64_t entry = head[0];
    for (int i = 0; i < most && entry != t->robust; i++) {
        uint64_t next = *(const uint64_t *)(entry & ~1ul);
        if (entry != head[2])
            bury_owner(entry, offset, tid);
        entry = next;
    }
    if (head[2])
        bury_owner(head[2], offset, tid);
}

static _Noreturn void leave(const struct thread *t)
{
    clear_and_wake(t->clear_tid);
    /* The kernel reaches the guest's memory by the process's id, and the host lets go of it when its first thread ends. */
    while (t == leader)
        CALL(SYS_futex, (long)&t->index, FUTEX_WAIT_PRIVATE, t->index, 0, 0, 0);
    for (;;)
        CALL(SYS_exit, 0, 0, 0, 0, 0, 0);
}

/* exit(2) needs no answer: the kernel ends the task when it sees the request, or the process when this was its last thread. */
static _Noreturn void exit_thread(struct thread *t)
{
    struct slot *s = t->slot;
    int32_t tid = s->tid;
    s->kind = REQUEST_SYSCALL;
    walk_robust_list(t, tid);
    __atomic_store_n(&s->state, SLOT_REQUEST, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&s->watching, __ATOMIC_SEQ_CST))
        ring(t);
    leave(t);
}

/* fork(2): both return here, the child with its own channel. 1 in the child. */
static int fork_cell(struct thread *t, long *result)
{
    int fds[2];
    char byte;
    long length;
    if (receive(fds, &byte, 1, &length) != 2) {
        *result = -EAGAIN;
        return 0;
    }
    long pid = CALL(SYS_clone, FORK_FLAGS, 0, 0, 0, 0, 0);
    if (pid == 0) {
        heap.lock = 0; /* another thread of the parent may have held it */
        t->clear_tid = 0;
        bind_cell(t, fds);
        return 1;
    }
    CALL(SYS_close, fds[0], 0, 0, 0, 0, 0);
    CALL(SYS_close, fds[1], 0, 0, 0, 0, 0);
    *result = pid;
    return 0;
}

/* ---- Signals ---- */

/* The guest's frame as Linux builds it (arch/x86/kernel/signal_64.c), and the registers for its handler. */
static void build_frame(const struct slot *s, struct ucontext_k *uc)
{
    uint64_t size = uc->mc.fpstate ? state_size(uc->mc.fpstate) : 0;
    uint64_t fp = (s->frame_top - size) & -64ul;
    struct frame *f = (struct frame *)(((fp - sizeof *f) & -16ul) - 8);
    f->restorer = s->restorer;
    f->uc = *uc;
    f->uc.sigmask = s->mask;
    f->uc.stack.sp = s->alternate_sp;
    f->uc.stack.size = s->alternate_size;
    f->uc.stack.flags = (int32_t)s->alternate_flags;
    if (size) {
        memcpy((void *)fp, uc->mc.fpstate, size);
        f->uc.mc.fpstate = (uint8_t *)fp;
    }
    memcpy(f->info, s->info, sizeof f->info);
    uc->mc.rip = s->handler;
    uc->mc.rsp = (uint64_t)f;
    uc->mc.rdi = s->signal;
    uc->mc.rsi = (uint64_t)f->info;
    uc->mc.rdx = (uint64_t)&f->uc;
    uc->mc.rax = 0;
    uc->mc.eflags &= ~0x10500ul; /* RF, DF, TF */
}

static void describe(struct slot *s, const struct ucontext_k *uc)
{
    s->ip = uc->mc.rip;
    s->sp = uc->mc.rsp;
}

static struct ucontext_k *saved(const struct thread *t)
{
    return *(struct ucontext_k **)AT_PARENT(t);
}

static int local_answer(const struct slot *s, long nr, long *result)
{
    switch (nr) {
    case SYS_getpid: *result = s->pid; return 1;
    case SYS_gettid: *result = s->tid; return 1;
    case SYS_getppid: *result = s->ppid; return 1;
    case SYS_getuid: *result = s->uid; return 1;
    case SYS_geteuid: *result = s->euid; return 1;
    case SYS_getgid: *result = s->gid; return 1;
    case SYS_getegid: *result = s->egid; return 1;
    case SYS_sched_yield: *result = CALL(SYS_sched_yield, 0, 0, 0, 0, 0, 0); return 1;
    default: return 0;
    }
}

/* What needs no kernel. 1: answered. */
static int local_call(struct thread *t, long nr, const uint64_t a[6], long *result)
{
    struct slot *s = t->slot;
    if (local_answer(s, nr, result) || memory_call(nr, a, result))
        return 1;
    if (nr != SYS_futex)
        return 0;
    *result = futex(t, a);
    if (*result == -EINTR && a[3] == 0) { /* with a time limit it is never run again (signal(7)) */
        s->interrupted = 1;
        s->nr = (uint64_t)nr;
    }
    return 1;
}

/* Does what the kernel answered, until the guest goes on. */
static void obey(struct thread *t, struct slot *s, struct ucontext_k *uc, const uint64_t a[6])
{
    for (;;) {
        uint32_t action = s->action;
        switch (action) {
        case ACTION_OPS:
            run_ops(s);
            break;
        case ACTION_CLONE:
            s->result = clone_thread(s, uc, a);
            break;
        case ACTION_FORK: {
            long result;
            if (fork_cell(t, &result)) {
                s = t->slot;
                /* The kernel wrote into the new channel what the child begins with: fork(2) has no arguments. */
                if (s->args[0] & CLONE_CHILD_SETTID)
                    *(int32_t *)s->args[3] = s->tid;
                if (s->args[0] & CLONE_SETTLS)
                    CALL(SYS_arch_prctl, ARCH_SET_FS_CODE, (long)s->args[4], 0, 0, 0, 0);
                if (s->sp)
                    uc->mc.rsp = s->sp;
                s = ask(t, REQUEST_START);
                continue;
            }
            s->result = result;
            break;
        }
        case ACTION_VFORK:
            *(struct ucontext_k **)AT_PARENT(t) = copy_frame(uc, (uint64_t)AT_RESUME(t));
            t->borrowed = 1;
            uc->mc.rax = 0;
            if (s->sp)
                uc->mc.rsp = s->sp;
            return;
        case ACTION_VFORK_END: {
            struct ucontext_k *parent = saved(t);
            uint8_t *fp = uc->mc.fpstate;
            if (fp && parent->mc.fpstate)
                memcpy(fp, parent->mc.fpstate, state_size(parent->mc.fpstate));
            uc->mc = parent->mc;
            uc->mc.fpstate = fp;
            uc->mc.rax = (uint64_t)s->result;
            t->borrowed = 0;
            if (s->more)
                t->kicked = 1;
            return;
        }
        case ACTION_EXIT: /* a filter ends this thread */
            walk_robust_list(t, s->tid);
            leave(t);
        case ACTION_SIGNAL:
        case ACTION_CONTINUE:
            if (s->restart) {
                uc->mc.rip -= 2;
                uc->mc.rax = s->nr;
            }
            if (action == ACTION_SIGNAL)
                build_frame(s, uc);
            if (s->more)
                t->kicked = 1;
            return;
        case ACTION_LOCAL: {
            long result = -ENOSYS;
            local_call(t, (long)s->nr, a, &result);
            uc->mc.rax = (uint64_t)result;
            return;
        }
        case ACTION_RETURN:
            uc->mc.rax = (uint64_t)s->result;
            if (s->more)
                t->kicked = 1;
            return;
        default:
            quit(127);
        }
        s = ask(t, REQUEST_DONE);
    }
}

/* Before the guest goes on: what the kernel has for this thread. */
struct ucontext_k *gate_signals(struct ucontext_k *uc)
{
    struct thread *t = self();
    struct slot *s = t->slot;
    const uint64_t none[6] = { 0 };
    /* A frame of the guest's, on its way to be restored: the next handler's frame will lie where it lies. */
    if ((uint64_t)uc - (uint64_t)t >= STACK_SIZE)
        uc = copy_frame(uc, (uint64_t)AT_STACK(t));
    describe(s, uc);
    s = ask(t, REQUEST_SIGNALS);
    s->interrupted = 0;
    obey(t, s, uc, none);
    return uc;
}

/* The guest's rt_sigreturn: the host restores from the guest's own frame, with our mask and stack in it. */
static struct ucontext_k *signal_return(struct thread *t, const struct ucontext_k *uc)
{
    struct ucontext_k *guest = (struct ucontext_k *)uc->mc.rsp;
    struct slot *s = t->slot;
    s->args[0] = guest->sigmask;
    s->args[1] = guest->stack.sp;
    s->args[2] = (uint64_t)(int64_t)guest->stack.flags;
    s->args[3] = guest->stack.size;
    s = ask(t, REQUEST_SIGRETURN);
    if (s->action == ACTION_EXIT)
        quit(0);
    if (s->more)
        t->kicked = 1;
    set_host_stack(guest, t);
    return guest;
}

static void system_call(struct thread *t, const siginfo_t *info, struct ucontext_k *uc)
{
    long nr = (long)uc->mc.rax, result;
    const uint64_t a[6] = { uc->mc.rdi, uc->mc.rsi, uc->mc.rdx, uc->mc.r10, uc->mc.r8, uc->mc.r9 };
    struct slot *s = t->slot;
    if (info->si_arch != ARCH_X86_64) {
        uc->mc.rax = (uint64_t)-ENOSYS;
        return;
    }
    if (!s->filtered && local_call(t, nr, a, &result)) {
        uc->mc.rax = (uint64_t)result;
        return;
    }
    s->nr = (uint64_t)nr;
    memcpy(s->args, a, sizeof a);
    if (nr == SYS_exit && !t->borrowed)
        exit_thread(t);
    if (nr == SYS_set_robust_list)
        t->robust = a[0];
    if (nr == SYS_set_tid_address)
        t->clear_tid = a[0];
    describe(s, uc);
    obey(t, ask(t, REQUEST_SYSCALL), uc, a);
}

static int in_gate(uint64_t ip)
{
    return ip - GATE_BASE < GATE_TEXT_SIZE;
}

/* Every caught signal but the kick. Returns what the host shall restore from. */
struct ucontext_k *gate_main(int signal, const siginfo_t *info, struct ucontext_k *uc)
{
    struct thread *t = self();
    struct slot *s = t->slot;
    const uint64_t none[6] = { 0 };
    if (signal == SIGSYS) {
        if (uc->mc.rax == SYS_rt_sigreturn && info->si_arch == ARCH_X86_64)
            return signal_return(t, uc);
        system_call(t, info, uc);
        return uc;
    }
    if (in_gate(uc->mc.rip))
        quit(128 + signal); /* the guest's own memory under our hands: no way back */
    describe(s, uc);
    s->args[0] = uc->mc.trapno;
    s->args[1] = uc->mc.err;
    s->args[2] = uc->mc.cr2;
    memcpy(s->data, info, 128);
    obey(t, ask(t, REQUEST_FAULT), uc, none);
    return uc;
}

/* 1: the guest was interrupted, deliver; 0: we were, so leave word and go on. */
int gate_kick(struct ucontext_k *uc)
{
    uint64_t ip = uc->mc.rip;
    if (!in_gate(ip))
        return 1;
    struct thread *t = self();
    t->kicked = 1;
    if (ip >= (uint64_t)exit_begin && ip < (uint64_t)exit_end)
        uc->mc.rip = (uint64_t)exit_again;
    else if (ip >= (uint64_t)futex_begin && ip < (uint64_t)futex_end)
        uc->mc.rip = (uint64_t)futex_stop;
    return 0;
}
