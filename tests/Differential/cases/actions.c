// rt_sigaction(2) where the gate of our kernel changes the table by itself: nobody sees half of a change, and nobody sees another process's.
#include "harness.h"
#include <pthread.h>

static volatile sig_atomic_t runs, torn;

static int is_blocked(int signal)
{
    sigset_t now;
    sigprocmask(SIG_BLOCK, NULL, &now);
    return sigismember(&now, signal);
}

static void with_usr2(int signal)
{
    (void)signal;
    runs++;
    torn += !is_blocked(SIGUSR2) || is_blocked(SIGHUP);
}

static void with_hup(int signal)
{
    (void)signal;
    runs++;
    torn += is_blocked(SIGUSR2) || !is_blocked(SIGHUP);
}

static volatile int begun, stop;

static void *changes(void *wrong)
{
    struct sigaction one = { .sa_handler = with_usr2 }, two = { .sa_handler = with_hup, .sa_flags = SA_RESTART };
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    sigaddset(&one.sa_mask, SIGUSR2);
    sigaddset(&two.sa_mask, SIGHUP);
    for (long i = 0; !stop; i++) {
        struct sigaction before;
        sigaction(SIGUSR1, i & 1 ? &one : &two, &before);
        if (i)
            *(long *)wrong += before.sa_handler != (i & 1 ? with_hup : with_usr2) || sigismember(&before.sa_mask, SIGHUP) != (i & 1);
        begun = 1;
    }
    return NULL;
}

CASE(actions, are_whole)
{
    pthread_t thread;
    long wrong = 0;
    signal(SIGUSR1, SIG_IGN);
    pthread_create(&thread, NULL, changes, &wrong);
    while (!begun)
        nap_ms(1);
    for (int i = 0; i < 2000; i++)
        kill(getpid(), SIGUSR1);
    stop = 1;
    pthread_join(thread, NULL);
    SHOW_IF(runs > 0);
    SHOW(torn);
    SHOW(wrong);
}

static const char *names(void (*handler)(int))
{
    return handler == SIG_IGN ? "ignored" : handler == SIG_DFL ? "default" : handler == with_hup ? "with_hup" : "another";
}

static void show(int signal)
{
    struct sigaction now;
    sigaction(signal, NULL, &now);
    out("%d %s\n", signal, names(now.sa_handler));
}

static void borrows(void)
{
    signal(SIGUSR1, with_hup);
    signal(SIGUSR2, SIG_DFL);
    pid_t child = vfork();
    if (child == 0) {
        signal(SIGUSR1, SIG_DFL);
        signal(SIGUSR2, SIG_IGN);
        raise(SIGUSR2);
        _exit(3);
    }
    int status = -1;
    waitpid(child, &status, 0);
    SHOW(WEXITSTATUS(status));
    show(SIGUSR1);
    show(SIGUSR2);
}

static void *waits(void *unused)
{
    while (!stop)
        nap_ms(1);
    return unused;
}

CASE(actions, of_vfork_children_are_their_own)
{
    pthread_t thread;
    borrows();
    pthread_create(&thread, NULL, waits, NULL);
    borrows(); // beside another thread
    stop = 1;
    pthread_join(thread, NULL);
    borrows();
}

CASE(actions, of_children_are_their_own)
{
    signal(SIGUSR1, with_hup);
    pid_t child = fork();
    if (child == 0) {
        show(SIGUSR1);
        signal(SIGUSR1, SIG_IGN);
        raise(SIGUSR1);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    show(SIGUSR1);
    raise(SIGUSR1);
    SHOW(runs);
    SHOW(torn);
}

CASE(actions, that_ignore_drop_what_waits)
{
    sigset_t mask, waiting;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, SIGWINCH);
    signal(SIGUSR1, with_hup);
    signal(SIGWINCH, with_hup);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    raise(SIGUSR1);
    kill(getpid(), SIGWINCH);
    sigpending(&waiting);
    SHOW(sigismember(&waiting, SIGUSR1) * 2 + sigismember(&waiting, SIGWINCH));
    signal(SIGUSR1, SIG_IGN);
    signal(SIGWINCH, SIG_DFL);
    sigpending(&waiting);
    SHOW(sigismember(&waiting, SIGUSR1) * 2 + sigismember(&waiting, SIGWINCH));
    signal(SIGUSR1, with_hup);
    sigprocmask(SIG_UNBLOCK, &mask, NULL);
    SHOW(runs);
}

CASE(actions, say_what_is_wrong)
{
    struct sigaction action = { .sa_handler = SIG_IGN }, before;
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4L));
    SHOW(syscall(SYS_rt_sigaction, 0, NULL, NULL, 8L));
    SHOW(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8L));
    SHOW(syscall(SYS_rt_sigaction, SIGKILL, &action, NULL, 8L));
    SHOW(syscall(SYS_rt_sigaction, SIGSTOP, NULL, &before, 8L));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, 1L, NULL, 8L));
    SHOW(syscall(SYS_rt_sigaction, SIGKILL, 1L, NULL, 8L));
    signal(SIGUSR1, SIG_DFL);
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, &action, 1L, 8L)); // it is done all the same
    show(SIGUSR1);
}
