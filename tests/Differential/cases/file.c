// open, openat, openat2, creat, close, truncate, fallocate, unlink of files.
#include "harness.h"
#include <linux/openat2.h>

CASE(file, open_missing) // open(2): ENOENT
{
    SHOW(open("missing", O_RDONLY));
    SHOW(open("missing/name", O_RDONLY | O_CREAT, 0644));
    SHOW(open("", O_RDONLY));
    SHOW(open("", O_RDWR | O_CREAT, 0644));
}

CASE(file, open_creates_with_umask)
{
    struct stat info;
    umask(027);
    SHOW(open("file", O_WRONLY | O_CREAT, 0666));
    SHOW(stat("file", &info));
    out("%o %ld\n", info.st_mode, (long)info.st_size);
    SHOW(open("other", O_WRONLY | O_CREAT, 07777));
    stat("other", &info);
    out("%o\n", info.st_mode);
}

CASE(file, no_mask_at_all)
{
    struct stat info;
    umask(0);
    SHOW(open("file", O_WRONLY | O_CREAT, 0666));
    SHOW(mkdir("dir", 0777));
    SHOW(mkfifo("fifo", 0622));
    SHOW(mknod("node", S_IFREG | 0737, 0));
    static const char *const names[] = { "file", "dir", "fifo", "node" };
    for (int i = 0; i < 4; i++) {
        stat(names[i], &info);
        out("%s %o\n", names[i], info.st_mode);
    }
    umask(0777);
    SHOW(close(open("none", O_WRONLY | O_CREAT, 0666)));
    stat("none", &info);
    out("%o\n", info.st_mode);
}

CASE(file, open_lowest_number)
{
    SHOW(open("/dev/null", O_RDONLY));
    SHOW(open("/dev/null", O_RDONLY));
    SHOW(close(3));
    SHOW(open("/dev/null", O_RDONLY));
    SHOW(open("/dev/null", O_RDONLY));
}

CASE(file, open_exclusive) // EEXIST
{
    SHOW(open("file", O_RDWR | O_CREAT | O_EXCL, 0644));
    SHOW(open("file", O_RDWR | O_CREAT | O_EXCL, 0644));
    symlink("nowhere", "link");
    SHOW(open("link", O_RDWR | O_CREAT | O_EXCL, 0644)); // the link itself is in the way
    mkdir("dir", 0755);
    SHOW(open("dir", O_RDWR | O_CREAT | O_EXCL, 0644));
}

CASE(file, open_through_dangling_link_creates)
{
    symlink("target", "link");
    SHOW(open("link", O_RDONLY));
    SHOW(open("link", O_RDWR | O_CREAT, 0644));
    SHOW(access("target", F_OK));
}

CASE(file, open_truncates)
{
    make_file("file", "content");
    SHOW(open("file", O_WRONLY | O_TRUNC));
    show_file("file");
}

CASE(file, open_directory) // EISDIR, ENOTDIR
{
    mkdir("dir", 0755);
    make_file("file", "");
    char byte;
    SHOW(open("dir", O_WRONLY));
    SHOW(open("dir", O_RDWR));
    SHOW(open("dir", O_RDONLY | O_CREAT, 0644));
    SHOW(open("dir", O_RDONLY));
    SHOW(read(3, &byte, 1)); // EISDIR
    SHOW(open("file", O_RDONLY | O_DIRECTORY));
    SHOW(open("dir", O_RDONLY | O_DIRECTORY));
    SHOW(open("file/name", O_RDONLY));
    SHOW(open("file/", O_RDONLY));
    SHOW(open("new/", O_RDWR | O_CREAT, 0644)); // EISDIR
    SHOW(open("dir", O_RDONLY | O_DIRECTORY | O_CREAT, 0644)); // EINVAL since 6.4, EISDIR before
}

CASE(file, open_access_denied) // EACCES
{
    make_file("none", "x");
    chmod("none", 0);
    SHOW(open("none", O_RDONLY));
    SHOW(open("none", O_WRONLY));
    chmod("none", 0400);
    SHOW(open("none", O_RDWR));
    SHOW(open("none", O_RDONLY));
    SHOW(open("none", O_RDONLY | O_TRUNC));
    mkdir("shut", 0600);
    SHOW(open("shut/name", O_RDONLY | O_CREAT, 0644));
    mkdir("fixed", 0500);
    SHOW(open("fixed/name", O_RDONLY | O_CREAT, 0644));
    SHOW(open("fixed/name", O_RDONLY));
}

CASE(file, create_read_only_but_write) // open(2): the mode applies to later opens only
{
    SHOW(open("file", O_RDWR | O_CREAT, 0400));
    SHOW(write(3, "abc", 3));
    SHOW(open("file", O_WRONLY));
}

