/* futex_waitv(2): one thread waits for several words. */
#include "futex.h"

#define MOST_WORDS 128
#define SIZE_U32 2u
#define KNOWN_FLAGS (FUTEX_PRIVATE_FLAG | 3u)

/* The host's struct futex_waitv, by words of 32 bits. */
struct wanted { uint32_t value, value_high, address, address_high, flags, reserved; };

static long read_wanted(uint64_t from, struct wanted *to)
{
    uint32_t *words = (uint32_t *)to;
    for (uint64_t i = 0; i < sizeof *to / 4; i++) {
        if (gate_load(from + i * 4, &words[i]))
            return -EFAULT;
    }
    return 0;
}

static long describe(struct thread *t, uint64_t from, struct waiter *w, uint32_t *value)
{
    struct wanted one;
    if (read_wanted(from, &one))
        return -EFAULT;
    if ((one.flags & ~KNOWN_FLAGS) || one.reserved || (one.flags & 3) != SIZE_U32 || one.value_high)
        return -EINVAL;
    *value = one.value;
    *w = (struct waiter){ .thread = t, .address = (uint64_t)one.address_high << 32 | one.address, .kind = one.flags & FUTEX_PRIVATE_FLAG, .bits = ANY_BIT };
    return 0;
}

/* -1, or the last that was woken; none is in a queue any more. */
static long leave_all(struct waiter *all, long count)
{
    long woken = -1;
    for (long i = 0; i < count; i++) {
        if (all[i].woken)
            woken = i;
        else
            dequeue(&all[i]);
    }
    return woken;
}

static long enter_all(struct thread *t, struct waiter *all, const uint32_t *values, long count)
{
    long error = 0, i;
    lock_waiters();
    t->asleep = ASLEEP_LOOKING;
    for (i = 0; i < count && error == 0; i++) {
        uint32_t now = 0;
        error = gate_load(all[i].address, &now);
        if (error == 0 && now != values[i])
            error = -EAGAIN;
        if (error == 0)
            enqueue(&all[i]);
    }
    if (error)
        leave_all(all, i - 1);
    unlock_waiters();
    return error;
}

long wait_for_many(struct thread *t, const uint64_t a[6])
{
    struct waiter all[MOST_WORDS];
    uint32_t values[MOST_WORDS];
    long count = (long)(uint32_t)a[1], clock = (int32_t)a[4] == 0 ? REALTIME : 0;
    if ((uint32_t)a[2] || count == 0 || count > MOST_WORDS || !a[0] || (a[3] && (uint32_t)a[4] > 1))
        return -EINVAL;
    for (long i = 0; i < count; i++) {
        long error = describe(t, a[0] + (uint64_t)i * sizeof(struct wanted), &all[i], &values[i]);
        if (error)
            return error;
    }
    for (long i = 0; i < count; i++) {
        if (all[i].address & 3)
            return -EINVAL;
        if (is_shared(all[i].address))
            return -ENOSYS;
    }
    long error = enter_all(t, all, values, count);
    if (error)
        return error;
    long result = await_release(t, FUTEX_WAIT_BITSET | clock, a[3]);
    lock_waiters();
    long woken = leave_all(all, count);
    unlock_waiters();
    return woken >= 0 ? woken : result;
}
