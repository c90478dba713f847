/* Which memory other processes may have too. */
#include "futex.h"

/* Mappings with MAP_SHARED, or what once were: too many of them, and all memory counts as shared. */
#define MOST_SHARED 64
static struct { uint64_t begin, end; } shared[MOST_SHARED];
static volatile uint32_t shared_count;

void note_shared(uint64_t begin, uint64_t length)
{
    uint64_t end = begin + ((length + 4095) & -4096ul);
    lock_waiters();
    uint32_t count = shared_count, i = 0;
    while (i < count && (end < shared[i].begin || begin > shared[i].end))
        i++;
    if (i < count) { /* they touch */
        shared[i].begin = begin < shared[i].begin ? begin : shared[i].begin;
        shared[i].end = end > shared[i].end ? end : shared[i].end;
    } else if (count < MOST_SHARED) {
        shared[count].begin = begin;
        shared[count].end = end;
        __atomic_store_n(&shared_count, count + 1, __ATOMIC_RELEASE);
    } else {
        shared[0].begin = 0;
        shared[0].end = ~0ul;
    }
    unlock_waiters();
}

int is_shared(uint64_t address)
{
    uint32_t count = __atomic_load_n(&shared_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        if (address >= shared[i].begin && address < shared[i].end)
            return 1;
    }
    return 0;
}
