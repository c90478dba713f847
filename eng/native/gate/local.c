/* Calls that need no kernel. What of them the kernel must know lies in the slot, where it looks. */
#include "internal.h"

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

/* rt_sigprocmask(2). What waits while it is blocked may be due with another mask: then the kernel is asked on the way back. */
static long change_mask(struct thread *t, const uint64_t a[6])
{
    const uint64_t unblockable = 1ul << (SIGKILL - 1) | 1ul << (SIGSTOP - 1);
    struct slot *s = t->slot;
    uint64_t before = s->blocked, set;
    if (a[3] != 8)
        return -EINVAL;
    if (a[1]) {
        if (gate_load_long(a[1], &set))
            return -EFAULT;
        set &= ~unblockable;
        switch ((int)a[0]) {
        case SIG_BLOCK: set = before | set; break;
        case SIG_UNBLOCK: set = before & ~set; break;
        case SIG_SETMASK: break;
        default: return -EINVAL;
        }
        __atomic_store_n(&s->blocked, set, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&s->pending, __ATOMIC_SEQ_CST))
            t->kicked = 1;
    }
    return a[2] ? gate_store_long(a[2], before) : 0;
}

static int load_action(uint64_t from, struct action *to)
{
    uint64_t *words = (uint64_t *)to;
    for (unsigned i = 0; i < sizeof *to / 8; i++) {
        if (gate_load_long(from + 8 * i, words + i))
            return 0;
    }
    return 1;
}

static int store_action(uint64_t to, const struct action *from)
{
    const uint64_t *words = (const uint64_t *)from;
    for (unsigned i = 0; i < sizeof *from / 8; i++) {
        if (gate_store_long(to + 8 * i, words[i]))
            return 0;
    }
    return 1;
}

/* Whole for all who look at the turn before and after. */
static void put_action(struct slot *home, unsigned at, const struct action *next, struct action *before)
{
    uint32_t turn;
    for (;;) {
        turn = __atomic_load_n(&home->actions_turn, __ATOMIC_RELAXED) & ~1u;
        if (__atomic_compare_exchange_n(&home->actions_turn, &turn, turn + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            break;
        CALL(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    }
    *before = home->actions[at];
    if (next)
        home->actions[at] = *next;
    __atomic_store_n(&home->actions_turn, turn + 2, __ATOMIC_SEQ_CST);
}

/* rt_sigaction(2): a signal that comes meanwhile is seen on the way out of the gate (docs/decisions/0038). 0: the kernel is to do it. */
static int change_action(const struct slot *s, const uint64_t a[6], long *result)
{
    const uint64_t kernels = 1ul << (SIGKILL - 1) | 1ul << (SIGSTOP - 1);
    const uint64_t ignored_by_default = 1ul << (SIGCHLD - 1) | 1ul << (SIGCONT - 1) | 1ul << (SIGURG - 1) | 1ul << (SIGWINCH - 1);
    struct action next, before;
    unsigned at = (unsigned)a[0] - 1;
    if (!s->own_actions)
        return 0;
    *result = a[3] != 8 ? -EINVAL : a[1] && !load_action(a[1], &next) ? -EFAULT : at >= 64 || (a[1] && kernels >> at & 1) ? -EINVAL : 0;
    if (*result)
        return 1;
    if (a[1]) {
        next.mask &= ~kernels;
        /* What waits is dropped with that, and the kernel has it. */
        if (__atomic_load_n(&s->pending, __ATOMIC_SEQ_CST) && (next.handler == (uint64_t)SIG_IGN || (next.handler == (uint64_t)SIG_DFL && ignored_by_default >> at & 1)))
            return 0;
    }
    put_action((struct slot *)CHANNEL_BASE, at, a[1] ? &next : NULL, &before);
    if (a[2] && !store_action(a[2], &before))
        *result = -EFAULT;
    return 1;
}

static long set_robust_list(struct slot *s, const uint64_t a[6])
{
    if (a[1] != 24)
        return -EINVAL;
    s->robust = a[0];
    return 0;
}

/* 1: answered. */
int local_call(struct thread *t, long nr, const uint64_t a[6], long *result)
{
    struct slot *s = t->slot;
    if (local_answer(s, nr, result) || memory_call(nr, a, result))
        return 1;
    switch (nr) {
    case SYS_rt_sigprocmask: *result = change_mask(t, a); return 1;
    case SYS_rt_sigaction: return change_action(s, a, result);
    case SYS_set_robust_list: *result = set_robust_list(s, a); return 1;
    case SYS_rseq: *result = a[2] & ~1ul ? -EINVAL : -ENOSYS; return 1; /* not offered */
    case SYS_futex: *result = futex(t, a); break;
    case SYS_futex_waitv: *result = wait_for_many(t, a); break;
    default: return 0;
    }
    if (*result == -EINTR && (a[3] == 0 || nr == SYS_futex_waitv)) { /* with a time from now on it is never run again (signal(7)) */
        s->interrupted = 1;
        s->nr = (uint32_t)nr;
    }
    return 1;
}

/* Somebody else has a say in this call. */
int is_asked(const struct slot *s, long nr)
{
    uint32_t asked = s->filtered;
    if (asked <= ASK_ALL)
        return asked != 0;
    switch (nr) {
    case SYS_futex_waitv: return (asked & ASK_WAITV) != 0;
    case SYS_rt_sigprocmask: return (asked & ASK_MASK) != 0;
    case SYS_set_robust_list: return (asked & ASK_ROBUST) != 0;
    case SYS_rt_sigaction: return (asked & ASK_ACTION) != 0;
    case SYS_rseq: return (asked & ASK_RSEQ) != 0;
    default: return (asked & ASK_ALL) != 0;
    }
}
