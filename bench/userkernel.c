// userkernel: what operations cost under the kernel that this runs on: a line each, name and nanoseconds, with a tab between. "userkernel exit" ends at once.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "timing.h"

extern char **environ;

static void *nothing(void *argument)
{
    return argument;
}

static void calls(void)
{
    char bytes[4096];
    struct stat status;
    int zero = open("/dev/zero", O_RDONLY), file = open("/proc/self/exe", O_RDONLY);
    MEASURE("getpid", 20000, syscall(SYS_getpid));
    MEASURE("getpgid", 5000, syscall(SYS_getpgid, 0));
    MEASURE("read 1 byte of /dev/zero", 5000, if (read(zero, bytes, 1) != 1) return);
    MEASURE("stat", 3000, stat("/tmp", &status));
    MEASURE("open + close", 3000, close(open("/tmp", O_RDONLY)));
    MEASURE("pread 4 KiB", 3000, if (pread(file, bytes, sizeof bytes, 0) < 0) return);
    MEASURE("signal 0 to self", 2000, kill(getpid(), 0));
    MEASURE("vDSO clock", 100000, now());
}

static void pipes(void)
{
    int there[2], back[2];
    char byte = 0;
    if (pipe(there) < 0 || pipe(back) < 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        close(there[1]);
        while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
            ;
        _exit(0);
    }
    close(there[0]);
    MEASURE("pipe round trip", 2000, if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) return);
    close(there[1]);
    waitpid(child, NULL, 0);
}

static void processes(char *program)
{
    char *words[] = { program, "exit", NULL };
    pid_t child;
    MEASURE("fork + wait", 200, if ((child = fork()) == 0) _exit(0); waitpid(child, NULL, 0));
    MEASURE("vfork + wait", 200, if ((child = vfork()) == 0) _exit(0); waitpid(child, NULL, 0));
    MEASURE("fork + exec + wait", 100, if ((child = fork()) == 0) { execv("/proc/self/exe", words); _exit(1); } waitpid(child, NULL, 0));
    MEASURE("vfork + exec + wait", 100, if ((child = vfork()) == 0) { execv("/proc/self/exe", words); _exit(1); } waitpid(child, NULL, 0));
    MEASURE("posix_spawn + wait", 100, posix_spawn(&child, "/proc/self/exe", NULL, NULL, words, environ); waitpid(child, NULL, 0));
    MEASURE("thread create + join", 3000, pthread_t thread; pthread_create(&thread, NULL, nothing, NULL); pthread_join(thread, NULL));
}

static void memory(void)
{
    const int protection = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS, pages = 2000;
    MEASURE("mmap + touch + munmap", 2000, char *page = mmap(NULL, 4096, protection, flags, -1, 0); *page = 1; munmap(page, 4096));
    char *area = mmap(NULL, 4096l * pages, protection, flags, -1, 0);
    MEASURE("page fault", pages, area[i * 4096l] = 1);
    volatile double sum = 0;
    MEASURE("compute", 2000000, sum += i * 0.5);
}

int main(int count, char **words)
{
    if (count > 1 && strcmp(words[1], "exit") == 0)
        return 0;
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    calls();
    fflush(stdout); // a forked child must have nothing to print
    pipes();
    fflush(stdout);
    processes(words[0]);
    memory();
    return 0;
}
