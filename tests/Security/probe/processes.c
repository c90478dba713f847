/* Processes beyond the sandbox, descriptors, pid 1 (E2, E27, E32). */
#include "probe.h"
#include <dirent.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* PROBE_HOST_PID is a process that the test has on the host for this: nothing is lost if it ends. */
static struct result trace(const char *unused)
{
    (void)unused;
    pid_t pid = (pid_t)number_of("PROBE_HOST_PID");
    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
        return refused(errno, "ptrace");
    return opened("attached to a host process"); /* our exit detaches */
}

static struct result read_memory(const char *unused)
{
    (void)unused;
    char here[8];
    struct iovec local = {here, sizeof here}, remote = {(void *)16, sizeof here};
    ssize_t length = process_vm_readv((pid_t)number_of("PROBE_HOST_PID"), &local, 1, &remote, 1, 0);
    if (length >= 0 || errno == EFAULT)
        return opened("memory of a host process is reachable");
    return refused(errno, "process_vm_readv");
}

static struct result signal_host(const char *unused)
{
    (void)unused;
    return kill((pid_t)number_of("PROBE_HOST_PID"), 0) < 0 ? refused(errno, "kill") : opened("a host process takes signals");
}

static struct result host_root(const char *unused)
{
    (void)unused;
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/root/", number_of("PROBE_HOST_PID"));
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? refused(errno, "the root of a host process") : opened("the root of a host process");
}

/* Pid 1 must be of this sandbox: its root is ours. */
static struct result first_root(const char *path)
{
    struct stat first, own;
    if (stat(path, &first) < 0)
        return refused(errno, "%s", path);
    if (stat("/", &own) < 0)
        return refused(errno, "/");
    return first.st_dev == own.st_dev && first.st_ino == own.st_ino ? refused(0, "%s is our own root", path)
                                                                     : opened("%s is another root", path);
}

/* CVE-2024-21626: a directory of the host behind a descriptor. The standard streams are the test's pipes. */
static struct result descriptors(const char *unused)
{
    (void)unused;
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        int fd = atoi(entry->d_name);
        char path[64], target[200] = "";
        if (fd <= 2 || fd == dirfd(directory))
            continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (readlink(path, target, sizeof target - 1) < 0)
            continue;
        return opened("descriptor %d leads to %.100s", fd, target);
    }
    return directory ? refused(0, "only the standard streams are open") : refused(errno, "/proc/self/fd");
}

static struct result directory_inside(const char *unused)
{
    (void)unused;
    char path[4096];
    if (syscall(SYS_getcwd, path, sizeof path) < 0)
        return refused(errno, "getcwd");
    return *path == '/' ? refused(0, "the directory is inside") : opened("the directory is %.100s", path);
}

const struct probe process_probes[] = {
    {"E2.descriptors", descriptors, NULL},
    {"E7.cwd", directory_inside, NULL},
    {"E27.ptrace", trace, NULL},
    {"E27.process_vm_readv", read_memory, NULL},
    {"E27.kill", signal_host, NULL},
    {"E32.host_root", host_root, NULL},
    {"E32.first_root", first_root, "/proc/1/root/"},
    {NULL, NULL, NULL},
};
