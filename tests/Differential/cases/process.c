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

CASE(process, pidfd_by_its_directory) // pidfd_send_signal(2): /proc/PID stands for the process
{
    char name[32];
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    sprintf(name, "/proc/%d", child);
    int fd = open(name, O_RDONLY | O_DIRECTORY), own = open("/proc/self", O_RDONLY), proc = open("/proc", O_RDONLY);
    SHOW(syscall(SYS_pidfd_send_signal, own, 0, NULL, 0));
    SHOW(syscall(SYS_pidfd_send_signal, proc, 0, NULL, 0)); // EBADF
    SHOW(syscall(SYS_pidfd_send_signal, open("/proc/self/fd", O_RDONLY), 0, NULL, 0));
    SHOW(syscall(SYS_pidfd_send_signal, open(name, O_PATH), 0, NULL, 0)); // EBADF
    SHOW(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0));
    SHOW_WAIT(child);
    SHOW(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0)); // ESRCH
}

CASE(process, ids_of_a_single_thread)
{
    int word;
    SHOW_IF(syscall(SYS_gettid) == getpid());
    SHOW_IF(syscall(SYS_set_tid_address, &word) == getpid());
    SHOW_IF(getpid() == getpgid(0));
    SHOW_IF(syscall(SYS_getppid) > 0);
}
