/* A well-behaved process beside hostile ones: whatever those do, its files, pipes, memory, threads and children are what they should be. */
#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include "inside.h"

#include <pthread.h>

#define PATTERN 65536

static int neighbour_end;

static void wrong(const char *what)
{
    printf("neighbour: %s: %s\n", what, strerror(errno));
    fflush(stdout);
    _exit(1);
}

static void *add_one(void *counter)
{
    ++*(long *)counter;
    return 0;
}

static void check_file(const uint8_t *pattern)
{
    static uint8_t back[PATTERN];
    char name[64];
    sprintf(name, "/tmp/neighbour-%d", getpid());
    int file = open(name, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || write(file, pattern, PATTERN) != PATTERN || pread(file, back, PATTERN, 0) != PATTERN || memcmp(back, pattern, PATTERN))
        wrong("file");
    uint8_t *map = mmap(0, PATTERN, PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED || memcmp(map, pattern, PATTERN) || munmap(map, PATTERN))
        wrong("mapped file");
    if (close(file) || unlink(name))
        wrong("unlink");
}

/* A child sends the pattern back through a pipe and ends with a status of its own. EAGAIN: the others have taken all processes that there may be. */
static void check_child(const uint8_t *pattern, int round)
{
    static uint8_t back[4096];
    int ends[2], status;
    if (pipe2(ends, O_CLOEXEC))
        wrong("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        ssize_t put = write(ends[1], pattern + round % 8 * 4096, sizeof back);
        if (put == sizeof back && round % 4 == 0)
            execl("/proc/self/exe", "self", "status", "5", (char *)0);
        _exit(put == sizeof back ? 5 : 6);
    }
    if (pid < 0 && errno != EAGAIN)
        wrong("fork");
    close(ends[1]);
    if (pid > 0) {
        if (read(ends[0], back, sizeof back) != sizeof back || memcmp(back, pattern + round % 8 * 4096, sizeof back))
            wrong("pipe's bytes");
        if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 5) {
            printf("neighbour: status %x of %d\n", status, pid);
            wrong("child");
        }
    }
    close(ends[0]);
}

static void neighbour_body(int end)
{
    uint8_t *pattern = mmap(0, PATTERN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), byte;
    uint64_t sum = 0, again;
    long rounds = 0, slowest = 0, threads = 0;
    pid_t self = getpid();
    seed((uint64_t)self);
    for (int i = 0; i < PATTERN; i++)
        sum += pattern[i] = (uint8_t)next();
    fcntl(end, F_SETFL, O_NONBLOCK);
    for (; read(end, &byte, 1) < 0; rounds++) {
        long begin = now_ms();
        pthread_t thread;
        check_file(pattern);
        check_child(pattern, (int)rounds);
        if (pthread_create(&thread, 0, add_one, &threads) == 0)
            pthread_join(thread, 0);
        else
            threads++;
        again = 0;
        for (int i = 0; i < PATTERN; i++)
            again += pattern[i];
        if (again != sum || getpid() != self || syscall(SYS_getpid) != self || threads != rounds + 1)
            wrong("memory");
        if (now_ms() - begin > slowest)
            slowest = now_ms() - begin;
        usleep(5000);
    }
    printf("neighbour: %ld rounds, the slowest took %ld ms\n", rounds, slowest);
    fflush(stdout);
    _exit(rounds > 0 && slowest < 20000 ? 0 : 1);
}

/* Its pid; it goes on until end_neighbour. */
static inline pid_t start_neighbour(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        exit(92);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        neighbour_body(ends[0]);
    }
    close(ends[0]);
    neighbour_end = ends[1];
    return pid;
}

static inline int end_neighbour(pid_t pid)
{
    int status = -1;
    close(neighbour_end);
    while (waitpid(pid, &status, 0) != pid && errno == EINTR)
        ;
    if (status)
        printf("the neighbour ended with %x\n", status);
    return status != 0;
}

/* main's first step: the neighbour's children execute this program for a status. */
static void maybe_status(int count, char **words)
{
    if (count == 3 && !strcmp(words[1], "status"))
        _exit(atoi(words[2]));
}

#endif
