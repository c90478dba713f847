// eventfd, eventfd2.
#include "harness.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>

CASE(eventfd, counts)
{
    uint64_t value = 0;
    int fd = SHOW(eventfd(3, 0));
    SHOW(read(fd, &value, 8));
    SHOW(value);
    value = 5;
    SHOW(write(fd, &value, 8));
    SHOW(write(fd, &value, 8));
    SHOW(read(fd, &value, 8));
    SHOW(value);
}

CASE(eventfd, semaphore)
{
    uint64_t value = 0;
    int fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    SHOW(read(fd, &value, 8));
    SHOW(value);
    SHOW(read(fd, &value, 8));
    SHOW(value);
    SHOW(read(fd, &value, 8));
}

CASE(eventfd, flags)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    out("%d %o\n", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
    SHOW(syscall(SYS_eventfd, 0));
    SHOW(syscall(SYS_eventfd2, 0, 64)); // EINVAL
}

CASE(eventfd, errors) // eventfd(2): EINVAL, EAGAIN
{
    uint64_t value = ~0ull;
    int fd = eventfd(0, EFD_NONBLOCK);
    SHOW(read(fd, &value, 8));
    SHOW(read(fd, &value, 4));
    SHOW(write(fd, &value, 4));
    SHOW(write(fd, &value, 8)); // EINVAL: the largest is not allowed
    value--;
    SHOW(write(fd, &value, 8));
    value = 1;
    SHOW(write(fd, &value, 8)); // EAGAIN: full
    SHOW(syscall(SYS_read, fd, bad(), 8L));
    SHOW(syscall(SYS_write, fd, bad(), 8L));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(pread(fd, &value, 8, 0));
}

CASE(eventfd, takes_one_number_at_a_time)
{
    uint64_t many[64] = { 1 };
    int fd = eventfd(0, EFD_NONBLOCK), file = open_file("numbers", "12345678abcdefgh"), ends[2];
    SHOW(pipe(ends));
    SHOW(write(ends[1], many, sizeof many));
    SHOW(write(fd, many, 16)); // EINVAL since Linux 6.6
    SHOW(sendfile(fd, file, NULL, 16));
    SHOW(splice(ends[0], NULL, fd, NULL, 16, 0));
    SHOW(read(fd, many, sizeof many));
}

CASE(eventfd, poll)
{
    uint64_t value = ~0ull - 1;
    struct pollfd one = { eventfd(0, 0), POLLIN | POLLOUT, 0 };
    SHOW(poll(&one, 1, 0));
    out("%x\n", one.revents);
    write(one.fd, &value, 8);
    SHOW(poll(&one, 1, 0));
    out("%x\n", one.revents);
    read(one.fd, &value, 8);
    value = 1;
    write(one.fd, &value, 8);
    SHOW(poll(&one, 1, 0));
    out("%x\n", one.revents);
}

CASE(eventfd, wakes_another_process)
{
    uint64_t value = 0;
    int fd = eventfd(0, 0);
    pid_t child = fork();
    if (child == 0) {
        nap_ms(15);
        value = 9;
        write(fd, &value, 8);
        _exit(0);
    }
    SHOW(read(fd, &value, 8));
    SHOW(value);
    SHOW_WAIT(child);
}

CASE(eventfd, full_write_waits)
{
    uint64_t value = ~0ull - 1;
    int fd = eventfd(0, 0);
    write(fd, &value, 8);
    pid_t child = fork();
    if (child == 0) {
        value = 4;
        _exit(write(fd, &value, 8) == 8 ? 0 : 1);
    }
    nap_ms(15);
    SHOW(read(fd, &value, 8));
    SHOW_IF(value == ~0ull - 1);
    SHOW_WAIT(child);
    SHOW(read(fd, &value, 8));
    SHOW(value);
}
