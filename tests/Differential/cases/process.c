// fork, vfork, clone, clone3, wait4, waitid, exit, exit_group, getppid, set_tid_address, pidfd_open.
#include "harness.h"
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

CASE(process, fork_returns_the_childs_pid)
{
    int ends[2];
    pid_t seen[2];
    pipe(ends);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        seen[0] = getpid();
        seen[1] = getppid();
        write(ends[1], seen, sizeof seen);
        _exit(7);
    }
    read(ends[0], seen, sizeof seen);
    SHOW_IF(seen[0] == child);
    SHOW_IF(seen[1] == parent);
    SHOW_WAIT(child);
}

CASE(process, fork_copies_memory)
{
    volatile int value = 1;
    pid_t child = fork();
    if (child == 0) {
        value = 2;
        _exit(value);
    }
    SHOW_WAIT(child);
    SHOW(value);
}

CASE(process, fork_shares_the_file_offset)
{
    int fd = open_file("file", "abcdefgh");
    pid_t child = fork();
    if (child == 0)
        _exit(lseek(fd, 5, SEEK_SET) == 5 ? 0 : 1);
    SHOW_WAIT(child);
    SHOW(lseek(fd, 0, SEEK_CUR));
}

CASE(process, vfork_child_runs_first)
{
    static volatile int value;
    pid_t child = vfork();
    if (child == 0) {
        value = 5; // the memory is shared until _exit
        _exit(3);
    }
    SHOW(value);
    SHOW_WAIT(child);
}

CASE(process, exit_status_is_eight_bits)
{
    int codes[] = { 0, 1, 255, 256, 257, -1 };
    for (int i = 0; i < 6; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(codes[i]);
        SHOW_WAIT(child);
    }
}

CASE(process, exit_runs_handlers_and_status_passes)
{
    pid_t child = fork();
    if (child == 0)
        syscall(SYS_exit, 9);
    SHOW_WAIT(child);
    child = fork();
    if (child == 0)
        syscall(SYS_exit_group, 10);
    SHOW_WAIT(child);
}

CASE(process, wait_without_children) // wait(2): ECHILD
{
    int status;
    SHOW(wait(&status));
    SHOW(waitpid(-1, &status, WNOHANG));
    SHOW(waitpid(getppid(), &status, 0));
    SHOW(waitpid(-INT_MAX, &status, 0));
}

CASE(process, wait_invalid_arguments) // wait(2): EINVAL
{
    int status;
    siginfo_t info;
    SHOW(waitpid(-1, &status, 0x10000));
    SHOW(waitid(P_ALL, 0, &info, 0));
    SHOW(waitid(P_PID, -5, &info, WEXITED));
    SHOW(waitid(99, 0, &info, WEXITED));
    SHOW(waitid(P_PIDFD, 99, &info, WEXITED)); // EBADF
    SHOW(waitpid(INT_MIN, &status, 0));        // ESRCH: its negation is not a pid
}

CASE(process, wait_bad_address) // EFAULT, and the child is reaped all the same
{
    pid_t child = fork();
    if (child == 0)
        _exit(4);
    SHOW(syscall(SYS_wait4, child, bad(), 0, NULL));
    SHOW_WAIT(child);
}

CASE(process, waitpid_nohang)
{
    int ends[2], status;
    pipe(ends);
    pid_t child = fork();
    if (child == 0) {
        char c;
        close(ends[1]);
        read(ends[0], &c, 1);
        _exit(6);
    }
    SHOW(waitpid(child, &status, WNOHANG));
    close(ends[1]);
    SHOW_WAIT(child);
    SHOW(waitpid(child, &status, WNOHANG));
}

CASE(process, waitpid_by_group)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        _exit(8);
    }
    setpgid(child, child); // either of the two is first
    SHOW_IF(waitpid(0, &status, 0) == -1 && errno == ECHILD);
    SHOW_IF(waitpid(-child, &status, 0) == child);
    show_status("status", status);
}

CASE(process, waitpid_stop_and_continue)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    kill(child, SIGSTOP);
    SHOW_IF(waitpid(child, &status, WUNTRACED) == child);
    show_status("status", status);
    SHOW(waitpid(child, &status, WUNTRACED | WNOHANG)); // reported once
    kill(child, SIGCONT);
    SHOW_IF(waitpid(child, &status, WCONTINUED) == child);
    show_status("status", status);
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

