// More of a terminal's line (termios(3), pty(7)): MIN and TIME, echo of what is erased, flow control, hang-up under a reader, speeds.
#include "harness.h"
#include <asm/termbits.h>
#include <poll.h>
#include <sys/ioctl.h>

static int master, slave;

static int open_pair(void)
{
    int zero = 0;
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    if (master < 0 || ioctl(master, TIOCSPTLCK, &zero) != 0 || (slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY)) < 0)
        return out("pair errno %s\n", errno_name(errno)), -1;
    return 0;
}

static void change(unsigned clear, unsigned set, int least, int tenths)
{
    struct termios mode;
    ioctl(slave, TCGETS, &mode);
    mode.c_lflag = (mode.c_lflag & ~clear) | set;
    mode.c_cc[VMIN] = (cc_t)least;
    mode.c_cc[VTIME] = (cc_t)tenths;
    ioctl(slave, TCSETS, &mode);
}

// In pieces, in the kernel's own time: until there are that many.
static void show_read(const char *label, int fd, int wanted)
{
    char bytes[256];
    long total = 0, count = 0;
    struct pollfd one = { fd, POLLIN, 0 };
    while (total < wanted && poll(&one, 1, 1000) == 1 && (count = read(fd, bytes + total, sizeof bytes - total)) > 0)
        total += count;
    show_bytes(label, bytes, total);
}

// Types a byte every 50 ms, four in all.
static pid_t typist(void)
{
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 4; i++) {
            nap_ms(50);
            write(master, "x", 1);
        }
        _exit(0);
    }
    return child;
}

static void minimum(int least, int tenths, int wanted)
{
    char bytes[16];
    change(ICANON | ECHO | ISIG, 0, least, tenths);
    pid_t child = typist();
    long count = read(slave, bytes, (size_t)wanted);
    out("min %d wanted %d: %ld\n", least, wanted, count);
    waitpid(child, NULL, 0);
    ioctl(slave, TCFLSH, TCIFLUSH);
}

CASE(line, minimum)
{
    if (open_pair())
        return;
    minimum(3, 0, 16);
    minimum(3, 0, 2); // no more than asked for
    minimum(1, 0, 16);
    minimum(16, 3, 16); // the time runs between bytes
}

CASE(line, poll_knows_the_minimum)
{
    char bytes[16];
    struct pollfd one = { slave, POLLIN, 0 };
    if (open_pair())
        return;
    one.fd = slave;
    change(ICANON | ECHO, 0, 4, 0);
    write(master, "ab", 2);
    SHOW(poll(&one, 1, 50));
    fcntl(slave, F_SETFL, O_NONBLOCK);
    SHOW(read(slave, bytes, sizeof bytes)); // what is there all the same
    SHOW(read(slave, bytes, sizeof bytes));
    write(master, "abcd", 4);
    SHOW(poll(&one, 1, 1000));
}

CASE(line, erasing_is_shown)
{
    if (open_pair())
        return;
    write(master, "ab\177\n", 4);
    show_read("erase", master, 7);
    write(master, "a\001\177\n", 4); // two cells
    show_read("control", master, 11);
    write(master, "one two\027\n", 9);
    show_read("word", master, 18);
    write(master, "abc\025\n", 5);
    show_read("kill", master, 14);
    write(master, "a\tb\177\177\n", 6); // back to where the tab began
    show_read("tab", master, 15);
    change(ECHOE | ECHOKE, 0, 1, 0);
    write(master, "abc\025\n", 5);
    show_read("kill without erasing", master, 9);
}

CASE(line, output_stops)
{
    struct pollfd one;
    if (open_pair())
        return;
    fcntl(slave, F_SETFL, O_NONBLOCK);
    one = (struct pollfd){ slave, POLLOUT, 0 };
    SHOW(poll(&one, 1, 0));
    SHOW(ioctl(slave, TCXONC, TCOOFF));
    SHOW(poll(&one, 1, 0));
    SHOW(write(slave, "x", 1));
    SHOW(ioctl(slave, TCXONC, TCOON));
    SHOW(write(slave, "y", 1));
    SHOW(ioctl(slave, TCXONC, 4));
    show_read("master", master, 1);
}

CASE(line, hang_up_ends_a_read) // EIO for who waits, the end for who comes later
{
    if (open_pair())
        return;
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(master);
        long first = read(slave, &byte, 1);
        int error = errno;
        _exit(first == -1 && error == EIO && read(slave, &byte, 1) == 0 ? 0 : 1);
    }
    nap_ms(100);
    close(master);
    SHOW_WAIT(child);
}

CASE(line, speeds)
{
    struct termios2 mode;
    if (open_pair())
        return;
    SHOW(ioctl(slave, TCGETS2, &mode));
    out("%u %u\n", mode.c_ispeed, mode.c_ospeed);
    mode.c_cflag = (mode.c_cflag & ~(unsigned)CBAUD) | BOTHER;
    mode.c_ispeed = mode.c_ospeed = 12345;
    SHOW(ioctl(slave, TCSETS2, &mode));
    SHOW(ioctl(master, TCGETS2, &mode));
    out("%u %u\n", mode.c_ispeed, mode.c_ospeed);
    mode.c_cflag = (mode.c_cflag & ~(unsigned)(CBAUD | CSIZE)) | B9600 | CS7 | PARENB;
    SHOW(ioctl(slave, TCSETSW2, &mode));
    SHOW(ioctl(slave, TCGETS2, &mode));
    out("%u %o\n", mode.c_ospeed, mode.c_cflag); // eight bits, always
    SHOW(ioctl(slave, TCSETS2, bad()));
}
