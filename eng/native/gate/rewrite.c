/* Call sites that are used again and again become jumps (docs/userkernel.md, "Rewriting"): a call then costs no trap. A trampoline near the site
 * loads the number and enters the gate by gate_fast; what cannot be done there goes on to the trampoline's own syscall instruction and is trapped
 * like any other. Speed only: the filter stays the wall, and every byte here is the guest's own memory. */
#include "internal.h"

#define HITS 8
#define SITES 1024
#define ARENAS 8
#define ARENA_SIZE 65536ul
#define PAGE 4096ul
#define REACH 0x7ff00000l
#define TRAMPOLINE_SIZE 64
#define REX_W 0x48

/* Set: nothing is rewritten, and what is rewritten traps. */
int fast_off;
/* A second thread was made in this process. */
int threaded;

static uint8_t hits[SITES];
static struct arena { uint64_t base, used; } arenas[ARENAS];
int rewrite_lock;

/* Where a jump is, where the call goes on, and what lies between. */
struct site {
    uint64_t jump, next;
    int needs_rex; /* the jump's last byte is the next instruction's first, a REX.W prefix */
};

static int is_near(uint64_t base, const struct site *site)
{
    int64_t distance = (int64_t)(base - site->jump);
    if (site->needs_rex)
        return distance > 0x48000010l && distance + (int64_t)ARENA_SIZE < 0x49000000l;
    return distance > -REACH && distance < REACH;
}

/* Room for one trampoline; 0: none. */
static uint64_t find_room(const struct site *site)
{
    int i = 0;
    for (; i < ARENAS && arenas[i].base; i++) {
        if (is_near(arenas[i].base, site) && arenas[i].used < ARENA_SIZE)
            return arenas[i].base + arenas[i].used;
    }
    if (i == ARENAS)
        return 0;
    /* On both sides in turns, or between 1.125 and 1.14 GiB above. */
    for (int64_t tries = 2; tries < 30; tries++) {
        int64_t away = tries / 2 * (tries % 2 ? -0x8000000l : 0x8000000l);
        uint64_t at = (site->jump & -ARENA_SIZE) + (uint64_t)(site->needs_rex ? 0x48000000l + tries * 0x80000l : away);
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

static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

/* mov nr, %eax; lea its syscall, %rcx; movabs gate_fast, %r11; jmp *%r11; syscall; jmp next */
static void write_trampoline(uint8_t *at, uint32_t nr, uint64_t next)
{
    const uint64_t gate = (uint64_t)gate_fast;
    const int32_t lea = 13;
    at = put(at, "\xb8", 1);
    at = put(at, &nr, 4);
    at = put(at, "\x48\x8d\x0d", 3);
    at = put(at, &lea, 4);
    at = put(at, "\x49\xbb", 2);
    at = put(at, &gate, 8);
    at = put(at, "\x41\xff\xe3\x0f\x05\xe9", 6);
    int32_t back = (int32_t)(next - ((uint64_t)at + 4));
    put(at, &back, 4);
}

/* The five bytes of a jump. Other threads may run the page: it stays executable, and one store writes what an aligned word holds. */
static int write_jump(const struct site *site, uint64_t target)
{
    uint64_t page = site->jump & -PAGE;
    /* A page that may be written is no program's text but a compiler's output, and its own business. */
    if (CALL(SYS_madvise, (long)page, PAGE, MADV_POPULATE_WRITE, 0, 0, 0) == 0)
        return 0;
    if (CALL(SYS_mprotect, (long)page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, 0, 0, 0) < 0)
        return 0;
    int32_t distance = (int32_t)(target - (site->jump + 5));
    if ((site->jump & 7) <= 3) {
        uint64_t *word = (uint64_t *)(site->jump & -8ul), value = *word;
        uint8_t *bytes = (uint8_t *)&value + (site->jump & 7);
        bytes[0] = 0xe9;
        memcpy(bytes + 1, &distance, 4);
        __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
    } else {
        uint8_t *bytes = (uint8_t *)site->jump;
        bytes[0] = 0xe9;
        memcpy(bytes + 1, &distance, 4);
    }
    CALL(SYS_mprotect, (long)page, PAGE, PROT_READ | PROT_EXEC, 0, 0, 0);
    return 1;
}

/* The forms that can be rewritten; `after` is the address after the syscall instruction. 0: none of them. */
static int decode(uint64_t after, uint32_t nr, const struct thread *t, struct site *site)
{
    const uint8_t *p = (const uint8_t *)after;
    uint32_t value;
    const uint64_t offset = after & (PAGE - 1);
    /* Some bytes before and after are read: they must be there, and on one page. */
    if (offset < 7 || offset > PAGE - 8)
        return 0;
    site->needs_rex = 0;
    site->next = after;
    memcpy(&value, p - 6, 4);
    if (p[-7] == 0xb8 && value == nr) /* mov $nr, %eax */
        site->jump = after - 7;
    else if (offset >= 9 && p[-9] == REX_W && p[-8] == 0xc7 && p[-7] == 0xc0 && value == nr) /* mov $nr, %rax */
        site->jump = after - 9;
    else if (p[-4] == 0x31 && p[-3] == 0xc0 && nr == 0 && p[0] == REX_W) { /* xor %eax, %eax; the jump takes all of it and of the syscall instruction */
        site->jump = after - 4;
        site->needs_rex = 1;
    } else
        return 0;
    /* Nobody may be in the middle: no other thread, and no context that a signal handler of the guest will go back to. */
    if (site->needs_rex)
        return !threaded && t->frames == 0;
    return !threaded || (site->jump & 7) <= 3;
}

static int is_rewritable(uint64_t nr)
{
    switch (nr) {
    case SYS_rt_sigreturn: case SYS_clone: case SYS_fork: case SYS_vfork: case SYS_execve: case SYS_exit_group: case SYS_clone3: case SYS_exit:
        return 0;
    default:
        return nr < 1024;
    }
}

/* A trapped call of the guest's, before it is asked: is it one of many? */
void consider(const struct thread *t, uint64_t after, uint64_t nr)
{
    struct site site;
    uint8_t *count = &hits[(after ^ after >> 10) % SITES];
    if (fast_off || after - GATE_BASE < GATE_TEXT_SIZE || ++*count < HITS)
        return;
    *count = 0;
    if (!is_rewritable(nr) || !decode(after, (uint32_t)nr, t, &site) || __atomic_exchange_n(&rewrite_lock, 1, __ATOMIC_ACQUIRE))
        return;
    uint64_t room = find_room(&site);
    if (room && CALL(SYS_mprotect, (long)(room & -PAGE), PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, 0, 0, 0) == 0) {
        write_trampoline((uint8_t *)room, (uint32_t)nr, site.next);
        CALL(SYS_mprotect, (long)(room & -PAGE), PAGE, PROT_READ | PROT_EXEC, 0, 0, 0);
        if (write_jump(&site, room)) {
            for (int i = 0; i < ARENAS; i++) {
                if (arenas[i].base == (room & -ARENA_SIZE))
                    arenas[i].used += TRAMPOLINE_SIZE;
            }
        }
    }
    __atomic_store_n(&rewrite_lock, 0, __ATOMIC_RELEASE);
}
