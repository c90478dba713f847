/* The futex operations with priority inheritance (futex(2)): the word holds its owner's tid, and an unlock hands it over. Nobody inherits
 * a priority, as guests' scheduling classes have no effect. */
#include "futex.h"

/* ESRCH where no thread has this tid; EPERM where it is another process's and the word is private. */
static long owner_lives(struct thread *t, uint32_t tid, uint32_t kind)
{
    t->slot->args[0] = tid;
    t->slot->args[1] = kind;
    return ask(t, REQUEST_OWNER)->result;
}

static struct waiter *first_pi(uint64_t address, uint32_t kind)
{
    struct waiter *w = next_at(0, address, kind);
    while (w && !w->pi)
        w = next_at(w, address, kind);
    return w;
}

/* With the queues locked: the word becomes the waiter's, which wakes. -EFAULT, or the word changed: 0. */
long hand_over(uint64_t address, struct waiter *next, uint32_t died)
{
    uint32_t old;
    long done = gate_load(address, &old);
    while (done == 0)
        done = gate_swap(address, &old, next->tid | FUTEX_WAITERS | died);
    if (done > 0)
        release(next);
    return done;
}

/* Takes a free word (1), or marks it as waited for (0). */
static long take_or_mark(uint64_t address, uint32_t tid, uint32_t waiters, uint32_t *seen)
{
    long done = gate_load(address, seen);
    while (done == 0) {
        uint32_t old = *seen;
        if ((old & FUTEX_TID_MASK) == tid)
            return -EDEADLK;
        int is_free = (old & FUTEX_TID_MASK) == 0;
        *seen = is_free ? tid | (old & FUTEX_OWNER_DIED) | waiters : old | FUTEX_WAITERS;
        uint32_t new = *seen;
        done = gate_swap(address, &old, new);
        if (done > 0)
            return is_free;
        *seen = old;
    }
    return done;
}

/* Memory of several processes: the host wakes, and who wakes tries again. */
static long lock_shared(struct thread *t, uint64_t address, uint32_t kind, long op, uint64_t timeout)
{
    uint32_t tid = (uint32_t)t->slot->tid, waiters = 0, seen = 0;
    for (;;) {
        long done = take_or_mark(address, tid, waiters, &seen);
        if (done != 0)
            return done < 0 ? done : 0;
        done = owner_lives(t, seen & FUTEX_TID_MASK, kind);
        if (done < 0)
            return done;
        if (op == FUTEX_TRYLOCK_PI)
            return -EAGAIN;
        long clock = op == FUTEX_LOCK_PI ? REALTIME : op & REALTIME;
        long result = gate_futex(&t->kicked, address, FUTEX_WAIT_BITSET | clock, (long)seen, timeout, ANY_BIT);
        if (result == -EINTR)
            return AGAIN_ALWAYS;
        if (result < 0 && result != -EAGAIN)
            return result;
        waiters = FUTEX_WAITERS;
    }
}

long lock_pi(struct thread *t, uint64_t address, uint32_t kind, long op, uint64_t timeout)
{
    struct waiter w = { .thread = t, .address = address, .kind = kind, .bits = ANY_BIT, .pi = 1, .tid = (uint32_t)t->slot->tid };
    if (is_shared(address))
        return lock_shared(t, address, kind, op, timeout);
    uint32_t seen = 0, known = 0;
    for (;;) {
        lock_waiters();
        long done = take_or_mark(address, w.tid, first_pi(address, kind) ? FUTEX_WAITERS : 0, &seen);
        uint32_t owner = seen & FUTEX_TID_MASK;
        int waits = done == 0 && owner == known && op != FUTEX_TRYLOCK_PI;
        if (waits) {
            t->asleep = ASLEEP_LOOKING;
            enqueue(&w);
        }
        unlock_waiters();
        if (done != 0)
            return done < 0 ? done : 0;
        if (waits)
            break;
        done = owner_lives(t, owner, kind);
        if (done < 0)
            return done;
        if (op == FUTEX_TRYLOCK_PI)
            return -EAGAIN;
        known = owner;
    }
    long result = sleep_waiting(&w, FUTEX_WAIT_BITSET | (op == FUTEX_LOCK_PI ? REALTIME : op & REALTIME), timeout);
    return result == -EINTR ? AGAIN_ALWAYS : result;
}

