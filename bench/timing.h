// What an operation costs under the kernel that this runs on: a line each, name and nanoseconds, with a tab between.
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stdio.h>
#include <time.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

#define MEASURE(name, count, ...) \
    do { \
        double begin = now(); \
        for (int i = 0; i < (count); i++) { \
            __VA_ARGS__; \
        } \
        printf("%s\t%.1f\n", name, (now() - begin) / (count)); \
    } while (0)

#endif
