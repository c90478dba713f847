// handover SECONDS THREADS...: how many system calls that the kernel must see (getpgid) so many busy threads make in a second: a line for each number.
// Of each turn of a thread a part is work of its own, so that not only hand-overs compete for the CPUs.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "timing.h"

static _Atomic int stopped;
static _Atomic long calls, slowest;

static void *make_calls(void *argument)
{
    long count = 0, most = 0;
    volatile double sum = 0;
    while (!atomic_load(&stopped)) {
        double begin = now();
        syscall(SYS_getpgid, 0);
        long took = (long)(now() - begin);
        most = took > most ? took : most;
        count++;
        for (int i = 0; i < 1000; i++)
            sum += i * 0.5;
    }
    atomic_fetch_add(&calls, count);
    for (long seen = atomic_load(&slowest); most > seen && !atomic_compare_exchange_weak(&slowest, &seen, most);)
        ;
    return argument;
}

int main(int count, char **words)
{
    double seconds = count > 1 ? atof(words[1]) : 1;
    for (int i = 2; i < count; i++) {
        int number = atoi(words[i]);
        pthread_t *threads = calloc((size_t)number, sizeof *threads);
        stopped = 0;
        calls = slowest = 0;
        for (int j = 0; j < number; j++)
            pthread_create(&threads[j], NULL, make_calls, NULL);
        double begin = now();
        usleep((useconds_t)(seconds * 1e6));
        stopped = 1;
        for (int j = 0; j < number; j++)
            pthread_join(threads[j], NULL);
        printf("%d threads\t%.0f calls a second, the slowest %.1f ms\n", number, (double)calls / ((now() - begin) / 1e9), (double)slowest / 1e6);
        fflush(stdout);
        free(threads);
    }
    return 0;
}