CASE(file, open_no_follow) // ELOOP
{
    make_file("file", "");
    symlink("file", "link");
    symlink("self", "self");
    SHOW(open("link", O_RDONLY | O_NOFOLLOW));
    SHOW(open("link", O_RDONLY));
    SHOW(open("self", O_RDONLY));
    SHOW(open("file", O_RDONLY | O_NOFOLLOW));
    SHOW(open("link", O_PATH | O_NOFOLLOW));
}

CASE(file, open_long_names) // ENAMETOOLONG
{
    SHOW(open(long_name(255), O_RDWR | O_CREAT, 0644) >= 0);
    errno = 0;
    int fd = open(long_name(256), O_RDWR | O_CREAT, 0644);
    out("256: %d %s\n", fd, errno_name(errno));
    fd = open(long_name(5000), O_RDONLY);
    out("5000: %d %s\n", fd, errno_name(errno));
}

CASE(file, open_bad_address) // EFAULT
{
    SHOW(open(bad(), O_RDONLY));
    SHOW(openat(AT_FDCWD, bad(), O_RDONLY));
    SHOW(syscall(SYS_creat, bad(), 0644));
}

CASE(file, open_access_modes) // EBADF of the operation that the mode does not allow
{
    char byte;
    make_file("file", "x");
    int reader = open("file", O_RDONLY), writer = open("file", O_WRONLY), third = open("file", O_ACCMODE);
    SHOW(write(reader, "x", 1));
    SHOW(read(writer, &byte, 1));
    SHOW(read(third, &byte, 1)); // the mode 3 is for ioctl only
    SHOW(write(third, "x", 1));
    SHOW(ftruncate(reader, 0)); // EINVAL
}

CASE(file, flags_seen_by_fcntl)
{
    make_file("file", "");
    out("%o\n", fcntl(open("file", O_RDONLY), F_GETFL));
    out("%o\n", fcntl(open("file", O_RDWR | O_APPEND), F_GETFL));
    out("%o\n", fcntl(open("file", O_WRONLY | O_CREAT | O_TRUNC | O_EXCL * 0 | O_NONBLOCK), F_GETFL));
    out("%o\n", fcntl(open("file", O_RDONLY | O_SYNC), F_GETFL));
    out("%o\n", fcntl(open("file", O_RDONLY | O_NOATIME), F_GETFL));
    out("%o\n", fcntl(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), F_GETFL));
    out("%o\n", fcntl(open("file", O_PATH | O_RDWR), F_GETFL));
}

CASE(file, openat_directories)
{
    mkdir("dir", 0755);
    make_file("file", "");
    int dir = open("dir", O_RDONLY), file = open("file", O_RDONLY);
    SHOW(openat(dir, "name", O_RDWR | O_CREAT, 0644));
    SHOW(access("dir/name", F_OK));
    SHOW(openat(file, "name", O_RDONLY)); // ENOTDIR
    SHOW(openat(99, "name", O_RDONLY));   // EBADF
    SHOW(openat(99, "/dev/null", O_RDONLY));
    SHOW(openat(dir, "../file", O_RDONLY));
    SHOW(openat(dir, "", O_RDONLY)); // ENOENT
}

CASE(file, path_descriptor) // open(2): O_PATH
{
    char byte;
    struct stat info;
    make_file("file", "x");
    chmod("file", 0);
    int fd = SHOW(open("file", O_PATH));
    SHOW(read(fd, &byte, 1));
    SHOW(write(fd, "x", 1));
    SHOW(fchmod(fd, 0644));
    SHOW(fstat(fd, &info));
    out("%o\n", info.st_mode);
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(dup(fd));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_SETFL, O_NONBLOCK));
    SHOW(close(fd));
}

CASE(file, unnamed_file) // open(2): O_TMPFILE
{
    char path[64];
    struct stat info;
    SHOW(open(".", O_TMPFILE | O_RDONLY, 0600)); // EINVAL
    int fd = SHOW(open(".", O_TMPFILE | O_RDWR, 0600));
    SHOW(write(fd, "hidden", 6));
    fstat(fd, &info);
    out("links %d mode %o\n", (int)info.st_nlink, info.st_mode);
    sprintf(path, "/proc/self/fd/%d", fd);
    SHOW(linkat(AT_FDCWD, path, AT_FDCWD, "name", AT_SYMLINK_FOLLOW));
    show_file("name");
    SHOW(open("missing", O_TMPFILE | O_RDWR, 0600));
    SHOW(open("name", O_TMPFILE | O_RDWR, 0600)); // ENOTDIR
}

