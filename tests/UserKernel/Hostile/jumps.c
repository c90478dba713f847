/* jumps SEED [no-i386]: makes every host call number from inside a cell by jumps to the gate's own `syscall` instructions, with arbitrary registers; the ones that the
 * wall allows with hostile ones; and by the foreign ABIs. Each in a child of its own, beside a neighbour that must not notice. tracer.c sees from outside
 * what was really made. Begins when /go is there, so that the tracer can come first. */
#include "neighbour.h"
#include "walls.h"

#define MOMENT_MS 60
#define FRAMES 200

static char *area; /* two pages, then a hole */
static const long allowed[] = {
    SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_futex, SYS_rt_sigreturn, SYS_clone, SYS_exit, SYS_exit_group, SYS_arch_prctl,
    SYS_membarrier, SYS_recvmsg, SYS_sendto, SYS_close, SYS_dup3, SYS_sched_yield, SYS_restart_syscall,
};
static unsigned long ended, killed, broken;

static int is_allowed_number(long nr)
{
    for (unsigned i = 0; i < COUNT(allowed); i++)
        if (allowed[i] == nr)
            return 1;
    return 0;
}

static uint64_t value(void)
{
    static const uint64_t odd[] = { 0, 1, 2, 3, 4, 8, 10, 11, 16, 17, 64, 255, 4095, 4096, 65536, 0x1001, 0x1003, 0x2d0f00, 0x8011, 0x7fffffff, 0x80000000,
        0xffffffff, -1ul, -2ul, -4096ul, 1ul << 40, 1ul << 47, 1ul << 63, 0x7ffffffff000, GATE_BASE, CHANNEL_BASE, STACKS_BASE, STACKS_BASE + 65536 - 64,
        CHANNEL_BASE + 4096, 0xffffffffff600000, 0xfffff80000000000 };
    switch (next() % 6) {
    case 0:
    case 1: return odd[next() % COUNT(odd)];
    case 2: return next() % 40;
    case 3: return (uint64_t)area + next() % 8192;
    case 4: return (uint64_t)area + 8192 - next() % 32;
    default: return next();
    }
}

static void fill(void)
{
    for (int i = 0; i < 8192; i += 8)
        *(uint64_t *)(area + i) = next() % 2 ? value() : next() % 32;
}

static void note(int status)
{
    *(status < 0 ? &killed : &ended) += 1;
}

/* ---- Numbers that the wall does not allow ---- */

static void one_number(uint64_t nr)
{
    seed(nr);
    fill();
    /* It may trace itself only: its parent would wait for it. */
    for (int i = 0; i < 3; i++)
        raw6((long)nr, value(), nr == SYS_ptrace ? (uint64_t)getpid() : value(), value(), value(), value(), value());
}

static void numbers(void)
{
    static const long odd[] = { 0x7fffffff, -1, -2, 1l << 32 | 39, 0x80000000l, 1l << 62 };
    for (long nr = 0; nr <= HIGHEST; nr++)
        if (!is_allowed_number(nr))
            note(in_child(one_number, (uint64_t)nr, MOMENT_MS));
    for (long nr = 0; nr <= HIGHEST; nr += 7)
        note(in_child(one_number, (uint64_t)(X32 | nr), MOMENT_MS));
    for (unsigned i = 0; i < COUNT(odd); i++)
        note(in_child(one_number, (uint64_t)odd[i], MOMENT_MS));
    /* Trapped there as anywhere: the answer is our kernel's. */
    if (raw6(SYS_getpid, 0, 0, 0, 0, 0, 0) != getpid() || raw6(X32 | SYS_getpid, 0, 0, 0, 0, 0, 0) != -ENOSYS) {
        printf("a trapped call has another answer at the gate's instruction\n");
        broken++;
    }
}

/* ---- Every instruction of the gate's ---- */

static void one_site(uint64_t which)
{
    static const long tried[] = { SYS_getpid, SYS_socket, SYS_ptrace, SYS_openat, SYS_bpf, SYS_unshare, X32 | SYS_mmap, SYS_clone3 };
    seed(which);
    fill();
    call_site = sites[which / COUNT(tried)];
    raw6(tried[which % COUNT(tried)], value(), value(), value(), value(), value(), value());
}

static void all_sites(void)
{
    for (unsigned i = 0; i < (unsigned)site_count * 8; i++)
        note(in_child(one_site, i, MOMENT_MS));
}

/* ---- What is allowed, with hostile values ---- */