long unlock_pi(struct thread *t, uint64_t address, uint32_t kind)
{
    uint32_t old = 0;
    long done = gate_load(address, &old);
    if (done)
        return done;
    if ((old & FUTEX_TID_MASK) != (uint32_t)t->slot->tid)
        return -EPERM;
    lock_waiters();
    struct waiter *next = first_pi(address, kind);
    if (next)
        done = hand_over(address, next, 0);
    else
        while ((done = gate_swap(address, &old, 0)) == 0)
            ;
    unlock_waiters();
    if (done < 0)
        return done;
    if (!next && (old & FUTEX_WAITERS) && is_shared(address))
        CALL(SYS_futex, (long)address, FUTEX_WAKE, 1, 0, 0, 0);
    return 0;
}

long wait_requeue_pi(struct thread *t, const uint64_t a[6], uint32_t kind)
{
    struct waiter w = { .thread = t, .address = a[0], .target = a[4], .kind = kind, .bits = ANY_BIT, .tid = (uint32_t)t->slot->tid };
    uint32_t now = 0;
    if (a[0] == a[4])
        return -EINVAL;
    if (is_shared(a[0]) || is_shared(a[4]))
        return -ENOSYS;
    lock_waiters();
    long error = gate_load(a[0], &now);
    if (error == 0 && now != (uint32_t)a[2])
        error = -EAGAIN;
    if (error == 0) {
        t->asleep = ASLEEP_LOOKING;
        enqueue(&w);
    }
    unlock_waiters();
    if (error)
        return error;
    long result = sleep_waiting(&w, FUTEX_WAIT_BITSET | (long)(a[1] & REALTIME), a[3]);
    /* Once it was moved it cannot begin again: the word has another value by then. */
    return result != -EINTR ? result : w.pi ? -EAGAIN : AGAIN_ALWAYS;
}

/* The first gets the lock if it is free; the others wait for it. */
long requeue_pi(const uint64_t a[6], uint32_t kind)
{
    int32_t wakes = (int32_t)a[2], moves = (int32_t)a[3];
    uint32_t now = 0, seen = 0;
    if (wakes != 1 || moves < 0 || a[0] == a[4])
        return -EINVAL;
    if (is_shared(a[0]) || is_shared(a[4]))
        return -ENOSYS;
    lock_waiters();
    long done = gate_load(a[0], &now);
    if (done == 0 && now != (uint32_t)a[5])
        done = -EAGAIN;
    for (struct waiter *next, *w = done ? 0 : next_at(0, a[0], kind); w && done <= moves; w = next) {
        next = next_at(w, a[0], kind);
        if (w->target != a[4]) {
            done = -EINVAL;
            break;
        }
        long taken = take_or_mark(a[4], w->tid, next && moves ? FUTEX_WAITERS : 0, &seen);
        if (taken < 0) {
            done = taken;
            break;
        }
        done++;
        if (taken) {
            release(w);
            continue;
        }
        dequeue(w);
        w->address = a[4];
        w->pi = 1;
        enqueue(w);
    }
    unlock_waiters();
    return done;
}

/* The owner of this word has died without giving it up. */
void hand_over_lock(uint64_t address)
{
    lock_waiters();
    for (uint32_t kind = 0; kind <= FUTEX_PRIVATE_FLAG; kind += FUTEX_PRIVATE_FLAG) {
        struct waiter *next = first_pi(address, kind);
        if (next && hand_over(address, next, FUTEX_OWNER_DIED))
            break;
    }
    unlock_waiters();
}

/* The same for all words that a dead thread owned and others wait for (exit_pi_state_list of the host's kernel). */
void hand_over_locks(uint32_t tid)
{
    struct waiter *w;
    if (!threaded)
        return;
    lock_waiters();
    while ((w = first_of_owner(tid)))
        if (hand_over(w->address, w, FUTEX_OWNER_DIED) <= 0)
            break;
    unlock_waiters();
}
