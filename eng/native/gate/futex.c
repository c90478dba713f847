/* futex(2). Words in memory that only this process has are waited for in queues of the gate's own, each thread asleep on a word of its block: so
 * a requeue, bits and the handing over of a lock need nothing of the host but WAIT and WAKE. Words in memory that other processes may have too are
 * the host's matter, which knows who shares them. */
#include "futex.h"

#define BUCKETS 256

static struct { struct waiter *first, *last; } buckets[BUCKETS];
static volatile int waiters_lock;

/* How many wait for locks: mostly none, and then the end of a thread need not look for them. */
static uint32_t pi_waiters;

void lock_waiters(void)
{
    while (__atomic_exchange_n(&waiters_lock, 1, __ATOMIC_ACQUIRE))
        CALL(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

/* Whom the host wakes once the lock is given up: who wakes wants it. */
#define MOST_TO_WAKE 16
static struct thread *to_wake[MOST_TO_WAKE];
static uint32_t to_wake_count;

static void wake_thread(const struct thread *t)
{
    CALL(SYS_futex, (long)&t->asleep, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

void unlock_waiters(void)
{
    struct thread *threads[MOST_TO_WAKE];
    uint32_t count = to_wake_count;
    for (uint32_t i = 0; i < count && i < MOST_TO_WAKE; i++)
        threads[i] = to_wake[i];
    to_wake_count = 0;
    __atomic_store_n(&waiters_lock, 0, __ATOMIC_RELEASE);
    for (uint32_t i = 0; i < count && i < MOST_TO_WAKE; i++)
        wake_thread(threads[i]);
}

/* A child of fork(2) has none of its parent's threads. */
void forget_waiters(void)
{
    waiters_lock = 0;
    to_wake_count = 0;
    pi_waiters = 0;
    memset(buckets, 0, sizeof buckets);
}

static uint32_t bucket_of(uint64_t address)
{
    return (uint32_t)(address >> 2 ^ address >> 12) & (BUCKETS - 1);
}

void enqueue(struct waiter *w)
{
    uint32_t b = bucket_of(w->address);
    w->next = 0;
    w->previous = buckets[b].last;
    *(w->previous ? &w->previous->next : &buckets[b].first) = w;
    buckets[b].last = w;
    pi_waiters += w->pi;
}

void dequeue(struct waiter *w)
{
    uint32_t b = bucket_of(w->address);
    *(w->previous ? &w->previous->next : &buckets[b].first) = w->next;
    *(w->next ? &w->next->previous : &buckets[b].last) = w->previous;
    pi_waiters -= w->pi;
}

/* The next in the queue of the word; the first one after 0. */
struct waiter *next_at(struct waiter *after, uint64_t address, uint32_t kind)
{
    struct waiter *w = after ? after->next : buckets[bucket_of(address)].first;
    while (w && (w->address != address || w->kind != kind))
        w = w->next;
    return w;
}

struct waiter *first_of_owner(uint32_t tid)
{
    for (uint32_t b = 0; b < BUCKETS && pi_waiters; b++) {
        for (struct waiter *w = buckets[b].first; w; w = w->next) {
            uint32_t value = 0;
            if (w->pi && gate_load(w->address, &value) == 0 && (value & FUTEX_TID_MASK) == tid)
                return w;
        }
    }
    return 0;
}

/* Out of its queue; awake when the lock is given up. The host wakes the thread although it may be up already, which it bears. */
void release(struct waiter *w)
{
    struct thread *t = w->thread;
    dequeue(w);
    w->woken = 1;
    if (__atomic_exchange_n(&t->asleep, ASLEEP_NOT, __ATOMIC_SEQ_CST) != ASLEEP_ON_HOST)
        return;
    if (to_wake_count < MOST_TO_WAKE)
        to_wake[to_wake_count++] = t;
    else
        wake_thread(t);
}

long sleep_waiting(struct waiter *w, long op, uint64_t timeout)
{
    long result = await_release(w->thread, op, timeout);
    lock_waiters();
    if (w->woken)
        result = 0;
    else
        dequeue(w);
    unlock_waiters();
    return result;
}

static long wait(struct thread *t, uint64_t address, uint32_t kind, uint32_t value, long op, uint64_t timeout, uint32_t bits)
{
    struct waiter w = { .thread = t, .address = address, .kind = kind, .bits = bits };
    uint32_t now = 0;
    lock_waiters();
    long error = gate_load(address, &now);
    if (error == 0 && now != value)
        error = -EAGAIN;
    if (error == 0) {
        t->asleep = ASLEEP_LOOKING;
        enqueue(&w);
    }
    unlock_waiters();
    return error ? error : sleep_waiting(&w, op, timeout);
}

/* How many were woken; EINVAL when one waits for a lock. */
static long wake_kind(uint64_t address, uint32_t kind, int32_t most, uint32_t bits)
{
    long woken = 0;
    if (!threaded)
        return 0; /* nobody waits: the end of a process that was forked costs no copy of this page */
    lock_waiters();
    for (struct waiter *next, *w = next_at(0, address, kind); w; w = next) {
        next = next_at(w, address, kind);
        if (w->pi || w->target) {
            woken = -EINVAL;
            break;
        }
        if (!(w->bits & bits))
            continue;
        release(w);
        if (++woken >= most)
            break;
    }
    unlock_waiters();
    return woken;
}

/* Wakes by an address of either kind of memory. */
long wake_word(uint64_t address, uint32_t kind, int32_t most, uint32_t bits)
{
    uint32_t value;
    if (is_shared(address))
        return CALL(SYS_futex, (long)address, FUTEX_WAKE_BITSET | kind, most, 0, 0, bits);
    /* A private word need not be there: its address alone is the key. */
    if (!kind && gate_load(address, &value))
        return -EFAULT;
    return wake_kind(address, kind, most, bits);
}

/* FUTEX_REQUEUE, FUTEX_CMP_REQUEUE: some are woken, others go on waiting elsewhere. */
static long requeue(const uint64_t a[6], uint32_t kind, int compares)
{
    int32_t wakes = (int32_t)a[2], moves = (int32_t)a[3];
    uint32_t now = 0;
    if (wakes < 0 || moves < 0)
        return -EINVAL;
    if (compares && gate_load(a[0], &now))
        return -EFAULT;
    if (compares && now != (uint32_t)a[5])
        return -EAGAIN;
    /* Between processes: waking them all is what a requeue may look like to a waiter, which looks again. */
    if (is_shared(a[0]) || is_shared(a[4]))
        return CALL(SYS_futex, (long)a[0], FUTEX_WAKE | kind, 0x7fffffff, 0, 0, 0);
    long done = 0;
    lock_waiters();
    for (struct waiter *next, *w = next_at(0, a[0], kind); w && done - wakes < moves; w = next) {
        next = next_at(w, a[0], kind);
        if (w->pi || w->target) {
            done = -EINVAL;
            break;
        }
        if (++done <= wakes) {
            release(w);
        } else if (a[0] != a[4]) {
            dequeue(w);
            w->address = a[4];
            enqueue(w);
        }
    }
    unlock_waiters();
    return done;
}

/* FUTEX_WAKE_OP: the operation, then the wakes. */
static long wake_op(const uint64_t a[6], uint32_t kind)
{
    static const uint8_t holds[6][3] = { { 0, 1, 0 }, { 1, 0, 1 }, { 1, 0, 0 }, { 1, 1, 0 }, { 0, 0, 1 }, { 0, 1, 1 } };
    uint32_t code = (uint32_t)a[5], op = code >> 28, compare = code >> 24 & 15, old = 0, new;
    int32_t operand = (int32_t)(code << 8) >> 20, comparand = (int32_t)(code << 20) >> 20;
    uint32_t value = op & 8 ? 1u << (operand & 31) : (uint32_t)operand;
    long swapped = gate_load(a[4], &old);
    if (swapped)
        return swapped;
    do {
        switch (op & 7) {
        case 0: new = value; break;
        case 1: new = old + value; break;
        case 2: new = old | value; break;
        case 3: new = old & ~value; break;
        case 4: new = old ^ value; break;
        default: return -ENOSYS;
        }
        swapped = gate_swap(a[4], &old, new);
    } while (swapped == 0);
    if (swapped < 0)
        return swapped;
    if (compare > 5)
        return -ENOSYS;
    long woken = wake_word(a[0], kind, (int32_t)a[2], ANY_BIT);
    int32_t was = (int32_t)old;
    if (woken >= 0 && holds[compare][was < comparand ? 0 : was == comparand ? 1 : 2]) {
        long more = wake_word(a[4], kind, (int32_t)a[3], ANY_BIT);
        woken = more < 0 ? more : woken + more;
    }
    return woken;
}

static int has_second_word(long op)
{
    return op == FUTEX_REQUEUE || op == FUTEX_CMP_REQUEUE || op == FUTEX_WAKE_OP || op == FUTEX_WAIT_REQUEUE_PI || op == FUTEX_CMP_REQUEUE_PI;
}

static long wait_any(struct thread *t, const uint64_t a[6], uint32_t kind, long op, uint32_t bits)
{
    if (bits == 0)
        return -EINVAL;
    if (is_shared(a[0]))
        return gate_futex(&t->kicked, a[0], (long)a[1], (long)a[2], a[3], bits);
    return wait(t, a[0], kind, (uint32_t)a[2], op, a[3], bits);
}

long futex(struct thread *t, const uint64_t a[6])
{
    long op = (long)(a[1] & FUTEX_CMD_MASK), clock = (long)(a[1] & REALTIME);
    uint32_t kind = (uint32_t)a[1] & FUTEX_PRIVATE_FLAG;
    if (clock && op != FUTEX_WAIT_BITSET && op != FUTEX_WAIT_REQUEUE_PI && op != FUTEX_LOCK_PI2)
        return -ENOSYS;
    if (op > FUTEX_LOCK_PI2 || op == FUTEX_FD)
        return -ENOSYS;
    if ((a[0] & 3) || (has_second_word(op) && (a[4] & 3)))
        return -EINVAL;
    switch (op) {
    case FUTEX_WAIT:
        return wait_any(t, a, kind, FUTEX_WAIT, ANY_BIT);
    case FUTEX_WAIT_BITSET:
        return wait_any(t, a, kind, FUTEX_WAIT_BITSET | clock, (uint32_t)a[5]);
    case FUTEX_WAKE:
        return wake_word(a[0], kind, (int32_t)a[2], ANY_BIT);
    case FUTEX_WAKE_BITSET:
        return (uint32_t)a[5] == 0 ? -EINVAL : wake_word(a[0], kind, (int32_t)a[2], (uint32_t)a[5]);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
        return requeue(a, kind, op == FUTEX_CMP_REQUEUE);
    case FUTEX_WAKE_OP:
        return wake_op(a, kind);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_TRYLOCK_PI:
        return lock_pi(t, a[0], kind, op == FUTEX_LOCK_PI2 ? op | clock : op, a[3]);
    case FUTEX_UNLOCK_PI:
        return unlock_pi(t, a[0], kind);
    case FUTEX_WAIT_REQUEUE_PI:
        return wait_requeue_pi(t, a, kind);
    case FUTEX_CMP_REQUEUE_PI:
        return requeue_pi(a, kind);
    default:
        return -ENOSYS;
    }
}
