// Named pipes: opening blocks for the other side, fifo(7).
#include "harness.h"
#include <poll.h>

CASE(fifo, make_errors) // mkfifo(3)
{
    make_file("file", "");
    SHOW(mkfifo("fifo", 0600));
    SHOW(mkfifo("fifo", 0600));
    SHOW(mkfifo("file/x", 0600));
    SHOW(mkfifo("missing/x", 0600));
    SHOW(mkfifo("", 0600));
    SHOW(mkfifoat(99, "x", 0600));
}

CASE(fifo, nonblocking_open)
{
    mkfifo("fifo", 0600);
    SHOW(open("fifo", O_WRONLY | O_NONBLOCK)); // ENXIO: nobody reads
    SHOW(open("fifo", O_RDONLY | O_NONBLOCK));
    SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
    SHOW(open("fifo", O_RDWR | O_NONBLOCK));
    SHOW(open("fifo", O_RDONLY | O_DIRECTORY)); // ENOTDIR
}

CASE(fifo, both_sides_meet)
{
    char bytes[8];
    mkfifo("fifo", 0600);
    pid_t child = fork();
    if (child == 0) {
        int fd = open("fifo", O_WRONLY);
        write(fd, "hello", 5);
        _exit(0);
    }
    int fd = SHOW(open("fifo", O_RDONLY));
    long count = read(fd, bytes, 8);
    show_bytes("bytes", bytes, count);
    SHOW_WAIT(child);
    SHOW(read(fd, bytes, 8));
}

CASE(fifo, reader_without_writer_sees_the_end)
{
    char byte;
    mkfifo("fifo", 0600);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    SHOW(read(reader, &byte, 1)); // 0: no writer yet
    int writer = open("fifo", O_WRONLY);
    SHOW(read(reader, &byte, 1)); // EAGAIN: there is one
    write(writer, "x", 1);
    close(writer);
    SHOW(read(reader, &byte, 1));
    SHOW(read(reader, &byte, 1));
}

CASE(fifo, read_write_open_never_blocks)
{
    char byte;
    mkfifo("fifo", 0600);
    int fd = SHOW(open("fifo", O_RDWR));
    SHOW(write(fd, "z", 1));
    SHOW(read(fd, &byte, 1));
    SHOW(byte);
}

CASE(fifo, writer_gets_epipe)
{
    signal(SIGPIPE, SIG_IGN);
    mkfifo("fifo", 0600);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK), writer = open("fifo", O_WRONLY);
    SHOW(write(writer, "x", 1));
    close(reader);
    SHOW(write(writer, "x", 1));
    SHOW(open("fifo", O_RDONLY | O_NONBLOCK)); // a new reader: it works again
    SHOW(write(writer, "x", 1));
}

CASE(fifo, two_names_one_pipe)
{
    char byte = 0;
    mkfifo("fifo", 0600);
    link("fifo", "other");
    int reader = open("fifo", O_RDONLY | O_NONBLOCK), writer = open("other", O_WRONLY);
    unlink("fifo");
    SHOW(write(writer, "q", 1));
    SHOW(read(reader, &byte, 1));
    SHOW(byte);
}

CASE(fifo, data_goes_when_all_close)
{
    char byte;
    mkfifo("fifo", 0600);
    int fd = open("fifo", O_RDWR);
    write(fd, "x", 1);
    close(fd);
    fd = open("fifo", O_RDWR | O_NONBLOCK);
    SHOW(read(fd, &byte, 1));
}

CASE(fifo, poll_before_and_after_a_writer)
{
    mkfifo("fifo", 0600);
    struct pollfd reader = { open("fifo", O_RDONLY | O_NONBLOCK), POLLIN, 0 };
    SHOW(poll(&reader, 1, 0)); // no hang-up before the first writer
    int writer = open("fifo", O_WRONLY);
    SHOW(poll(&reader, 1, 0));
    write(writer, "x", 1);
    SHOW(poll(&reader, 1, 0));
    out("%x\n", reader.revents);
    close(writer);
    SHOW(poll(&reader, 1, 0));
    out("%x\n", reader.revents);
}

static void nothing(int number)
{
    (void)number;
}

CASE(fifo, blocked_open_is_interrupted) // open(2): EINTR
{
    struct sigaction action = { .sa_handler = nothing };
    mkfifo("fifo", 0600);
    sigaction(SIGALRM, &action, NULL);
    alarm_soon();
    SHOW(open("fifo", O_RDONLY));
    alarm_off();
    alarm_soon();
    SHOW(open("fifo", O_WRONLY));
    alarm_off();
}
