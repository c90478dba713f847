// splice, tee, vmsplice.
#include "harness.h"
#include <sys/uio.h>

CASE(splice, splice_file_to_pipe)
{
    int ends[2], fd = open_file("file", "0123456789");
    char bytes[16];
    pipe(ends);
    SHOW(splice(fd, NULL, ends[1], NULL, 4, 0));
    loff_t offset = 7;
    SHOW(splice(fd, &offset, ends[1], NULL, 100, 0));
    SHOW(offset);
    SHOW(lseek(fd, 0, SEEK_CUR));
    long count = SHOW(read(ends[0], bytes, 16));
    show_bytes("bytes", bytes, count);
}

CASE(splice, splice_pipe_to_file)
{
    int ends[2], fd = open_file("file", "");
    pipe(ends);
    write(ends[1], "abcdef", 6);
    SHOW(splice(ends[0], NULL, fd, NULL, 4, 0));
    loff_t offset = 6;
    SHOW(splice(ends[0], NULL, fd, &offset, 100, 0));
    show_file("file");
}

CASE(splice, splice_errors) // splice(2)
{
    int ends[2], fd = open_file("file", "abc"), other = open_file("other", "abc");
    loff_t offset = 0;
    pipe(ends);
    SHOW(splice(fd, NULL, other, NULL, 3, 0));              // EINVAL: neither is a pipe
    SHOW(splice(-1, NULL, ends[1], NULL, 3, 0));            // EBADF
    SHOW(splice(fd, NULL, ends[1], &offset, 3, 0));         // ESPIPE
    SHOW(splice(ends[0], NULL, ends[1], NULL, 3, 0));       // EINVAL: the same pipe
    SHOW(splice(ends[0], NULL, fd, NULL, 3, SPLICE_F_NONBLOCK)); // EAGAIN
    int append = open("file", O_WRONLY | O_APPEND);
    write(ends[1], "x", 1);
    SHOW(splice(ends[0], NULL, append, NULL, 1, 0)); // EINVAL
    SHOW(splice(fd, NULL, ends[1], NULL, 0, 0));
}

CASE(splice, tee_copies)
{
    int one[2], two[2];
    char bytes[8];
    pipe(one);
    pipe(two);
    write(one[1], "abc", 3);
    SHOW(tee(one[0], two[1], 100, 0));
    SHOW(read(one[0], bytes, 8));
    SHOW(read(two[0], bytes, 8));
    show_bytes("bytes", bytes, 3);
    SHOW(tee(one[0], one[1], 1, 0));                 // EINVAL
    SHOW(tee(one[0], two[1], 1, SPLICE_F_NONBLOCK)); // EAGAIN
    SHOW(tee(0, two[1], 1, 0));                      // EINVAL: not a pipe
}

CASE(splice, vmsplice_memory)
{
    int ends[2];
    char bytes[8];
    struct iovec parts[2] = { { "abc", 3 }, { "de", 2 } };
    pipe(ends);
    SHOW(vmsplice(ends[1], parts, 2, 0));
    long count = SHOW(read(ends[0], bytes, 8));
    show_bytes("bytes", bytes, count);
    SHOW(vmsplice(0, parts, 2, 0)); // EBADF
}
