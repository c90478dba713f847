// epoll_create, epoll_ctl, epoll_wait, epoll_pwait, epoll_pwait2.
#include "harness.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static volatile sig_atomic_t hits;

static void note(int number)
{
    (void)number;
    hits++;
}

static int add(int epoll, int fd, unsigned events)
{
    struct epoll_event event = { .events = events, .data.u64 = fd };
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void show_ready(int epoll)
{
    struct epoll_event events[8];
    int count = epoll_wait(epoll, events, 8, 0);
    out("ready %d:", count);
    for (int i = 0; i < count; i++)
        out(" %d=%x", (int)events[i].data.u64, events[i].events);
    out("\n");
}

CASE(epoll, create)
{
    int fd = SHOW(epoll_create1(EPOLL_CLOEXEC));
    out("%d %o\n", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
    SHOW(epoll_create1(1));
    SHOW(epoll_create(0)); // EINVAL
    SHOW(epoll_create(1));
}

CASE(epoll, control_errors) // epoll_ctl(2)
{
    struct epoll_event event = { .events = EPOLLIN };
    int ends[2], fd = epoll_create1(0), file = open_file("file", "");
    pipe(ends);
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &event));
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &event)); // EEXIST
    SHOW(epoll_ctl(fd, EPOLL_CTL_MOD, ends[1], &event)); // ENOENT
    SHOW(epoll_ctl(fd, EPOLL_CTL_DEL, ends[1], NULL));   // ENOENT
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, fd, &event));      // EINVAL: itself
    SHOW(epoll_ctl(ends[0], EPOLL_CTL_ADD, ends[1], &event)); // EINVAL: not an epoll
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, file, &event));    // EPERM
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, 99, &event));      // EBADF
    SHOW(epoll_ctl(99, EPOLL_CTL_ADD, ends[0], &event)); // EBADF
    SHOW(epoll_ctl(fd, 77, ends[0], &event));            // EINVAL
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, ends[1], (struct epoll_event *)bad())); // EFAULT
    SHOW(epoll_ctl(fd, EPOLL_CTL_DEL, ends[0], NULL));
}

CASE(epoll, wait_errors) // epoll_wait(2)
{
    struct epoll_event events[4];
    int fd = epoll_create1(0), ends[2];
    pipe(ends);
    SHOW(epoll_wait(fd, events, 0, 0));
    SHOW(syscall(SYS_epoll_wait, fd, events, -1, 0));
    SHOW(epoll_wait(99, events, 1, 0));
    SHOW(epoll_wait(0, events, 1, 0)); // EINVAL
    add(fd, ends[1], EPOLLOUT);
    SHOW(epoll_wait(fd, (struct epoll_event *)bad(), 1, 0));
    SHOW(syscall(SYS_epoll_pwait, fd, events, 1, 0, events, 4L));
}

CASE(epoll, level)
{
    int fd = epoll_create1(0), ends[2];
    char byte;
    pipe(ends);
    add(fd, ends[0], EPOLLIN);
    show_ready(fd);
    write(ends[1], "ab", 2);
    show_ready(fd);
    show_ready(fd);
    read(ends[0], &byte, 1);
    show_ready(fd);
    read(ends[0], &byte, 1);
    show_ready(fd);
}

CASE(epoll, edge)
{
    int fd = epoll_create1(0), ends[2];
    pipe(ends);
    add(fd, ends[0], EPOLLIN | EPOLLET);
    write(ends[1], "a", 1);
    show_ready(fd);
    show_ready(fd);
    write(ends[1], "b", 1); // more is a new edge
    show_ready(fd);
    show_ready(fd);
}

CASE(epoll, one_shot)
{
    int fd = epoll_create1(0), ends[2];
    pipe(ends);
    add(fd, ends[0], EPOLLIN | EPOLLONESHOT);
    write(ends[1], "a", 1);
    show_ready(fd);
    show_ready(fd);
    struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.u64 = 70 };
    SHOW(epoll_ctl(fd, EPOLL_CTL_MOD, ends[0], &event));
    show_ready(fd);
    show_ready(fd);
}