CASE(file, openat2_resolve) // openat2(2)
{
    struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
    mkdir("dir", 0755);
    make_file("dir/file", "");
    symlink("dir/file", "link");
    symlink("/dev/null", "out");
    SHOW(syscall(SYS_openat2, AT_FDCWD, "dir/file", &how, sizeof how));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "dir/../link", &how, sizeof how));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "out", &how, sizeof how)); // EXDEV
    SHOW(syscall(SYS_openat2, AT_FDCWD, "..", &how, sizeof how));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof how));
    how.resolve = RESOLVE_NO_SYMLINKS;
    SHOW(syscall(SYS_openat2, AT_FDCWD, "link", &how, sizeof how)); // ELOOP
    how.resolve = RESOLVE_IN_ROOT;
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/../dir/file", &how, sizeof how));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "out", &how, sizeof how)); // ENOENT in that root
    how.resolve = RESOLVE_NO_MAGICLINKS;
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/proc/self/exe", &how, sizeof how)); // ELOOP
}

CASE(file, openat2_errors)
{
    struct open_how how = { .flags = O_RDONLY };
    struct { struct open_how how; long more; } larger = { { .flags = O_RDONLY }, 0 };
    SHOW(syscall(SYS_openat2, AT_FDCWD, ".", &how, 8));
    SHOW(syscall(SYS_openat2, AT_FDCWD, ".", &larger, sizeof larger));
    larger.more = 1;
    SHOW(syscall(SYS_openat2, AT_FDCWD, ".", &larger, sizeof larger)); // E2BIG
    how.resolve = 1 << 20;
    SHOW(syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how));
    how.resolve = 0;
    how.mode = 0644; // without O_CREAT
    SHOW(syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how));
    how.flags = 1ull << 40;
    how.mode = 0;
    SHOW(syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how));
    SHOW(syscall(SYS_openat2, AT_FDCWD, ".", bad(), sizeof how));
}

CASE(file, creat)
{
    make_file("file", "old");
    SHOW(creat("file", 0600));
    show_file("file");
    out("%o\n", fcntl(3, F_GETFL));
}

CASE(file, close_errors) // close(2): EBADF
{
    SHOW(syscall(SYS_close, -1));
    SHOW(syscall(SYS_close, 99));
    SHOW(syscall(SYS_close, INT_MAX));
    SHOW(open("/dev/null", O_RDONLY));
    SHOW(close(3));
    SHOW(close(3));
}

CASE(file, truncate_sizes)
{
    struct stat info;
    make_file("file", "abcdef");
    SHOW(truncate("file", 3));
    show_file("file");
    SHOW(truncate("file", 6));
    show_file("file");
    int fd = open("file", O_RDWR);
    SHOW(lseek(fd, 5, SEEK_SET));
    SHOW(ftruncate(fd, 1));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(ftruncate(fd, 1l << 32)); // sparse
    fstat(fd, &info);
    SHOW(info.st_size);
}

CASE(file, truncate_errors) // truncate(2)
{
    make_file("file", "abc");
    mkdir("dir", 0755);
    SHOW(truncate("file", -1));
    SHOW(truncate("missing", 0));
    SHOW(truncate("dir", 0));
    SHOW(truncate("file/x", 0));
    SHOW(truncate("", 0));
    SHOW(truncate(bad(), 0));
    chmod("file", 0444);
    SHOW(truncate("file", 0));
    SHOW(ftruncate(-1, 0));
    SHOW(ftruncate(0, 0)); // opened for reading: EINVAL
    SHOW(ftruncate(open("dir", O_RDONLY), 0));
}

CASE(file, fallocate_modes)
{
    struct stat info;
    int fd = open_file("file", "abcdef");
    SHOW(fallocate(fd, 0, 0, 10));
    fstat(fd, &info);
    SHOW(info.st_size);
    SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 100));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1, 2));
    show_file("file");
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1)); // EOPNOTSUPP without KEEP_SIZE
    SHOW(fallocate(fd, 0, -1, 1));
    SHOW(fallocate(fd, 0, 0, 0));
    SHOW(fallocate(-1, 0, 0, 1));
    SHOW(fallocate(0, 0, 0, 1)); // EBADF: not for writing
    int null = open("/dev/null", O_WRONLY);
    SHOW(fallocate(null, 0, 0, 1)); // ENODEV
}

CASE(file, unlinked_stays_readable)
{
    char bytes[8];
    struct stat info;
    int fd = open_file("file", "alive");
    SHOW(unlink("file"));
    SHOW(access("file", F_OK));
    SHOW(read(fd, bytes, 8));
    show_bytes("bytes", bytes, 5);
    SHOW(fstat(fd, &info));
    SHOW(info.st_nlink);
    SHOW(open("file", O_RDWR | O_CREAT | O_EXCL, 0644)); // another file
    SHOW(fsync(fd));
}
