// memfd_create and seals.
#include "harness.h"
#include <sys/mman.h>

CASE(memfd, behaves_like_a_file)
{
    char bytes[8];
    struct stat info;
    int fd = SHOW(memfd_create("name", 0));
    SHOW(fcntl(fd, F_GETFD));
    out("%o\n", fcntl(fd, F_GETFL));
    SHOW(write(fd, "hello", 5));
    SHOW(pread(fd, bytes, 8, 1));
    SHOW(ftruncate(fd, 100));
    fstat(fd, &info);
    out("mode %o size %ld links %d\n", info.st_mode, (long)info.st_size, (int)info.st_nlink);
    SHOW(lseek(fd, 0, SEEK_END));
}

CASE(memfd, link_in_proc)
{
    char path[64], target[64] = "";
    sprintf(path, "/proc/self/fd/%d", memfd_create("some name", MFD_CLOEXEC));
    SHOW(readlink(path, target, 63));
    SHOW_STRING(target);
    int again = SHOW(open(path, O_RDWR));
    SHOW(write(again, "x", 1));
}

CASE(memfd, errors) // memfd_create(2): EFAULT, EINVAL
{
    SHOW(memfd_create(bad(), 0));
    SHOW(memfd_create("x", 0x4000));
    errno = 0;
    int fd = memfd_create(long_name(249), 0);
    out("%d\n", fd);
    fd = memfd_create(long_name(250), 0);
    out("%d %s\n", fd, errno_name(errno));
}

CASE(memfd, seals_are_off_by_default)
{
    int fd = memfd_create("x", 0);
    SHOW(fcntl(fd, F_GET_SEALS)); // F_SEAL_SEAL
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)); // EPERM
    SHOW(fcntl(0, F_GET_SEALS)); // EINVAL
    SHOW(fcntl(99, F_GET_SEALS));
}

CASE(memfd, seals_of_size)
{
    int fd = memfd_create("x", MFD_ALLOW_SEALING);
    write(fd, "abcdef", 6);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
    SHOW(ftruncate(fd, 3)); // EPERM
    SHOW(ftruncate(fd, 10));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(ftruncate(fd, 20));
    SHOW(pwrite(fd, "x", 1, 5000));
    SHOW(pwrite(fd, "x", 1, 2));
    SHOW(fcntl(fd, F_GET_SEALS));
}

CASE(memfd, seal_of_writing)
{
    int fd = memfd_create("x", MFD_ALLOW_SEALING);
    write(fd, "abc", 3);
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)); // EBUSY: mapped for writing
    munmap(page, 4096);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(write(fd, "x", 1));
    SHOW(syscall(SYS_mmap, NULL, 4096L, (long)(PROT_READ | PROT_WRITE), (long)MAP_SHARED, (long)fd, 0L));
    SHOW_OK(syscall(SYS_mmap, NULL, 4096L, (long)(PROT_READ | PROT_WRITE), (long)MAP_PRIVATE, (long)fd, 0L));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1));
}

CASE(memfd, seal_of_sealing)
{
    int fd = memfd_create("x", MFD_ALLOW_SEALING);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(fcntl(memfd_create("y", MFD_ALLOW_SEALING), F_ADD_SEALS, 1 << 20)); // EINVAL
}

CASE(memfd, shared_with_a_child)
{
    int fd = memfd_create("x", 0);
    ftruncate(fd, 4096);
    volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    pid_t child = fork();
    if (child == 0) {
        page[0] = 'c';
        pwrite(fd, "d", 1, 1);
        _exit(0);
    }
    SHOW_WAIT(child);
    out("%c%c\n", page[0], page[1]);
}

CASE(memfd, executes)
{
    char bytes[65536];
    long count;
    int fd = memfd_create("program", MFD_CLOEXEC), self = open("/proc/self/exe", O_RDONLY);
    char *words[] = { "x", "--child", "show", NULL }, *none[] = { NULL };
    while ((count = read(self, bytes, sizeof bytes)) > 0)
        write(fd, bytes, count);
    pid_t child = fork();
    if (child == 0) {
        syscall(SYS_execveat, fd, "", words, none, AT_EMPTY_PATH);
        _exit(1);
    }
    SHOW_WAIT(child);
}

CASE(memfd, secret_or_not) // memfd_secret(2) may be switched off: ENOSYS
{
    SHOW_IF(syscall(SYS_memfd_secret, 0) >= 0 || errno == ENOSYS);
}
