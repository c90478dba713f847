// What a program finds after execve and fork of what was set up before: execve(2), fork(2).
#include "harness.h"
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>

CASE(kept, alarm_over_exec)
{
    pid_t child = fork();
    if (child == 0) {
        struct itimerval timer = { { 0, 0 }, { 0, 30000 } };
        setitimer(ITIMER_REAL, &timer, NULL);
        execl("/proc/self/exe", "cases", "--child", "sleep", NULL);
        _exit(1);
    }
    SHOW_WAIT(child);
}

CASE(kept, locks_over_exec)
{
    int ready[2], fd = open_file("file", "abc");
    char byte;
    pipe2(ready, O_CLOEXEC);
    int hold[2];
    pipe2(hold, O_CLOEXEC);
    pid_t child = fork();
    if (child == 0) {
        struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        fcntl(fd, F_SETLK, &lock);
        dup2(hold[0], 0);
        execl("/proc/self/exe", "cases", "--child", "wait", NULL);
        _exit(1);
    }
    close(ready[1]);
    read(ready[0], &byte, 1);
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    SHOW(fcntl(fd, F_SETLK, &lock)); // EAGAIN: the child has it still
    SHOW(fcntl(fd, F_GETLK, &lock));
    SHOW_IF(lock.l_pid == child);
    close(hold[1]);
    SHOW_WAIT(child);
    lock.l_type = F_WRLCK;
    SHOW(fcntl(fd, F_SETLK, &lock)); // gone with the process
}

CASE(kept, flock_with_the_open_file)
{
    int fd = open_file("file", ""), other = open("file", O_RDWR);
    flock(fd, LOCK_EX);
    pid_t child = fork();
    if (child == 0)
        _exit(flock(fd, LOCK_UN)); // it is the same open file: the parent's lock goes
    SHOW_WAIT(child);
    SHOW(flock(other, LOCK_EX | LOCK_NB));
}

CASE(kept, record_locks_are_not_inherited)
{
    int fd = open_file("file", "abc");
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    fcntl(fd, F_SETLK, &lock);
    pid_t child = fork();
    if (child == 0) {
        SHOW(fcntl(fd, F_SETLK, &lock));
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(kept, directory_and_umask_over_exec)
{
    mkdir("sub", 0755);
    make_file("sub/here", "found");
    chdir("sub");
    umask(0707);
    pid_t child = run_child("here", NULL);
    SHOW_WAIT(child);
}

CASE(kept, nice_and_limits_over_exec)
{
    struct rlimit limit = { 50, 60 };
    setpriority(PRIO_PROCESS, 0, 7);
    setrlimit(RLIMIT_NOFILE, &limit);
    pid_t child = run_child("limits", NULL);
    SHOW_WAIT(child);
}

CASE(kept, no_new_privileges_over_exec_and_not_dumpable)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    execl("/proc/self/exe", "cases", "--child", "flags", NULL);
}

CASE(kept, offset_over_exec)
{
    int fd = open_file("file", "0123456789");
    lseek(fd, 6, SEEK_SET);
    dup2(fd, 0);
    pid_t child = run_child("read", NULL);
    SHOW_WAIT(child);
    SHOW(lseek(fd, 0, SEEK_CUR));
}

CASE(kept, mappings_are_not_kept)
{
    char address[32];
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    page[0] = 'x';
    sprintf(address, "%ld", (long)0x123450000000);
    SHOW_IF(mmap((void *)0x123450000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
    pid_t child = run_child("mapped", address);
    SHOW_WAIT(child);
}

CASE(kept, waiting_child_over_exec)
{
    pid_t child = fork();
    if (child == 0) {
        if (fork() == 0)
            _exit(9);
        execl("/proc/self/exe", "cases", "--child", "reap", NULL);
        _exit(1);
    }
    SHOW_WAIT(child);
}

CASE(kept, group_and_session_over_exec)
{
    char group[16];
    sprintf(group, "%d", getpgid(0));
    pid_t child = run_child("group", group);
    SHOW_WAIT(child);
}

CASE(kept, ignored_child_signal_over_exec)
{
    signal(SIGCHLD, SIG_IGN);
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "cases", "--child", "children", NULL);
        _exit(1);
    }
    SHOW_IF(waitpid(child, NULL, 0) == -1 && errno == ECHILD);
}
