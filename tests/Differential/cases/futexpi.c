// futex: what only threads of one process show: requeues, locks that are handed over, several words at once.
#include "harness.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>

static volatile unsigned word, second, ended;
static volatile int tids[4];

static long futex(volatile void *at, int what, unsigned value, const void *time, volatile void *other, unsigned third)
{
    return syscall(SYS_futex, at, what, value, time, other, third);
}

static int tid(void)
{
    return (int)syscall(SYS_gettid);
}

struct job {
    int what;
    unsigned value, third;
    long result;
    int error;
    volatile void *other;
    int place;
};

static void *run_job(void *argument)
{
    struct job *job = argument;
    tids[job->place] = tid();
    job->result = futex(&word, job->what, job->value, NULL, job->other, job->third);
    job->error = errno;
    __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static long until(int what, unsigned value, long limit, volatile void *other, unsigned third, long wanted)
{
    long total = 0;
    for (long start = now_ms(); total < wanted && now_ms() - start < 3000; nap_ms(1)) {
        long more = futex(&word, what, value, (void *)limit, other, third);
        if (more < 0)
            return more;
        total += more;
    }
    return total;
}

CASE(futex, private_requeue_keeps_them_asleep)
{
    pthread_t threads[3];
    struct job jobs[3];
    for (int i = 0; i < 3; i++) {
        jobs[i] = (struct job){ .what = FUTEX_WAIT_PRIVATE, .place = i };
        pthread_create(&threads[i], NULL, run_job, &jobs[i]);
    }
    SHOW(until(FUTEX_REQUEUE_PRIVATE, 0, 3, &second, 0, 3));
    nap_ms(10);
    SHOW(ended);
    SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
    SHOW(futex(&second, FUTEX_WAKE, 9, NULL, NULL, 0)); // not the same as private
    SHOW(futex(&second, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0));
    SHOW(futex(&second, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)5, &word, 0)); // back
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        SHOW(jobs[i].result);
    }
}

CASE(futex, requeue_errors) // EINVAL, EAGAIN, EFAULT
{
    SHOW(futex(&word, FUTEX_REQUEUE, -1, (void *)1, &second, 0));
    SHOW(futex(&word, FUTEX_REQUEUE, 1, (void *)-1l, &second, 0));
    SHOW(futex(&word, FUTEX_REQUEUE, 1, (void *)1, (char *)&second + 1, 0));
    SHOW(futex((char *)&word + 2, FUTEX_CMP_REQUEUE, 1, (void *)1, &second, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &second, 1));
    SHOW(futex((void *)4096, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, &second, 1));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 2, (void *)1, &second, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &word, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &second, 7));
    SHOW(futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &word, 0));
    SHOW(futex(&word, FUTEX_WAIT_REQUEUE_PI, 7, NULL, &second, 0));
    SHOW(futex(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 7, NULL, NULL, 0));
}

CASE(futex, wake_op_of_every_kind)
{
    struct { int op, operand; } ops[] = { { FUTEX_OP_SET, 9 }, { FUTEX_OP_ADD, -2 }, { FUTEX_OP_OR, 6 }, { FUTEX_OP_ANDN, 4 }, { FUTEX_OP_XOR, 5 },
        { FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 6 } };
    second = 3;
    for (int i = 0; i < 6; i++) {
        SHOW(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &second, FUTEX_OP(ops[i].op, ops[i].operand & 0xfff, i, 3)));
        SHOW(second);
    }
    SHOW(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &second, FUTEX_OP(7, 0, 0, 0))); // ENOSYS
    SHOW(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, (char *)&second + 1, 0));
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, page, 0)); // EFAULT: not to be written
}

CASE(futex, wake_op_wakes_at_both_words)
{
    pthread_t threads[2];
    struct job jobs[2] = { { .what = FUTEX_WAIT_PRIVATE, .place = 0 }, { .what = FUTEX_WAIT_PRIVATE, .place = 1 } };
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, run_job, &jobs[i]);
    SHOW(until(FUTEX_REQUEUE_PRIVATE, 0, 1, &second, 0, 1)); // one waits there
    nap_ms(20);
    SHOW(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_LT, 1)));
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    SHOW(second);
}

