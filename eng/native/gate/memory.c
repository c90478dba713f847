/* Calls that need no kernel: the guest's own memory, and waiting for a word of it. */
#include "internal.h"

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
int memory_call(long nr, const uint64_t a[6], long *result)
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
        if (!(a[2] <= 25 && 0x3ffc31ful >> a[2] & 1) && a[2] - 102 > 1)
            return 0; /* not what the filter lets through, nor DONTFORK, which is ours */
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

long futex(struct thread *t, const uint64_t a[6])
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
