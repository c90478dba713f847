// futex: wait, wake, requeue, bitsets, timeouts, and robust lists.
#include "harness.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>

static int futex(volatile void *word, int what, unsigned value, const void *time, volatile void *other, unsigned third)
{
    return syscall(SYS_futex, word, what, value, time, other, third);
}

static volatile unsigned word, second, woken;

static void *wait_on_word(void *argument)
{
    (void)argument;
    while (futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0) == -1 && errno == EINTR)
        ;
    __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

// Wakes until that many waiters were really there.
static int wake_until(volatile void *at, int what, int wanted, unsigned third)
{
    int total = 0;
    for (long start = now_ms(); total < wanted && now_ms() - start < 3000;) {
        total += futex(at, what, wanted - total, NULL, NULL, third);
        if (total < wanted)
            nap_ms(1);
    }
    return total;
}

CASE(futex, value_differs) // EAGAIN
{
    word = 5;
    SHOW(futex(&word, FUTEX_WAIT, 4, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT_PRIVATE, 4, NULL, NULL, 0));
}

CASE(futex, nobody_to_wake)
{
    SHOW(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0));
}

CASE(futex, timeout) // ETIMEDOUT
{
    struct timespec some = { 0, 15000000 }, zero = { 0, 0 };
    long start = now_ms();
    SHOW(futex(&word, FUTEX_WAIT, 0, &some, NULL, 0));
    SHOW_IF(now_ms() - start >= 15);
    SHOW(futex(&word, FUTEX_WAIT, 0, &zero, NULL, 0));
    clock_gettime(CLOCK_MONOTONIC, &some);
    SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &some, NULL, FUTEX_BITSET_MATCH_ANY)); // absolute
    clock_gettime(CLOCK_REALTIME, &some);
    SHOW(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &some, NULL, FUTEX_BITSET_MATCH_ANY));
}

CASE(futex, errors) // futex(2): EINVAL, EFAULT, ENOSYS
{
    struct timespec wrong = { 0, 1000000000 };
    SHOW(futex((char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT, 0, &wrong, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT, 0, bad(), NULL, 0));
    SHOW(futex((void *)4096, FUTEX_WAIT, 0, NULL, NULL, 0));
    SHOW(futex((void *)4096, FUTEX_WAKE, 1, NULL, NULL, 0));
    SHOW(futex((void *)4096, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0)); // the address alone is the key
    SHOW(futex(&word, 77, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
}

CASE(futex, wakes_threads)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, wait_on_word, NULL);
    SHOW(wake_until(&word, FUTEX_WAKE, 3, 0));
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    SHOW(woken);
    SHOW(futex(&word, FUTEX_WAKE, 3, NULL, NULL, 0));
}

static void *wait_with_bit(void *argument)
{
    unsigned bit = (uintptr_t)argument;
    int answer = futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, bit);
    return (void *)(long)answer;
}

CASE(futex, bitset_chooses)
{
    pthread_t one, two;
    pthread_create(&one, NULL, wait_with_bit, (void *)1);
    pthread_create(&two, NULL, wait_with_bit, (void *)2);
    SHOW(futex(&word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 4)); // neither
    SHOW(wake_until(&word, FUTEX_WAKE_BITSET, 1, 2));
    pthread_join(two, NULL);
    SHOW(wake_until(&word, FUTEX_WAKE_BITSET, 1, 1));
    pthread_join(one, NULL);
}

CASE(futex, requeue)
{
    pthread_t threads[3];
    int moved = 0;
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, wait_on_word, NULL);
    SHOW(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 3L, &second, 99)); // EAGAIN: the word is 0
    for (long start = now_ms(); moved < 3 && now_ms() - start < 3000; nap_ms(1))
        moved += syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE, 0, 3L, &second, 0);
    SHOW(moved);
    SHOW(woken);
    SHOW(futex(&word, FUTEX_WAKE, 3, NULL, NULL, 0));
    SHOW(futex(&second, FUTEX_WAKE, 3, NULL, NULL, 0));
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    SHOW(woken);
}

CASE(futex, wake_op)
{
    second = 5;
    // second += 3; wakes there too if the old value was 5
    SHOW(syscall(SYS_futex, &word, FUTEX_WAKE_OP, 1, 1L, &second, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5)));
    SHOW(second);
    SHOW(syscall(SYS_futex, &word, FUTEX_WAKE_OP, 1, 1L, &second, FUTEX_OP(FUTEX_OP_ANDN, 8, FUTEX_OP_CMP_EQ, 5)));
    SHOW(second);
    SHOW(syscall(SYS_futex, &word, FUTEX_WAKE_OP, 1, 1L, bad() + 3, 0));
}

