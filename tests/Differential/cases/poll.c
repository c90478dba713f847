// poll, ppoll.
#include "harness.h"
#include <poll.h>
#include <sys/resource.h>

static volatile sig_atomic_t hits;

static void note(int number)
{
    (void)number;
    hits++;
}

CASE(poll, files_are_always_ready)
{
    struct pollfd all[] = { { open_file("file", "x"), POLLIN | POLLOUT | POLLPRI, 0 }, { open("/dev/null", O_RDWR), POLLIN | POLLOUT, 0 },
        { open(".", O_RDONLY), POLLIN, 0 } };
    SHOW(poll(all, 3, -1));
    out("%x %x %x\n", all[0].revents, all[1].revents, all[2].revents);
}

CASE(poll, closed_and_negative)
{
    struct pollfd all[] = { { 99, POLLIN, 0 }, { -1, POLLIN, 7 }, { -99, POLLIN, 7 } };
    SHOW(poll(all, 3, 0));
    out("%x %x %x\n", all[0].revents, all[1].revents, all[2].revents);
}

CASE(poll, path_descriptor_is_invalid)
{
    struct pollfd one = { open(".", O_PATH), POLLIN, 0 };
    SHOW(poll(&one, 1, 0));
    out("%x\n", one.revents);
}

CASE(poll, timeouts)
{
    int ends[2];
    pipe(ends);
    struct pollfd one = { ends[0], POLLIN, 0 };
    long start = now_ms();
    SHOW(poll(&one, 1, 0));
    SHOW(poll(&one, 1, 20));
    SHOW_IF(now_ms() - start >= 20);
    SHOW(poll(NULL, 0, 10));
    write(ends[1], "x", 1);
    SHOW(poll(&one, 1, -1));
    SHOW(poll(&one, 1, -7));
}

CASE(poll, errors) // poll(2): EFAULT, EINVAL
{
    struct rlimit limit = { 10, 10 };
    static struct pollfd many[20];
    SHOW(syscall(SYS_poll, bad(), 1L, 0));
    setrlimit(RLIMIT_NOFILE, &limit);
    SHOW(syscall(SYS_poll, many, 11L, 0));
    SHOW(syscall(SYS_poll, many, 10L, 0) >= 0);
    struct timespec wrong = { 0, 1000000000 }, negative = { -1, 0 };
    SHOW(syscall(SYS_ppoll, many, 1L, &wrong, NULL, 8L));
    SHOW(syscall(SYS_ppoll, many, 1L, &negative, NULL, 8L));
    SHOW(syscall(SYS_ppoll, many, 1L, bad(), NULL, 8L));
    SHOW(syscall(SYS_ppoll, many, 1L, NULL, &wrong, 4L));
}

CASE(poll, interrupted) // EINTR, also with SA_RESTART
{
    int ends[2];
    struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };
    sigaction(SIGALRM, &action, NULL);
    pipe(ends);
    struct pollfd one = { ends[0], POLLIN, 0 };
    alarm_soon();
    SHOW(poll(&one, 1, -1));
    alarm_off();
    SHOW_IF(hits > 0);
}

CASE(poll, ppoll_unblocks_a_pending_signal)
{
    int ends[2];
    sigset_t set, none;
    signal(SIGUSR1, note);
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    pipe(ends);
    struct pollfd one = { ends[0], POLLIN, 0 };
    struct timespec zero = { 0, 0 };
    SHOW(ppoll(&one, 1, NULL, &none));
    SHOW(hits);
    sigprocmask(SIG_BLOCK, NULL, &none);
    SHOW(sigismember(&none, SIGUSR1));
    SHOW(ppoll(&one, 1, &zero, NULL));
}

CASE(poll, ppoll_writes_back_the_rest)
{
    struct timespec time = { 0, 10000000 };
    SHOW(syscall(SYS_ppoll, NULL, 0L, &time, NULL, 8L));
    out("%ld %ld\n", time.tv_sec, time.tv_nsec);
    int ends[2];
    pipe(ends);
    write(ends[1], "x", 1);
    struct pollfd one = { ends[0], POLLIN, 0 };
    time.tv_sec = 100;
    SHOW(syscall(SYS_ppoll, &one, 1L, &time, NULL, 8L));
    SHOW_IF(time.tv_sec == 99 || time.tv_sec == 100);
}

CASE(poll, same_descriptor_twice)
{
    int ends[2];
    pipe(ends);
    write(ends[1], "x", 1);
    struct pollfd two[] = { { ends[0], POLLIN, 0 }, { ends[0], 0, 0 } };
    SHOW(poll(two, 2, 0));
    out("%x %x\n", two[0].revents, two[1].revents);
}

CASE(poll, wakes_on_write_of_another)
{
    int ends[2];
    pipe(ends);
    pid_t child = fork();
    if (child == 0) {
        nap_ms(15);
        write(ends[1], "x", 1);
        pause();
    }
    struct pollfd one = { ends[0], POLLIN, 0 };
    SHOW(poll(&one, 1, 4000));
    out("%x\n", one.revents);
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}