static void thread_body(void)
{
    for (int i = 0; i < 20; i++)
        raw6(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    for (;;)
        raw6(SYS_exit, 0, 0, 0, 0, 0, 0);
}

static void hostile_clone(void)
{
    static uint64_t stack[512];
    stack[500] = (uint64_t)thread_body; /* the instruction after the call is `ret` */
    if (next() % 2) {
        raw6(SYS_clone, THREAD_FLAGS, next() % 4 ? (uint64_t)&stack[500] : value(), value(), value(), next() % 2 ? (uint64_t)area : value(), value());
        return;
    }
    /* Behind our kernel's back. */
    if (raw6(SYS_clone, FORK_FLAGS, next() % 4 ? 0 : value(), value(), value(), value(), value()) == 0) {
        for (int i = 0; i < 50; i++)
            ring_bell((unsigned)next());
        for (;;)
            raw6(SYS_exit_group, value(), 0, 0, 0, 0, 0);
    }
}

static void one_allowed(uint64_t which)
{
    seed(which);
    fill();
    for (int i = 0; i < 12; i++) {
        long nr = allowed[which % COUNT(allowed)];
        uint64_t a[6] = { value(), value(), value(), value(), value(), value() };
        if (nr == SYS_clone && next() % 4) {
            hostile_clone();
            continue;
        }
        if (nr == SYS_futex)
            a[1] = next() % 12 | (next() % 4) << 7;
        if (nr == SYS_arch_prctl)
            a[0] = 0x1000 + next() % 8;
        if (nr == SYS_membarrier)
            a[0] = 1ul << next() % 10;
        if (nr == SYS_recvmsg || nr == SYS_sendto)
            a[0] = next() % 4 ? 3 : value();
        if (nr == SYS_sendto && next() % 4)
            a[4] = 0;
        if (nr == SYS_dup3)
            a[1] = next() % 4 ? 3 : value();
        if (nr == SYS_madvise && next() % 2)
            a[2] = next() % 120;
        if (nr <= SYS_mprotect && next() % 2)
            a[0] = (next() % 2 ? GATE_BASE + next() % 3 * 0x10000000 : CHANNEL_BASE) + next() % 2 * 4096, a[1] = next() % 4 << 12;
        raw_of(nr, a);
        if (next() % 4 == 0)
            getpid(), access("/", F_OK);
    }
}

static void hostile_allowed(void)
{
    for (unsigned i = 0; i < COUNT(allowed) * 30; i++)
        note(in_child(one_allowed, i, MOMENT_MS));
}

/* ---- rt_sigreturn with frames of our own making ---- */

struct context_words { uint64_t flags, link, stack[3], r8_to_rip[17], eflags; uint16_t cs, gs, fs, ss; uint64_t more[4], fpstate, reserved[8], mask; };

static void after_frame(void)
{
    syscall(SYS_exit_group, 0);
}

static void one_frame(uint64_t which)
{
    static const uint16_t segments[] = { 0x33, 0x23, 0x2b, 0, 3, 0x10, 0x13, 7, 0xf, 0x1b, 0x53, 0xffff };
    seed(which);
    fill();
    struct context_words *frame = (void *)(area + 1024);
    uint64_t *words = (uint64_t *)frame;
    for (unsigned i = 0; i < sizeof *frame / 8; i++)
        words[i] = next() % 2 ? value() : 0;
    frame->flags = next() % 8;
    frame->r8_to_rip[15] = (uint64_t)(area + 4096);
    frame->r8_to_rip[16] = next() % 4 ? (uint64_t)after_frame : value();
    frame->eflags = next() % 2 ? 0x202 : next();
    frame->cs = segments[next() % COUNT(segments)];
    frame->ss = segments[next() % COUNT(segments)];
    frame->fpstate = next() % 2 ? 0 : (uint64_t)(area + 4096) & -64ul;
    __asm__ volatile("mov %0, %%rsp\n\tmov $15, %%eax\n\tjmp *%1" : : "r"(frame), "r"(next() % 2 ? call_site : (uint64_t)sites[next() % (unsigned)site_count]) : "memory", "rax");
    __builtin_unreachable();
}

static void frames(void)
{
    for (unsigned i = 0; i < FRAMES; i++)
        note(in_child(one_frame, i, MOMENT_MS));
}

/* ---- Foreign ABIs ---- */

static long int80(long nr, uint64_t b)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(b), "c"(b), "d"(b), "S"(b), "D"(b) : "memory", "r8", "r9", "r10", "r11");
    return result;
}

/* Of i386 nothing reaches our kernel either. */
static void all_int80(uint64_t unused)
{
    (void)unused;
    for (long nr = 0; nr <= HIGHEST; nr++)
        if ((int32_t)int80(nr, (uint64_t)area & 0xffffffff) != -ENOSYS)
            _exit(1);
}

/* In a 32-bit segment, reached by a far return: int 0x80, then syscall, or sysenter. Without one, or with a fault, the child dies. */
static void compatibility_mode(uint64_t how)
{
    static const uint8_t code[3][16] = {
        { 0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xb8, 1, 0, 0, 0, 0xcd, 0x80, 0x0f, 0x0b }, /* getpid and exit by int 0x80, ud2 */
        { 0xb8, 20, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b },                               /* by syscall */
        { 0xb8, 20, 0, 0, 0, 0x0f, 0x34, 0x0f, 0x0b },                               /* by sysenter */
    };
    uint8_t *low = mmap((void *)0x10000000, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (low == MAP_FAILED)
        _exit(3);
    memcpy(low, code[how], sizeof code[how]);
    __asm__ volatile("lea 8000(%0), %%rsp\n\tpushq $0x23\n\tpushq %0\n\tlretq" : : "r"(low) : "memory");
    __builtin_unreachable();
}

/* Some machines' kernels have no calls of i386: int 0x80 is SIGSEGV there, for anybody. */
static void foreign(int has_i386)
{
    int status = in_child(all_int80, 0, 5000);
    if (status != (has_i386 ? 0 : SIGSEGV)) {
        printf("int 0x80: %x\n", status);
        broken++;
    }
    for (uint64_t how = 0; how < 3; how++) {
        status = in_child(compatibility_mode, how, 500);
        note(status);
        printf("32-bit code, way %lu: %x\n", how, status);
    }
}

int main(int count, char **words)
{
    maybe_status(count, words);
    pid_t self = getpid(), neighbour;
    find_sites();
    area = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(area + 8192, 4096);
    seed(count > 1 ? strtoull(words[1], NULL, 0) : 1);
    for (int i = 0; access("/go", F_OK) && i < 3000; i++)
        usleep(10000);
    neighbour = start_neighbour();
    numbers();
    all_sites();
    hostile_allowed();
    frames();
    foreign(count < 3 || strcmp(words[2], "no-i386"));
    broken += (unsigned long)end_neighbour(neighbour);
    printf("%d sites, %lu children ended, %lu were ended, %lu broken\n", site_count, ended, killed, broken);
    return broken || getpid() != self;
}
