// pipe, pipe2, and reading, writing and splicing pipes.
#include "harness.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

CASE(pipe, numbers_and_flags)
{
    int ends[2];
    SHOW(pipe(ends));
    out("%d %d\n", ends[0], ends[1]);
    out("%d %d\n", fcntl(ends[0], F_GETFL), fcntl(ends[1], F_GETFL));
    out("%d %d\n", fcntl(ends[0], F_GETFD), fcntl(ends[1], F_GETFD));
}

CASE(pipe, pipe2_flags)
{
    int ends[2];
    SHOW(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
    out("%x %x\n", fcntl(ends[0], F_GETFL), fcntl(ends[1], F_GETFL));
    out("%d %d\n", fcntl(ends[0], F_GETFD), fcntl(ends[1], F_GETFD));
    SHOW(pipe2(ends, O_DIRECT));
    out("%x %x\n", fcntl(ends[0], F_GETFL), fcntl(ends[1], F_GETFL));
}

CASE(pipe, errors) // pipe(2): EFAULT, EINVAL
{
    int ends[2];
    SHOW(syscall(SYS_pipe, bad()));
    SHOW(syscall(SYS_pipe2, bad(), 0));
    SHOW(syscall(SYS_pipe2, ends, O_APPEND));
    SHOW(syscall(SYS_pipe2, ends, -1));
    SHOW(open("/dev/null", O_RDONLY)); // a failed pipe leaves no numbers taken
}

CASE(pipe, bytes_in_order)
{
    int ends[2];
    char bytes[16];
    pipe(ends);
    SHOW(write(ends[1], "hello ", 6));
    SHOW(write(ends[1], "world", 5));
    long count = SHOW(read(ends[0], bytes, 3));
    show_bytes("bytes", bytes, count);
    count = SHOW(read(ends[0], bytes, sizeof bytes));
    show_bytes("bytes", bytes, count);
}

CASE(pipe, end_of_file)
{
    int ends[2];
    char bytes[8];
    pipe(ends);
    write(ends[1], "ab", 2);
    close(ends[1]);
    SHOW(read(ends[0], bytes, 8));
    SHOW(read(ends[0], bytes, 8));
    SHOW(read(ends[0], bytes, 8));
}

CASE(pipe, write_without_reader) // write(2): EPIPE
{
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    pipe(ends);
    close(ends[0]);
    SHOW(write(ends[1], "x", 1));
    SHOW(write(ends[1], "x", 0));
}

CASE(pipe, sigpipe_kills)
{
    int ends[2];
    pipe(ends);
    close(ends[0]);
    out("before\n");
    write(ends[1], "x", 1);
    out("not reached\n");
}

static volatile sig_atomic_t pipe_signals;

static void on_pipe(int number)
{
    pipe_signals += number == SIGPIPE;
}

CASE(pipe, sigpipe_handler)
{
    int ends[2];
    signal(SIGPIPE, on_pipe);
    pipe(ends);
    close(ends[0]);
    SHOW(write(ends[1], "x", 1));
    SHOW(pipe_signals);
}

CASE(pipe, nonblocking) // EAGAIN
{
    int ends[2];
    char byte;
    pipe2(ends, O_NONBLOCK);
    SHOW(read(ends[0], &byte, 1));
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 4096));
    static char page[4096];
    SHOW(write(ends[1], page, 4096));
    SHOW(write(ends[1], page, 1));
    SHOW(write(ends[1], page, 4096));
    SHOW(read(ends[0], page, 4096));
    SHOW(read(ends[0], &byte, 1));
}

CASE(pipe, partial_nonblocking_write) // pipe(7): more than PIPE_BUF may be written in part
{
    int ends[2];
    static char bytes[200000];
    pipe2(ends, O_NONBLOCK);
    SHOW(write(ends[1], bytes, sizeof bytes));
    SHOW(write(ends[1], bytes, 1));
    int waiting;
    SHOW(ioctl(ends[0], FIONREAD, &waiting));
    SHOW(waiting);
}

CASE(pipe, atomic_write_needs_room) // pipe(7): up to PIPE_BUF is all or nothing
{
    int ends[2];
    static char bytes[65536];
    pipe2(ends, O_NONBLOCK);
    SHOW(write(ends[1], bytes, 65536));
    SHOW(read(ends[0], bytes, 4095));
    SHOW(write(ends[1], bytes, 4096));
    SHOW(read(ends[0], bytes, 1));
    SHOW(write(ends[1], bytes, 4096));
}

