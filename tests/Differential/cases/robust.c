// Mutexes whose owner has died: get_robust_list(2), pthread_mutexattr_setrobust(3).
#include "harness.h"
#include <pthread.h>
#include <sys/mman.h>

static pthread_mutex_t *shared_mutex(void)
{
    pthread_mutexattr_t kind;
    pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &kind);
    return mutex;
}

static void *lock_and_go(void *mutex)
{
    pthread_mutex_lock(mutex);
    return NULL;
}

CASE(futex, robust_mutex_over_exec_and_in_a_thread)
{
    pthread_mutex_t *mutex = shared_mutex();
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(mutex);
        execl("/proc/self/exe", "cases", "--child", "flags", NULL);
        _exit(1);
    }
    waitpid(child, NULL, 0);
    SHOW_STRING(errno_name(pthread_mutex_lock(mutex)));
    SHOW(pthread_mutex_consistent(mutex));
    SHOW(pthread_mutex_unlock(mutex));
    pthread_t thread;
    pthread_create(&thread, NULL, lock_and_go, mutex);
    pthread_join(thread, NULL);
    SHOW_STRING(errno_name(pthread_mutex_lock(mutex)));
}

CASE(futex, robust_mutex_that_somebody_waits_for)
{
    pthread_mutex_t *mutex = shared_mutex();
    int ready[2];
    char byte;
    pipe(ready);
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(mutex);
        write(ready[1], "r", 1);
        nap_ms(60);
        kill(getpid(), SIGKILL);
    }
    read(ready[0], &byte, 1);
    SHOW_STRING(errno_name(pthread_mutex_lock(mutex))); // waits, and gets it from a dead one
    SHOW_WAIT(child);
}
