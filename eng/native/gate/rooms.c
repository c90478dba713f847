/* Where trampolines lie: within reach of the jumps to them. */
#include "rewrite.h"

#define ARENAS 8
#define ARENA_SIZE 65536ul
#define REACH 0x7ff00000l

static struct arena { uint64_t base, used; } arenas[ARENAS];

/* Trampolines of jumps whose bytes are those of a syscall instruction and a prefix, but for one: each has its place. */
#define MOST_EXACT 32
static uint64_t exact[MOST_EXACT];

/* Of `xor %eax, %eax; syscall` the jump takes all four bytes and the next, and a thread may be between the two: what it finds there must still be the
 * syscall instruction. So the jump is e9 xx 0f 05 48, and the trampoline in one of 256 places. 0: none is free. */
static uint64_t find_exact(const struct site *site)
{
    const uint64_t first = site->jump + 5 + 0x48050f00ul;
    int i = 0, has_page = 0;
    if (first > 0x7fffffff0000ul - PAGE || (first < GATE_END && first + PAGE > GATE_BASE))
        return 0;
    uint64_t at = first;
    if ((at & (PAGE - 1)) > PAGE - TRAMPOLINE_SIZE)
        at = (at + PAGE - 1) & -PAGE;
    for (; i < MOST_EXACT && exact[i]; i++) {
        has_page |= (exact[i] & -PAGE) == (at & -PAGE);
        if (exact[i] < at + TRAMPOLINE_SIZE && at < exact[i] + TRAMPOLINE_SIZE)
            at = exact[i] + TRAMPOLINE_SIZE;
    }
    if (i == MOST_EXACT || at - first > 255 || (at & (PAGE - 1)) > PAGE - TRAMPOLINE_SIZE)
        return 0;
    const long page = (long)(at & -PAGE);
    if (!has_page && CALL(SYS_mmap, page, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != page)
        return 0;
    exact[i] = at;
    return at;
}

static int is_near(uint64_t base, const struct site *site)
{
    int64_t distance = (int64_t)(base - site->jump);
    return distance > -REACH && distance < REACH;
}

uint64_t find_room(const struct site *site)
{
    int i = 0;
    if (site->needs_rex)
        return find_exact(site);
    for (; i < ARENAS && arenas[i].base; i++) {
        if ((arenas[i].used & (PAGE - 1)) > PAGE - MOST_TRAMPOLINE) /* one page is written at a time */
            arenas[i].used = (arenas[i].used + PAGE - 1) & -PAGE;
        if (is_near(arenas[i].base, site) && arenas[i].used <= ARENA_SIZE - MOST_TRAMPOLINE)
            return arenas[i].base + arenas[i].used;
    }
    if (i == ARENAS)
        return 0;
    /* On both sides in turns. */
    for (int64_t tries = 2; tries < 30; tries++) {
        int64_t away = tries / 2 * (tries % 2 ? -0x8000000l : 0x8000000l);
        uint64_t at = (site->jump & -ARENA_SIZE) + (uint64_t)away;
        if (at < ARENA_SIZE || at >= 0x7fffffff0000ul || (at < GATE_END && at + ARENA_SIZE > GATE_BASE) || !is_near(at, site))
            continue;
        if (CALL(SYS_mmap, (long)at, ARENA_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) == (long)at) {
            arenas[i].base = at;
            arenas[i].used = 0;
            return at;
        }
    }
    return 0;
}

void take_room(uint64_t room, uint64_t size)
{
    for (int i = 0; i < ARENAS; i++) {
        if (arenas[i].base == (room & -ARENA_SIZE))
            arenas[i].used += size;
    }
}
