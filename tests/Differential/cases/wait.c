// wait4, waitid: what they report, of whom, and when; zombies and orphans.
#include "harness.h"
#include <sys/prctl.h>
#include <sys/resource.h>

CASE(wait, without_children) // wait(2): ECHILD
{
    int status;
    SHOW(wait(&status));
    SHOW(waitpid(-1, &status, WNOHANG));
    SHOW(waitpid(getppid(), &status, 0));
    SHOW(waitpid(-INT_MAX, &status, 0));
}

CASE(wait, invalid_arguments) // wait(2): EINVAL
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

CASE(wait, bad_address) // EFAULT, and the child is reaped all the same
{
    pid_t child = fork();
    if (child == 0)
        _exit(4);
    SHOW(syscall(SYS_wait4, child, bad(), 0, NULL));
    SHOW_WAIT(child);
}

CASE(wait, waitpid_nohang)
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

CASE(wait, waitpid_by_group)
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

CASE(wait, waitpid_stop_and_continue)
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

CASE(wait, waitid_exit)
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

CASE(wait, waitid_killed_stopped_continued)
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

CASE(wait, waitid_nohang_leaves_pid_zero)
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

CASE(wait, wait4_usage)
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

CASE(wait, ignored_sigchld_reaps) // wait(2): NOTES, SIG_IGN makes no zombies and wait blocks until all are gone
{
    signal(SIGCHLD, SIG_IGN);
    pid_t child = fork();
    if (child == 0)
        _exit(1);
    SHOW(waitpid(child, NULL, 0));
    SHOW(kill(child, 0));
}

CASE(wait, nocldwait_reaps)
{
    struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };
    sigaction(SIGCHLD, &action, NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(1);
    SHOW(waitpid(child, NULL, 0));
}

CASE(wait, zombie_can_be_signalled)
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

CASE(wait, orphan_goes_to_the_subreaper)
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
