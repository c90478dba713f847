// timerfd_*, setitimer, getitimer, alarm, timer_create and its family.
#include "harness.h"
#include <poll.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static volatile sig_atomic_t hits, number_seen, code_seen, value_seen;

static void note(int number)
{
    number_seen = number;
    hits++;
}

static void note_info(int number, siginfo_t *info, void *context)
{
    (void)context;
    number_seen = number;
    code_seen = info->si_code;
    value_seen = info->si_value.sival_int;
    hits++;
}

static void wait_for(int count)
{
    for (int i = 0; i < 2000 && hits < count; i++)
        nap_ms(1);
}

CASE(timer, alarm)
{
    signal(SIGALRM, note);
    SHOW(alarm(100));
    SHOW_IF(alarm(0) >= 99);
    SHOW(alarm(0));
    SHOW(hits);
}

CASE(timer, alarm_is_not_inherited)
{
    alarm(50);
    pid_t child = fork();
    if (child == 0)
        _exit(alarm(0));
    SHOW_WAIT(child);
    SHOW_IF(alarm(0) >= 49);
}

CASE(timer, setitimer_real)
{
    struct itimerval timer = { { 0, 5000 }, { 0, 5000 } }, old;
    signal(SIGALRM, note);
    SHOW(setitimer(ITIMER_REAL, &timer, NULL));
    wait_for(3);
    memset(&timer, 0, sizeof timer);
    SHOW(setitimer(ITIMER_REAL, &timer, &old));
    SHOW(old.it_interval.tv_usec);
    SHOW_IF(hits >= 3);
    SHOW(number_seen);
}

CASE(timer, setitimer_once)
{
    struct itimerval timer = { { 0, 0 }, { 0, 3000 } }, now;
    signal(SIGALRM, note);
    setitimer(ITIMER_REAL, &timer, NULL);
    wait_for(1);
    nap_ms(10);
    SHOW(hits);
    SHOW(getitimer(ITIMER_REAL, &now));
    out("%ld %ld\n", (long)now.it_value.tv_sec, (long)now.it_value.tv_usec);
}

CASE(timer, setitimer_of_processor_time)
{
    struct itimerval timer = { { 0, 0 }, { 0, 2000 } };
    signal(SIGVTALRM, note);
    SHOW(setitimer(ITIMER_VIRTUAL, &timer, NULL));
    for (long start = now_ms(); !hits && now_ms() - start < 3000;)
        ;
    SHOW(number_seen);
    signal(SIGPROF, note);
    SHOW(setitimer(ITIMER_PROF, &timer, NULL));
    for (long start = now_ms(); hits < 2 && now_ms() - start < 3000;)
        ;
    SHOW(number_seen);
}

CASE(timer, itimer_errors) // setitimer(2): EFAULT, EINVAL
{
    struct itimerval timer = { { 0, 0 }, { 0, 1000000 } };
    SHOW(syscall(SYS_setitimer, ITIMER_REAL, &timer, NULL));
    timer.it_value.tv_usec = -1;
    SHOW(syscall(SYS_setitimer, ITIMER_REAL, &timer, NULL));
    SHOW(syscall(SYS_setitimer, 9, NULL, NULL));
    SHOW(syscall(SYS_setitimer, ITIMER_REAL, bad(), NULL));
    SHOW(syscall(SYS_getitimer, 9, &timer));
    SHOW(syscall(SYS_getitimer, ITIMER_REAL, bad()));
}

