// What a signal does to a call that waits: EINTR, a part, or a restart (signal(7)).
#include "harness.h"
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>

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

CASE(interrupt, pause_is_interrupted)
{
    handle(SIGALRM, note, SA_RESTART);
    alarm_soon();
    SHOW(pause());
    alarm_off();
    SHOW(last);
}

// Sends SIGUSR1 until it is killed: one that came before the call would be lost.
static pid_t signal_soon(void)
{
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        for (;;) {
            nap_ms(15);
            kill(parent, SIGUSR1);
        }
    return child;
}

static void interrupted(void (*what)(void), int flags)
{
    handle(SIGUSR1, note, flags);
    pid_t child = signal_soon();
    what(); // shows the call
    kill(child, SIGKILL);
    SHOW_WAIT(child);
    SHOW_IF(hits > 0);
}

static int ends[2];

static void read_pipe(void)
{
    char byte;
    SHOW(read(ends[0], &byte, 1));
}

CASE(interrupt, read_without_restart) // EINTR
{
    pipe(ends);
    interrupted(read_pipe, 0);
}

CASE(interrupt, read_with_restart)
{
    char byte;
    pid_t parent = getpid();
    pipe(ends);
    handle(SIGUSR1, note, SA_RESTART);
    pid_t child = fork();
    if (child == 0) {
        nap_ms(20);
        kill(parent, SIGUSR1);
        nap_ms(20);
        write(ends[1], "x", 1);
        _exit(0);
    }
    SHOW(read(ends[0], &byte, 1));
    SHOW(hits);
    SHOW_WAIT(child);
}

CASE(interrupt, ignored_does_not_interrupt)
{
    int ends[2];
    char byte;
    pipe(ends);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        nap_ms(10);
        kill(parent, SIGCHLD); // ignored by default
        kill(parent, SIGWINCH);
        nap_ms(10);
        write(ends[1], "x", 1);
        _exit(0);
    }
    SHOW(read(ends[0], &byte, 1));
    SHOW_WAIT(child);
}

CASE(interrupt, nanosleep_reports_the_rest)
{
    struct timespec want = { 5, 0 }, left = { 0, 0 };
    handle(SIGALRM, note, SA_RESTART); // never restarted after a handler: signal(7)
    alarm_soon();
    SHOW(nanosleep(&want, &left));
    alarm_off();
    SHOW_IF(left.tv_sec == 4 && left.tv_nsec > 0);
}

CASE(interrupt, nanosleep_goes_on_after_stop_and_continue)
{
    int status;
    long start = now_ms();
    pid_t child = fork();
    if (child == 0) {
        struct timespec want = { 0, 60000000 };
        _exit(nanosleep(&want, NULL) == 0 ? 0 : 1);
    }
    nap_ms(10);
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGCONT);
    SHOW_WAIT(child);
    SHOW_IF(now_ms() - start >= 60);
}

CASE(interrupt, read_of_a_socket)
{
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    interrupted(read_pipe, 0);
}

static void write_pipe(void)
{
    static char bytes[200000];
    SHOW(write(ends[1], bytes, sizeof bytes)); // what was written counts
    SHOW(fcntl(ends[1], F_GETPIPE_SZ));
}

CASE(interrupt, write_in_part)
{
    pipe(ends);
    interrupted(write_pipe, 0);
}

static void write_full_pipe(void)
{
    SHOW(write(ends[1], "x", 1));
}

CASE(interrupt, write_of_nothing)
{
    static char bytes[65536];
    pipe(ends);
    write(ends[1], bytes, sizeof bytes);
    interrupted(write_full_pipe, 0);
}

static void accept_nobody(void)
{
    struct sockaddr_un name = { AF_UNIX, "socket" };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(fd, (struct sockaddr *)&name, sizeof name);
    listen(fd, 1);
    SHOW(accept(fd, NULL, NULL));
}

CASE(interrupt, accept)
{
    interrupted(accept_nobody, 0);
}

static void lock_taken(void)
{
    int fd = open_file("file", ""), other = open("file", O_RDWR);
    flock(fd, LOCK_EX);
    SHOW(flock(other, LOCK_EX));
}

CASE(interrupt, flock)
{
    interrupted(lock_taken, 0);
}

static void wait_for_event(void)
{
    uint64_t value;
    SHOW(read(eventfd(0, 0), &value, 8));
}

CASE(interrupt, eventfd)
{
    interrupted(wait_for_event, 0);
}

static void wait_for_timer(void)
{
    uint64_t value;
    SHOW(read(timerfd_create(CLOCK_MONOTONIC, 0), &value, 8)); // never set
}

CASE(interrupt, timerfd)
{
    interrupted(wait_for_timer, 0);
}

static void wait_for_child(void)
{
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    SHOW(waitpid(child, NULL, 0));
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

CASE(interrupt, waitpid)
{
    interrupted(wait_for_child, 0);
}

CASE(interrupt, waitpid_restarts)
{
    int status;
    handle(SIGUSR1, note, SA_RESTART);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        nap_ms(15);
        kill(parent, SIGUSR1);
        nap_ms(15);
        _exit(3);
    }
    SHOW_IF(waitpid(child, &status, 0) == child);
    show_status("status", status);
    SHOW(hits);
}

static void receive_with_a_timeout(void)
{
    char byte;
    struct timeval time = { 4, 0 };
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    SHOW(recv(ends[0], &byte, 1, 0));
}

CASE(interrupt, receive_with_a_timeout_never_restarts) // signal(7)
{
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    interrupted(receive_with_a_timeout, SA_RESTART);
}

static volatile sig_atomic_t order[4], count_of;

static void remember(int number)
{
    order[count_of++ & 3] = number;
}

CASE(interrupt, pending_run_before_the_call_returns)
{
    sigset_t set, old;
    handle(SIGUSR1, remember, 0);
    handle(SIGUSR2, remember, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR2);
    raise(SIGUSR1);
    sigprocmask(SIG_SETMASK, &old, NULL);
    SHOW(count_of); // the later handler was entered on top of the earlier: the higher number ran first
    out("%d %d\n", order[0], order[1]);
}

static void stop_and_go(int flags)
{
    int status;
    char byte;
    pipe(ends);
    handle(SIGCONT, note, flags);
    pid_t child = fork();
    if (child == 0) {
        long answer = read(ends[0], &byte, 1);
        _exit(answer == 1 ? 10 + hits : errno == EINTR ? 20 + hits : 30);
    }
    nap_ms(15);
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGCONT);
    nap_ms(15);
    write(ends[1], "x", 1);
    SHOW_WAIT(child);
}

CASE(interrupt, stop_alone_does_not)
{
    int status;
    char byte;
    pipe(ends);
    pid_t child = fork();
    if (child == 0)
        _exit((int)read(ends[0], &byte, 1) + 10);
    nap_ms(15);
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGCONT);
    nap_ms(10);
    write(ends[1], "x", 1);
    SHOW_WAIT(child);
}

CASE(interrupt, continue_with_a_handler_does)
{
    stop_and_go(0);
}

CASE(interrupt, continue_with_a_restarting_handler)
{
    stop_and_go(SA_RESTART);
}