CASE(pipe, size)
{
    int ends[2];
    pipe(ends);
    SHOW(fcntl(ends[0], F_GETPIPE_SZ));
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, 1));
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 5000));
    SHOW(fcntl(ends[1], F_GETPIPE_SZ));
    static char bytes[8192];
    write(ends[1], bytes, 8192);
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 4096)); // EBUSY: the data does not fit
    SHOW(fcntl(0, F_GETPIPE_SZ));             // EBADF: not a pipe
}

CASE(pipe, wrong_end) // EBADF
{
    int ends[2];
    char byte;
    pipe(ends);
    SHOW(read(ends[1], &byte, 1));
    SHOW(write(ends[0], "x", 1));
}

CASE(pipe, no_seek) // ESPIPE
{
    int ends[2];
    char byte;
    pipe(ends);
    SHOW(lseek(ends[0], 0, SEEK_CUR));
    SHOW(pread(ends[0], &byte, 1, 0));
    SHOW(pwrite(ends[1], "x", 1, 0));
    SHOW(ftruncate(ends[1], 0));  // EINVAL
    SHOW(fsync(ends[0]));         // EINVAL
    SHOW(fallocate(ends[1], 0, 0, 1)); // ESPIPE
}

CASE(pipe, bad_addresses)
{
    int ends[2];
    pipe(ends);
    SHOW(syscall(SYS_write, ends[1], bad(), 4));
    SHOW(write(ends[1], "abcd", 4));
    SHOW(syscall(SYS_read, ends[0], bad(), 4));
    char bytes[4];
    SHOW(read(ends[0], bytes, 4));
}

CASE(pipe, blocking_read_wakes)
{
    int ends[2];
    char byte = 0;
    pipe(ends);
    pid_t child = fork();
    if (child == 0) {
        nap_ms(20);
        write(ends[1], "z", 1);
        _exit(0);
    }
    SHOW(read(ends[0], &byte, 1));
    SHOW(byte);
    SHOW_WAIT(child);
}

CASE(pipe, blocking_write_wakes)
{
    int ends[2];
    static char bytes[100000];
    pipe(ends);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        long total = 0, count;
        nap_ms(10);
        while ((count = read(ends[0], bytes, sizeof bytes)) > 0)
            total += count;
        _exit(total == 100000 ? 0 : 1);
    }
    close(ends[0]);
    SHOW(write(ends[1], bytes, 100000));
    close(ends[1]);
    SHOW_WAIT(child);
}

CASE(pipe, packets) // pipe(2): O_DIRECT keeps each write apart
{
    int ends[2];
    char bytes[8];
    pipe2(ends, O_DIRECT);
    write(ends[1], "abc", 3);
    write(ends[1], "defgh", 5);
    SHOW(read(ends[0], bytes, 8));
    SHOW(read(ends[0], bytes, 2)); // the rest of the packet is lost
    write(ends[1], "i", 1);
    SHOW(read(ends[0], bytes, 8));
    show_bytes("bytes", bytes, 1);
}

CASE(pipe, poll_states)
{
    int ends[2];
    pipe(ends);
    struct pollfd both[2] = { { ends[0], POLLIN | POLLOUT, 0 }, { ends[1], POLLIN | POLLOUT, 0 } };
    SHOW(poll(both, 2, 0));
    out("%x %x\n", both[0].revents, both[1].revents);
    write(ends[1], "x", 1);
    SHOW(poll(both, 2, 0));
    out("%x %x\n", both[0].revents, both[1].revents);
    close(ends[1]);
    SHOW(poll(both, 1, 0));
    out("%x\n", both[0].revents);
    pipe(ends);
    close(ends[0]);
    struct pollfd writer = { ends[1], POLLOUT, 0 };
    SHOW(poll(&writer, 1, 0));
    out("%x\n", writer.revents);
}

CASE(pipe, stat_and_ioctl)
{
    int ends[2], waiting;
    struct stat info;
    pipe(ends);
    fstat(ends[0], &info);
    out("%o %d\n", info.st_mode, (int)info.st_size);
    write(ends[1], "abc", 3);
    SHOW(ioctl(ends[0], FIONREAD, &waiting));
    SHOW(waiting);
    SHOW(ioctl(ends[1], TIOCGWINSZ, &waiting)); // ENOTTY
    SHOW(ioctl(-1, FIONREAD, &waiting));        // EBADF
    SHOW(ioctl(ends[0], FIONREAD, bad()));      // EFAULT
}
