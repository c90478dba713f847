/* How a thread waits for a word that another CPU, or a thread that wants this CPU, will write (docs/decisions/0036, 0041). A CPU that halts takes
 * longer to wake than the kernel to answer: so it looks, and between looks lets others run; and it sleeps where that has not helped lately. */
#include "internal.h"

/* In ticks, of which there are 2 to 4 in a nanosecond. */
#define LOOK_TIME 260000u    /* some 0.1 ms: about as long as a wake-up takes */
#define SHORT_TIME 500000u   /* what a wait that looking would have ended takes with a wake-up */
#define LONG_TURN 1200000u   /* turns of ours are 0.1 ms, those of others some ms */
#define LOOKS_ALONE 128
#define LOOKS_BESIDE 4
#define LOOKS_HASTY 32
#define LEAST_HASTY 4u
#define MOST_HASTY 256u
#define LEAST_PATIENCE 32u
#define MOST_PATIENCE 8192u
#define MOST_SOON 4u

static uint64_t ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* Lets others run, and learns from the time that it took whether there are any on this CPU: then the one that is waited for is probably among them, and
 * looks before the next yield are lost. Where others keep the CPU for long, who sleeps comes before them and who yields comes after: then it sleeps at
 * once for a while, each time twice as long. */
static void let_run(struct thread *t)
{
    uint64_t took = ticks();
    CALL(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    took = ticks() - took;
    if (took > LONG_TURN) {
        t->crowd = t->crowd < LEAST_HASTY ? LEAST_HASTY : t->crowd < MOST_HASTY ? t->crowd * 2 : MOST_HASTY;
        t->hasty = t->crowd;
        return;
    }
    t->crowd /= 2;
    if (took < t->least_yield || !t->least_yield)
        t->least_yield = (uint32_t)took;
    t->beside = took > 2 * t->least_yield;
}

/* It came. Who always gets it after a yield shares this CPU with its partner: a sleep now and then lets the host's kernel wake it on an idle one. */
static int came(struct thread *t)
{
    if (t->beside)
        t->together++;
    else
        t->together = t->patience = 0;
    return 1;
}

static int is_patient(struct thread *t)
{
    if (t->patience < LEAST_PATIENCE)
        t->patience = LEAST_PATIENCE;
    if (t->together < t->patience)
        return 1;
    t->together = 0;
    t->patience = t->patience < MOST_PATIENCE ? t->patience * 2 : MOST_PATIENCE;
    return 0;
}

/* 1: the word is `wanted`. 0: it is not, and looking on is no use: for too long, or `spin` (of the kernel's) is 0 or the thread kicked. */
static int look_for(struct thread *t, const uint32_t *word, uint32_t wanted, const uint16_t *spin)
{
    uint64_t begin = 0;
    for (;;) {
        int looks = t->hasty ? LOOKS_HASTY : t->beside ? LOOKS_BESIDE : LOOKS_ALONE;
        for (int i = 0; i < looks; i++) {
            if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == wanted)
                return came(t);
            if (spin ? !__atomic_load_n(spin, __ATOMIC_RELAXED) : __atomic_load_n(&t->kicked, __ATOMIC_RELAXED) != 0)
                return 0;
            __builtin_ia32_pause();
        }
        if (t->hasty) {
            t->hasty--;
            return 0;
        }
        if (!is_patient(t) || (begin && ticks() - begin > LOOK_TIME))
            return 0;
        if (!begin)
            begin = ticks();
        let_run(t);
    }
}

/* Waits that are for somebody else's doing may last: they are looked at only while the last ones were short, asleep or not. */
static void learn(struct thread *t, uint64_t took)
{
    t->soon = took > SHORT_TIME ? 0 : t->soon < MOST_SOON ? t->soon + 1 : MOST_SOON;
}

static int is_soon(const struct thread *t)
{
    return t->soon >= 2 && !t->hasty;
}

static void sleep_for(struct slot *s)
{
    while (__atomic_load_n(&s->state, __ATOMIC_ACQUIRE) != SLOT_REPLY) {
        __atomic_store_n(&s->sleeping, (uint8_t)1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&s->state, __ATOMIC_SEQ_CST) != SLOT_REPLY)
            CALL(SYS_futex, (long)&s->state, FUTEX_WAIT, SLOT_REQUEST, 0, 0, 0);
        __atomic_store_n(&s->sleeping, (uint8_t)0, __ATOMIC_RELAXED);
    }
}

/* For the kernel. It says by `spin` when the call waits for something else than the kernel. */
void await_answer(struct thread *t, struct slot *s)
{
    static const uint16_t always = 1;
    /* No answer comes sooner, and a look now would take the line from the kernel before it has written one. */
    for (int i = 0; i < 4; i++)
        __builtin_ia32_pause();
    if (look_for(t, &s->state, SLOT_REPLY, &s->spin))
        return;
    if (__atomic_load_n(&s->spin, __ATOMIC_RELAXED)) {
        sleep_for(s);
        return;
    }
    uint64_t begin = ticks();
    if (!is_soon(t) || !look_for(t, &s->state, SLOT_REPLY, &always))
        sleep_for(s);
    learn(t, ticks() - begin);
}

/* For another thread of this process (release of futex.c): until `asleep` is 0, or what the host says. */
long await_release(struct thread *t, long op, uint64_t timeout)
{
    uint64_t begin = ticks();
    long result = 0;
    uint32_t looking = ASLEEP_LOOKING;
    if ((is_soon(t) && look_for(t, &t->asleep, 0, 0)) || !__atomic_compare_exchange_n(&t->asleep, &looking, ASLEEP_ON_HOST, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        learn(t, ticks() - begin);
        return 0;
    }
    do
        result = gate_futex(&t->kicked, (uint64_t)&t->asleep, op | FUTEX_PRIVATE_FLAG, ASLEEP_ON_HOST, timeout, ~0u);
    while ((result == 0 || result == -EAGAIN) && __atomic_load_n(&t->asleep, __ATOMIC_SEQ_CST));
    learn(t, ticks() - begin);
    return result;
}
