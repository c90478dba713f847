/* A caller without root gets a user namespace of its own before the managed runtime starts: it begins with two threads, and a process with
 * threads can neither make nor join one (EINVAL, unshare(2), setns(2)). What to do is said by an environment variable, which managed code sets
 * before it executes this very program again (UserEntry.cs). Only in the static library: the executable's affair. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define VARIABLE "BULKHEAD_USERS"
#define MAX_WORDS 1024

static char **own_arguments;
static const char *failed_step;
static int failed_errno;

static int fail(const char *step, int error)
{
    failed_step = step;
    failed_errno = error;
    return -1;
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t length = (ssize_t)strlen(text), written = write(fd, text, (size_t)length);
    int error = errno;
    close(fd);
    errno = error;
    return written == length ? 0 : -1;
}

/* Runs "PROGRAM WORD..." with the target's pid as first argument and with nothing in its environment. */
static int run_helper(char *line, const char *pid)
{
    char *words[MAX_WORDS], *rest = NULL, *none[] = { NULL };
    int count = 0;
    for (char *word = strtok_r(line, " ", &rest); word && count < MAX_WORDS - 2; word = strtok_r(NULL, " ", &rest)) {
        words[count++] = word;
        if (count == 1)
            words[count++] = (char *)pid;
    }
    words[count] = NULL;
    if (count < 2)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        execve(words[0], words, none);
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* The helpers map ids of a process in a child namespace: they must run outside of it, so a child waits here for its parent's unshare. */
static _Noreturn void map_from_outside(int gate, char *uids, char *gids)
{
    char pid[16], word;
    unsigned parent = (unsigned)getppid();
    int at = (int)sizeof pid - 1;
    pid[at] = 0;
    for (; parent > 0 && at > 0; parent /= 10)
        pid[--at] = (char)('0' + parent % 10);
    if (read(gate, &word, 1) != 1)
        _exit(1);
    if (run_helper(uids, pid + at) != 0)
        _exit(2);
    _exit(run_helper(gids, pid + at) == 0 ? 0 : 3);
}

static int make_with_helpers(char *uids, char *gids)
{
    int gate[2], status;
    if (pipe2(gate, O_CLOEXEC) != 0)
        return fail("make a pipe", errno);
    pid_t child = fork();
    if (child < 0)
        return fail("start a process that maps user ids", errno);
    if (child == 0) {
        close(gate[1]);
        map_from_outside(gate[0], uids, gids);
    }
    close(gate[0]);
    int made = unshare(CLONE_NEWUSER | CLONE_NEWNS), error = errno;
    if (made == 0 && write(gate[1], "", 1) != 1)
        made = -1;
    close(gate[1]);
    if (waitpid(child, &status, 0) != child)
        status = 1 << 8;
    if (made != 0)
        return fail("make a user namespace", error);
    switch (WEXITSTATUS(status)) {
    case 0: return 0;
    case 2: return fail("map user ids by newuidmap (are the caller's ranges in /etc/subuid right?)", EPERM);
    case 3: return fail("map group ids by newgidmap (are the caller's ranges in /etc/subgid right?)", EPERM);
    default: return fail("map user ids", EPERM);
    }
}

/* One user and one group, which the kernel lets everybody map: setgroups(2) must be given up for it (user_namespaces(7)). */
static int make_alone(const char *uid, const char *gid)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return fail("make a user namespace", errno);
    if (write_file("/proc/self/setgroups", "deny") != 0 && errno != ENOENT)
        return fail("write /proc/self/setgroups", errno);
    if (write_file("/proc/self/uid_map", uid) != 0)
        return fail("write /proc/self/uid_map", errno);
    return write_file("/proc/self/gid_map", gid) != 0 ? fail("write /proc/self/gid_map", errno) : 0;
}

static int join(int fd, int flags)
{
    if (setns(fd, CLONE_NEWUSER) != 0)
        return fail("join the container's user namespace", errno);
    close(fd);
    return flags != 0 && unshare(flags) != 0 ? fail("make a mount namespace", errno) : 0;
}

/* "alone;UID MAP;GID MAP", "helpers;NEWUIDMAP LINE;NEWGIDMAP LINE", "join;FD" or "join-mounts;FD". */
static void obey(char *order)
{
    char *rest = NULL, *kind = strtok_r(order, ";", &rest), *first = strtok_r(NULL, ";", &rest), *second = strtok_r(NULL, ";", &rest);
    if (!kind || !first)
        fail("read " VARIABLE, EINVAL);
    else if (strcmp(kind, "join") == 0)
        join(atoi(first), 0);
    else if (strcmp(kind, "join-mounts") == 0)
        join(atoi(first), CLONE_NEWNS);
    else if (second && strcmp(kind, "alone") == 0)
        make_alone(first, second);
    else if (second && strcmp(kind, "helpers") == 0)
        make_with_helpers(first, second);
    else
        fail("read " VARIABLE, EINVAL);
}

/* Root has no use for it, and no program that we start shall see it. */
__attribute__((constructor(102))) static void enter_users(int count, char **arguments)
{
    (void)count;
    own_arguments = arguments;
    char *order = getenv(VARIABLE);
    if (!order)
        return;
    if (geteuid() != 0)
        obey(order);
    unsetenv(VARIABLE);
}

/* The step that failed, with its errno; NULL: none did. */
const char *bh_users_failure(int *error)
{
    *error = failed_errno;
    return failed_step;
}

/* This program again, with the same words. Returns -errno. */
long bh_execute_again(const char *order)
{
    if (setenv(VARIABLE, order, 1) != 0)
        return -errno;
    execve("/proc/self/exe", own_arguments, environ);
    return -errno;
}
