// speed: what system calls that programs make often cost (timing.h).
// /tmp is a memory file system, /many a directory of 1,000 files of the root.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "timing.h"

static void files(void)
{
    static char bytes[32768];
    struct stat status;
    int zero = open("/dev/zero", O_RDONLY), file = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0600), many;
    MEASURE("getpid", 200000, getpid());
    MEASURE("getpid by syscall()", 200000, syscall(SYS_getpid));
    MEASURE("read 1 byte of /dev/zero", 20000, if (read(zero, bytes, 1) != 1) return);
    MEASURE("pwrite 4 KiB of a memory file", 20000, if (pwrite(file, bytes, 4096, 0) != 4096) return);
    MEASURE("pread 4 KiB of a memory file", 20000, if (pread(file, bytes, 4096, 0) != 4096) return);
    MEASURE("stat in memory", 20000, stat("/tmp/file", &status));
    MEASURE("open + close in memory", 20000, close(open("/tmp/file", O_RDONLY)));
    MEASURE("create + write + unlink in memory", 5000, int made = open("/tmp/made", O_WRONLY | O_CREAT | O_EXCL, 0600); if (write(made, bytes, 100) != 100) return; close(made); unlink("/tmp/made"));
    MEASURE("stat of the root", 20000, stat("/many/500", &status));
    MEASURE("stat of what is not there", 20000, stat("/many/none", &status));
    MEASURE("open + close of the root", 20000, close(open("/many/500", O_RDONLY)));
    MEASURE("getdents of 1,000", 500, many = open("/many", O_RDONLY | O_DIRECTORY); while (syscall(SYS_getdents64, many, bytes, sizeof bytes) > 0) ; close(many));
}

#define TURNS 5000
static _Atomic unsigned word;
static int there, back;

static void wait_for(unsigned turn)
{
    unsigned seen;
    while ((seen = atomic_load(&word)) != turn)
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void pass_on(unsigned turn)
{
    atomic_store(&word, turn);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *by_futex(void *argument)
{
    for (unsigned i = 0; i < TURNS; i++) {
        wait_for(2 * i + 1);
        pass_on(2 * i + 2);
    }
    return argument;
}

static void *by_event(void *argument)
{
    eventfd_t value;
    for (int i = 0; i < TURNS; i++)
        if (eventfd_read(there, &value) < 0 || eventfd_write(back, 1) < 0)
            break;
    return argument;
}

static void threads(void)
{
    pthread_t thread;
    eventfd_t value;
    pthread_create(&thread, NULL, by_futex, NULL);
    MEASURE("futex round trip of threads", TURNS, pass_on(2 * (unsigned)i + 1); wait_for(2 * (unsigned)i + 2));
    pthread_join(thread, NULL);
    there = eventfd(0, 0);
    back = eventfd(0, 0);
    pthread_create(&thread, NULL, by_event, NULL);
    MEASURE("eventfd round trip of threads", TURNS, eventfd_write(there, 1); eventfd_read(back, &value));
    pthread_join(thread, NULL);
}

int main(void)
{
    files();
    threads();
    return 0;
}
