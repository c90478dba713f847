// rt_sigqueueinfo, rt_tgsigqueueinfo, rt_sigtimedwait, realtime signals and the siginfo of each sender.
#include "harness.h"

static siginfo_t seen[16];
static volatile sig_atomic_t hits;

static void note(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    seen[hits++ & 15] = *info;
}

static void catch(int number)
{
    struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
    sigfillset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static sigset_t block(int first, int second)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, first);
    sigaddset(&set, second);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return set;
}

CASE(sigqueue, value_and_sender)
{
    catch(SIGUSR1);
    SHOW(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 1234 }));
    out("code %d value %d pid %d uid %d\n", seen[0].si_code, seen[0].si_value.sival_int, seen[0].si_pid == getpid(), seen[0].si_uid == getuid());
}

CASE(sigqueue, codes_of_kill_and_tgkill)
{
    catch(SIGUSR1);
    kill(getpid(), SIGUSR1);
    syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
    syscall(SYS_tkill, getpid(), SIGUSR1);
    for (int i = 0; i < 3; i++)
        out("code %d pid %d\n", seen[i].si_code, seen[i].si_pid == getpid());
}

CASE(sigqueue, realtime_are_queued_in_order)
{
    sigset_t set = block(SIGRTMIN, SIGRTMIN + 1);
    catch(SIGRTMIN);
    catch(SIGRTMIN + 1);
    for (int i = 0; i < 3; i++) {
        sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 10 + i });
        sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i });
    }
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    for (int i = 0; i < hits; i++)
        out("%d %d\n", seen[i].si_signo - SIGRTMIN, seen[i].si_value.sival_int);
}

CASE(sigqueue, standard_are_merged)
{
    sigset_t set = block(SIGUSR1, SIGUSR1);
    catch(SIGUSR1);
    for (int i = 0; i < 3; i++)
        SHOW(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = i }));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    SHOW(hits);
    SHOW(seen[0].si_value.sival_int); // the first stays
}

CASE(sigqueue, timed_wait)
{
    siginfo_t info;
    sigset_t set = block(SIGUSR1, SIGRTMIN);
    struct timespec zero = { 0, 0 }, some = { 0, 15000000 };
    SHOW(sigtimedwait(&set, &info, &zero)); // EAGAIN
    long start = now_ms();
    SHOW(sigtimedwait(&set, &info, &some));
    SHOW_IF(now_ms() - start >= 15);
    sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 5 });
    kill(getpid(), SIGUSR1);
    SHOW(sigtimedwait(&set, &info, &zero)); // the lowest number first
    SHOW(sigtimedwait(&set, &info, NULL) - SIGRTMIN);
    out("code %d value %d\n", info.si_code, info.si_value.sival_int);
}

CASE(sigqueue, timed_wait_is_interrupted_by_another)
{
    struct timespec some = { 4, 0 };
    sigset_t set = block(SIGUSR1, SIGUSR1);
    catch(SIGALRM);
    alarm_soon();
    SHOW(sigtimedwait(&set, NULL, &some));
    alarm_off();
    SHOW_IF(hits > 0);
}

CASE(sigqueue, timed_wait_wakes)
{
    siginfo_t info;
    sigset_t set = block(SIGUSR1, SIGCHLD);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        nap_ms(15);
        kill(parent, SIGUSR1);
        pause();
    }
    SHOW(sigwaitinfo(&set, &info));
    SHOW_IF(info.si_pid == child);
    kill(child, SIGKILL);
    SHOW(sigwaitinfo(&set, &info)); // SIGCHLD
    out("code %d status %d pid %d\n", info.si_code, info.si_status, info.si_pid == child);
    SHOW_WAIT(child);
}

CASE(sigqueue, timed_wait_errors) // sigwaitinfo(2): EINVAL, EFAULT
{
    struct timespec wrong = { 0, 1000000000 }, zero = { 0, 0 };
    unsigned long set = 1ul << (SIGUSR1 - 1);
    SHOW(syscall(SYS_rt_sigtimedwait, &set, NULL, &wrong, 8L));
    SHOW(syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 4L));
    SHOW(syscall(SYS_rt_sigtimedwait, bad(), NULL, &zero, 8L));
    SHOW(syscall(SYS_rt_sigtimedwait, &set, NULL, bad(), 8L));
    set = 1ul << (SIGKILL - 1); // cannot be waited for: a timeout
    SHOW(syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 8L));
}

