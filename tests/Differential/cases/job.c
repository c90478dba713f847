// The controlling terminal: acquiring it, ^C and ^Z, background reading and writing, hang-up.
#include "harness.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;
static volatile sig_atomic_t seen;

static void note(int number)
{
    seen = number;
}

static int open_pair(void)
{
    int zero = 0;
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    if (master < 0 || ioctl(master, TIOCSPTLCK, &zero) != 0 || (slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY)) < 0)
        return out("pair errno %s\n", errno_name(errno)), -1;
    return 0;
}

// A child that leads a new session whose terminal is the slave. It tells that it is ready and waits for what the parent types.
#define LEADER(child, ready)                                      \
    int ready[2];                                                 \
    if (open_pair())                                              \
        return;                                                   \
    pipe(ready);                                                  \
    pid_t child = fork();                                         \
    if (child == 0) {                                             \
        setsid();                                                 \
        ioctl(slave, TIOCSCTTY, 0);                               \
    }                                                             \
    if (child == 0)

static void tell(int ready[2])
{
    write(ready[1], "r", 1);
}

static void hear(int ready[2])
{
    char byte;
    read(ready[0], &byte, 1);
}

static void wait_for_signal(void)
{
    for (int i = 0; i < 2000 && !seen; i++)
        nap_ms(1);
    out("signal %d\n", (int)seen);
}

