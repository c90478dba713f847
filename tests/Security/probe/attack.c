/* What a container tries against the process that watches it, whose number it was told. */
#include "probe.h"
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>

/* No filter: nothing but "there is no such process" is expected. */
static bool strict;

/* A call that reached a process: it worked, or it was refused for another reason than that nobody has this number. */
static void tell(const char *what, long value)
{
    if (value >= 0 || (errno != ESRCH && errno != ENOENT && errno != ENOSYS && (strict || (errno != EPERM && errno != EACCES))))
        printf("%s reached: %s\n", what, value < 0 ? strerrorname_np(errno) : "success");
}

static void signals(pid_t pid)
{
    siginfo_t info = {.si_code = SI_QUEUE};
    for (int number = 0; number <= 64; number++) {
        tell("kill", kill(pid, number));
        tell("kill of the group", kill(-pid, number));
        tell("tgkill", syscall(SYS_tgkill, pid, pid, number));
        tell("tkill", syscall(SYS_tkill, pid, number));
        info.si_signo = number;
        tell("rt_sigqueueinfo", syscall(SYS_rt_sigqueueinfo, pid, number, &info));
    }
    int owned = open("/dev/null", O_RDWR);
    tell("F_SETOWN", fcntl(owned, F_SETOWN, pid));
    tell("F_SETOWN of stdout", fcntl(1, F_SETOWN, pid));
    /* Number 0 and -1 are our own group and all that we see: nothing outside either way. */
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    kill(-1, SIGTERM);
}

static void memory(pid_t pid)
{
    char here[8];
    struct iovec local = {here, sizeof here}, remote = {(void *)0x400000, sizeof here};
    tell("ptrace seize", ptrace(PTRACE_SEIZE, pid, NULL, NULL));
    tell("ptrace attach", ptrace(PTRACE_ATTACH, pid, NULL, NULL));
    tell("process_vm_readv", process_vm_readv(pid, &local, 1, &remote, 1, 0));
    tell("process_vm_writev", process_vm_writev(pid, &local, 1, &remote, 1, 0));
    tell("kcmp", syscall(SYS_kcmp, getpid(), pid, 0, 1, 1));
    tell("prlimit", syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, NULL, NULL));
    tell("setpriority", setpriority(PRIO_PROCESS, (id_t)pid, 10));
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(0, &cpus);
    tell("sched_setaffinity", sched_setaffinity(pid, sizeof cpus, &cpus));
    tell("getpgid", getpgid(pid));
    tell("setpgid", setpgid(pid, 0));
    tell("migrate_pages", syscall(SYS_migrate_pages, pid, 0, NULL, NULL));
}

static void files(pid_t pid)
{
    static const char *const names[] = {"mem", "exe", "root", "cwd", "environ", "maps", "fd", "ns/mnt", "cmdline", "status", "task", "oom_score_adj", "io"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/%s", pid, names[i]);
        tell(path, open(path, O_RDONLY | O_CLOEXEC));
    }
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    tell("pidfd_open", pidfd);
    if (pidfd >= 0) {
        tell("pidfd_send_signal", syscall(SYS_pidfd_send_signal, pidfd, SIGSTOP, NULL, 0));
        tell("pidfd_getfd", syscall(SYS_pidfd_getfd, pidfd, 4, 0));
        tell("setns", setns(pidfd, CLONE_NEWNS));
    }
}

/* Everybody whom we see: none is a monitor, and our parent is nobody. */
static void neighbours(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        char path[300], name[32] = "";
        snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && read(fd, name, sizeof name - 1) > 0 && !strncmp(name, "bulkhead", 8))
            printf("sees %s\n", name);
        if (fd >= 0)
            close(fd);
    }
    if (getppid() > 1)
        printf("has a parent %d\n", getppid());
}

int attack(pid_t pid, bool without_filter)
{
    strict = without_filter;
    files(pid);
    memory(pid);
    signals(pid);
    neighbours();
    return puts("tried"), 0;
}
