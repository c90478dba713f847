// kill, tgkill, rt_sigaction, rt_sigprocmask, rt_sigpending, rt_sigsuspend: actions, masks, nesting.
#include "harness.h"

static volatile sig_atomic_t hits, last;

static void note(int number)
{
    hits++;
    last = number;
}

static void handle(int number, void (*handler)(int), int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    sigaction(number, &action, NULL);
}

static sigset_t set_of(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    return set;
}

CASE(signal, kill_errors) // kill(2): EINVAL, ESRCH, EPERM
{
    SHOW(kill(getpid(), -1));
    SHOW(kill(getpid(), 65));
    SHOW(kill(INT_MAX, 0));
    SHOW(kill(-INT_MAX, SIGTERM));
    SHOW(kill(getpid(), 0));
    SHOW(kill(INT_MIN, 0));
}

CASE(signal, tgkill_errors)
{
    int pid = getpid();
    SHOW(syscall(SYS_tgkill, pid, pid, 0));
    SHOW(syscall(SYS_tgkill, -1, pid, 0));
    SHOW(syscall(SYS_tgkill, pid, 0, 0));
    SHOW(syscall(SYS_tgkill, pid, pid, 65));
    SHOW(syscall(SYS_tgkill, pid, INT_MAX, 0));
    SHOW(syscall(SYS_tgkill, getppid(), pid, 0)); // ESRCH: not of that group
    SHOW(syscall(SYS_tkill, pid, 0));
    SHOW(syscall(SYS_tkill, 0, 0));
    SHOW(syscall(SYS_tkill, INT_MAX, 0));
}

CASE(signal, default_actions)
{
    for (int number = 1; number < 32; number++) {
        if (number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU)
            continue;
        pid_t child = fork();
        if (child == 0) {
            kill(getpid(), number);
            _exit(number == SIGCONT || number == SIGCHLD || number == SIGURG || number == SIGWINCH ? 0 : 1);
        }
        char label[16];
        sprintf(label, "%d", number);
        show_wait(label, child);
    }
}

CASE(signal, realtime_default_action)
{
    int numbers[] = { 32, 33, 34, 64 };
    for (int i = 0; i < 4; i++) {
        pid_t child = fork();
        if (child == 0) {
            syscall(SYS_kill, getpid(), numbers[i]);
            _exit(1);
        }
        SHOW_WAIT(child);
    }
}

CASE(signal, stop_signals)
{
    int numbers[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };
    for (int i = 0; i < 4; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            if (numbers[i] != SIGSTOP)
                setpgid(0, 0); // still not orphaned: the parent is in the same session
            raise(numbers[i]);
            _exit(5);
        }
        SHOW_IF(waitpid(child, &status, WUNTRACED) == child);
        show_status("status", status);
        kill(child, SIGCONT);
        SHOW_WAIT(child);
    }
}

CASE(signal, handler_runs_before_kill_returns)
{
    handle(SIGUSR1, note, 0);
    SHOW(kill(getpid(), SIGUSR1));
    SHOW(hits);
    SHOW(last);
}

CASE(signal, sigaction_errors) // sigaction(2): EINVAL, EFAULT
{
    struct sigaction action = { .sa_handler = SIG_IGN };
    SHOW(syscall(SYS_rt_sigaction, SIGKILL, &action, NULL, 8));
    SHOW(syscall(SYS_rt_sigaction, SIGSTOP, &action, NULL, 8));
    SHOW(syscall(SYS_rt_sigaction, SIGKILL, NULL, &action, 8)); // reading it is allowed
    SHOW(syscall(SYS_rt_sigaction, 0, NULL, &action, 8));
    SHOW(syscall(SYS_rt_sigaction, 65, NULL, &action, 8));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &action, 4));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, bad(), NULL, 8));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, bad(), 8));
}

CASE(signal, sigaction_returns_the_old)
{
    struct sigaction old;
    handle(SIGUSR1, note, SA_RESTART | SA_NODEFER);
    SHOW(sigaction(SIGUSR1, NULL, &old));
    SHOW_IF(old.sa_handler == note);
    SHOW(old.sa_flags & (SA_RESTART | SA_NODEFER | SA_SIGINFO));
    SHOW(sigaction(SIGUSR2, NULL, &old));
    SHOW_IF(old.sa_handler == SIG_DFL);
}

