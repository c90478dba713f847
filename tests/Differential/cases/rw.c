// read, write, pread64, pwrite64, readv, writev, preadv2, pwritev2, sendfile, copy_file_range, fsync.
#include "harness.h"
#include <sys/sendfile.h>
#include <sys/uio.h>

CASE(rw, read_and_write)
{
    char bytes[16];
    int fd = open_file("file", "");
    SHOW(write(fd, "abcdef", 6));
    SHOW(read(fd, bytes, 16));
    SHOW(lseek(fd, 2, SEEK_SET));
    long count = SHOW(read(fd, bytes, 3));
    show_bytes("bytes", bytes, count);
    SHOW(write(fd, "XY", 2));
    show_file("file");
}

CASE(rw, zero_bytes)
{
    char byte;
    int fd = open_file("file", "a");
    SHOW(read(fd, &byte, 0));
    SHOW(write(fd, &byte, 0));
    SHOW(syscall(SYS_read, fd, bad(), 0L));
    SHOW(syscall(SYS_write, fd, bad(), 0L));
    SHOW(read(-1, &byte, 0));
    SHOW(lseek(fd, 0, SEEK_CUR));
}

CASE(rw, errors) // read(2), write(2): EBADF, EFAULT, EINVAL
{
    char byte = 0;
    int fd = open_file("file", "abc");
    SHOW(syscall(SYS_read, -1, &byte, 1L));
    SHOW(syscall(SYS_write, -1, &byte, 1L));
    SHOW(syscall(SYS_read, fd, bad(), 1L));
    SHOW(syscall(SYS_write, fd, bad(), 1L));
    SHOW(syscall(SYS_read, fd, &byte, -1L));
    SHOW(syscall(SYS_write, fd, &byte, -1L));
    SHOW(lseek(fd, 0, SEEK_CUR));
}

CASE(rw, append_always_at_the_end)
{
    make_file("file", "abc");
    int fd = open("file", O_RDWR | O_APPEND), other = open("file", O_RDWR);
    char bytes[8];
    SHOW(read(fd, bytes, 1));
    SHOW(write(fd, "1", 1));
    SHOW(lseek(fd, 0, SEEK_CUR));
    pwrite(other, "2", 1, 10);
    SHOW(write(fd, "3", 1));
    SHOW(pwrite(fd, "4", 1, 0)); // pwrite(2) BUGS: it appends
    show_file("file");
}

CASE(rw, sparse_write)
{
    int fd = open_file("file", "a");
    SHOW(lseek(fd, 4, SEEK_SET));
    SHOW(write(fd, "b", 1));
    show_file("file");
    SHOW(pwrite(fd, "c", 1, 8));
    show_file("file");
}

CASE(rw, pread_and_pwrite)
{
    char bytes[8];
    int fd = open_file("file", "abcdef");
    long count = SHOW(pread(fd, bytes, 3, 2));
    show_bytes("bytes", bytes, count);
    SHOW(pwrite(fd, "ZZ", 2, 1));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pread(fd, bytes, 8, 100));
    SHOW(pread(fd, bytes, 8, -1));
    SHOW(pwrite(fd, bytes, 8, -1));
    SHOW(pwrite(fd, bytes, 8, LONG_MAX)); // EFBIG or EINVAL: the end overflows
    SHOW(pread(-1, bytes, 8, 0));
    show_file("file");
}

CASE(rw, readv_and_writev)
{
    char a[4] = "", b[4] = "", c[4] = "";
    int fd = open_file("file", "");
    struct iovec from[] = { { "ab", 2 }, { "", 0 }, { "cdefg", 5 } }, to[] = { { a, 3 }, { b, 1 }, { c, 4 } };
    SHOW(writev(fd, from, 3));
    lseek(fd, 0, SEEK_SET);
    SHOW(readv(fd, to, 3));
    out("%.3s %.1s %.4s\n", a, b, c);
    SHOW(readv(fd, to, 3));
    SHOW(writev(fd, from, 0));
}

