// Pseudo terminals: ptmx, termios, line editing, window size, the controlling terminal, job control, hang-up.
#include "harness.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

// Both sides; returns 0. The slave is not made the controlling terminal.
static int open_pair(int *master, int *slave)
{
    int zero = 0, number;
    *master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    if (*master < 0 || ioctl(*master, TIOCSPTLCK, &zero) != 0 || ioctl(*master, TIOCGPTN, &number) != 0)
        return out("ptmx errno %s\n", errno_name(errno)), -1;
    *slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY); // no path: /dev/pts may be somebody else's
    if (*slave < 0)
        return out("slave errno %s\n", errno_name(errno)), -1;
    return 0;
}

static void raw_mode(int fd)
{
    struct termios mode;
    tcgetattr(fd, &mode);
    cfmakeraw(&mode);
    tcsetattr(fd, TCSANOW, &mode);
}

// Bytes pass from side to side in the kernel's own time and may come in pieces: reads until there are that many.
static void show_read(const char *label, int fd, int wanted)
{
    char bytes[64];
    long total = 0, count = 0;
    struct pollfd one = { fd, POLLIN, 0 };
    while (total < wanted && poll(&one, 1, 1000) == 1 && (count = read(fd, bytes + total, sizeof bytes - total)) > 0)
        total += count;
    if (count < 0)
        out("%s: errno %s\n", label, errno_name(errno));
    show_bytes(label, bytes, total);
}

CASE(tty, not_a_terminal) // tcgetattr(3): ENOTTY
{
    struct termios mode;
    struct winsize size;
    int ends[2];
    pipe(ends);
    SHOW(tcgetattr(ends[0], &mode));
    SHOW(ioctl(0, TIOCGWINSZ, &size));
    SHOW(ioctl(ends[0], TCGETS, &mode));
    SHOW(isatty(ends[0]));
    SHOW(tcgetpgrp(ends[0]));
    SHOW(ioctl(99, TCGETS, &mode));
}

