/* Terminals (E34). */
#include "probe.h"
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Puts a character into the input of whoever reads the terminal behind our standard input. It must be our controlling terminal, so that is tried. */
static struct result push(const char *text)
{
    ioctl(0, TIOCSCTTY, 0);
    return ioctl(0, TIOCSTI, text) < 0 ? refused(errno, "TIOCSTI") : opened("TIOCSTI on standard input");
}

/* The console's selection buffer pastes as TIOCSTI does. Subcode 6 only reads the shift state. The node is made here: an image may have it. */
static struct result console(const char *text)
{
    unsigned minor_number = (unsigned)atoi(text);
    char subcode = 6;
    if (mknod("/dev/probe-tty", S_IFCHR | 0600, makedev(4, minor_number)) < 0)
        return refused(errno, "mknod of a console");
    int fd = open("/dev/probe-tty", O_RDWR | O_NOCTTY | O_CLOEXEC), error = errno;
    unlink("/dev/probe-tty");
    if (fd < 0)
        return refused(error, "open a console");
    return ioctl(fd, TIOCLINUX, &subcode) < 0 ? refused(errno, "TIOCLINUX") : opened("TIOCLINUX");
}

const struct probe terminal_probes[] = {
    {"E34.tiocsti", push, "x"},
    {"E34.tioclinux", console, "1"},
    {NULL, NULL, NULL},
};