CASE(rw, vector_errors) // readv(2): EINVAL, EFAULT, EBADF
{
    char a[4];
    int fd = open_file("file", "abcdefgh");
    struct iovec one = { a, 4 }, wrong[] = { { a, 4 }, { bad(), 4 } }, huge[] = { { a, LONG_MAX }, { a, 1 } }, negative = { a, -1 };
    SHOW(syscall(SYS_readv, fd, &one, -1L));
    SHOW(syscall(SYS_readv, fd, &one, 1025L));
    SHOW(syscall(SYS_readv, fd, bad(), 1L));
    SHOW(syscall(SYS_readv, -1, &one, 1L));
    SHOW(readv(fd, wrong, 2)); // the first part counts
    SHOW(readv(fd, wrong + 1, 1));
    SHOW(syscall(SYS_readv, fd, &negative, 1L));
    SHOW(syscall(SYS_writev, fd, huge, 0L));
    SHOW(lseek(fd, 0, SEEK_CUR));
}

CASE(rw, positioned_vectors)
{
    char a[4] = "", b[4] = "";
    int fd = open_file("file", "abcdefgh");
    struct iovec parts[] = { { a, 2 }, { b, 3 } };
    SHOW(preadv(fd, parts, 2, 3));
    out("%s %s\n", a, b);
    SHOW(pwritev(fd, parts, 2, 0));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(preadv(fd, parts, 2, -1));
    show_file("file");
}

CASE(rw, second_version_flags) // preadv2(2)
{
    char a[4] = "";
    int fd = open_file("file", "abcdefgh");
    struct iovec part = { a, 3 };
    SHOW(preadv2(fd, &part, 1, -1, 0)); // at the file's offset
    SHOW(preadv2(fd, &part, 1, -1, 0));
    SHOW_STRING(a);
    SHOW(pwritev2(fd, &part, 1, 0, RWF_APPEND));
    show_file("file");
    SHOW(pwritev2(fd, &part, 1, 0, RWF_SYNC));
    SHOW(pwritev2(fd, &part, 1, -2, 0));
    SHOW(preadv2(fd, &part, 1, 0, 1 << 30)); // EOPNOTSUPP
}

CASE(rw, sendfile_offsets)
{
    int from = open_file("from", "0123456789"), to = open_file("to", "");
    SHOW(sendfile(to, from, NULL, 4));
    SHOW(lseek(from, 0, SEEK_CUR));
    off_t offset = 7;
    SHOW(sendfile(to, from, &offset, 100));
    SHOW(offset);
    SHOW(lseek(from, 0, SEEK_CUR));
    SHOW(sendfile(to, from, &offset, 100));
    show_file("to");
}

CASE(rw, sendfile_errors) // sendfile(2)
{
    int from = open_file("from", "0123"), to = open_file("to", ""), ends[2];
    int reader = open("from", O_RDONLY), writer = open("to", O_WRONLY);
    off_t negative = -1;
    pipe(ends);
    SHOW(sendfile(-1, from, NULL, 1));
    SHOW(sendfile(to, -1, NULL, 1));
    SHOW(sendfile(reader, from, NULL, 1));
    SHOW(sendfile(to, writer, NULL, 1));
    SHOW(sendfile(to, from, &negative, 1));
    SHOW(syscall(SYS_sendfile, to, from, bad(), 1L));
    off_t zero = 0;
    SHOW(sendfile(to, ends[0], &zero, 1)); // ESPIPE
    SHOW(sendfile(ends[1], from, NULL, 4));
    SHOW(sendfile(to, from, NULL, 0));
    int append = open("to", O_WRONLY | O_APPEND);
    SHOW(sendfile(append, from, &zero, 1)); // EINVAL
}

CASE(rw, copy_file_range)
{
    int from = open_file("from", "0123456789"), to = open_file("to", "");
    loff_t in = 2, at = 1;
    SHOW(copy_file_range(from, NULL, to, NULL, 3, 0));
    SHOW(copy_file_range(from, &in, to, &at, 4, 0));
    out("%ld %ld %ld\n", (long)in, (long)at, (long)lseek(from, 0, SEEK_CUR));
    SHOW(copy_file_range(from, NULL, to, NULL, 100, 0));
    SHOW(copy_file_range(from, NULL, to, NULL, 100, 0));
    show_file("to");
}

