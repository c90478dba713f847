// O_DIRECT of open(2): what can have it, and data of any alignment in memory files.
#include "harness.h"

static _Alignas(4096) char bytes[16384];

static void flags_of(const char *name, int flags)
{
    int fd = open(name, flags | O_NONBLOCK, 0600);
    out("%s: %s %o\n", name, fd < 0 ? strerrorname_np(errno) : "open", fd < 0 ? 0 : (unsigned)fcntl(fd, F_GETFL) & O_DIRECT);
    close(fd);
}

CASE(direct, kinds)
{
    mkdir("directory", 0700);
    mkfifo("fifo", 0600);
    flags_of("made", O_RDWR | O_CREAT | O_DIRECT);
    flags_of("made", O_RDONLY | O_DIRECT);
    flags_of("made", O_RDONLY);
    flags_of("directory", O_RDONLY | O_DIRECT);
    flags_of("/dev/zero", O_RDONLY | O_DIRECT);
    flags_of("/dev/null", O_WRONLY | O_DIRECT);
    flags_of("/proc/self/status", O_RDONLY | O_DIRECT);
    flags_of("none", O_RDONLY | O_DIRECT);
}

CASE(direct, switched)
{
    int fd = open("made", O_RDWR | O_CREAT, 0600), zero = open("/dev/zero", O_RDONLY);
    SHOW(fcntl(fd, F_SETFL, O_DIRECT));
    SHOW_IF(fcntl(fd, F_GETFL) & O_DIRECT);
    SHOW(fcntl(fd, F_SETFL, 0));
    SHOW_IF(fcntl(fd, F_GETFL) & O_DIRECT);
    SHOW(fcntl(zero, F_SETFL, O_DIRECT));
    SHOW_IF(fcntl(zero, F_GETFL) & O_DIRECT);
}

CASE(direct, data)
{
    int fd = open("made", O_RDWR | O_CREAT | O_DIRECT, 0600);
    memset(bytes, 'a', sizeof bytes);
    memset(bytes + 100, 'b', 600);
    SHOW(write(fd, bytes, 8192));
    SHOW(pwrite(fd, bytes + 100, 512, 512));
    SHOW(pwrite(fd, bytes + 101, 77, 8193));
    memset(bytes, 0, sizeof bytes);
    SHOW(pread(fd, bytes + 512, 4096, 0));
    show_bytes("first", bytes + 512, 4);
    show_bytes("later", bytes + 1024, 4);
    SHOW(pread(fd, bytes + 1, 300, 8100));
    show_bytes("odd", bytes + 90, 8);
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(read(fd, bytes + 4096, 4096));
}
