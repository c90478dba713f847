// getrlimit, setrlimit, prlimit64 and what the limits do.
#include "harness.h"
#include <sys/mman.h>
#include <sys/resource.h>

CASE(rlimit, lower_and_raise) // setrlimit(2): EPERM above the hard limit
{
    struct rlimit limit = { 10, 20 }, got;
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    SHOW(getrlimit(RLIMIT_NOFILE, &got));
    out("%lu %lu\n", got.rlim_cur, got.rlim_max);
    limit.rlim_cur = 20;
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_max = 21;
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    limit = (struct rlimit){ 5, 4 };
    SHOW(setrlimit(RLIMIT_NOFILE, &limit)); // EINVAL
}

CASE(rlimit, errors) // getrlimit(2): EFAULT, EINVAL, ESRCH
{
    struct rlimit limit;
    SHOW(syscall(SYS_getrlimit, 16, &limit));
    SHOW(syscall(SYS_setrlimit, -1, &limit));
    SHOW(syscall(SYS_getrlimit, RLIMIT_CPU, bad()));
    SHOW(syscall(SYS_setrlimit, RLIMIT_CPU, bad()));
    SHOW(syscall(SYS_prlimit64, INT_MAX, RLIMIT_CPU, NULL, &limit));
    SHOW(syscall(SYS_prlimit64, 0, 99, NULL, &limit));
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_CPU, NULL, bad()));
}

CASE(rlimit, all_can_be_read)
{
    struct rlimit limit;
    for (int i = 0; i < 16; i++) {
        int answer = getrlimit(i, &limit);
        out("%d: %d %d\n", i, answer, limit.rlim_cur <= limit.rlim_max);
    }
}

CASE(rlimit, prlimit_returns_the_old)
{
    struct rlimit one = { 0, 0 }, old;
    SHOW(prlimit(0, RLIMIT_CORE, &one, &old));
    SHOW(old.rlim_cur);
    struct rlimit files = { 100, 200 };
    prlimit(0, RLIMIT_NOFILE, &files, NULL);
    files.rlim_cur = 50;
    SHOW(prlimit(getpid(), RLIMIT_NOFILE, &files, &old));
    out("%lu %lu\n", old.rlim_cur, old.rlim_max);
}

CASE(rlimit, of_a_child)
{
    struct rlimit limit = { 30, 60 }, got;
    int ends[2];
    char byte;
    pipe(ends);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        read(ends[0], &byte, 1);
        getrlimit(RLIMIT_NOFILE, &got);
        out("%lu %lu\n", got.rlim_cur, got.rlim_max);
        _exit(0);
    }
    SHOW(prlimit(child, RLIMIT_NOFILE, &limit, NULL));
    close(ends[1]);
    SHOW_WAIT(child);
}

CASE(rlimit, kept_across_exec_and_fork)
{
    struct rlimit limit = { 40, 80 };
    setrlimit(RLIMIT_NOFILE, &limit);
    pid_t child = fork();
    if (child == 0)
        _exit(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 40 ? 0 : 1);
    SHOW_WAIT(child);
}

static volatile sig_atomic_t signals;

static void note(int number)
{
    signals += number;
}

CASE(rlimit, file_size) // write(2): EFBIG, and SIGXFSZ
{
    struct rlimit limit = { 5000, 5000 };
    static char bytes[8000];
    int fd = open_file("file", "");
    signal(SIGXFSZ, note);
    SHOW(setrlimit(RLIMIT_FSIZE, &limit));
    SHOW(write(fd, bytes, 8000)); // as much as fits
    SHOW(signals);
    SHOW(write(fd, bytes, 1));
    SHOW(signals);
    SHOW(ftruncate(fd, 6000));
    SHOW(signals);
    SHOW(pwrite(fd, bytes, 1, 4999));
    SHOW(pwrite(fd, bytes, 1, 5000));
}

CASE(rlimit, file_size_kills)
{
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = { 10, 10 };
        int fd = open_file("file", "");
        setrlimit(RLIMIT_FSIZE, &limit);
        write(fd, "0123456789", 10);
        write(fd, "x", 1);
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(rlimit, data_segment) // brk(2): ENOMEM; mmap since 4.7
{
    struct rlimit limit = { 0, RLIM_INFINITY };
    char *end = (char *)syscall(SYS_brk, 0);
    setrlimit(RLIMIT_DATA, &limit);
    SHOW_IF((char *)syscall(SYS_brk, end + 4096) == end);
}

CASE(rlimit, pending_signals) // sigqueue(3): EAGAIN
{
    struct rlimit limit = { 2, 2 };
    sigset_t set;
    signal(SIGUSR2, note);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    SHOW(setrlimit(RLIMIT_SIGPENDING, &limit));
    int failures = 0;
    for (int i = 0; i < 10; i++)
        failures += sigqueue(getpid(), SIGRTMIN, (union sigval){ 0 }) == -1 && errno == EAGAIN;
    SHOW_IF(failures >= 8);
    SHOW(kill(getpid(), SIGUSR2)); // the standard ones need no room
    SHOW(signals);
}

CASE(rlimit, getpriority_and_nice) // getpriority(2), setpriority(2)
{
    SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0)); // 20 - nice
    SHOW(setpriority(PRIO_PROCESS, 0, 5));
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(setpriority(PRIO_PROCESS, 0, 100)); // cut to 19
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(getpriority(PRIO_PROCESS, INT_MAX));
    SHOW(getpriority(9, 0));
    SHOW(setpriority(PRIO_PROCESS, INT_MAX, 0));
    SHOW(setpriority(9, 0, 0));
    pid_t child = fork();
    if (child == 0)
        _exit(getpriority(PRIO_PROCESS, 0));
    SHOW_WAIT(child);
    SHOW(getpriority(PRIO_PGRP, 0));
}

static volatile sig_atomic_t told;

static void count(int number)
{
    told += number == SIGXCPU;
}

static void spin_with(rlim_t soft, rlim_t hard)
{
    struct rlimit limit = { soft, hard };
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CPU, &limit);
        for (;;)
            ;
    }
    SHOW_WAIT(child);
}

CASE(rlimit, processor_time) // SIGXCPU at the soft limit
{
    spin_with(1, 30);
}

CASE(rlimit, all_processor_time) // SIGKILL at the hard one
{
    spin_with(1, 1);
}

CASE(rlimit, processor_time_with_a_handler)
{
    struct rlimit limit = { 1, 30 };
    signal(SIGXCPU, count);
    setrlimit(RLIMIT_CPU, &limit);
    for (long start = now_ms(); !told && now_ms() - start < 4500;)
        ;
    SHOW(told);
    getrlimit(RLIMIT_CPU, &limit);
    SHOW(limit.rlim_cur); // it grows
}