static void lock_with_a_waiter(int unlocked_by_death)
{
    pthread_t thread;
    struct job job = { .what = FUTEX_LOCK_PI_PRIVATE };
    word = tid();
    pthread_create(&thread, NULL, run_job, &job);
    for (long start = now_ms(); !(word & FUTEX_WAITERS) && now_ms() - start < 3000; nap_ms(1))
        ;
    nap_ms(20);
    SHOW_IF(word == ((unsigned)tid() | FUTEX_WAITERS));
    if (!unlocked_by_death)
        SHOW(futex(&word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    pthread_join(thread, NULL);
    SHOW(job.result);
}

CASE(futex, lock_is_handed_over)
{
    lock_with_a_waiter(0);
    SHOW_IF((word & FUTEX_TID_MASK) == (unsigned)tids[0]);
}

static void *take_and_go(void *unused)
{
    (void)unused;
    word = tid();
    for (long start = now_ms(); !(word & FUTEX_WAITERS) && now_ms() - start < 3000; nap_ms(1))
        ;
    nap_ms(20);
    return NULL;
}

CASE(futex, lock_of_a_thread_that_ends)
{
    pthread_t thread;
    pthread_create(&thread, NULL, take_and_go, NULL);
    while (!word)
        nap_ms(1);
    SHOW(futex(&word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    SHOW_IF((word & FUTEX_TID_MASK) == (unsigned)tid());
    SHOW_IF(word & FUTEX_OWNER_DIED);
    pthread_join(thread, NULL);
}

CASE(futex, lock_that_another_holds)
{
    struct timespec past;
    pthread_t thread;
    struct job job = { .what = FUTEX_TRYLOCK_PI_PRIVATE };
    word = tid();
    pthread_create(&thread, NULL, run_job, &job);
    pthread_join(thread, NULL);
    SHOW(job.result);
    SHOW_STRING(errno_name(job.error));
    SHOW_IF(word & FUTEX_WAITERS);
    clock_gettime(CLOCK_REALTIME, &past);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        volatile unsigned own = parent; // a thread that lives, elsewhere
        SHOW(futex(&own, FUTEX_LOCK_PI_PRIVATE, 0, &past, NULL, 0)); // EPERM: another process's
        SHOW(futex(&own, FUTEX_LOCK_PI, 0, &past, NULL, 0)); // ETIMEDOUT
        clock_gettime(CLOCK_MONOTONIC, &past);
        SHOW(futex(&own, FUTEX_LOCK_PI2, 0, &past, NULL, 0));
        _exit(0);
    }
    SHOW_WAIT(child);
    SHOW(futex(bad() + 3, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    SHOW(futex(bad() + 3, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    SHOW(futex((char *)&word + 1, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
}

CASE(futex, lock_between_processes)
{
    volatile unsigned *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    SHOW(futex(shared, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    pid_t child = fork();
    if (child == 0) {
        long locked = futex(shared, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
        int mine = (*shared & FUTEX_TID_MASK) == (unsigned)tid();
        _exit(locked == 0 && mine && futex(shared, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0 ? 0 : 1);
    }
    for (long start = now_ms(); !(*shared & FUTEX_WAITERS) && now_ms() - start < 3000; nap_ms(1))
        ;
    SHOW(futex(shared, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    SHOW_WAIT(child);
    SHOW(*shared);
}

CASE(futex, mutex_with_inheritance)
{
    pthread_mutexattr_t kind;
    pthread_mutex_t mutex;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    SHOW(pthread_mutexattr_setprotocol(&kind, PTHREAD_PRIO_INHERIT));
    SHOW(pthread_mutex_init(&mutex, &kind));
    SHOW(pthread_mutex_lock(&mutex));
    SHOW_STRING(errno_name(pthread_mutex_lock(&mutex)));
    SHOW(pthread_mutex_unlock(&mutex));
    SHOW_STRING(errno_name(pthread_mutex_unlock(&mutex)));
}

CASE(futex, requeue_to_a_lock)
{
    pthread_t threads[2];
    struct job jobs[2];
    for (int i = 0; i < 2; i++) {
        jobs[i] = (struct job){ .what = FUTEX_WAIT_REQUEUE_PI_PRIVATE, .other = &second, .place = i };
        pthread_create(&threads[i], NULL, run_job, &jobs[i]);
        nap_ms(60);
    }
    SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0)); // EINVAL: they wait for a requeue
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)1, &second, 0));
    // The first got the free lock, ended without giving it up, and so it became the second's.
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        SHOW(jobs[i].result);
    }
    SHOW_IF((second & FUTEX_TID_MASK) == (unsigned)tids[1]);
    SHOW_IF(second & FUTEX_WAITERS);
    SHOW_IF(second & FUTEX_OWNER_DIED);
}

struct words { uint64_t value, address; uint32_t flags, zero; };

static void *wait_for_words(void *argument)
{
    return (void *)syscall(SYS_futex_waitv, argument, 3, 0, NULL, CLOCK_MONOTONIC);
}

CASE(futex, waitv_tells_which)
{
    static volatile unsigned third;
    struct words list[] = { { 0, (uintptr_t)&word, 2 | 128, 0 }, { 0, (uintptr_t)&second, 2 | 128, 0 }, { 0, (uintptr_t)&third, 2 | 128, 0 } };
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, wait_for_words, list);
    long woken = 0;
    for (long start = now_ms(); woken == 0 && now_ms() - start < 3000; nap_ms(1))
        woken = futex(&second, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    pthread_join(thread, &result);
    SHOW((long)result);
    SHOW(futex(&third, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0)); // it is in no queue any more
}

CASE(futex, waitv_errors) // EINVAL, EFAULT, EAGAIN
{
    struct words one = { 0, (uintptr_t)&word, 2, 0 };
    struct timespec wrong = { 0, 1000000000 };
    SHOW(syscall(SYS_futex_waitv, NULL, 1, 0, NULL, CLOCK_MONOTONIC));
    SHOW(syscall(SYS_futex_waitv, bad(), 1, 0, NULL, CLOCK_MONOTONIC));
    SHOW(syscall(SYS_futex_waitv, &one, 129, 0, NULL, CLOCK_MONOTONIC));
    SHOW(syscall(SYS_futex_waitv, &one, 1, 0, &wrong, CLOCK_MONOTONIC));
    SHOW(syscall(SYS_futex_waitv, &one, 1, 0, &wrong, CLOCK_BOOTTIME));
    one.flags = 1; // 16 bits
    SHOW(syscall(SYS_futex_waitv, &one, 1, 0, NULL, CLOCK_MONOTONIC));
    one.flags = 64;
    SHOW(syscall(SYS_futex_waitv, &one, 1, 0, NULL, CLOCK_MONOTONIC));
    one = (struct words){ 1ul << 32, (uintptr_t)&word, 2, 0 };
    SHOW(syscall(SYS_futex_waitv, &one, 1, 0, NULL, CLOCK_MONOTONIC));
    one = (struct words){ 0, (uintptr_t)&word + 1, 2, 0 };
    SHOW(syscall(SYS_futex_waitv, &one, 1, 0, NULL, CLOCK_MONOTONIC));
    one = (struct words){ 0, 4096, 2, 0 };
    SHOW(syscall(SYS_futex_waitv, &one, 1, 0, NULL, CLOCK_MONOTONIC));
    one = (struct words){ 0, (uintptr_t)&word, 2, 1 };
    SHOW(syscall(SYS_futex_waitv, &one, 1, 0, NULL, CLOCK_MONOTONIC));
}

static void nothing(int number)
{
    (void)number;
}

CASE(futex, lock_goes_on_after_a_signal)
{
    pthread_t thread;
    struct sigaction action = { .sa_handler = nothing };
    sigaction(SIGUSR1, &action, NULL);
    struct job job = { .what = FUTEX_LOCK_PI_PRIVATE };
    word = tid();
    pthread_create(&thread, NULL, run_job, &job);
    for (long start = now_ms(); !(word & FUTEX_WAITERS) && now_ms() - start < 3000; nap_ms(1))
        ;
    nap_ms(20);
    pthread_kill(thread, SIGUSR1);
    nap_ms(20);
    SHOW(ended); // no EINTR
    SHOW(futex(&word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    pthread_join(thread, NULL);
    SHOW(job.result);
}