CASE(tty, without_a_controlling_terminal) // tty(4): ENXIO
{
    pid_t child = fork();
    if (child == 0) {
        setsid();
        SHOW(open("/dev/tty", O_RDWR));
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(tty, pair)
{
    int master, slave;
    if (open_pair(&master, &slave))
        return;
    struct stat info;
    SHOW(isatty(master));
    SHOW(isatty(slave));
    fstat(slave, &info);
    SHOW(S_ISCHR(info.st_mode));
    SHOW(write(slave, "out\n", 4));
    show_read("master", master, 5); // \n becomes \r\n
    SHOW(write(master, "in\n", 3));
    show_read("slave", slave, 3);
    show_read("echo", master, 4);
}

CASE(tty, locked_until_unlocked)
{
    int locked = -1, master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    SHOW(ioctl(master, TIOCGPTLCK, &locked));
    SHOW(locked);
    SHOW(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY)); // EIO
    SHOW(unlockpt(master));
    SHOW_OK(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
}

CASE(tty, default_modes)
{
    int master, slave;
    struct termios mode;
    if (open_pair(&master, &slave))
        return;
    SHOW(tcgetattr(slave, &mode));
    out("%o %o %o %o\n", mode.c_iflag, mode.c_oflag, mode.c_cflag, mode.c_lflag);
    out("intr %d quit %d erase %d kill %d eof %d susp %d min %d time %d\n", mode.c_cc[VINTR], mode.c_cc[VQUIT], mode.c_cc[VERASE], mode.c_cc[VKILL],
        mode.c_cc[VEOF], mode.c_cc[VSUSP], mode.c_cc[VMIN], mode.c_cc[VTIME]);
    mode.c_lflag &= ~(unsigned)ECHO;
    SHOW(tcsetattr(slave, TCSAFLUSH, &mode));
    tcgetattr(master, &mode); // one state for both sides
    SHOW((mode.c_lflag & ECHO) != 0);
    SHOW(ioctl(slave, TCSETS, bad()));
}

CASE(tty, lines_are_kept_until_complete)
{
    int master, slave;
    char byte;
    if (open_pair(&master, &slave))
        return;
    fcntl(slave, F_SETFL, O_NONBLOCK);
    write(master, "part", 4);
    SHOW(read(slave, &byte, 1)); // EAGAIN
    write(master, "ial\nrest\n", 9);
    show_read("first", slave, 8);
    show_read("second", slave, 5);
    write(master, "xy\n", 3);
    struct pollfd one = { slave, POLLIN, 0 };
    SHOW(poll(&one, 1, 1000));
    SHOW(read(slave, &byte, 1)); // a line can be taken in pieces
    show_read("rest", slave, 2);
}

CASE(tty, editing)
{
    int master, slave;
    if (open_pair(&master, &slave))
        return;
    write(master, "abx\177c\n", 6); // erase
    show_read("erased", slave, 4);
    write(master, "lost\025kept\n", 10); // kill
    show_read("killed", slave, 5);
    write(master, "one two\027\n", 9); // word erase
    show_read("word", slave, 5);
    write(master, "a\026\003b\n", 5); // literal next
    show_read("literal", slave, 4);
    write(master, "carriage\r", 9); // ICRNL
    show_read("carriage", slave, 9);
}

CASE(tty, end_of_file_character)
{
    int master, slave;
    char byte;
    if (open_pair(&master, &slave))
        return;
    write(master, "no newline\004", 11);
    show_read("pushed", slave, 10);
    write(master, "\004", 1);
    SHOW(read(slave, &byte, 1));
}

CASE(tty, echo_of_controls)
{
    int master, slave;
    if (open_pair(&master, &slave))
        return;
    write(master, "a\001b\n", 4);
    show_read("echo", master, 6);
    show_read("slave", slave, 4);
}

CASE(tty, raw)
{
    int master, slave;
    if (open_pair(&master, &slave))
        return;
    raw_mode(slave);
    write(master, "a\003\r\004", 4);
    show_read("slave", slave, 4);
    write(slave, "x\ny", 3);
    show_read("master", master, 3);
}

CASE(tty, raw_with_a_timeout) // termios(3): MIN 0, TIME 1
{
    int master, slave;
    char byte;
    struct termios mode;
    if (open_pair(&master, &slave))
        return;
    raw_mode(slave);
    tcgetattr(slave, &mode);
    mode.c_cc[VMIN] = 0;
    mode.c_cc[VTIME] = 1;
    tcsetattr(slave, TCSANOW, &mode);
    long start = now_ms();
    SHOW(read(slave, &byte, 1));
    SHOW_IF(now_ms() - start >= 90);
    mode.c_cc[VTIME] = 0;
    tcsetattr(slave, TCSANOW, &mode);
    SHOW(read(slave, &byte, 1));
}

CASE(tty, output_processing_off)
{
    int master, slave;
    struct termios mode;
    if (open_pair(&master, &slave))
        return;
    tcgetattr(slave, &mode);
    mode.c_oflag &= ~(unsigned)OPOST;
    tcsetattr(slave, TCSANOW, &mode);
    write(slave, "a\nb", 3);
    show_read("master", master, 3);
}

CASE(tty, window_size)
{
    int master, slave;
    struct winsize size = { 9, 9, 9, 9 };
    if (open_pair(&master, &slave))
        return;
    SHOW(ioctl(slave, TIOCGWINSZ, &size));
    out("%d %d\n", size.ws_row, size.ws_col);
    size = (struct winsize){ 24, 80, 0, 0 };
    SHOW(ioctl(master, TIOCSWINSZ, &size));
    size.ws_row = 0;
    SHOW(ioctl(slave, TIOCGWINSZ, &size));
    out("%d %d\n", size.ws_row, size.ws_col);
    SHOW(ioctl(slave, TIOCGWINSZ, bad()));
}

CASE(tty, input_queue)
{
    int master, slave, waiting = -1;
    if (open_pair(&master, &slave))
        return;
    write(master, "abc", 3);
    SHOW(ioctl(slave, FIONREAD, &waiting));
    SHOW(waiting); // no full line yet
    write(master, "\n", 1);
    struct pollfd one = { slave, POLLIN, 0 };
    SHOW(poll(&one, 1, 1000));
    SHOW(ioctl(slave, FIONREAD, &waiting));
    SHOW(waiting);
    SHOW(tcflush(slave, TCIFLUSH));
    SHOW(ioctl(slave, FIONREAD, &waiting));
    SHOW(waiting);
    SHOW(tcflush(slave, 99)); // EINVAL
    SHOW(tcdrain(slave));
}

CASE(tty, slave_closed) // the master reads EIO
{
    int master, slave;
    char byte;
    if (open_pair(&master, &slave))
        return;
    write(slave, "last", 4);
    close(slave);
    show_read("data stays", master, 4);
    SHOW(read(master, &byte, 1));
    struct pollfd one = { master, POLLIN, 0 };
    SHOW(poll(&one, 1, 0));
    SHOW((one.revents & POLLHUP) != 0);
}

CASE(tty, master_closed) // the slave reads the end and writes EIO
{
    int master, slave;
    char byte;
    struct termios mode;
    if (open_pair(&master, &slave))
        return;
    close(master);
    SHOW(read(slave, &byte, 1));
    SHOW(write(slave, "x", 1));
    SHOW(tcgetattr(slave, &mode));
}

CASE(tty, packet_mode) // ioctl_tty(2): TIOCPKT
{
    int master, slave, on = 1;
    if (open_pair(&master, &slave))
        return;
    SHOW(ioctl(master, TIOCPKT, &on));
    write(slave, "data", 4);
    show_read("master", master, 5);
    tcflush(slave, TCIFLUSH);
    show_read("master", master, 1);
}