static void show_info(const siginfo_t *info, pid_t child)
{
    out("signo %d code %d status %d pid %d uid %d\n", info->si_signo, info->si_code, info->si_status, info->si_pid == child,
        info->si_uid == getuid());
}

CASE(process, waitid_exit)
{
    siginfo_t info = { 0 };
    pid_t child = fork();
    if (child == 0)
        _exit(300);
    SHOW(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    show_info(&info, child);
    SHOW(waitid(P_ALL, 0, &info, WEXITED));
    show_info(&info, child);
    SHOW(waitid(P_PID, child, &info, WEXITED));
}

CASE(process, waitid_killed_stopped_continued)
{
    siginfo_t info = { 0 };
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    kill(child, SIGSTOP);
    SHOW(waitid(P_PID, child, &info, WSTOPPED));
    show_info(&info, child);
    kill(child, SIGCONT);
    SHOW(waitid(P_PID, child, &info, WCONTINUED));
    show_info(&info, child);
    kill(child, SIGTERM);
    SHOW(waitid(P_PID, child, &info, WEXITED));
    show_info(&info, child);
}

CASE(process, waitid_nohang_leaves_pid_zero)
{
    siginfo_t info;
    memset(&info, 1, sizeof info);
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    SHOW(waitid(P_PID, child, &info, WEXITED | WNOHANG));
    SHOW(info.si_pid);
    SHOW(info.si_signo);
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

CASE(process, wait4_usage)
{
    struct rusage usage;
    memset(&usage, 0xff, sizeof usage);
    pid_t child = fork();
    if (child == 0)
        _exit(1);
    SHOW_IF(wait4(child, NULL, 0, &usage) == child);
    SHOW_IF(usage.ru_utime.tv_sec == 0 && usage.ru_stime.tv_sec == 0);
    SHOW_IF(usage.ru_maxrss > 0);
}

CASE(process, ignored_sigchld_reaps) // wait(2): NOTES, SIG_IGN makes no zombies and wait blocks until all are gone
{
    signal(SIGCHLD, SIG_IGN);
    pid_t child = fork();
    if (child == 0)
        _exit(1);
    SHOW(waitpid(child, NULL, 0));
    SHOW(kill(child, 0));
}

CASE(process, nocldwait_reaps)
{
    struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };
    sigaction(SIGCHLD, &action, NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(1);
    SHOW(waitpid(child, NULL, 0));
}

CASE(process, zombie_can_be_signalled)
{
    siginfo_t info;
    pid_t child = fork();
    if (child == 0)
        _exit(2);
    waitid(P_PID, child, &info, WEXITED | WNOWAIT);
    SHOW(kill(child, 0));
    SHOW(kill(child, SIGKILL));
    SHOW_WAIT(child);
    SHOW(kill(child, 0)); // ESRCH
}

CASE(process, orphan_goes_to_the_subreaper)
{
    int status;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int ends[2];
    pid_t orphan;
    pipe(ends);
    pid_t child = fork();
    if (child == 0) {
        orphan = fork();
        if (orphan == 0) {
            char c;
            close(ends[1]);
            read(ends[0], &c, 1); // until the case has seen its parent's end
            _exit(getppid() == getpgid(0) ? 21 : 22);
        }
        _exit(20);
    }
    close(ends[0]);
    SHOW_WAIT(child);
    close(ends[1]);
    SHOW_IF(wait(&status) > 0);
    show_status("orphan", status);
}

static int clone_body(void *argument)
{
    ++*(volatile int *)argument;
    return 12;
}

static char clone_stack[65536] __attribute__((aligned(16)));

CASE(process, clone_with_shared_memory)
{
    static volatile int value = 1;
    pid_t child = clone(clone_body, clone_stack + sizeof clone_stack, CLONE_VM | SIGCHLD, (void *)&value);
    SHOW_WAIT(child);
    SHOW(value);
}

CASE(process, clone_without_shared_memory)
{
    volatile int value = 1;
    pid_t child = clone(clone_body, clone_stack + sizeof clone_stack, SIGCHLD, (void *)&value);
    SHOW_WAIT(child);
    SHOW(value);
}

static int close_body(void *argument)
{
    return close(*(int *)argument) == 0 ? 0 : 1;
}

CASE(process, clone_files)
{
    int fd = open_file("file", "x");
    pid_t child = clone(close_body, clone_stack + sizeof clone_stack, CLONE_FILES | SIGCHLD, &fd);
    SHOW_WAIT(child);
    SHOW(close(fd)); // the other closed it for both
    fd = open_file("file", "x");
    child = clone(close_body, clone_stack + sizeof clone_stack, SIGCHLD, &fd);
    SHOW_WAIT(child);
    SHOW(close(fd));
}

static int chdir_body(void *argument)
{
    umask(077);
    return chdir(argument) == 0 ? 0 : 1;
}

CASE(process, clone_fs)
{
    mkdir("sub", 0755);
    pid_t child = clone(chdir_body, clone_stack + sizeof clone_stack, CLONE_FS | SIGCHLD, "sub");
    SHOW_WAIT(child);
    SHOW(umask(022));
    SHOW(access("../sub", F_OK));
}

CASE(process, clone_invalid_flags) // clone(2): EINVAL
{
    SHOW(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0));
    SHOW(syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND, 0, 0, 0, 0));
    SHOW(syscall(SYS_clone, CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0));
}