CASE(timer, timerfd_once)
{
    uint64_t times = 0;
    struct itimerspec timer = { { 0, 0 }, { 0, 5000000 } }, now;
    int fd = SHOW(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    SHOW(timerfd_settime(fd, 0, &timer, NULL));
    SHOW(read(fd, &times, 8));
    SHOW(times);
    SHOW(timerfd_gettime(fd, &now));
    out("%ld %ld\n", now.it_value.tv_sec, now.it_value.tv_nsec);
}

CASE(timer, timerfd_interval_counts)
{
    uint64_t times = 0;
    struct itimerspec timer = { { 0, 2000000 }, { 0, 2000000 } }, off = { 0 }, old;
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    timerfd_settime(fd, 0, &timer, NULL);
    nap_ms(11);
    SHOW(read(fd, &times, 8));
    SHOW_IF(times >= 5);
    SHOW(timerfd_settime(fd, 0, &off, &old));
    SHOW(old.it_interval.tv_nsec);
}

CASE(timer, timerfd_absolute_in_the_past)
{
    uint64_t times = 0;
    struct itimerspec timer = { { 0, 0 }, { 1, 0 } };
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    SHOW(timerfd_settime(fd, TFD_TIMER_ABSTIME, &timer, NULL));
    struct pollfd one = { fd, POLLIN, 0 };
    SHOW(poll(&one, 1, 1000));
    SHOW(read(fd, &times, 8));
    SHOW(times);
    SHOW(read(fd, &times, 8));
}

CASE(timer, timerfd_disarm)
{
    uint64_t times;
    struct itimerspec timer = { { 0, 0 }, { 0, 1000000 } }, off = { 0 };
    int fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
    timerfd_settime(fd, 0, &timer, NULL);
    nap_ms(4);
    SHOW(timerfd_settime(fd, 0, &off, NULL)); // what had expired is forgotten
    SHOW(read(fd, &times, 8));
}

CASE(timer, timerfd_errors) // timerfd_create(2)
{
    uint64_t times;
    struct itimerspec timer = { { 0, 0 }, { 0, 1000000000 } };
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    SHOW(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
    SHOW(timerfd_create(99, 0));
    SHOW(timerfd_create(CLOCK_MONOTONIC, 1));
    SHOW(timerfd_settime(fd, 0, &timer, NULL));
    timer.it_value.tv_nsec = 1;
    SHOW(timerfd_settime(fd, 64, &timer, NULL));
    SHOW(timerfd_settime(0, 0, &timer, NULL));
    SHOW(timerfd_settime(99, 0, &timer, NULL));
    SHOW(timerfd_gettime(0, &timer));
    SHOW(syscall(SYS_timerfd_settime, fd, 0, bad(), NULL));
    SHOW(syscall(SYS_timerfd_gettime, fd, bad()));
    SHOW(read(fd, &times, 4));
    SHOW(read(fd, &times, 8));
    SHOW(write(fd, &times, 8));
}

CASE(timer, posix_timer_signal)
{
    int id = -1;
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42 };
    struct itimerspec timer = { { 0, 0 }, { 0, 3000000 } };
    struct sigaction action = { .sa_sigaction = note_info, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &action, NULL);
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    SHOW(id);
    SHOW(syscall(SYS_timer_settime, id, 0, &timer, NULL));
    wait_for(1);
    out("hits %d code %d value %d\n", hits, code_seen, value_seen);
    SHOW(syscall(SYS_timer_getoverrun, id));
    SHOW(syscall(SYS_timer_gettime, id, &timer));
    SHOW(timer.it_value.tv_nsec);
    SHOW(syscall(SYS_timer_delete, id));
    SHOW(syscall(SYS_timer_delete, id)); // EINVAL
}

CASE(timer, posix_timer_default_event)
{
    int id;
    struct itimerspec timer = { { 0, 0 }, { 0, 3000000 } };
    struct sigaction action = { .sa_sigaction = note_info, .sa_flags = SA_SIGINFO };
    sigaction(SIGALRM, &action, NULL);
    SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &id));
    syscall(SYS_timer_settime, id, 0, &timer, NULL);
    wait_for(1);
    out("signal %d code %d the value is the id %d\n", number_seen, code_seen, value_seen == id);
}

CASE(timer, posix_timer_overrun)
{
    int id;
    sigset_t set;
    siginfo_t info;
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    struct itimerspec timer = { { 0, 1000000 }, { 0, 1000000 } };
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id);
    syscall(SYS_timer_settime, id, 0, &timer, NULL);
    nap_ms(15);
    SHOW(sigwaitinfo(&set, &info));
    SHOW_IF(syscall(SYS_timer_getoverrun, id) >= 5); // one signal for all that passed
}

CASE(timer, posix_timer_none_and_thread)
{
    int id;
    struct sigevent event = { .sigev_notify = SIGEV_NONE };
    struct itimerspec timer = { { 0, 0 }, { 100, 0 } }, now;
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    SHOW(syscall(SYS_timer_settime, id, 0, &timer, NULL));
    SHOW(syscall(SYS_timer_gettime, id, &now));
    SHOW_IF(now.it_value.tv_sec == 99 || now.it_value.tv_sec == 100);
    event = (struct sigevent){ .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1 };
    event._sigev_un._tid = syscall(SYS_gettid);
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    event._sigev_un._tid = INT_MAX;
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
}

CASE(timer, posix_timer_errors) // timer_create(2), timer_settime(2)
{
    int id;
    struct sigevent event = { .sigev_notify = 77, .sigev_signo = SIGUSR1 };
    struct itimerspec timer = { { 0, 0 }, { 0, 1000000000 } };
    SHOW(syscall(SYS_timer_create, 99, NULL, &id));
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = 65;
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, bad()));
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, bad(), &id));
    syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id);
    SHOW(syscall(SYS_timer_settime, id, 0, &timer, NULL));
    SHOW(syscall(SYS_timer_settime, id, 0, NULL, NULL));
    SHOW(syscall(SYS_timer_settime, 9999, 0, &timer, NULL));
    SHOW(syscall(SYS_timer_gettime, 9999, &timer));
    SHOW(syscall(SYS_timer_gettime, id, bad()));
    SHOW(syscall(SYS_timer_getoverrun, 9999));
}

CASE(timer, posix_timers_are_not_inherited)
{
    int id;
    struct itimerspec now;
    syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id);
    pid_t child = fork();
    if (child == 0) {
        SHOW(syscall(SYS_timer_gettime, id, &now));
        _exit(0);
    }
    SHOW_WAIT(child);
}
