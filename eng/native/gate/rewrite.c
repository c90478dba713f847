/* Call sites that are used again and again become jumps (docs/userkernel.md, "Rewriting"): a call then costs no trap. A trampoline near the site
 * loads the number and enters the gate by gate_fast; what cannot be done there goes on to the trampoline's own syscall instruction and is trapped
 * like any other. Speed only: the filter stays the wall, and every byte here is the guest's own memory. */
#include "rewrite.h"
#include <linux/membarrier.h>

#define HITS 8
#define REX_W 0x48
#define JUMP 0xe9

/* Set: nothing is rewritten, and what is rewritten traps. */
int fast_off;
/* A second thread was made in this process. */
int threaded;

static int rewrite_lock;

static int is_same(const uint8_t *a, const uint8_t *b, size_t size)
{
    while (size && *a == *b)
        a++, b++, size--;
    return size == 0;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

/* getpid(2) and its like cost less than the way to the gate: the answer lies in the slot (GS: its address). Unless GS is the guest's or somebody else
 * has a say: then it goes on behind this. */
static uint8_t *put_id(uint8_t *at, const struct site *site)
{
    const uint64_t off = (uint64_t)&fast_off;
    const int32_t filtered = offsetof(struct slot, filtered), answer = gate_ids[site->nr];
    at = put(at, "\xa1", 1); /* mov fast_off, %eax; test %eax, %eax; jne */
    at = put(at, &off, 8);
    at = put(at, "\x85\xc0\x75\x1f", 4);
    at = put(at, "\x65\x4c\x8b\x1c\x25\0\0\0\0", 9); /* mov %gs:0, %r11 */
    at = put(at, "\x41\xf6\x83", 3); /* testb $ASK_ALL, filtered(%r11); jne */
    at = put(at, &filtered, 4);
    at = put(at, "\x01\x75\x0c", 3);
    at = put(at, "\x41\x8b\x83", 3); /* mov answer(%r11), %eax; jmp next */
    at = put(at, &answer, 4);
    at = put(at, "\xe9", 1);
    int32_t back = (int32_t)(site->next - ((uint64_t)at + 4));
    return put(at, &back, 4);
}

static int is_id(const struct site *site)
{
    return !site->any_nr && !site->needs_rex && site->nr < IDS && gate_ids[site->nr];
}

/* The lead; lea its syscall, %rcx; movabs gate_fast, %r11; jmp *%r11; syscall; jmp next. 0: out of reach. */
static int write_trampoline(uint8_t *at, const struct site *site)
{
    const uint64_t gate = (uint64_t)gate_fast;
    const int32_t lea = 13;
    if (is_id(site))
        at = put_id(at, site);
    at = put(at, site->lead, (size_t)site->lead_size);
    if (site->points) {
        int64_t distance = (int64_t)(site->points - (uint64_t)at);
        if (distance != (int32_t)distance)
            return 0;
        memcpy(at - 4, &distance, 4);
    }
    at = put(at, "\x48\x8d\x0d", 3);
    at = put(at, &lea, 4);
    at = put(at, "\x49\xbb", 2);
    at = put(at, &gate, 8);
    at = put(at, "\x41\xff\xe3\x0f\x05\xe9", 6);
    int32_t back = (int32_t)(site->next - ((uint64_t)at + 4));
    put(at, &back, 4);
    return 1;
}

/* `after` lies behind a trampoline's syscall instruction: where that goes on in the guest's text. 0: it does not, or a guest has changed it. */
static uint64_t next_of(uint64_t after)
{
    const uint64_t end = 0xe9050fe3ff41ul; /* jmp *%r11; syscall; jmp */
    uint64_t bytes;
    uint32_t back;
    if (gate_load_long(after - 5, &bytes) || (bytes & 0xfffffffffffful) != end || gate_load(after + 1, &back))
        return 0;
    return after + 5 + (uint64_t)(int64_t)(int32_t)back;
}

/* A trap in a trampoline: the same place in the guest's text, where there is still a syscall instruction. Tracers and filters then see what the
 * guest knows. */
uint64_t site_of(uint64_t after)
{
    const uint64_t next = next_of(after);
    uint32_t call;
    return next && gate_load(next - 4, &call) == 0 && call >> 16 == 0x050f ? next : after;
}

/* Where a signal has interrupted a call: in the guest's text if there is a way, as only that has unwind information (a cancelled thread runs its
 * destructors). A call that is made once more begins with its jump then. */
uint64_t shown_in_frame(uint64_t ip)
{
    const uint64_t next = next_of(ip), again = next_of(ip + 2), room = ip & -(uint64_t)TRAMPOLINE_SIZE;
    uint64_t jump;
    if (next)
        return next;
    if (!again || gate_load_long(again - 4, &jump) || (uint8_t)jump != JUMP || again + 1 + (uint64_t)(int64_t)(int32_t)(jump >> 8) != room)
        return ip;
    return again - 4;
}

#define BREAKPOINT 0xcc

/* Where a breakpoint holds other threads while a jump is written; 0: nowhere. And the jump. */
static uint64_t held;
static uint8_t held_jump[5];
static int has_held;

static int serialize(void)
{
    return CALL(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0, 0, 0, 0) == 0;
}

/* Bytes that lie in two words, while others may run them (cross-modifying code: Intel SDM 3A, 9.1.3): each CPU sees the breakpoint before the rest. */
static void write_beside_others(uint8_t *bytes, const uint8_t jump[5])
{
    if (CALL(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0, 0, 0, 0) < 0 || !serialize())
        return;
    memcpy(held_jump, jump, sizeof held_jump);
    has_held = 1;
    __atomic_store_n(&held, (uint64_t)bytes, __ATOMIC_SEQ_CST);
    __atomic_store_n(bytes, BREAKPOINT, __ATOMIC_SEQ_CST);
    serialize();
    memcpy(bytes + 1, jump + 1, 4);
    serialize();
    __atomic_store_n(bytes, JUMP, __ATOMIC_SEQ_CST);
    serialize();
    __atomic_store_n(&held, 0, __ATOMIC_SEQ_CST);
}

/* A child of fork(2) may have been made in the middle of that, and has nobody who would go on with it. */
void finish_rewriting(void)
{
    rewrite_lock = 0;
    if (held)
        memcpy((uint8_t *)held, held_jump, sizeof held_jump);
    held = 0;
}

/* A breakpoint that is ours, or was when it was hit: the thread runs the place again. */
int was_held(uint64_t ip)
{
    uint32_t byte;
    if (!has_held || gate_load(ip - 1, &byte))
        return 0;
    if (__atomic_load_n(&held, __ATOMIC_SEQ_CST) != ip - 1)
        return (uint8_t)byte == JUMP;
    CALL(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    return 1;
}

/* The five bytes of a jump. Other threads may run the page: it stays executable. */
static int write_jump(const struct site *site, uint64_t target)
{
    uint64_t page = site->jump & -PAGE;
    /* A page that may be written is no program's text but a compiler's output, and its own business. */
    if (CALL(SYS_madvise, (long)page, PAGE, MADV_POPULATE_WRITE, 0, 0, 0) == 0)
        return 0;
    if (CALL(SYS_mprotect, (long)page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, 0, 0, 0) < 0)
        return 0;
    const int32_t distance = (int32_t)(target - (site->jump + 5));
    uint8_t jump[5] = { JUMP };
    memcpy(jump + 1, &distance, 4);
    if ((site->jump & 7) <= 3) {
        /* One store. */
        uint64_t *word = (uint64_t *)(site->jump & -8ul), value = *word;
        memcpy((uint8_t *)&value + (site->jump & 7), jump, sizeof jump);
        __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
    } else if (threaded) {
        write_beside_others((uint8_t *)site->jump, jump);
    } else {
        memcpy((uint8_t *)site->jump, jump, sizeof jump);
    }
    CALL(SYS_mprotect, (long)page, PAGE, PROT_READ | PROT_EXEC, 0, 0, 0);
    return 1;
}

static void begin_with(struct site *site, const uint8_t *lead, int size)
{
    site->lead_size = size;
    memcpy(site->lead, lead, (size_t)size);
}

/* By its number in an instruction. */
static uint64_t value_of(const struct context *mc, unsigned number)
{
    const uint64_t low[] = { mc->rax, mc->rcx, mc->rdx, mc->rbx, mc->rsp, mc->rbp, mc->rsi, mc->rdi };
    return number < 8 ? low[number] : (&mc->r8)[number - 8];
}

/* lea disp32(base or %rip), argument: seven bytes before the syscall instruction. That it has just been run is seen by its result. */
static int decode_lea(const uint8_t *lea, const struct context *mc, struct site *site)
{
    const unsigned rex = lea[0], mode = lea[2] >> 6, base = lea[2] & 7u, to = (lea[2] >> 3 & 7u) | (rex & 4) << 1;
    const int is_relative = mode == 0 && base == 5;
    int32_t distance;
    memcpy(&distance, lea + 3, 4);
    if ((rex & 0xfa) != REX_W || lea[1] != 0x8d || !(is_relative || (mode == 2 && base != 4)))
        return 0;
    const uint64_t from = is_relative ? (uint64_t)lea + 7 : value_of(mc, base | (rex & 1) << 3);
    if (from + (uint64_t)(int64_t)distance != value_of(mc, to))
        return 0;
    begin_with(site, lea, 7);
    site->points = is_relative ? value_of(mc, to) : 0;
    site->jump = (uint64_t)lea;
    return 1;
}

/* The forms that can be rewritten. 0: none of them. */
static int decode(const struct context *mc, struct site *site)
{
    static const uint8_t load_sixth[] = { 0x4c, 0x8b, 0x4c, 0x24, 0x08 }; /* mov 8(%rsp), %r9 */
    const uint64_t after = mc->rip, offset = after & (PAGE - 1);
    const uint8_t *p = (const uint8_t *)after;
    const uint8_t with_nr[5] = { 0xb8, (uint8_t)mc->rax, (uint8_t)(mc->rax >> 8), (uint8_t)(mc->rax >> 16), (uint8_t)(mc->rax >> 24) }; /* mov $nr, %eax */
    /* Some bytes before and after are read: they must be there, and on one page. */
    const int has_nine = offset >= 9;
    if (offset < 7 || offset > PAGE - 8)
        return 0;
    memset(site, 0, sizeof *site);
    site->next = after;
    site->nr = mc->rax;
    begin_with(site, with_nr, sizeof with_nr);
    if (is_same(p - 7, with_nr, sizeof with_nr)) {
        site->jump = after - 7;
    } else if (has_nine && p[-9] == REX_W && p[-8] == 0xc7 && p[-7] == 0xc0 && is_same(p - 6, with_nr + 1, 4)) { /* mov $nr, %rax */
        site->jump = after - 9;
    } else if (p[-4] == 0x31 && p[-3] == 0xc0 && mc->rax == 0 && p[0] == REX_W) { /* xor %eax, %eax; the jump takes all of it and of the syscall instruction */
        site->jump = after - 4;
        site->needs_rex = 1;
    } else if (is_same(p - 7, load_sixth, sizeof load_sixth)) { /* syscall(2) of C libraries */
        begin_with(site, load_sixth, sizeof load_sixth);
        site->jump = after - 7;
        site->any_nr = 1;
    } else {
        site->any_nr = 1;
        return has_nine && decode_lea(p - 9, mc, site);
    }
    return 1;
}

int is_rewritable(uint64_t nr)
{
    switch (nr) {
    case SYS_rt_sigreturn: case SYS_clone: case SYS_fork: case SYS_vfork: case SYS_execve: case SYS_exit_group: case SYS_clone3:
        return 0;
    default:
        return nr < 1024 && !is_about_locks(nr);
    }
}

/* Its pages stay executable: other threads may run them. */
static int rewrite(const struct site *site, uint64_t room)
{
    if (CALL(SYS_mprotect, (long)(room & -PAGE), PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, 0, 0, 0) < 0)
        return 0;
    int done = write_trampoline((uint8_t *)room, site);
    CALL(SYS_mprotect, (long)(room & -PAGE), PAGE, PROT_READ | PROT_EXEC, 0, 0, 0);
    return done && write_jump(site, room);
}

/* A trapped call of the guest's, before it is asked: is it one of many? */
void consider(struct thread *t, const struct context *mc)
{
    struct site site;
    const uint64_t after = mc->rip;
    uint8_t *count = &t->hits[(after ^ after >> 10) % SITES];
    if (fast_off || after - GATE_BASE < GATE_TEXT_SIZE || ++*count < HITS)
        return;
    *count = 0;
    if (!decode(mc, &site) || !(site.any_nr || is_rewritable(mc->rax)) || __atomic_exchange_n(&rewrite_lock, 1, __ATOMIC_ACQUIRE))
        return;
    uint64_t room = find_room(&site);
    if (room && rewrite(&site, room))
        take_room(room, is_id(&site) ? MOST_TRAMPOLINE : TRAMPOLINE_SIZE);
    __atomic_store_n(&rewrite_lock, 0, __ATOMIC_RELEASE);
}
