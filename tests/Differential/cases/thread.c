// Threads of one process: create, join, local storage, locks, signals, exit, exec.
#include "harness.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

static volatile int counter;
static __thread int local = 7;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;

static void *add_one(void *argument)
{
    __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
    return argument;
}

CASE(thread, create_and_join)
{
    pthread_t thread;
    void *answer;
    SHOW(pthread_create(&thread, NULL, add_one, (void *)42));
    SHOW(pthread_join(thread, &answer));
    SHOW((long)answer);
    SHOW(counter);
}

CASE(thread, many_one_after_another)
{
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, add_one, NULL) == 0)
            pthread_join(thread, NULL);
    }
    SHOW(counter);
}

CASE(thread, many_at_once)
{
    pthread_t threads[50];
    for (int i = 0; i < 50; i++)
        pthread_create(&threads[i], NULL, add_one, NULL);
    for (int i = 0; i < 50; i++)
        pthread_join(threads[i], NULL);
    SHOW(counter);
}

static void *ids(void *argument)
{
    pid_t *seen = argument;
    seen[0] = getpid();
    seen[1] = syscall(SYS_gettid);
    seen[2] = getppid();
    return NULL;
}

CASE(thread, ids)
{
    pthread_t thread;
    pid_t seen[3];
    pthread_create(&thread, NULL, ids, seen);
    pthread_join(thread, NULL);
    SHOW_IF(seen[0] == getpid());
    SHOW_IF(seen[1] != getpid());
    SHOW_IF(seen[2] == getppid());
}

static void *use_local(void *argument)
{
    local += 100;
    return (void *)(long)(local + (argument != NULL));
}

CASE(thread, local_storage)
{
    pthread_t thread;
    void *answer;
    local = 1;
    pthread_create(&thread, NULL, use_local, NULL);
    pthread_join(thread, &answer);
    SHOW((long)answer); // starts with the initial value
    SHOW(local);
}

static void *set_errno(void *argument)
{
    close(-1);
    return (void *)(long)(errno + (argument != NULL));
}

CASE(thread, errno_is_ones_own)
{
    pthread_t thread;
    void *answer;
    errno = 0;
    pthread_create(&thread, NULL, set_errno, NULL);
    pthread_join(thread, &answer);
    SHOW_STRING(errno_name((int)(long)answer));
    SHOW_IF(errno == 0);
}

static void *add_many(void *argument)
{
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        counter = counter + 1;
        pthread_mutex_unlock(&mutex);
    }
    return argument;
}

CASE(thread, mutex)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, add_many, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    SHOW(counter);
}

static void *answer_turns(void *argument)
{
    for (int i = 0; i < 20; i++) {
        pthread_mutex_lock(&mutex);
        while (counter % 2 == 0)
            pthread_cond_wait(&condition, &mutex);
        counter++;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return argument;
}

CASE(thread, condition_ping_pong)
{
    pthread_t thread;
    pthread_create(&thread, NULL, answer_turns, NULL);
    for (int i = 0; i < 20; i++) {
        pthread_mutex_lock(&mutex);
        while (counter % 2 == 1)
            pthread_cond_wait(&condition, &mutex);
        counter++;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    pthread_join(thread, NULL);
    SHOW(counter);
}

CASE(thread, condition_timeout)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    pthread_mutex_lock(&mutex);
    int answer = pthread_cond_timedwait(&condition, &mutex, &until);
    SHOW_STRING(errno_name(answer));
    SHOW(pthread_mutex_unlock(&mutex));
}

static void *meet(void *argument)
{
    long serial = pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
    return (void *)(serial + (argument != NULL));
}

CASE(thread, barrier)
{
    pthread_t threads[5];
    long serials = 0;
    pthread_barrier_init(&barrier, NULL, 5);
    for (int i = 0; i < 5; i++)
        pthread_create(&threads[i], NULL, meet, NULL);
    for (int i = 0; i < 5; i++) {
        void *answer;
        pthread_join(threads[i], &answer);
        serials += (long)answer;
    }
    SHOW(serials);
}

static sem_t semaphore;

static void *post(void *argument)
{
    nap_ms(5);
    sem_post(&semaphore);
    return argument;
}

CASE(thread, semaphore)
{
    pthread_t thread;
    sem_init(&semaphore, 0, 0);
    SHOW(sem_trywait(&semaphore));
    pthread_create(&thread, NULL, post, NULL);
    SHOW(sem_wait(&semaphore));
    pthread_join(thread, NULL);
}

static pthread_key_t key;
static volatile int destroyed;

static void destroy(void *value)
{
    destroyed += (int)(long)value;
}

static void *set_key(void *argument)
{
    pthread_setspecific(key, (void *)5);
    return argument;
}

CASE(thread, key_destructor)
{
    pthread_t thread;
    pthread_key_create(&key, destroy);
    pthread_create(&thread, NULL, set_key, NULL);
    pthread_join(thread, NULL);
    SHOW(destroyed);
}

CASE(thread, read_write_lock)
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    SHOW(pthread_rwlock_rdlock(&lock));
    SHOW(pthread_rwlock_tryrdlock(&lock));
    SHOW_STRING(errno_name(pthread_rwlock_trywrlock(&lock)));
    pthread_rwlock_unlock(&lock);
    pthread_rwlock_unlock(&lock);
    SHOW(pthread_rwlock_trywrlock(&lock));
}

static volatile unsigned left_word = 1;

static void *leaves_elsewhere(void *unused)
{
    (void)unused;
    syscall(SYS_set_tid_address, &left_word); // nobody joins this thread
    syscall(SYS_exit, 0);
    return NULL;
}

CASE(thread, word_that_is_cleared_at_its_end) // set_tid_address(2)
{
    pthread_t thread;
    pthread_create(&thread, NULL, leaves_elsewhere, NULL);
    while (left_word && (syscall(SYS_futex, &left_word, 0, 1, NULL, NULL, 0) == 0 || errno == EINTR))
        ;
    SHOW(left_word);
}
