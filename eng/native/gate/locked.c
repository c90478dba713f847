/* Memory that mlock(2) and its relatives have locked. Nothing is pinned; what a program can tell is that some advice is refused there. */
#include "internal.h"

#define MOST_LOCKED 64

/* Ranges that do not meet. Too many of them, and the last stands for all memory from there on. */
static struct { uint64_t begin, end; } locked[MOST_LOCKED];
static volatile uint32_t locked_count;
static volatile int locked_lock, locks_new;

static void enter(void)
{
    while (__atomic_exchange_n(&locked_lock, 1, __ATOMIC_ACQUIRE))
        CALL(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

static void leave_again(void)
{
    __atomic_store_n(&locked_lock, 0, __ATOMIC_RELEASE);
}

static void add(uint64_t begin, uint64_t end)
{
    if (begin >= end)
        return;
    if (locked_count < MOST_LOCKED) {
        locked[locked_count].begin = begin;
        locked[locked_count].end = end;
        locked_count++;
    } else {
        uint64_t *least = &locked[MOST_LOCKED - 1].begin;
        *least = begin < *least ? begin : *least;
        locked[MOST_LOCKED - 1].end = ~0ul;
    }
}

static void subtract(uint64_t begin, uint64_t end)
{
    for (uint32_t i = locked_count; i-- > 0;) {
        uint64_t from = locked[i].begin, to = locked[i].end;
        if (from >= end || to <= begin)
            continue;
        locked[i] = locked[--locked_count];
        add(from, begin);
        add(end, to);
    }
}

/* What lay there is gone. */
void forget_locked(uint64_t begin, uint64_t length)
{
    if (!locked_count)
        return;
    enter();
    subtract(begin, begin + ((length + PAGE - 1) & -PAGE));
    leave_again();
}

/* Something new lies there. */
void replace_locked(uint64_t begin, uint64_t length)
{
    if (locks_new)
        note_locked(begin, length);
    else
        forget_locked(begin, length);
}

void note_locked(uint64_t begin, uint64_t length)
{
    uint64_t end = (begin + length + PAGE - 1) & -PAGE;
    enter();
    subtract(begin & -PAGE, end);
    add(begin & -PAGE, end);
    leave_again();
}

int is_locked(uint64_t begin, uint64_t length)
{
    for (uint32_t i = 0; i < locked_count; i++) {
        if (locked[i].begin < begin + length && begin < locked[i].end)
            return 1;
    }
    return 0;
}

/* A child of fork(2) has nothing locked (mlock(2)); another thread of the parent may have held the lock. What is 0 already is not written. */
void forget_all_locked(void)
{
    if (locked_count || locks_new || locked_lock)
        locked_count = locks_new = locked_lock = 0;
}

int is_about_locks(uint64_t nr)
{
    return nr - SYS_mlock <= SYS_munlockall - SYS_mlock || nr == SYS_mlock2;
}

/* The kernel has found the call right. */
void locks_changed(uint64_t nr, const uint64_t a[6])
{
    switch (nr) {
    case SYS_mlock:
    case SYS_mlock2:
        note_locked(a[0], a[1]);
        break;
    case SYS_munlock:
        forget_locked(a[0] & -PAGE, a[1] + (a[0] & (PAGE - 1)));
        break;
    case SYS_mlockall:
        if (a[0] & 1 /* MCL_CURRENT */)
            note_locked(0, -PAGE);
        locks_new = (a[0] & 2 /* MCL_FUTURE */) != 0;
        break;
    default:
        enter();
        locked_count = locks_new = 0;
        leave_again();
        break;
    }
}