CASE(futex, between_processes)
{
    volatile unsigned *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0)
        _exit(futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0) == 0 ? 0 : 1);
    SHOW(wake_until(shared, FUTEX_WAKE, 1, 0));
    SHOW_WAIT(child);
}

CASE(futex, by_two_mappings_of_a_file)
{
    int fd = open_file("file", "");
    ftruncate(fd, 4096);
    volatile unsigned *one = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    volatile unsigned *two = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    pid_t child = fork();
    if (child == 0)
        _exit(futex(one, FUTEX_WAIT, 0, NULL, NULL, 0) == 0 ? 0 : 1);
    SHOW(wake_until(two, FUTEX_WAKE, 1, 0));
    SHOW_WAIT(child);
}

static void nothing(int number)
{
    (void)number;
}

CASE(futex, interrupted) // EINTR
{
    struct sigaction action = { .sa_handler = nothing };
    sigaction(SIGALRM, &action, NULL);
    alarm_soon();
    SHOW(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0));
    alarm_off();
}

CASE(futex, interrupted_with_a_timeout) // EINTR although SA_RESTART: signal(7)
{
    struct timespec some = { 4, 0 };
    struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
    sigaction(SIGALRM, &action, NULL);
    alarm_soon();
    SHOW(futex(&word, FUTEX_WAIT, 0, &some, NULL, 0));
    alarm_off();
}

CASE(futex, restarted_without_a_timeout)
{
    volatile unsigned *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
    sigaction(SIGUSR1, &action, NULL);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        nap_ms(15);
        kill(parent, SIGUSR1);
        nap_ms(15);
        _exit(wake_until(shared, FUTEX_WAKE, 1, 0));
    }
    SHOW(futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0));
    SHOW_WAIT(child);
}

CASE(futex, priority_inheritance)
{
    word = 0;
    SHOW(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    SHOW_IF((word & FUTEX_TID_MASK) == (unsigned)syscall(SYS_gettid));
    SHOW(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));    // EDEADLK
    SHOW(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0)); // EDEADLK
    SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    SHOW(word);
    SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0)); // EPERM
    word = INT_MAX & FUTEX_TID_MASK;
    SHOW(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0)); // ESRCH: no such owner
}

CASE(futex, robust_list)
{
    struct robust_list_head *head = NULL, mine = { { &mine.list }, 0, NULL };
    size_t length = 0;
    SHOW(syscall(SYS_set_robust_list, &mine, sizeof mine));
    SHOW(syscall(SYS_get_robust_list, 0, &head, &length));
    SHOW_IF(head == &mine && length == sizeof mine);
    SHOW(syscall(SYS_set_robust_list, &mine, 8L)); // EINVAL
    SHOW(syscall(SYS_get_robust_list, INT_MAX, &head, &length)); // ESRCH
    SHOW(syscall(SYS_get_robust_list, 0, bad(), &length));
}

CASE(futex, robust_mutex_of_a_dead_owner)
{
    pthread_mutexattr_t kind;
    pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &kind);
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(mutex);
        kill(getpid(), SIGKILL);
    }
    SHOW_WAIT(child);
    int answer = pthread_mutex_lock(mutex);
    SHOW_STRING(errno_name(answer)); // EOWNERDEAD
    SHOW(pthread_mutex_consistent(mutex));
    SHOW(pthread_mutex_unlock(mutex));
}

CASE(futex, waitv)
{
    struct timespec some;
    struct { uint64_t value, address; uint32_t flags, zero; } waiters[2] = { { 0, (uintptr_t)&word, 2, 0 }, { 7, (uintptr_t)&second, 2, 0 } };
    SHOW(syscall(SYS_futex_waitv, waiters, 2, 0, NULL, CLOCK_MONOTONIC)); // EAGAIN: the second differs
    waiters[1].value = 0;
    clock_gettime(CLOCK_MONOTONIC, &some);
    SHOW(syscall(SYS_futex_waitv, waiters, 2, 0, &some, CLOCK_MONOTONIC)); // ETIMEDOUT
    SHOW(syscall(SYS_futex_waitv, waiters, 0, 0, NULL, CLOCK_MONOTONIC));
    SHOW(syscall(SYS_futex_waitv, waiters, 2, 1, NULL, CLOCK_MONOTONIC));
}
