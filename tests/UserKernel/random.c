// random SEED SECONDS: children that make random system calls with random arguments, each ended after a moment. Prints what it did and ends with 0:
// whatever becomes of a child, its kernel goes on. The same seed makes the same calls.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HIGHEST 470
#define CALLS 400
#define MOMENT_MS 300

static uint64_t state;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static char *area; // two pages, then a hole

static uint64_t argument(void)
{
    static const uint64_t odd[] = { 0, 1, 2, 3, 7, 8, 16, 255, 256, 4095, 4096, 4097, 65536, 0x7fffffff, 0x80000000, 0xffffffff, -1ul, -2ul, -4096ul,
        1ul << 31, 1ul << 40, 1ul << 47, 0x7ffffffff000, 1ul << 63, 0x700000000000, 0x700010000000, 0x5401, 0x540f, 0x541b, O_CREAT | O_RDWR, O_NONBLOCK, 0x80000, -100u, 0x4100, 0x11 };
    switch (next() % 8) {
    case 0:
    case 1: return odd[next() % (sizeof odd / sizeof *odd)];
    case 2: return next() % 12;
    case 3: return (uint64_t)area + next() % 8192;
    case 4: return (uint64_t)area + 8192 - next() % 16;
    case 5: return (uint64_t)area + (next() % 64) * 64;
    case 6: return next() % 5000;
    default: return next();
    }
}

static void fill(void)
{
    static const char *const words[] = { "/tmp/x", "x", "/proc/self/fd/0", "/dev/null", "..", "/proc/self/status", "/tmp", "", "/dev/ptmx", "/proc/1/maps" };
    for (int i = 0; i < 8192; i += 8)
        *(uint64_t *)(area + i) = next() % 3 ? argument() : next() % 16;
    for (int i = 0; i < 24; i++)
        strcpy(area + next() % 127 * 64, words[next() % (sizeof words / sizeof *words)]);
}

static int skipped(long nr)
{
    // What ends or stops the child, or waits for ever, is tried by one child in eight.
    static const int dull[] = { SYS_exit, SYS_exit_group, SYS_pause, SYS_rt_sigsuspend, SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigreturn, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_execve, SYS_vfork };
    for (unsigned i = 0; i < sizeof dull / sizeof *dull; i++)
        if (nr == dull[i])
            return next() % 8 != 0;
    return 0;
}

static void child(uint64_t seed)
{
    state = seed * 0x9e3779b97f4a7c15 | 1;
    area = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(area + 8192, 4096);
    int ends[2];
    if (pipe(ends) == 0)
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
    open("/dev/zero", O_RDWR);
    open("/tmp", O_RDONLY);
    open("/tmp/file", O_CREAT | O_RDWR, 0600);
    fill();
    for (int i = 0; i < CALLS; i++) {
        long nr = (long)(next() % HIGHEST);
        if (skipped(nr))
            continue;
        syscall(nr, argument(), argument(), argument(), argument(), argument(), argument());
        if (i % 32 == 31)
            fill();
    }
    _exit(0);
}

static long now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int main(int count, char **words)
{
    uint64_t seed = count > 1 ? strtoull(words[1], NULL, 0) : 1;
    long end = now_ms() + (count > 2 ? atol(words[2]) : 5) * 1000, ended = 0, killed = 0;
    chdir("/tmp");
    for (; now_ms() < end; seed++) {
        pid_t pid = fork();
        if (pid == 0) {
            setpgid(0, 0);
            child(seed);
        }
        if (pid < 0) {
            usleep(1000);
            continue;
        }
        long begin = now_ms();
        int status;
        pid_t got;
        while ((got = waitpid(pid, &status, WNOHANG | WUNTRACED)) == 0 && now_ms() - begin < MOMENT_MS)
            usleep(500);
        if (got != pid || WIFSTOPPED(status)) {
            kill(-pid, SIGKILL);
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            killed++;
        } else {
            ended++;
        }
        // What it left: its own children, given to us or to init.
        while (waitpid(-1, &status, WNOHANG) > 0)
            ;
    }
    printf("next seed %lu, %ld ended, %ld were ended\n", seed, ended, killed);
    return ended + killed > 0 ? 0 : 1;
}