CASE(process, clone_without_exit_signal) // wait(2): such a child is seen only with __WALL or __WCLONE
{
    int status;
    pid_t child = syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (child == 0)
        _exit(13);
    SHOW(waitpid(child, &status, 0));
    SHOW_IF(waitpid(child, &status, __WALL) == child);
    show_status("status", status);
    child = syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (child == 0)
        _exit(14);
    SHOW_IF(waitpid(-1, &status, __WCLONE) == child);
    show_status("status", status);
}

CASE(process, clone_settid_and_pidfd)
{
    int parent_tid = 0, pidfd = -1;
    pid_t child = syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, &parent_tid, 0, 0);
    if (child == 0)
        _exit(0);
    SHOW_IF(parent_tid == child);
    SHOW_WAIT(child);
    child = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);
    if (child == 0)
        _exit(15);
    siginfo_t info;
    SHOW(fcntl(pidfd, F_GETFD));
    SHOW(waitid(P_PIDFD, pidfd, &info, WEXITED));
    SHOW(info.si_status);
}

CASE(process, clone3_success_and_errors)
{
    struct clone_args arguments = { .exit_signal = SIGCHLD };
    pid_t child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0)
        _exit(16);
    SHOW_WAIT(child);
    SHOW(syscall(SYS_clone3, &arguments, 8));          // EINVAL: smaller than the first version
    SHOW(syscall(SYS_clone3, &arguments, 1 << 20));    // E2BIG
    SHOW(syscall(SYS_clone3, bad(), sizeof arguments)); // EFAULT
    arguments.exit_signal = 200;
    SHOW(syscall(SYS_clone3, &arguments, sizeof arguments));
    arguments.exit_signal = SIGCHLD;
    arguments.stack = 4096; // without a size
    SHOW(syscall(SYS_clone3, &arguments, sizeof arguments));
}

CASE(process, clone_parent)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0)
            _exit(18); // a sibling: the case waits for it
        _exit(17);
    }
    SHOW_WAIT(child);
    SHOW_IF(wait(&status) > 0);
    show_status("sibling", status);
}

CASE(process, pidfd_open_poll_signal)
{
    siginfo_t info;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    int fd = SHOW_OK(syscall(SYS_pidfd_open, child, 0));
    SHOW(waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG));
    SHOW(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
    SHOW(syscall(SYS_pidfd_send_signal, fd, 200, NULL, 0)); // EINVAL
    SHOW(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0));
    SHOW(waitid(P_PIDFD, fd, &info, WEXITED));
    SHOW(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0)); // ESRCH
    SHOW(info.si_status);
    SHOW(syscall(SYS_pidfd_open, child, 0));     // ESRCH
    SHOW(syscall(SYS_pidfd_open, -1, 0));        // EINVAL
    SHOW(syscall(SYS_pidfd_open, getpid(), 1));  // EINVAL
    SHOW(syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0)); // EBADF: not a pidfd
}

CASE(process, ids_of_a_single_thread)
{
    int word;
    SHOW_IF(syscall(SYS_gettid) == getpid());
    SHOW_IF(syscall(SYS_set_tid_address, &word) == getpid());
    SHOW_IF(getpid() == getpgid(0));
    SHOW_IF(syscall(SYS_getppid) > 0);
}