CASE(epoll, hang_up_and_error)
{
    int fd = epoll_create1(0), one[2], two[2];
    pipe(one);
    pipe(two);
    add(fd, one[0], EPOLLIN);
    close(one[1]);
    show_ready(fd);
    epoll_ctl(fd, EPOLL_CTL_DEL, one[0], NULL);
    add(fd, two[1], 0); // errors come unasked
    close(two[0]);
    show_ready(fd);
}

CASE(epoll, close_removes)
{
    int fd = epoll_create1(0), ends[2];
    pipe(ends);
    add(fd, ends[0], EPOLLIN);
    write(ends[1], "a", 1);
    int same = dup(ends[0]);
    close(ends[0]);
    show_ready(fd); // epoll(7): the open file lives on
    close(same);
    show_ready(fd);
}

CASE(epoll, modify)
{
    int fd = epoll_create1(0), event_fd = eventfd(1, 0);
    add(fd, event_fd, EPOLLIN);
    show_ready(fd);
    struct epoll_event event = { .events = EPOLLOUT, .data.u64 = 71 };
    SHOW(epoll_ctl(fd, EPOLL_CTL_MOD, event_fd, &event));
    show_ready(fd);
    event.events = 0;
    SHOW(epoll_ctl(fd, EPOLL_CTL_MOD, event_fd, &event));
    show_ready(fd);
}

CASE(epoll, limit_and_fairness)
{
    int fd = epoll_create1(0);
    struct epoll_event one, two;
    add(fd, eventfd(1, 0), EPOLLIN);
    add(fd, eventfd(1, 0), EPOLLIN);
    SHOW(epoll_wait(fd, &one, 1, 0));
    SHOW(epoll_wait(fd, &two, 1, 0));
    SHOW_IF(one.data.u64 != two.data.u64); // the ready ones take turns
}

CASE(epoll, nested)
{
    int outer = epoll_create1(0), inner = epoll_create1(0), event_fd = eventfd(0, 0);
    uint64_t value = 1;
    SHOW(add(inner, event_fd, EPOLLIN));
    SHOW(add(outer, inner, EPOLLIN));
    show_ready(outer);
    write(event_fd, &value, 8);
    show_ready(outer);
    show_ready(inner);
    SHOW(add(inner, outer, EPOLLIN)); // ELOOP
}

CASE(epoll, timeout)
{
    struct epoll_event event;
    int fd = epoll_create1(0);
    long start = now_ms();
    SHOW(epoll_wait(fd, &event, 1, 20));
    SHOW_IF(now_ms() - start >= 20);
    struct timespec time = { 0, 10000000 }, wrong = { 0, -1 };
    SHOW(syscall(SYS_epoll_pwait2, fd, &event, 1, &time, NULL, 8L));
    SHOW(syscall(SYS_epoll_pwait2, fd, &event, 1, &wrong, NULL, 8L));
}

CASE(epoll, interrupted_and_masked)
{
    struct epoll_event event;
    sigset_t set, none;
    int fd = epoll_create1(0);
    signal(SIGALRM, note);
    alarm_soon();
    SHOW(epoll_wait(fd, &event, 1, -1));
    alarm_off();
    hits = 0;
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGALRM);
    SHOW(epoll_wait(fd, &event, 1, 0));
    SHOW(epoll_pwait(fd, &event, 1, -1, &none));
    SHOW(hits);
}

CASE(epoll, wakes_on_write_of_another)
{
    int fd = epoll_create1(0), ends[2];
    struct epoll_event event;
    pipe(ends);
    add(fd, ends[0], EPOLLIN);
    pid_t child = fork();
    if (child == 0) {
        nap_ms(15);
        write(ends[1], "x", 1);
        pause();
    }
    SHOW(epoll_wait(fd, &event, 1, 4000));
    out("%x\n", event.events);
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}
