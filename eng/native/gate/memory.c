/* Calls that need no kernel: the guest's own memory. */
#include "internal.h"

#define LAST_ADVICE 25 /* MADV_COLLAPSE; behind it the guards, 102 and 103 */

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

/* A new mapping. On memory that other processes may have too futex(2) is the host's matter. */
void note_mapping(long address, uint64_t length, uint64_t flags)
{
    if (address < 0 && address >= -4095)
        return;
    replace_locked((uint64_t)address, length);
    if ((flags & 15) != MAP_PRIVATE)
        note_shared((uint64_t)address, length);
}

/* What the host is to do of an advice. -1: it is answered (result), or where that is 0 the kernel's. MADV_DOFORK is no call of ours, as it would
 * give a child its parent's channel: what MADV_DONTFORK took from children stays so; where nothing was taken it is a hint without effect. */
static long advise(uint64_t advice, long *result)
{
    static volatile int is_kept;
    const uint64_t known = 0x3ffc71f; /* what the cell's filter lets through */
    *result = advice == MADV_DOFORK && is_kept ? -EINVAL : 0;
    if (advice == MADV_DOFORK)
        return is_kept ? -1 : MADV_NORMAL;
    if (advice == MADV_DONTFORK)
        is_kept = 1;
    return (advice <= LAST_ADVICE && known >> advice & 1) || advice - 102 <= 1 ? (long)advice : -1;
}

static int is_discarding(long advice)
{
    return advice == MADV_DONTNEED || advice == MADV_FREE || advice == MADV_COLD || advice == MADV_PAGEOUT;
}

/* What became of memory that may have been locked. */
static void move_locked(long nr, const uint64_t a[6], long result)
{
    if (nr == SYS_munmap) {
        forget_locked(a[0], a[1]);
    } else if (nr == SYS_mremap && is_locked(a[0], a[1] ? a[1] : 1)) {
        forget_locked(a[0], a[1]);
        note_locked((uint64_t)result, a[2]);
    }
}

/* 1: answered. Only what cannot concern the kernel: anonymous memory of the guest's own. */
int memory_call(long nr, const uint64_t a[6], long *result)
{
    const uint64_t plain = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_NORESERVE | MAP_STACK | MAP_SHARED;
    long advice = (long)a[2];
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
        advice = advise(a[2], result);
        if (advice >= 0 && is_discarding(advice) && is_locked(a[0], a[1]))
            *result = -EINVAL;
        if (advice < 0 || *result)
            return *result != 0;
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
    *result = CALL(nr, (long)a[0], (long)a[1], advice, (long)a[3], (long)a[4], (long)a[5]);
    if (*result >= 0 || *result < -4095)
        move_locked(nr, a, *result);
    if (nr == SYS_mmap)
        note_mapping(*result, a[1], a[3]);
    else if (nr == SYS_mremap && *result >= 0 && is_shared(a[0]))
        note_shared((uint64_t)*result, a[2]);
    return 1;
}
