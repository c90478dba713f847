/* Commands that prepare or compare; they run on the host, or stand behind a setuid bit. */
#include "probe.h"
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>

static unsigned long long effective(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256];
    unsigned long long set = 0;
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "CapEff:", 7))
            set = strtoull(line + 7, NULL, 16);
    if (file)
        fclose(file);
    return set;
}

/* Behind a setuid bit or file capabilities: did we get anything that our parent does not have? */
static int gained(void)
{
    char parent[64];
    snprintf(parent, sizeof parent, "/proc/%d/status", getppid());
    return geteuid() != getuid() || effective("/proc/self/status") & ~effective(parent) ? 10 : 11;
}

/* futex-requeue: "open", or the error. A call that every threaded program needs, and whose kernel bugs no filter closes (E43). */
static int futex_requeue(void)
{
    static unsigned from, to;
    long moved = syscall(SYS_futex, &from, 4 /* FUTEX_CMP_REQUEUE */, 1, 1, &to, 0);
    puts(moved < 0 ? strerrorname_np(errno) : "open");
    return 0;
}

/* with-key NAME PROGRAM...: runs it in a session keyring that holds a key. */
static int with_key(char **argv)
{
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 || syscall(SYS_add_key, "user", argv[0], "x", 1, KEY_SPEC_SESSION_KEYRING) < 0)
        return perror("session keyring"), 2;
    execv(argv[1], argv + 1);
    return perror(argv[1]), 127;
}

/* with-directory FD DIRECTORY PROGRAM...: runs it with an open directory of the host as FD. */
static int with_directory(char **argv)
{
    int fd = open(argv[1], O_RDONLY | O_DIRECTORY);
    if (fd < 0 || dup2(fd, atoi(argv[0])) < 0)
        return perror(argv[1]), 2;
    execv(argv[2], argv + 2);
    return perror(argv[2]), 127;
}

/* with-terminal PROGRAM...: runs it as the leader of a session on a new terminal, prints what it writes, then "input N": bytes that were put
 * into the terminal's input by somebody and not read. */
static int with_terminal(char **argv)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status = 0, waiting = 0;
    if (master < 0 || unlockpt(master) < 0)
        return perror("terminal"), 2;
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios mode;
    tcgetattr(slave, &mode);
    cfmakeraw(&mode);
    tcsetattr(slave, TCSANOW, &mode);
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        ioctl(slave, TIOCSCTTY, 0);
        for (int fd = 0; fd <= 2; fd++)
            dup2(slave, fd);
        execv(argv[0], argv);
        _exit(127);
    }
    char buffer[4096];
    for (bool ended = false;;) {
        struct pollfd poll_fd = {master, POLLIN, 0};
        if (poll(&poll_fd, 1, 100) > 0) {
            ssize_t length = read(master, buffer, sizeof buffer);
            if (length <= 0)
                break;
            fwrite(buffer, 1, (size_t)length, stdout);
        } else if (ended) {
            break;
        } else {
            ended = waitpid(pid, &status, WNOHANG) == pid;
        }
    }
    ioctl(slave, FIONREAD, &waiting);
    printf("input %d\n", waiting);
    return WEXITSTATUS(status);
}

/* adopt N: children that our parent gets (CLONE_PARENT); every other one ends at once. */
static int adopt(int count)
{
    for (int i = 0; i < count; i++) {
        long pid = syscall(SYS_clone, 0x8000 /* CLONE_PARENT */ | SIGCHLD, NULL, NULL, NULL, NULL);
        if (pid < 0)
            return perror("clone"), 2;
        if (pid > 0)
            continue;
        while (i % 2)
            pause();
        _exit(0);
    }
    puts("adopted");
    return 0;
}

#define EVIL "\n\033]0;owned\a\033[2J\t\x9b\xff\xfe\xe2\x80\xae 0 1 1 R 00:00:00 forged"

/* disguise SIZE: a process that looks like several: its name, its arguments (rewritten in place, SIZE bytes, or empty for 0), its program and its
 * directory are gone or full of escapes. */
static int disguise(char **argv)
{
    char directory[] = "/tmp/disguise.XXXXXX";
    if (!getenv("DISGUISED")) {
        int copy = memfd_create("\n\033[2Jdisguise", 0), own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        static char buffer[1 << 16];
        ssize_t length;
        while ((length = read(own, buffer, sizeof buffer)) > 0)
            if (write(copy, buffer, (size_t)length) != length)
                return perror("write"), 2;
        size_t size = (size_t)atoi(argv[0]);
        char *room = malloc(size + 1), *arguments[] = {"disguised", "--tool", "disguise", argv[0], room, NULL}, *environment[] = {"DISGUISED=1", NULL};
        memset(room, 'x', size);
        room[size] = 0;
        syscall(SYS_execveat, copy, "", arguments, environment, AT_EMPTY_PATH);
        return perror("execveat"), 127;
    }
    size_t size = strlen(argv[1]);
    prctl(PR_SET_NAME, "\n\033]0;x\a\tState:\tZ", 0, 0, 0);
    memset(argv[-3], 0, (size_t)(argv[1] - argv[-3]));
    for (size_t i = 0; i < size; i++)
        argv[1][i] = EVIL[i % (sizeof EVIL - 1)];
    for (char *byte = argv[-3]; size > 0 && byte < argv[1]; byte++)
        *byte = '\033';
    if (!mkdtemp(directory) || chdir(directory) < 0 || rmdir(directory) < 0)
        return perror("directory"), 2;
    puts("disguised");
    fflush(stdout);
    for (;;)
        pause();
}

int tool_command(int argc, char **argv)
{
    if (!strcmp(argv[0], "futex-requeue"))
        return futex_requeue();
    if (!strcmp(argv[0], "gained"))
        return gained();
    if (!strcmp(argv[0], "disguise") && argc > 1)
        return disguise(argv + 1);
    if (!strcmp(argv[0], "adopt") && argc > 1)
        return adopt(atoi(argv[1]));
    if (!strcmp(argv[0], "attack") && argc > 1)
        return attack(atoi(argv[1]), argc > 2);
    if (!strcmp(argv[0], "with-key") && argc > 2)
        return with_key(argv + 1);
    if (!strcmp(argv[0], "with-directory") && argc > 3)
        return with_directory(argv + 1);
    if (!strcmp(argv[0], "with-terminal") && argc > 1)
        return with_terminal(argv + 1);
    return fprintf(stderr, "unknown tool %s\n", argv[0]), 2;
}
