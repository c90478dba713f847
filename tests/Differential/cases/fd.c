// dup, dup2, dup3, fcntl, flock, close_range, ioctl of descriptors, record locks.
#include "harness.h"
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

CASE(fd, dup)
{
    SHOW(dup(0));
    SHOW(dup(0));
    SHOW(close(3));
    SHOW(dup(0));
    SHOW(dup(-1));
    SHOW(dup(99));
}

CASE(fd, dup2)
{
    int fd = open_file("file", "abc");
    SHOW(dup2(fd, 50));
    SHOW(dup2(fd, fd));
    SHOW(dup2(fd, -1));
    SHOW(dup2(fd, 1 << 30));
    SHOW(dup2(-1, 50));
    SHOW(lseek(50, 0, SEEK_CUR)); // still open after the failure
    SHOW(dup2(99, 99));
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    SHOW(dup2(fd, 51));
    SHOW(fcntl(51, F_GETFD)); // not copied
}

CASE(fd, dup3)
{
    SHOW(dup3(0, 50, O_CLOEXEC));
    SHOW(fcntl(50, F_GETFD));
    SHOW(dup3(0, 0, 0)); // EINVAL
    SHOW(dup3(0, 51, O_NONBLOCK));
    SHOW(dup3(99, 51, 0));
    SHOW(dup3(0, -1, 0));
}

CASE(fd, dup2_closes_the_old_one)
{
    int ends[2];
    char byte;
    pipe(ends);
    SHOW(dup2(0, ends[1]));
    SHOW(read(ends[0], &byte, 1)); // the writer has gone
}

CASE(fd, fcntl_dupfd) // fcntl(2): EINVAL
{
    SHOW(fcntl(0, F_DUPFD, 10));
    SHOW(fcntl(0, F_DUPFD, 10));
    SHOW(fcntl(0, F_DUPFD_CLOEXEC, 20));
    SHOW(fcntl(20, F_GETFD));
    SHOW(fcntl(0, F_DUPFD, -1));
    SHOW(fcntl(0, F_DUPFD, 1 << 30));
    SHOW(fcntl(99, F_DUPFD, 0));
}

CASE(fd, cloexec_flag)
{
    int fd = open("/dev/null", O_RDONLY);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_SETFD, FD_CLOEXEC));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_SETFD, 0xfe));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(ioctl(fd, FIOCLEX));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(ioctl(fd, FIONCLEX));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(99, F_GETFD));
}

CASE(fd, status_flags)
{
    int fd = open_file("file", ""), same = dup(fd);
    SHOW(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_CREAT | O_WRONLY)); // the access mode stays
    out("%o\n", fcntl(same, F_GETFL));
    int on = 0;
    SHOW(ioctl(fd, FIONBIO, &on));
    out("%o\n", fcntl(same, F_GETFL));
    SHOW(fcntl(fd, F_SETFL, 0));
    out("%o\n", fcntl(same, F_GETFL));
    SHOW(fcntl(99, F_SETFL, 0));
    SHOW(fcntl(fd, 9999, 0)); // EINVAL
}

CASE(fd, limit_of_open_files) // EMFILE
{
    struct rlimit limit = { 6, 6 };
    int ends[2];
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    SHOW(dup(0));
    SHOW(dup(0));
    SHOW(pipe(ends)); // one left: needs two
    SHOW(dup(0));
    SHOW(dup(0));
    SHOW(open("file", O_CREAT | O_RDWR, 0644));
    SHOW(dup2(0, 6)); // EBADF
    SHOW(fcntl(0, F_DUPFD, 6));
    SHOW(access("file", F_OK)); // and not created
}

CASE(fd, close_range)
{
    for (int i = 3; i < 10; i++)
        dup(0);
    SHOW(syscall(SYS_close_range, 4, 6, 0));
    for (int i = 3; i < 10; i++)
        out("%d", fcntl(i, F_GETFD));
    out("\n");
    SHOW(syscall(SYS_close_range, 8, 8, CLOSE_RANGE_CLOEXEC));
    SHOW(fcntl(8, F_GETFD));
    SHOW(syscall(SYS_close_range, 5, 4, 0)); // EINVAL
    SHOW(syscall(SYS_close_range, 5, 9, 64));
    SHOW(syscall(SYS_close_range, 3, ~0u, 0));
    SHOW(fcntl(9, F_GETFD));
}

CASE(fd, flock) // flock(2): EWOULDBLOCK, EINVAL, EBADF
{
    int fd = open_file("file", ""), same = dup(fd), other = open("file", O_RDONLY);
    SHOW(flock(fd, LOCK_EX));
    SHOW(flock(same, LOCK_EX | LOCK_NB)); // the same open file
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(flock(fd, LOCK_SH));
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(flock(fd, LOCK_EX | LOCK_NB)); // a failed conversion loses the shared lock: NOTES
    SHOW(flock(other, LOCK_UN));
    SHOW(flock(fd, LOCK_EX | LOCK_NB));
    SHOW(flock(fd, 0));
    SHOW(flock(-1, LOCK_EX));
    close(fd);
    SHOW(flock(other, LOCK_EX | LOCK_NB)); // EAGAIN: the duplicate holds it
    close(same);
    SHOW(flock(other, LOCK_EX | LOCK_NB));
}

