/* chaos: runs a command under ptrace.
 *   chaos record OUT CMD...                 every state-changing system call, by process role: "call ROLE NAME N"
 *   chaos kill ROLE NAME N WHEN OUT CMD...  SIGKILL for that process before|after its N-th call of that name
 *   chaos count OUT CMD...                  how many system calls and execs the command and its children made
 *   chaos faults OUT CMD...                 minor page faults of the command, untraced
 *   chaos reap OUT CMD...                   adopts and reaps orphans; then says which processes are left
 *   record-whole, kill-whole                the same with one count for all threads of a process, not one for each
 * Roles: "runtime", then "child1", "child2" ... in the order of their birth. strace counts "when=N" for every process by itself and cannot
 * name one of them, and with -f it stays as long as the container lives: hence this program. OUT also gets "pid ROLE PID" and "exit STATUS". */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* <sys/ptrace.h> and <linux/ptrace.h> exclude each other. */
static long trace(long request, pid_t pid, long address, long data)
{
    return syscall(SYS_ptrace, request, pid, address, data);
}

static const struct { long nr; const char *name; } calls[] = {
#define C(name) { SYS_##name, #name }
    C(mkdir), C(mkdirat), C(rmdir), C(unlink), C(unlinkat), C(rename), C(renameat), C(renameat2), C(mknod), C(mknodat), C(link), C(linkat),
    C(symlink), C(symlinkat), C(chmod), C(fchmod), C(fchmodat), C(chown), C(fchown), C(fchownat), C(lchown), C(ftruncate), C(truncate),
    C(fallocate), C(creat), C(open), C(openat), C(openat2), C(write), C(pwrite64), C(writev), C(sendto), C(sendmsg), C(sendfile),
    C(clone), C(clone3), C(fork), C(vfork), C(execve), C(execveat), C(unshare), C(setns), C(mount), C(umount2), C(pivot_root), C(chroot),
    C(open_tree), C(move_mount), C(fsopen), C(fsconfig), C(fsmount), C(mount_setattr), C(chdir), C(fchdir), C(setuid), C(setgid), C(setreuid),
    C(setregid), C(setresuid), C(setresgid), C(setgroups), C(setfsuid), C(setfsgid), C(capset), C(prctl), C(seccomp), C(memfd_create),
    C(socket), C(socketpair), C(bind), C(connect), C(kill), C(tgkill), C(pidfd_send_signal), C(keyctl), C(sethostname), C(setdomainname),
    C(setsid), C(setpgid), C(prlimit64), C(setrlimit), C(setpriority), C(ioprio_set), C(sched_setaffinity), C(sched_setattr), C(umask),
    C(personality), C(flock), C(bpf), C(ioctl), C(dup2), C(dup3), C(close_range), C(pidfd_getfd), C(setxattr), C(fsetxattr), C(set_mempolicy),
    C(pipe2), C(fcntl), C(utimensat), C(lsetxattr),
#undef C
};
enum { CALLS = sizeof calls / sizeof *calls, PROCESSES = 256 };

struct process {
    pid_t pid;
    int role;
    int inside; /* between entry and exit */
    int hit;    /* this call is the one */
    struct process *leader; /* itself, but for a thread */
    unsigned seen[CALLS];
};

static struct process processes[PROCESSES];
static int known, roles;
static FILE *out;
static const char *kill_role, *kill_call;
static unsigned kill_nth;
static int kill_after, recording, counting, killing, killed, whole;
static unsigned long total, execs;

static void die(const char *what)
{
    fprintf(stderr, "chaos: %s: %s\n", what, strerror(errno));
    exit(99);
}

static const char *role_name(int role, char *buffer)
{
    if (role == 0)
        return "runtime";
    sprintf(buffer, "child%d", role);
    return buffer;
}

static struct process *find(pid_t pid)
{
    for (int i = 0; i < known; i++)
        if (processes[i].pid == pid)
            return &processes[i];
    return 0;
}

