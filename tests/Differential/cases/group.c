// What the threads of one process share: its end, its pid across exec, its signals, its directory.
#include "harness.h"
#include <pthread.h>
#include <sched.h>

static void *leave_process(void *argument)
{
    (void)argument;
    syscall(SYS_exit_group, 23);
    return NULL;
}

CASE(group, exit_group_from_a_thread)
{
    pthread_t thread;
    pid_t child = fork();
    if (child == 0) {
        pthread_create(&thread, NULL, leave_process, NULL);
        for (;;)
            pause();
    }
    SHOW_WAIT(child);
}

static void *last_one(void *argument)
{
    nap_ms(10);
    out("the last thread\n");
    return argument;
}

CASE(group, main_thread_ends_first)
{
    pthread_t thread;
    pid_t child = fork();
    if (child == 0) {
        pthread_create(&thread, NULL, last_one, NULL);
        pthread_exit(NULL);
    }
    SHOW_WAIT(child);
    child = fork();
    if (child == 0) {
        pthread_create(&thread, NULL, last_one, NULL);
        syscall(SYS_exit, 5); // this thread only; the C library ends the process with 0 in its last thread
    }
    SHOW_WAIT(child);
}

static void *kill_all(void *argument)
{
    raise(SIGTERM);
    return argument;
}

CASE(group, fatal_signal_ends_all)
{
    pthread_t thread;
    pid_t child = fork();
    if (child == 0) {
        pthread_create(&thread, NULL, kill_all, NULL);
        for (;;)
            pause();
    }
    SHOW_WAIT(child);
}

static void *fork_inside(void *argument)
{
    pid_t child = fork();
    if (child == 0)
        _exit(syscall(SYS_gettid) == getpid() ? 3 : 4);
    SHOW_WAIT(child);
    return argument;
}

CASE(group, fork_from_a_thread)
{
    pthread_t thread;
    pthread_create(&thread, NULL, fork_inside, NULL);
    pthread_join(thread, NULL);
}

static void *exec_inside(void *argument)
{
    execl("/proc/self/exe", "cases", "--child", "pid", argument, NULL);
    return NULL;
}

CASE(group, exec_from_a_thread_takes_over_the_pid)
{
    char text[16];
    pthread_t thread;
    sprintf(text, "%d", getpid());
    pthread_create(&thread, NULL, exec_inside, text);
    for (;;)
        pause();
}

static volatile pid_t signalled;

static void who(int number)
{
    (void)number;
    signalled = syscall(SYS_gettid);
}

static volatile pid_t other;

static void *wait_for_signal(void *argument)
{
    other = syscall(SYS_gettid);
    for (int i = 0; i < 3000 && !signalled; i++)
        nap_ms(1);
    return argument;
}

CASE(group, signal_to_one)
{
    pthread_t thread;
    signal(SIGUSR1, who);
    pthread_create(&thread, NULL, wait_for_signal, NULL);
    while (!other)
        sched_yield();
    SHOW(syscall(SYS_tgkill, getpid(), other, SIGUSR1));
    pthread_join(thread, NULL);
    SHOW_IF(signalled == other);
}

CASE(group, signal_goes_to_who_has_it_open)
{
    pthread_t thread;
    sigset_t set;
    signal(SIGUSR1, who);
    pthread_create(&thread, NULL, wait_for_signal, NULL);
    while (!other)
        sched_yield();
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL); // only this thread
    kill(getpid(), SIGUSR1);
    pthread_join(thread, NULL);
    SHOW_IF(signalled == other);
}

static void *read_umask(void *argument)
{
    chdir("sub");
    return (void *)(long)(umask(055) + (argument != NULL));
}

CASE(group, share_directory_and_files)
{
    pthread_t thread;
    void *answer;
    mkdir("sub", 0755);
    umask(011);
    pthread_create(&thread, NULL, read_umask, NULL);
    pthread_join(thread, &answer);
    out("%lo %o\n", (long)answer, umask(0));
    SHOW(access("../sub", F_OK));
}

static void *sleep_for_ever(void *argument)
{
    for (;;)
        pause();
    return argument;
}

CASE(group, cancel)
{
    pthread_t thread;
    void *answer;
    pthread_create(&thread, NULL, sleep_for_ever, NULL);
    SHOW(pthread_cancel(thread));
    pthread_join(thread, &answer);
    SHOW_IF(answer == PTHREAD_CANCELED);
}