static void show_lock(int fd, int type, long start, long length)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
    int answer = fcntl(fd, F_GETLK, &lock);
    out("getlk %d: type %d start %ld length %ld owner is the parent %d\n", answer, lock.l_type, (long)lock.l_start, (long)lock.l_len,
        lock.l_pid == getppid());
}

CASE(fd, record_locks) // fcntl(2): EAGAIN or EACCES
{
    int fd = open_file("file", "0123456789");
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 3 };
    SHOW(fcntl(fd, F_SETLK, &lock));
    SHOW(fcntl(fd, F_GETLK, &lock)); // one's own is no conflict
    SHOW(lock.l_type);
    pid_t child = fork();
    if (child == 0) {
        struct flock want = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 4, .l_len = 0 };
        show_lock(fd, F_RDLCK, 0, 0);
        SHOW(fcntl(fd, F_SETLK, &want));
        want.l_start = 5;
        SHOW(fcntl(fd, F_SETLK, &want));
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(fd, record_locks_split_and_go_with_close)
{
    int fd = open_file("file", "0123456789");
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 9 };
    fcntl(fd, F_SETLK, &lock);
    lock = (struct flock){ .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = 3, .l_len = 3 };
    SHOW(fcntl(fd, F_SETLK, &lock));
    pid_t child = fork();
    if (child == 0) {
        show_lock(fd, F_WRLCK, 0, 0);
        show_lock(fd, F_WRLCK, 3, 0);
        show_lock(fd, F_WRLCK, 3, 3);
        _exit(0);
    }
    SHOW_WAIT(child);
    close(dup(fd)); // any close of the file by this process drops all
    child = fork();
    if (child == 0) {
        show_lock(fd, F_WRLCK, 0, 0);
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(fd, record_lock_errors)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    make_file("file", "abc");
    int reader = open("file", O_RDONLY), writer = open("file", O_WRONLY);
    SHOW(fcntl(reader, F_SETLK, &lock)); // EBADF: not for writing
    lock.l_type = F_RDLCK;
    SHOW(fcntl(writer, F_SETLK, &lock));
    lock.l_type = 77;
    SHOW(fcntl(reader, F_SETLK, &lock));
    lock.l_type = F_RDLCK;
    lock.l_whence = 9;
    SHOW(fcntl(reader, F_SETLK, &lock));
    lock.l_whence = SEEK_SET;
    lock.l_start = -1;
    SHOW(fcntl(reader, F_SETLK, &lock));
    SHOW(fcntl(reader, F_SETLK, bad()));
    SHOW(fcntl(99, F_SETLK, &lock));
}

CASE(fd, waiting_for_a_record_lock)
{
    int fd = open_file("file", "x");
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
    SHOW(fcntl(fd, F_SETLK, &lock));
    pid_t child = fork();
    if (child == 0)
        _exit(fcntl(fd, F_SETLKW, &lock) == 0 ? 0 : 1);
    nap_ms(20);
    lock.l_type = F_UNLCK;
    SHOW(fcntl(fd, F_SETLK, &lock));
    SHOW_WAIT(child);
}

CASE(fd, locks_of_open_files) // fcntl(2): F_OFD_SETLK
{
    int fd = open_file("file", "x"), other = open("file", O_RDWR);
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
    SHOW(fcntl(fd, F_OFD_SETLK, &lock));
    SHOW(fcntl(other, F_OFD_SETLK, &lock)); // EAGAIN in the same process
    SHOW(fcntl(other, F_OFD_GETLK, &lock));
    out("%d %d\n", lock.l_type, lock.l_pid);
    lock.l_pid = 5;
    SHOW(fcntl(other, F_OFD_SETLK, &lock)); // EINVAL: the pid must be 0
    close(fd);
    lock.l_pid = 0;
    SHOW(fcntl(other, F_OFD_SETLK, &lock));
}

CASE(fd, leases_and_owner)
{
    int ends[2];
    pipe(ends);
    SHOW(fcntl(ends[0], F_GETOWN));
    SHOW(fcntl(ends[0], F_SETOWN, getpid()));
    SHOW_IF(fcntl(ends[0], F_GETOWN) == getpid());
    SHOW(fcntl(ends[0], F_GETSIG));
    SHOW(fcntl(ends[0], F_SETSIG, 65)); // EINVAL
    SHOW(fcntl(ends[0], F_SETSIG, SIGUSR1));
    SHOW(fcntl(ends[0], F_GETSIG));
}