static int thread_group(pid_t pid)
{
    char path[64], line[256];
    int group = pid;
    sprintf(path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Tgid: %d", &group) == 1)
            break;
    if (file)
        fclose(file);
    return group;
}

/* A thread has its process's role and counters of its own, unless whole: with most commands what matters is done by the first thread. */
static struct process *add(pid_t pid)
{
    char buffer[32];
    if (known == PROCESSES)
        die("too many processes");
    pid_t group = thread_group(pid);
    struct process *leader = group == pid ? 0 : find(group);
    struct process *new = &processes[known++];
    new->pid = pid;
    new->role = leader ? leader->role : roles++;
    new->leader = leader ? leader : new;
    if (!leader) {
        fprintf(out, "pid %s %d\n", role_name(new->role, buffer), pid);
        fflush(out);
    }
    return new;
}

/* An open for reading and a write to the standard streams change nothing. */
static int changes(const struct ptrace_syscall_info *info, long nr)
{
    const unsigned long mask = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    if (nr == SYS_openat)
        return (info->entry.args[2] & mask) != 0;
    if (nr == SYS_open)
        return (info->entry.args[1] & mask) != 0;
    if (nr == SYS_write)
        return info->entry.args[0] > 2;
    if (nr == SYS_fcntl)
        return info->entry.args[1] == F_SETFL || info->entry.args[1] == F_SETFD;
    if (nr == SYS_openat2)
        return 1;
    return 1;
}

static void do_kill(struct process *process)
{
    killed = 1;
    fprintf(out, "killed %d\n", process->pid);
    fflush(out);
    kill(process->pid, SIGKILL);
}

static void on_syscall(struct process *process)
{
    struct ptrace_syscall_info info;
    char buffer[32];
    if (trace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof info, (long)&info) < 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
        if (process->hit && kill_after && !killed)
            do_kill(process);
        process->hit = 0;
        return;
    }
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
        return;
    long nr = (long)info.entry.nr;
    total++;
    execs += nr == SYS_execve || nr == SYS_execveat;
    for (int i = 0; i < CALLS; i++) {
        if (calls[i].nr != nr || !changes(&info, nr))
            continue;
        unsigned nth = ++(whole ? process->leader : process)->seen[i];
        const char *role = role_name(process->role, buffer);
        if (recording)
            fprintf(out, "call %s %s %u\n", role, calls[i].name, nth);
        if (killing && !killed && nth == kill_nth && !strcmp(role, kill_role) && !strcmp(calls[i].name, kill_call)) {
            process->hit = 1;
            if (!kill_after)
                do_kill(process);
        }
    }
}

static void finish(int status, int code)
{
    if (counting)
        fprintf(out, "syscalls %lu\nexecs %lu\n", total, execs);
    fprintf(out, "exit %d\n", code);
    fclose(out);
    exit(WIFSIGNALED(status) ? 0 : 0);
}

static void follow(pid_t first)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
    if (trace(PTRACE_SEIZE, first, 0, options) < 0)
        die("seize");
    add(first);
    kill(first, SIGCONT);
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0)
            die("wait");
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (pid == first)
                finish(status, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
            continue;
        }
        struct process *process = find(pid);
        if (!process)
            process = add(pid);
        int event = status >> 16, signal = WSTOPSIG(status);
        if (signal == (SIGTRAP | 0x80)) {
            on_syscall(process);
            signal = 0;
        } else if (event == PTRACE_EVENT_STOP && (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) && pid != first) {
            /* also the first stop of a new child */
            signal = 0;
        } else if (event) {
            signal = 0;
        }
        /* After the kill the others go on without us, as they would without a tracer. */
        trace(killed ? PTRACE_DETACH : PTRACE_SYSCALL, pid, 0, signal);
    }
}

static pid_t launch(char **command, int stop)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    if (stop)
        raise(SIGSTOP);
    execvp(command[0], command);
    die(command[0]);
    return 0;
}

static void left(void)
{
    char path[64], line[512];
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(proc));) {
        int pid = atoi(entry->d_name), parent = 0;
        char code = 0;
        sprintf(path, "/proc/%d/stat", pid);
        FILE *file = pid > 0 ? fopen(path, "r") : 0;
        if (!file)
            continue;
        if (fgets(line, sizeof line, file) && strrchr(line, ')'))
            sscanf(strrchr(line, ')') + 1, " %c %d", &code, &parent);
        fclose(file);
        if (parent == getpid())
            fprintf(out, "left %d %c\n", pid, code);
    }
    closedir(proc);
}

static int open_files(void)
{
    int count = 0;
    DIR *fds = opendir("/proc/self/fd");
    while (readdir(fds))
        count++;
    closedir(fds);
    return count;
}

static void reap(char **command)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        die("subreaper");
    fprintf(out, "files-before %d\n", open_files());
    int status, first_status = 0;
    pid_t first = launch(command, 0);
    for (;;) {
        pid_t pid = waitpid(-1, &status, 0);
        if (pid == first) {
            first_status = status;
            break;
        }
    }
    while (waitpid(-1, &status, WNOHANG) > 0)
        continue;
    left();
    fprintf(out, "files-after %d\n", open_files());
    finish(first_status, WIFSIGNALED(first_status) ? 128 + WTERMSIG(first_status) : WEXITSTATUS(first_status));
}

static void faults(char **command)
{
    struct rusage usage;
    int status;
    pid_t pid = launch(command, 0);
    if (wait4(pid, &status, 0, &usage) != pid)
        die("wait");
    fprintf(out, "faults %ld\n", usage.ru_minflt);
    finish(status, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    int at = 2;
    whole = strstr(mode, "-whole") != 0;
    recording = !strncmp(mode, "record", 6);
    counting = !strcmp(mode, "count");
    killing = !strncmp(mode, "kill", 4);
    if (killing && argc > 6) {
        kill_role = argv[2];
        kill_call = argv[3];
        kill_nth = (unsigned)atoi(argv[4]);
        kill_after = !strcmp(argv[5], "after");
        at = 6;
    }
    if (argc < at + 2)
        die("usage");
    out = fopen(argv[at], "we");
    if (!out)
        die(argv[at]);
    if (!strcmp(mode, "faults"))
        faults(argv + at + 1);
    if (!strcmp(mode, "reap"))
        reap(argv + at + 1);
    pid_t pid = launch(argv + at + 1, 1);
    int status;
    if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
        die("start");
    follow(pid);
}
