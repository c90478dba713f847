// Threads and processes that do something at the same moment: whoever is first, a process ends once and is waited for, and no byte comes twice.
#include "harness.h"
#include <pthread.h>
#include <sys/uio.h>

#define ROUNDS 10

static pthread_barrier_t start;

static void *execute(void *argument)
{
    char *words[] = { "cases", "--child", "sleep", NULL };
    (void)argument;
    pthread_barrier_wait(&start);
    execve("/proc/self/exe", words, words + 3);
    return NULL;
}

static void *leave(void *argument)
{
    pthread_barrier_wait(&start);
    _exit((int)(long)argument);
}

static void *borrow(void *argument)
{
    (void)argument;
    pthread_barrier_wait(&start);
    if (vfork() == 0) {
        for (int i = 0; i < 20; i++)
            nap_ms(1);
        _exit(0);
    }
    return NULL;
}

static void *split(void *argument)
{
    (void)argument;
    pthread_barrier_wait(&start);
    for (int i = 0; i < 5; i++)
        if (fork() == 0)
            _exit(0);
    return NULL;
}

// A child whose threads begin together.
static pid_t crowd(void *(*const *run)(void *), int count)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    pthread_t threads[8];
    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (int i = 1; i < count; i++)
        pthread_create(&threads[i], NULL, run[i], (void *)5L);
    run[0]((void *)5L);
    for (int i = 1; i < count; i++)
        pthread_join(threads[i], NULL);
    _exit(9);
}

CASE(crowd, several_execs) // execve(2): all other threads are destroyed
{
    void *(*run[])(void *) = { execute, execute, execute, execute };
    int killed = 0, status;
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child = crowd(run, 4);
        nap_ms(5 * i);
        kill(child, SIGKILL);
        killed += waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
    SHOW(killed);
}

CASE(crowd, execs_beside_an_end)
{
    void *(*run[])(void *) = { execute, leave, execute };
    int ended = 0, status;
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child = crowd(run, 3);
        nap_ms(20);
        kill(child, SIGKILL); // where an exec was first
        ended += waitpid(child, &status, 0) == child && (WIFSIGNALED(status) || WEXITSTATUS(status) == 5);
    }
    SHOW(ended);
}

CASE(crowd, vfork_beside_an_end)
{
    void *(*run[])(void *) = { leave, borrow, borrow };
    int ended = 0, status;
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child = crowd(run, 3);
        ended += waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 5;
    }
    SHOW(ended);
}

CASE(crowd, vfork_beside_a_fault)
{
    void *(*run[])(void *) = { borrow, borrow, borrow };
    int ended = 0, status;
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child = crowd(run, 3);
        nap_ms(i);
        kill(child, SIGSEGV);
        ended += waitpid(child, &status, 0) == child && (WIFSIGNALED(status) || WEXITSTATUS(status) == 9);
    }
    SHOW(ended);
}

CASE(crowd, forks_beside_an_exec)
{
    void *(*run[])(void *) = { execute, split, split };
    int killed = 0, status;
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child = crowd(run, 3);
        nap_ms(20);
        kill(child, SIGKILL);
        killed += waitpid(child, &status, 0) == child && WIFSIGNALED(status);
    }
    SHOW(killed);
}

CASE(crowd, vectors_that_wait) // writev(2): what was written before a wait is not written again
{
    static unsigned char bytes[3 * 70001];
    int ends[2], status;
    pipe(ends);
    for (int i = 0; i < 3 * 70001; i++)
        bytes[i] = (unsigned char)(i * 31 >> 3);
    struct iovec vector[] = { { bytes, 70001 }, { bytes + 70001, 70001 }, { bytes + 2 * 70001, 70001 } };
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        _exit(writev(ends[1], vector, 3) != 3 * 70001);
    }
    close(ends[1]);
    long total = 0, wrong = 0, got;
    unsigned char part[997];
    while ((got = read(ends[0], part, sizeof part)) > 0) {
        for (long i = 0; i < got; i++)
            wrong += part[i] != (unsigned char)((total + i) * 31 >> 3);
        total += got;
        if (total % 5 == 0)
            nap_ms(1);
    }
    SHOW(total);
    SHOW(wrong);
    waitpid(child, &status, 0);
    show_status("writer", status);
}