CASE(sigqueue, errors) // rt_sigqueueinfo(2): EPERM, EINVAL, ESRCH
{
    siginfo_t info = { .si_code = SI_QUEUE };
    int pid = getpid();
    SHOW(syscall(SYS_rt_sigqueueinfo, pid, 0, &info));
    SHOW(syscall(SYS_rt_sigqueueinfo, pid, 65, &info));
    SHOW(syscall(SYS_rt_sigqueueinfo, INT_MAX, SIGUSR1, &info));
    SHOW(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, bad()));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, pid, pid, 0, &info));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, -1, pid, SIGUSR1, &info));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, pid, INT_MAX, SIGUSR1, &info));
    pid_t child = fork();
    if (child == 0) {
        info.si_code = SI_USER; // as if by kill: not to others
        SHOW(syscall(SYS_rt_sigqueueinfo, pid, SIGWINCH, &info));
        info.si_code = 1;
        SHOW(syscall(SYS_rt_sigqueueinfo, pid, SIGWINCH, &info));
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(sigqueue, to_one_thread)
{
    siginfo_t info = { .si_code = SI_QUEUE, .si_value.sival_int = 77 };
    catch(SIGUSR2);
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGUSR2, &info));
    out("code %d value %d\n", seen[0].si_code, seen[0].si_value.sival_int);
}

CASE(sigqueue, child_signal_says_how)
{
    sigset_t set = block(SIGCHLD, SIGCHLD);
    pid_t child = fork();
    if (child == 0)
        _exit(9);
    siginfo_t info;
    SHOW(sigwaitinfo(&set, &info));
    out("code %d status %d pid %d\n", info.si_code, info.si_status, info.si_pid == child);
    SHOW_WAIT(child);
}

CASE(sigqueue, stopped_child_signals_unless_told_not_to)
{
    int status;
    struct timespec some = { 1, 0 }, zero = { 0, 0 };
    siginfo_t info;
    sigset_t set = block(SIGCHLD, SIGCHLD);
    catch(SIGCHLD);
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    kill(child, SIGSTOP);
    SHOW(sigtimedwait(&set, &info, &some));
    out("code %d status %d\n", info.si_code, info.si_status);
    kill(child, SIGCONT);
    SHOW(sigtimedwait(&set, &info, &some));
    out("code %d status %d\n", info.si_code, info.si_status);
    struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_NOCLDSTOP };
    sigaction(SIGCHLD, &action, NULL);
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    show_status("status", status);
    SHOW(sigtimedwait(&set, &info, &zero));
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

CASE(sigqueue, group)
{
    int ends[2];
    char byte;
    pipe(ends);
    pid_t children[3], group = 0;
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            setpgid(0, group);
            write(ends[1], "r", 1);
            for (;;)
                pause();
        }
        if (i == 0)
            group = children[0];
        read(ends[0], &byte, 1); // it has joined
    }
    SHOW(kill(-group, 0));
    SHOW(kill(-group, SIGTERM));
    for (int i = 0; i < 3; i++)
        show_wait("child", children[i]);
    SHOW(kill(-group, 0)); // ESRCH
}

CASE(sigqueue, kill_zero_is_ones_own_group)
{
    catch(SIGUSR1);
    SHOW(kill(0, SIGUSR1));
    SHOW(hits);
}

CASE(sigqueue, stop_and_continue_cancel_each_other)
{
    sigset_t set = block(SIGTSTP, SIGCONT), pending;
    raise(SIGTSTP);
    raise(SIGCONT);
    sigpending(&pending);
    out("%d %d\n", sigismember(&pending, SIGTSTP), sigismember(&pending, SIGCONT));
    raise(SIGTSTP);
    sigpending(&pending);
    out("%d %d\n", sigismember(&pending, SIGTSTP), sigismember(&pending, SIGCONT));
    raise(SIGCONT);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    out("went on\n");
}

CASE(sigqueue, pending_of_a_child_starts_empty)
{
    block(SIGUSR1, SIGUSR1);
    raise(SIGUSR1);
    pid_t child = fork();
    if (child == 0) {
        sigset_t pending, mask;
        sigpending(&pending);
        sigprocmask(SIG_BLOCK, NULL, &mask);
        out("pending %d masked %d\n", sigismember(&pending, SIGUSR1), sigismember(&mask, SIGUSR1));
        _exit(0);
    }
    SHOW_WAIT(child);
}
