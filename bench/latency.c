// latency SECONDS: how long single system calls take at worst, alone and beside another process that opens files and forks all the time: a line each,
// name and nanoseconds, with a tab between. What a kernel does now and then (a collection) is in the last of them.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "timing.h"

// Buckets of a 32nd of their value.
#define FINE 32
#define BUCKETS (64 * FINE)

struct histogram {
    long counts[BUCKETS], total;
    double most;
};

static int bucket(unsigned long value)
{
    if (value < FINE)
        return (int)value;
    int shift = 63 - __builtin_clzl(value) - 5;
    return (shift + 1) * FINE + (int)(value >> shift) - FINE;
}

static double value_of(int bucket)
{
    int shift = bucket / FINE - 1;
    return shift < 0 ? bucket : (double)((unsigned long)(FINE + bucket % FINE) << shift);
}

static void note(struct histogram *all, double time)
{
    all->counts[bucket((unsigned long)time)]++;
    all->total++;
    if (time > all->most)
        all->most = time;
}

static double below(const struct histogram *all, double share)
{
    long wanted = (long)(share * (double)all->total), seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
        seen += all->counts[i];
        if (seen > wanted)
            return value_of(i);
    }
    return all->most;
}

static void print(const char *name, const char *where, const struct histogram *all)
{
    printf("%s %s: p50\t%.0f\n", name, where, below(all, 0.5));
    printf("%s %s: p99\t%.0f\n", name, where, below(all, 0.99));
    printf("%s %s: p99.9\t%.0f\n", name, where, below(all, 0.999));
    printf("%s %s: p99.99\t%.0f\n", name, where, below(all, 0.9999));
    printf("%s %s: longest\t%.0f\n", name, where, all->most);
}

static void measure(double seconds, const char *where)
{
    static struct histogram calls, reads;
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    memset(&calls, 0, sizeof calls);
    memset(&reads, 0, sizeof reads);
    double end = now() + seconds * 1e9;
    for (double before = now(), middle, after; before < end; before = after) {
        syscall(SYS_getpgid, 0);
        middle = now();
        if (read(zero, &byte, 1) != 1)
            return;
        after = now();
        note(&calls, middle - before);
        note(&reads, after - middle);
    }
    print("getpgid", where, &calls);
    print("read of 1 byte", where, &reads);
    close(zero);
}

// What makes a kernel allocate: names, open files, processes.
static void keep_busy(void)
{
    char name[64];
    struct stat status;
    for (int i = 0;; i++) {
        snprintf(name, sizeof name, "/tmp/busy%d", i % 100);
        close(open(name, O_CREAT | O_RDWR, 0600));
        stat(name, &status);
        if (i % 50 != 0)
            continue;
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        waitpid(child, NULL, 0);
    }
}

int main(int count, char **words)
{
    double seconds = count > 1 ? atof(words[1]) : 5;
    measure(seconds, "alone");
    pid_t child = fork();
    if (child == 0)
        keep_busy();
    measure(seconds, "beside files and forks");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return 0;
}
