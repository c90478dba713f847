/* Resource exhaustion (E38): each takes until it is refused, with a bound of its own, and tells how far it came. */
#include "probe.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* With "hold" the children stay until stdin ends. */
static int forks(int bound, bool hold)
{
    int count = 0, error = 0;
    pid_t *children = calloc((size_t)bound, sizeof *children);
    while (count < bound) {
        pid_t pid = fork();
        if (pid == 0)
            for (;;)
                pause();
        if (pid < 0) {
            error = errno;
            break;
        }
        children[count++] = pid;
    }
    printf("%d %s\n", count, error ? strerrorname_np(error) : "-");
    fflush(stdout);
    char byte;
    while (hold && read(0, &byte, 1) > 0)
        continue;
    for (int i = 0; i < count; i++)
        kill(children[i], SIGKILL);
    while (wait(NULL) > 0)
        continue;
    return 0;
}

/* MiB touched by a child; the kernel ends it. */
static int memory(int bound)
{
    int *touched = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), status = 0;
    if (fork() == 0) {
        for (; *touched < bound; ++*touched) {
            char *block = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (block == MAP_FAILED)
                _exit(1);
            memset(block, 1, 1 << 20);
        }
        _exit(0);
    }
    wait(&status);
    return printf("%d %s\n", *touched, WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "-"), 0;
}

/* Raises its own limit first, if it may. */
static int files(int bound)
{
    int count = 0;
    struct rlimit own, wanted = {(rlim_t)bound + 16, (rlim_t)bound + 16};
    if (getrlimit(RLIMIT_NOFILE, &own) == 0 && own.rlim_cur < wanted.rlim_cur)
        setrlimit(RLIMIT_NOFILE, &wanted);
    while (count < bound && dup(0) >= 0)
        count++;
    return printf("%d %s\n", count, count < bound ? strerrorname_np(errno) : "-"), 0;
}

static int inodes(int bound, const char *directory)
{
    char path[200];
    int count = 0;
    for (; count < bound; count++) {
        snprintf(path, sizeof path, "%s/%d", directory, count);
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        if (fd < 0)
            break;
        close(fd);
    }
    return printf("%d %s\n", count, count < bound ? strerrorname_np(errno) : "-"), 0;
}

/* MiB written to one file. */
static int fill(int bound, const char *directory)
{
    static char block[1 << 20];
    char path[200];
    int count = 0;
    snprintf(path, sizeof path, "%s/fill", directory);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    while (fd >= 0 && count < bound && write(fd, block, sizeof block) == (ssize_t)sizeof block)
        count++;
    int error = errno;
    unlink(path);
    return printf("%d %s\n", count, count < bound ? strerrorname_np(error) : "-"), 0;
}

int limit_command(int argc, char **argv)
{
    int bound = argc > 1 ? atoi(argv[1]) : 0;
    if (!strcmp(argv[0], "forks"))
        return forks(bound, argc > 2);
    if (!strcmp(argv[0], "memory"))
        return memory(bound);
    if (!strcmp(argv[0], "files"))
        return files(bound);
    if (!strcmp(argv[0], "inodes") && argc > 2)
        return inodes(bound, argv[2]);
    if (!strcmp(argv[0], "fill") && argc > 2)
        return fill(bound, argv[2]);
    return fprintf(stderr, "unknown limit %s\n", argv[0]), 2;
}
