// select, pselect6.
#include "harness.h"
#include <sys/select.h>

static volatile sig_atomic_t hits;

static void note(int number)
{
    (void)number;
    hits++;
}

CASE(select, ready_sets)
{
    int ends[2];
    fd_set in, to;
    struct timeval zero = { 0, 0 };
    pipe(ends);
    FD_ZERO(&in);
    FD_ZERO(&to);
    FD_SET(ends[0], &in);
    FD_SET(ends[1], &to);
    SHOW(select(ends[1] + 1, &in, &to, NULL, &zero));
    out("%d %d\n", FD_ISSET(ends[0], &in) != 0, FD_ISSET(ends[1], &to) != 0);
    write(ends[1], "x", 1);
    FD_SET(ends[0], &in);
    SHOW(select(ends[1] + 1, &in, &to, NULL, &zero));
    out("%d %d\n", FD_ISSET(ends[0], &in) != 0, FD_ISSET(ends[1], &to) != 0);
    SHOW(select(ends[0], &in, NULL, NULL, &zero)); // the first argument leaves it out
}

CASE(select, end_of_file_is_readable)
{
    int ends[2];
    fd_set in;
    pipe(ends);
    close(ends[1]);
    FD_ZERO(&in);
    FD_SET(ends[0], &in);
    SHOW(select(ends[0] + 1, &in, NULL, NULL, NULL));
    SHOW(FD_ISSET(ends[0], &in) != 0);
}

CASE(select, errors) // select(2): EBADF, EINVAL, EFAULT
{
    fd_set in;
    struct timeval zero = { 0, 0 }, negative = { -1, 0 };
    FD_ZERO(&in);
    FD_SET(40, &in); // not above 63: select(2) BUGS, what is above the table's size is not looked at
    SHOW(select(41, &in, NULL, NULL, &zero));
    SHOW(select(-1, NULL, NULL, NULL, &zero));
    SHOW(select(0, NULL, NULL, NULL, &negative));
    SHOW(syscall(SYS_select, 4, bad(), NULL, NULL, &zero));
    SHOW(syscall(SYS_select, 4, NULL, NULL, NULL, bad()));
}

CASE(select, timeout_is_counted_down)
{
    struct timeval time = { 0, 20000 };
    long start = now_ms();
    SHOW(syscall(SYS_select, 0, NULL, NULL, NULL, &time));
    SHOW_IF(now_ms() - start >= 20);
    out("%ld %ld\n", (long)time.tv_sec, (long)time.tv_usec);
    fd_set to;
    FD_ZERO(&to);
    FD_SET(1, &to);
    time.tv_sec = 50;
    SHOW(syscall(SYS_select, 2, NULL, &to, NULL, &time));
    SHOW_IF(time.tv_sec == 49 || time.tv_sec == 50);
}

CASE(select, large_microseconds_are_carried)
{
    struct timeval time = { 0, 1000000 + 5 };
    fd_set in;
    FD_ZERO(&in);
    FD_SET(0, &in);
    SHOW(syscall(SYS_select, 1, &in, NULL, NULL, &time));
    SHOW_IF(time.tv_sec <= 1 && time.tv_usec < 1000000);
}

CASE(select, interrupted)
{
    struct timeval time = { 5, 0 };
    struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };
    sigaction(SIGALRM, &action, NULL);
    alarm_soon();
    SHOW(syscall(SYS_select, 0, NULL, NULL, NULL, &time));
    alarm_off();
    SHOW_IF(time.tv_sec == 4);
    SHOW_IF(hits > 0);
}

CASE(select, pselect_mask)
{
    sigset_t set, none;
    signal(SIGUSR1, note);
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    SHOW(pselect(0, NULL, NULL, NULL, NULL, &none));
    SHOW(hits);
}

CASE(select, pselect_errors)
{
    struct timespec wrong = { 0, 1000000000 };
    struct { const void *set; size_t size; } mask = { &wrong, 4 };
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &wrong, NULL));
    wrong.tv_nsec = 0;
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &wrong, &mask));
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &wrong, bad()));
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, bad(), NULL));
}