CASE(job, acquire)
{
    LEADER(child, ready)
    {
        pid_t session = 0;
        SHOW_OK(open("/dev/tty", O_RDWR));
        SHOW_IF(tcgetpgrp(slave) == getpid());
        SHOW(ioctl(slave, TIOCGSID, &session));
        SHOW_IF(session == getpid());
        SHOW(ioctl(slave, TIOCSCTTY, 0)); // again: no change
        SHOW(ioctl(slave, TIOCNOTTY, 0)); // of a leader: SIGHUP to the foreground, itself
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(job, only_a_leader_acquires) // ioctl_tty(2): EPERM
{
    if (open_pair())
        return;
    pid_t child = fork();
    if (child == 0) {
        SHOW(ioctl(slave, TIOCSCTTY, 0));
        SHOW(tcgetpgrp(slave)); // ENOTTY: not its terminal
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(job, open_acquires_without_noctty)
{
    if (open_pair())
        return;
    pid_t child = fork();
    if (child == 0) {
        setsid();
        SHOW(open("/dev/tty", O_RDWR));
        SHOW_OK(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
        SHOW(open("/dev/tty", O_RDWR));
        SHOW(ioctl(slave, TIOCSCTTY, 0));
        SHOW_OK(open("/dev/tty", O_RDWR));
        signal(SIGHUP, SIG_IGN);
        SHOW(ioctl(slave, TIOCNOTTY, 0));
        SHOW(open("/dev/tty", O_RDWR));
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(job, interrupt_character)
{
    LEADER(child, ready)
    {
        signal(SIGINT, note);
        tell(ready);
        wait_for_signal();
        _exit(0);
    }
    hear(ready);
    write(master, "\003", 1); // no SHOW: the child prints now
    SHOW_WAIT(child);
}

CASE(job, interrupt_kills_by_default)
{
    LEADER(child, ready)
    {
        tell(ready);
        for (;;)
            pause();
    }
    hear(ready);
    write(master, "\003", 1);
    SHOW_WAIT(child);
}

CASE(job, quit_and_suspend_characters)
{
    LEADER(child, ready)
    {
        signal(SIGQUIT, note);
        signal(SIGTSTP, note);
        tell(ready);
        wait_for_signal();
        seen = 0;
        tell(ready);
        wait_for_signal();
        _exit(0);
    }
    hear(ready);
    write(master, "\034", 1);
    hear(ready);
    write(master, "\032", 1);
    SHOW_WAIT(child);
}

CASE(job, signals_go_to_the_foreground_only)
{
    LEADER(child, ready)
    {
        int status;
        pid_t front = fork();
        if (front == 0) {
            signal(SIGTTOU, SIG_IGN);
            setpgid(0, 0);
            SHOW(tcsetpgrp(slave, getpid()));
            tell(ready);
            for (;;)
                pause();
        }
        waitpid(front, &status, 0);
        show_status("front", status);
        out("leader got %d\n", (int)seen);
        _exit(0);
    }
    hear(ready);
    write(master, "\003", 1);
    SHOW_WAIT(child);
}

CASE(job, window_change_signal)
{
    LEADER(child, ready)
    {
        struct winsize size;
        signal(SIGWINCH, note);
        tell(ready);
        wait_for_signal();
        ioctl(slave, TIOCGWINSZ, &size);
        out("%d %d\n", size.ws_row, size.ws_col);
        _exit(0);
    }
    hear(ready);
    struct winsize size = { 50, 132, 0, 0 };
    ioctl(master, TIOCSWINSZ, &size); // no SHOW: the child prints now
    SHOW_WAIT(child);
}

CASE(job, hang_up)
{
    LEADER(child, ready)
    {
        char byte;
        close(master);
        signal(SIGHUP, note);
        tell(ready);
        wait_for_signal();
        SHOW(read(slave, &byte, 1));
        SHOW(write(slave, "x", 1));
        _exit(0);
    }
    hear(ready);
    close(master);
    SHOW_WAIT(child);
}

CASE(job, background_read_stops) // SIGTTIN; EIO when it is ignored
{
    LEADER(child, ready)
    {
        int status;
        pid_t back = fork();
        if (back == 0) {
            char byte;
            setpgid(0, 0);
            read(slave, &byte, 1);
            _exit(1);
        }
        waitpid(back, &status, WUNTRACED);
        show_status("reader", status);
        kill(back, SIGKILL);
        SHOW_WAIT(back);
        back = fork();
        if (back == 0) {
            char byte;
            setpgid(0, 0);
            signal(SIGTTIN, SIG_IGN);
            SHOW(read(slave, &byte, 1));
            _exit(0);
        }
        SHOW_WAIT(back);
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(job, background_write_and_tostop) // SIGTTOU
{
    LEADER(child, ready)
    {
        int status;
        struct termios mode;
        pid_t back = fork();
        if (back == 0) {
            setpgid(0, 0);
            _exit(write(slave, "x", 1) == 1 ? 0 : 1); // allowed without TOSTOP
        }
        SHOW_WAIT(back);
        tcgetattr(slave, &mode);
        mode.c_lflag |= TOSTOP;
        tcsetattr(slave, TCSANOW, &mode);
        back = fork();
        if (back == 0) {
            setpgid(0, 0);
            write(slave, "x", 1);
            _exit(1);
        }
        waitpid(back, &status, WUNTRACED);
        show_status("writer", status);
        kill(back, SIGKILL);
        SHOW_WAIT(back);
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(job, foreground_errors) // tcsetpgrp(3): EPERM, EINVAL, ENOTTY
{
    LEADER(child, ready)
    {
        SHOW(tcsetpgrp(slave, INT_MAX));
        SHOW(tcsetpgrp(slave, -1));
        SHOW(tcsetpgrp(0, getpid()));
        SHOW(tcsetpgrp(slave, getpid()));
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(job, leader_exit_hangs_up_the_foreground)
{
    int ends[2];
    char byte;
    pipe(ends);
    LEADER(child, ready)
    {
        if (fork() == 0) {
            close(ends[0]);
            tell(ready);
            for (;;)
                pause();
        }
        hear(ready);
        _exit(0);
    }
    close(ends[1]);
    SHOW_WAIT(child);
    SHOW(read(ends[0], &byte, 1)); // SIGHUP ended the other
}

CASE(job, no_signals_when_isig_is_off)
{
    LEADER(child, ready)
    {
        struct termios mode;
        char bytes[4];
        signal(SIGINT, note);
        tcgetattr(slave, &mode);
        mode.c_lflag &= ~(unsigned)ISIG;
        tcsetattr(slave, TCSANOW, &mode);
        tell(ready);
        SHOW(read(slave, bytes, 4));
        out("%d %d\n", bytes[0], (int)seen);
        _exit(0);
    }
    hear(ready);
    write(master, "\003\n", 2);
    SHOW_WAIT(child);
}