CASE(rw, copy_file_range_errors) // copy_file_range(2)
{
    int from = open_file("from", "0123456789"), dir = open(".", O_RDONLY), append = open("from", O_RDWR | O_APPEND), ends[2];
    loff_t zero = 0, two = 2;
    pipe(ends);
    SHOW(copy_file_range(-1, NULL, from, NULL, 1, 0));
    SHOW(copy_file_range(from, NULL, append, NULL, 1, 0));      // EBADF
    SHOW(copy_file_range(from, NULL, dir, NULL, 1, 0));         // EISDIR or EBADF
    SHOW(copy_file_range(from, NULL, ends[1], NULL, 1, 0));     // EINVAL
    SHOW(copy_file_range(from, &zero, from, &two, 5, 0));       // EINVAL: overlap
    SHOW(copy_file_range(from, &zero, from, &two, 1, 1));       // EINVAL: flags
    SHOW(copy_file_range(from, &zero, from, &two, 2, 0));
    show_file("from");
}

CASE(rw, dev_null_and_zero)
{
    char bytes[4] = "abc";
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
    SHOW(read(null, bytes, 4));
    SHOW(write(null, bytes, 4));
    SHOW(read(zero, bytes, 4));
    show_bytes("bytes", bytes, 4);
    SHOW(write(zero, bytes, 4));
    SHOW(lseek(null, 100, SEEK_SET));
    SHOW(lseek(zero, 100, SEEK_SET));
    SHOW(syscall(SYS_write, null, bad(), 4L)); // nobody looks
    SHOW(syscall(SYS_read, zero, bad(), 4L));
}

CASE(rw, partly_mapped_buffer)
{
    static char area[3 * 4096] __attribute__((aligned(4096)));
    int fd = open_file("file", "");
    memset(area, 'p', sizeof area);
    syscall(SYS_munmap, area + 4096, 4096L);
    SHOW_IF(write(fd, area + 4090, 12) == 6 || errno == EFAULT);
    SHOW(syscall(SYS_write, fd, area + 4096, 1L));
}

CASE(rw, sync_calls) // fsync(2): EBADF, EINVAL, EROFS
{
    int fd = open_file("file", "abc"), ends[2];
    pipe(ends);
    SHOW(fsync(fd));
    SHOW(fdatasync(fd));
    SHOW(fsync(-1));
    SHOW(fdatasync(ends[0]));
    SHOW(fsync(0));
    SHOW(sync_file_range(fd, 0, 3, SYNC_FILE_RANGE_WRITE));
    SHOW(sync_file_range(fd, -1, 3, 0));
    SHOW(sync_file_range(fd, 0, 3, 64));
    SHOW(sync_file_range(ends[0], 0, 3, 0)); // ESPIPE
    SHOW(syncfs(-1));
}

CASE(rw, advice) // posix_fadvise(2), readahead(2)
{
    int fd = open_file("file", "abc"), ends[2];
    pipe(ends);
    SHOW(syscall(SYS_fadvise64, fd, 0L, 0L, POSIX_FADV_SEQUENTIAL));
    SHOW(syscall(SYS_fadvise64, fd, 0L, 0L, POSIX_FADV_DONTNEED));
    SHOW(syscall(SYS_fadvise64, fd, 0L, 0L, 99));
    SHOW(syscall(SYS_fadvise64, fd, 0L, -1L, POSIX_FADV_NORMAL));
    SHOW(syscall(SYS_fadvise64, ends[0], 0L, 0L, POSIX_FADV_NORMAL)); // ESPIPE
    SHOW(syscall(SYS_fadvise64, -1, 0L, 0L, POSIX_FADV_NORMAL));
    SHOW(readahead(fd, 0, 10));
    SHOW(readahead(-1, 0, 10));
    SHOW(readahead(ends[0], 0, 10));
}
