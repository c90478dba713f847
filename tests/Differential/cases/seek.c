// lseek: SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE, and who shares an offset.
#include "harness.h"

CASE(seek, whences)
{
    int fd = open_file("file", "abcdef");
    SHOW(lseek(fd, 3, SEEK_SET));
    SHOW(lseek(fd, 2, SEEK_CUR));
    SHOW(lseek(fd, -1, SEEK_CUR));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(lseek(fd, -6, SEEK_END));
    SHOW(lseek(fd, 100, SEEK_END));
}

CASE(seek, errors) // lseek(2): EBADF, EINVAL, ENXIO, EOVERFLOW
{
    int fd = open_file("file", "abc");
    SHOW(lseek(-1, 0, SEEK_SET));
    SHOW(lseek(fd, -1, SEEK_SET));
    SHOW(lseek(fd, -4, SEEK_END));
    SHOW(lseek(fd, 0, 99));
    SHOW(lseek(fd, 10, SEEK_DATA));
    SHOW(lseek(fd, 10, SEEK_HOLE));
    SHOW(lseek(fd, -1, SEEK_DATA));
    SHOW(lseek(fd, 2, SEEK_SET));
    SHOW(lseek(fd, LONG_MAX, SEEK_CUR));
    SHOW(lseek(fd, 0, SEEK_CUR));
}

CASE(seek, data_and_hole_of_a_full_file)
{
    int fd = open_file("file", "abcdef");
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, 2, SEEK_DATA));
    SHOW(lseek(fd, 0, SEEK_HOLE)); // the end counts as one
}

CASE(seek, past_the_end_reads_nothing)
{
    char byte;
    int fd = open_file("file", "abc");
    SHOW(lseek(fd, 1000, SEEK_SET));
    SHOW(read(fd, &byte, 1));
    SHOW(lseek(fd, 0, SEEK_END)); // seeking alone does not grow it
}

CASE(seek, dup_shares_and_open_does_not)
{
    int fd = open_file("file", "abcdef"), same = dup(fd), other = open("file", O_RDONLY);
    lseek(fd, 4, SEEK_SET);
    SHOW(lseek(same, 0, SEEK_CUR));
    SHOW(lseek(other, 0, SEEK_CUR));
}

CASE(seek, proc_fd_opens_anew)
{
    char path[32];
    int fd = open_file("file", "abcdef");
    lseek(fd, 4, SEEK_SET);
    sprintf(path, "/proc/self/fd/%d", fd);
    SHOW(lseek(open(path, O_RDONLY), 0, SEEK_CUR));
}

CASE(seek, directory)
{
    int fd = open(".", O_RDONLY);
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(lseek(fd, -1, SEEK_SET));
    SHOW(lseek(fd, 0, SEEK_CUR));
}

CASE(seek, large_offsets)
{
    int fd = open_file("file", "");
    char byte = 0;
    SHOW(lseek(fd, 5000000000, SEEK_SET));
    SHOW(write(fd, "x", 1));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(pread(fd, &byte, 1, 5000000000));
    SHOW(byte);
}