CASE(signal, resethand)
{
    struct sigaction old;
    handle(SIGUSR1, note, SA_RESETHAND);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &old);
    SHOW_IF(old.sa_handler == SIG_DFL);
    SHOW(hits);
    raise(SIGUSR1);
    out("not reached\n");
}

static volatile sig_atomic_t depth, deepest; // raise is declared as a leaf: without volatile they stay in registers across it

static void nest(int number)
{
    if (++depth > deepest)
        deepest = depth;
    if (++hits < 3)
        raise(number);
    depth--;
}

CASE(signal, masked_while_handled)
{
    handle(SIGUSR1, nest, 0);
    raise(SIGUSR1);
    SHOW(hits);
    SHOW(deepest);
}

CASE(signal, nodefer_nests)
{
    handle(SIGUSR1, nest, SA_NODEFER);
    raise(SIGUSR1);
    SHOW(hits);
    SHOW(deepest);
}

static void note_and_pending(int number)
{
    note(number);
    sigset_t pending;
    sigpending(&pending);
    out("in %d: USR2 pending %d\n", number, sigismember(&pending, SIGUSR2));
}

CASE(signal, sa_mask_blocks_others)
{
    struct sigaction action = { .sa_handler = note_and_pending, .sa_mask = set_of(SIGUSR2) };
    sigset_t both = set_of(SIGUSR1), old;
    sigaddset(&both, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    handle(SIGUSR2, note_and_pending, 0);
    sigprocmask(SIG_BLOCK, &both, &old);
    raise(SIGUSR2);
    raise(SIGUSR1);
    sigprocmask(SIG_SETMASK, &old, NULL);
    SHOW(hits);
}

CASE(signal, blocked_is_pending_once)
{
    sigset_t set = set_of(SIGUSR1), pending;
    handle(SIGUSR1, note, 0);
    SHOW(sigprocmask(SIG_BLOCK, &set, NULL));
    raise(SIGUSR1);
    raise(SIGUSR1);
    SHOW(hits);
    SHOW(sigpending(&pending));
    SHOW(sigismember(&pending, SIGUSR1));
    SHOW(sigprocmask(SIG_UNBLOCK, &set, NULL));
    SHOW(hits);
}

CASE(signal, procmask_errors_and_how)
{
    sigset_t set = set_of(SIGUSR1), old;
    SHOW(syscall(SYS_rt_sigprocmask, 99, &set, NULL, 8));
    SHOW(syscall(SYS_rt_sigprocmask, 99, NULL, &old, 8)); // how is not looked at
    SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 16));
    SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, bad(), NULL, 8));
    SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, bad(), 8));
    SHOW(syscall(SYS_rt_sigpending, bad(), 8));
    SHOW(syscall(SYS_rt_sigpending, &set, 16));
    SHOW(syscall(SYS_rt_sigsuspend, bad(), 8));
    SHOW(syscall(SYS_rt_sigsuspend, &set, 16));
}

CASE(signal, kill_and_stop_cannot_be_blocked)
{
    unsigned long all = ~0ul, got = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &got, 8);
    out("%lx\n", got);
}

CASE(signal, ignored_is_dropped)
{
    sigset_t set = set_of(SIGUSR1), pending;
    signal(SIGUSR1, SIG_IGN);
    SHOW(raise(SIGUSR1));
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    sigpending(&pending);
    SHOW(sigismember(&pending, SIGUSR1)); // blocked and ignored: kept, the action may change
    signal(SIGUSR1, SIG_IGN);
    sigpending(&pending);
    SHOW(sigismember(&pending, SIGUSR1)); // setting it to ignored discards
}

CASE(signal, sigsuspend_swaps_the_mask)
{
    sigset_t blocked = set_of(SIGUSR1), none, now;
    sigemptyset(&none);
    handle(SIGUSR1, note, 0);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    raise(SIGUSR1);
    SHOW(sigsuspend(&none));
    SHOW(hits);
    sigprocmask(SIG_BLOCK, NULL, &now);
    SHOW(sigismember(&now, SIGUSR1));
}
