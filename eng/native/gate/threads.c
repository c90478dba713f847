/* Threads and processes: their beginnings and ends. */
#include "internal.h"

/* clone(2) on this memory, of a thread or of another process: args are its flags, stack, parent_tid, child_tid, tls. */
long clone_thread(struct slot *s, const struct ucontext_k *uc)
{
    const uint64_t *a = s->args;
    uint64_t flags = a[0], tls = a[4];
    uint32_t index = s->thread_slot & (MAX_THREADS - 1);
    int32_t tid = (int32_t)s->result;
    struct thread *n = (struct thread *)(STACKS_BASE + index * STACK_SIZE);
    /* The slot's last thread may still be on its way out. */
    while (__atomic_load_n(&n->busy, __ATOMIC_ACQUIRE))
        CALL(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    n->busy = 1;
    n->borrowed = n->hasty = n->answered = n->beside = n->soon = 0;
    n->self = n;
    threaded = 1;
    n->clear_tid = flags & CLONE_CHILD_CLEARTID ? a[3] : 0;
    n->index = index;
    n->slot = (struct slot *)(CHANNEL_BASE + index * SLOT_SIZE);
    n->kicked = n->slot->born_asking;
    struct ucontext_k *copy = copy_frame(uc, (uint64_t)n + STACK_SIZE);
    copy->mc.rax = 0;
    if (a[1])
        copy->mc.rsp = a[1];
    set_host_stack(copy, n);
    if (flags & CLONE_PARENT_SETTID)
        *(int32_t *)a[2] = tid;
    if (flags & CLONE_CHILD_SETTID)
        *(int32_t *)a[3] = tid;
    if (!(flags & CLONE_SETTLS))
        CALL(SYS_arch_prctl, ARCH_GET_FS_CODE, (long)&tls, 0, 0, 0, 0);
    long result = gate_clone_thread(THREAD_FLAGS, copy, (uint64_t)&n->busy, tls, fast_off ? 0 : n);
    if (result < 0)
        n->busy = 0;
    else
        __atomic_store_n(&n->slot->host_tid, (int32_t)result, __ATOMIC_SEQ_CST);
    return result;
}

static void clear_and_wake(uint64_t word)
{
    uint32_t old;
    if (!word || gate_load(word, &old))
        return;
    while (gate_swap(word, &old, 0) == 0)
        ;
    wake_word(word, 0, 1, ~0u);
}

/* The owner dies: what it held is marked and one waiter woken (the kernel's documentation of robust futexes). */
static void bury_owned(uint64_t entry, uint64_t offset, uint32_t tid)
{
    uint64_t word = (entry & ~1ul) + offset;
    uint32_t held;
    if ((word & 3) || gate_load(word, &held))
        return;
    while ((held & FUTEX_TID_MASK) == tid) {
        long done = gate_swap(word, &held, (held & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
        if (done == 0)
            continue;
        if (entry & 1)
            hand_over_lock(word);
        if (done > 0 && (!(entry & 1) || is_shared(word)))
            wake_word(word, 0, 1, ~0u);
        return;
    }
}

static void walk_robust_list(uint64_t list, uint32_t tid)
{
    const int most = 2048; /* ROBUST_LIST_LIMIT */
    uint64_t entry, offset, pending, next;
    if (!list || gate_load_long(list, &entry) || gate_load_long(list + 8, &offset) || gate_load_long(list + 16, &pending))
        return;
    for (int i = 0; i < most && entry != list; i++) {
        long error = gate_load_long(entry & ~1ul, &next);
        if (entry != pending)
            bury_owned(entry, offset, tid);
        if (error)
            return;
        entry = next;
    }
    if (pending)
        bury_owned(pending, offset, tid);
}

/* A thread ends: what it held is given up. */
void bury(const struct thread *t, int32_t tid)
{
    walk_robust_list(t->slot->robust, (uint32_t)tid);
    hand_over_locks((uint32_t)tid);
}

_Noreturn void leave(const struct thread *t)
{
    clear_and_wake(t->clear_tid);
    /* The kernel reaches the guest's memory by the process's id, and the host lets go of it when its first thread ends. */
    while (t == leader)
        CALL(SYS_futex, (long)&t->index, FUTEX_WAIT_PRIVATE, t->index, 0, 0, 0);
    for (;;)
        CALL(SYS_exit, 0, 0, 0, 0, 0, 0);
}

/* exit(2) needs no answer: the kernel ends the task when it sees the request, or the process when this was its last thread. */
_Noreturn void exit_thread(struct thread *t)
{
    struct slot *s = t->slot;
    int32_t tid = s->tid;
    s->kind = REQUEST_EXIT;
    bury(t, tid);
    __atomic_store_n(&s->state, SLOT_REQUEST, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&s->watching, __ATOMIC_SEQ_CST))
        ring(t);
    leave(t);
}

/* exit_group(2) of a process that has this memory alone: likewise. What it has goes while the kernel tells its parent. */
_Noreturn void exit_process(struct thread *t)
{
    struct slot *s = t->slot;
    long status = (long)s->args[0];
    s->kind = REQUEST_EXIT_GROUP;
    bury(t, s->tid);
    s->robust = 0;
    __atomic_store_n(&s->state, SLOT_REQUEST, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&s->watching, __ATOMIC_SEQ_CST))
        ring(t);
    quit(status);
}

/* fork(2): both return here, the child with its own channel. 1 in the child. */
int fork_cell(struct thread *t, long *result)
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
        if (threaded) { /* another thread of the parent may have held them; without one nothing is written, as each page costs a copy */
            heap.lock = threaded = 0;
            finish_rewriting();
            free_answers();
            forget_waiters();
        }
        forget_all_locked();
        t->clear_tid = 0;
        bind_cell(t, fds);
        return 1;
    }
    CALL(SYS_close, fds[0], 0, 0, 0, 0, 0);
    CALL(SYS_close, fds[1], 0, 0, 0, 0, 0);
    *result = pid;
    return 0;
}
