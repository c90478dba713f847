// prctl, arch-independent operations, and seccomp's strict mode and filters.
#include "harness.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

CASE(prctl, name)
{
    char name[16];
    SHOW(prctl(PR_SET_NAME, "short"));
    SHOW(prctl(PR_GET_NAME, name));
    SHOW_STRING(name);
    SHOW(prctl(PR_SET_NAME, "a name longer than fifteen"));
    SHOW(prctl(PR_GET_NAME, name));
    SHOW_STRING(name);
    SHOW(prctl(PR_SET_NAME, bad()));
    SHOW(prctl(PR_GET_NAME, bad()));
}

CASE(prctl, parent_death_signal)
{
    int number = 99;
    SHOW(prctl(PR_GET_PDEATHSIG, &number));
    SHOW(number);
    SHOW(prctl(PR_SET_PDEATHSIG, SIGUSR1));
    SHOW(prctl(PR_GET_PDEATHSIG, &number));
    SHOW(number);
    SHOW(prctl(PR_SET_PDEATHSIG, 65)); // EINVAL
    SHOW(prctl(PR_GET_PDEATHSIG, bad()));
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_GET_PDEATHSIG, &number);
        _exit(number); // cleared for a child
    }
    SHOW_WAIT(child);
}

CASE(prctl, parent_death_signal_arrives)
{
    int ends[2], ready[2];
    char byte;
    pipe(ends);
    pipe(ready);
    pid_t middle = fork();
    if (middle == 0) {
        if (fork() == 0) {
            close(ends[0]);
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            write(ready[1], "r", 1);
            for (;;)
                pause();
        }
        read(ready[0], &byte, 1);
        _exit(0);
    }
    close(ends[1]);
    SHOW_WAIT(middle);
    SHOW(read(ends[0], &byte, 1)); // its end closed: it has died
}

CASE(prctl, dumpable)
{
    SHOW(prctl(PR_SET_DUMPABLE, 1));
    SHOW(prctl(PR_GET_DUMPABLE));
    SHOW(prctl(PR_SET_DUMPABLE, 0));
    SHOW(prctl(PR_GET_DUMPABLE));
    SHOW(prctl(PR_SET_DUMPABLE, 2)); // EINVAL
    SHOW(prctl(PR_SET_DUMPABLE, 9));
}

CASE(prctl, subreaper)
{
    int on = 9;
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, &on));
    SHOW(on);
    SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, &on));
    SHOW(on);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_GET_CHILD_SUBREAPER, &on);
        _exit(on); // not inherited
    }
    SHOW_WAIT(child);
}

CASE(prctl, no_new_privileges)
{
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0)); // EINVAL
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
    pid_t child = fork();
    if (child == 0)
        _exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW_WAIT(child);
}

CASE(prctl, timer_slack)
{
    SHOW_IF(prctl(PR_GET_TIMERSLACK) > 0);
    SHOW(prctl(PR_SET_TIMERSLACK, 1000));
    SHOW(prctl(PR_GET_TIMERSLACK));
}

CASE(prctl, errors) // prctl(2): EINVAL
{
    SHOW(prctl(99999));
    SHOW(prctl(PR_SET_TIMING, 1));
    SHOW(prctl(PR_GET_TIMING));
    SHOW(prctl(PR_GET_SECCOMP));
    SHOW(prctl(PR_SET_SECCOMP, 77));
    SHOW(prctl(PR_SET_MM, PR_SET_MM_BRK, 0, 0, 0)); // EPERM
    SHOW(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_TID_ADDRESS, bad()) == -1);
}

CASE(prctl, seccomp_strict) // seccomp(2): SIGKILL of anything but read, write, _exit and sigreturn
{
    pid_t child = fork();
    if (child == 0) {
        SHOW(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
        syscall(SYS_write, 1, "write\n", 6L);
        syscall(SYS_getpid);
        syscall(SYS_write, 1, "no\n", 3L);
    }
    SHOW_WAIT(child);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
        syscall(SYS_exit, 4);
    }
    SHOW_WAIT(child);
}

static int filter(unsigned call, unsigned action)
{
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { 4, lines };
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

CASE(prctl, seccomp_needs_no_new_privileges) // EACCES
{
    SHOW_IF(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 || filter(SYS_getppid, SECCOMP_RET_ERRNO | 1) == -1);
}

CASE(prctl, seccomp_filter_errno)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    SHOW(filter(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV));
    SHOW(syscall(SYS_getppid));
    SHOW_IF(getpid() > 0);
    SHOW(prctl(PR_GET_SECCOMP));
    SHOW(filter(SYS_getppid, SECCOMP_RET_ERRNO | EPERM)); // the last one of equal precedence wins
    SHOW(syscall(SYS_getppid));
    pid_t child = fork();
    if (child == 0) {
        SHOW(syscall(SYS_getppid)); // inherited
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(prctl, seccomp_filter_kill)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    pid_t child = fork();
    if (child == 0) {
        filter(SYS_getppid, SECCOMP_RET_KILL_PROCESS);
        syscall(SYS_getppid);
        _exit(0);
    }
    SHOW_WAIT(child);
}

static void trapped(int number, siginfo_t *info, void *context)
{
    (void)context;
    out("signal %d code %d call %d errno %d\n", number, info->si_code, info->si_syscall == SYS_getppid, info->si_errno);
}

CASE(prctl, seccomp_filter_trap)
{
    struct sigaction action = { .sa_sigaction = trapped, .sa_flags = SA_SIGINFO };
    sigaction(SIGSYS, &action, NULL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    SHOW(filter(SYS_getppid, SECCOMP_RET_TRAP | 33));
    syscall(SYS_getppid);
    out("went on\n");
}

CASE(prctl, seccomp_errors) // seccomp(2): EINVAL, EFAULT
{
    struct sock_filter none[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) };
    struct sock_fprog program = { 1, none };
    unsigned action = SECCOMP_RET_ALLOW;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    SHOW(syscall(SYS_seccomp, 99, 0, NULL));
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL));
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)); // does not end with a return
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, bad()));
    program.len = 0;
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
    SHOW(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
    action = 0x12340000;
    SHOW(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action)); // EOPNOTSUPP
}
