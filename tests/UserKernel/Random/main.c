// random SEED SECONDS: processes that make random system calls, with threads, forks and execs of their own, some at a time, each ended after a moment.
// Prints what it did and ends with 0: whatever becomes of them, their kernel goes on. The same seed gives the same calls.
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "random.h"

#define CALLS 400
#define MOMENT_MS 300
#define AT_ONCE 4
#define MOST_THREADS 3

static int rare(long nr)
{
    // What ends or stops the process, or waits for ever, is tried less often, and so is what makes more of them.
    static const int list[] = { SYS_exit, SYS_exit_group, SYS_pause, SYS_rt_sigsuspend, SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigreturn, SYS_execve, SYS_execveat, SYS_vfork, SYS_fork, SYS_clone, SYS_close_range, SYS_setrlimit, SYS_prlimit64, SYS_seccomp };
    for (unsigned i = 0; i < sizeof list / sizeof *list; i++)
        if (nr == list[i])
            return next() % 8 != 0;
    return 0;
}

static void call(long nr)
{
    const char *kinds = nr < HIGHEST && signatures[nr] && next() % 8 ? signatures[nr] : "xxxxxx";
    uint64_t values[6];
    int count = (int)strlen(kinds);
    for (int i = 0; i < 6; i++)
        values[i] = argument(i < count ? kinds[i] : 'x');
    // Init is the one that goes on: its limits are its own user's, who may end it by them.
    if (nr == SYS_prlimit64 && (int)values[0] == 1)
        return;
    syscall(nr, values[0], values[1], values[2], values[3], values[4], values[5]);
}

static void calls(int count)
{
    long self = syscall(SYS_gettid);
    while (count-- > 0) {
        // One in four is any number, the others are those whose arguments we know.
        long nr = (long)(next() % HIGHEST);
        if (next() % 4 && (nr >= HIGHEST || signatures[nr] == NULL))
            continue;
        if (rare(nr))
            continue;
        call(nr);
        long now = syscall(SYS_gettid);
        if (now != self) {
            // A child has calls of its own, and fewer of them.
            self = now;
            count /= 2;
            state = state * 0x9e3779b97f4a7c15 + (uint64_t)now;
            state |= 1;
        }
        if (next() % 32 == 0)
            fill();
    }
}

void born(void)
{
    calls(CALLS / 4);
    for (;;)
        syscall(SYS_exit, 0);
}

static void *run_thread(void *seed)
{
    state = (uint64_t)seed | 1;
    calls(CALLS);
    return NULL;
}

static void nothing(int signal)
{
    (void)signal;
}

static void child(uint64_t seed)
{
    state = seed * 0x9e3779b97f4a7c15 | 1;
    char place[32];
    snprintf(place, sizeof place, "/tmp/%lu", seed % 8);
    mkdir(place, 0755);
    if (chdir(place) < 0 && chdir("/tmp") < 0)
        _exit(1);
    // The streams that the test reads stay ours; standard input is a stream of the host's for the calls.
    int null = open("/dev/null", O_RDWR);
    dup2(null, 1);
    dup2(null, 2);
    make_world();
    // Signals in the middle of waits, for every other one.
    if (next() % 2) {
        struct sigaction action = { .sa_handler = nothing, .sa_flags = next() % 2 ? SA_RESTART : 0 };
        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &(struct itimerval) { { 0, 3000 }, { 0, 3000 } }, NULL);
    }
    pthread_t thread;
    for (uint64_t i = next() % (MOST_THREADS + 1); i > 0; i--)
        pthread_create(&thread, NULL, run_thread, (void *)next());
    calls(CALLS);
    _exit(0);
}

static long now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void reap(void)
{
    int status;
    while (waitpid(-1, &status, WNOHANG) > 0)
        ;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status, (void)kind;
    if (where->level > 0)
        remove(path);
    return 0;
}

static int open_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status, (void)where;
    if (kind == FTW_D || kind == FTW_DNR)
        chmod(path, 0777);
    return 0;
}

// What earlier ones made of the place, and its mode, must not be the end of the later ones.
static void tidy(void)
{
    chmod("/tmp", 0777);
    nftw("/tmp", open_one, 16, FTW_PHYS);
    nftw("/tmp", remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

// Some children at a time, to their end or that of their moment.
static long round_of(uint64_t seed)
{
    long ended = 0, end = now_ms() + MOMENT_MS;
    tidy();
    for (int i = 0; i < AT_ONCE; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            setpgid(0, 0);
            child(seed + (uint64_t)i);
        }
    }
    for (int left = AT_ONCE; left > 0 && now_ms() < end;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0)
            usleep(500);
        else
            left--, ended++;
    }
    // We are init: all others end, whichever group and session they are in.
    if (getpid() == 1)
        kill(-1, SIGKILL);
    reap();
    return ended;
}

int main(int count, char **words)
{
    if (count > 2 && strcmp(words[1], "child") == 0)
        child(strtoull(words[2], NULL, 0));
    uint64_t seed = count > 1 ? strtoull(words[1], NULL, 0) : 1;
    long end = now_ms() + (count > 2 ? atol(words[2]) : 5) * 1000, ended = 0, rounds = 0;
    umask(0);
    for (; now_ms() < end; seed += AT_ONCE, rounds++)
        ended += round_of(seed);
    printf("next seed %lu, %ld rounds, %ld ended by themselves\n", seed, rounds, ended);
    return rounds > 0 ? 0 : 1;
}
