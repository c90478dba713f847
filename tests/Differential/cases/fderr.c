// The errors of descriptors: EBADF of a closed one, ENOTSOCK of a file, EMFILE of a full table, EBADF of one opened by O_PATH.
#include "harness.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>

static char buffer[256];
static struct stat info;

static void every_call(int fd)
{
    struct iovec part = { buffer, 1 };
    struct flock lock = { .l_type = F_RDLCK };
    SHOW(read(fd, buffer, 1));
    SHOW(write(fd, buffer, 1));
    SHOW(pread(fd, buffer, 1, 0));
    SHOW(pwrite(fd, buffer, 1, 0));
    SHOW(readv(fd, &part, 1));
    SHOW(writev(fd, &part, 1));
    SHOW(preadv(fd, &part, 1, 0));
    SHOW(pwritev(fd, &part, 1, 0));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(fsync(fd));
    SHOW(fdatasync(fd));
    SHOW(ftruncate(fd, 0));
    SHOW(fallocate(fd, 0, 0, 1));
    SHOW(fchmod(fd, 0644));
    SHOW(fchown(fd, -1, -1));
    SHOW(futimens(fd, NULL));
    SHOW(flock(fd, LOCK_SH | LOCK_NB));
    SHOW(fcntl(fd, F_SETLK, &lock));
    SHOW(fcntl(fd, F_GETFL) >= 0);
    SHOW(ioctl(fd, FIONREAD, buffer));
    SHOW(syscall(SYS_getdents64, fd, buffer, sizeof buffer));
    SHOW(syscall(SYS_mmap, 0L, 4096L, (long)PROT_READ, (long)MAP_PRIVATE, (long)fd, 0L));
    SHOW(fgetxattr(fd, "user.a", buffer, 1));
    SHOW(sendfile(fd, 0, NULL, 1));
    SHOW(sync_file_range(fd, 0, 0, 0));
    SHOW(syscall(SYS_fadvise64, fd, 0L, 0L, 0));
}

CASE(fderr, closed) // EBADF
{
    every_call(99);
    SHOW(fstat(99, &info));
    SHOW(fstatfs(99, &(struct statfs){ 0 }));
    SHOW(fchdir(99));
    SHOW(dup(99));
    SHOW(inotify_rm_watch(99, 1));
}

CASE(fderr, by_path_only) // open(2): O_PATH
{
    make_file("file", "x");
    int fd = open("file", O_PATH);
    every_call(fd);
    SHOW(fstat(fd, &info));
    SHOW(fstatfs(fd, &(struct statfs){ 0 }));
    SHOW(fchdir(fd)); // ENOTDIR
    SHOW(faccessat(fd, "x", F_OK, 0));
}

static void every_socket_call(int fd)
{
    struct sockaddr_un name = { AF_UNIX, "socket" };
    socklen_t length = sizeof name;
    struct msghdr message = { 0 };
    struct mmsghdr messages = { 0 };
    int value = 0;
    socklen_t size = sizeof value;
    SHOW(bind(fd, (struct sockaddr *)&name, sizeof name));
    SHOW(connect(fd, (struct sockaddr *)&name, sizeof name));
    SHOW(listen(fd, 1));
    SHOW(accept(fd, NULL, NULL));
    SHOW(accept4(fd, NULL, NULL, 0));
    SHOW(getsockname(fd, (struct sockaddr *)&name, &length));
    SHOW(getpeername(fd, (struct sockaddr *)&name, &length));
    SHOW(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, size));
    SHOW(send(fd, "x", 1, 0));
    SHOW(recv(fd, buffer, 1, 0));
    SHOW(sendto(fd, "x", 1, 0, NULL, 0));
    SHOW(recvfrom(fd, buffer, 1, 0, NULL, NULL));
    SHOW(sendmsg(fd, &message, 0));
    SHOW(recvmsg(fd, &message, 0));
    SHOW(sendmmsg(fd, &messages, 1, 0));
    SHOW(recvmmsg(fd, &messages, 1, 0, NULL));
    SHOW(shutdown(fd, SHUT_RD));
}

CASE(fderr, socket_calls_on_nothing) // EBADF
{
    every_socket_call(99);
}

CASE(fderr, socket_calls_on_a_pipe) // ENOTSOCK
{
    int ends[2];
    pipe(ends);
    every_socket_call(ends[0]);
}

CASE(fderr, file_calls_on_a_socket)
{
    int ends[2];
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends);
    close(ends[1]);
    signal(SIGPIPE, SIG_IGN);
    struct iovec part = { buffer, 1 };
    SHOW(pread(ends[0], buffer, 1, 0));
    SHOW(pwrite(ends[0], buffer, 1, 0));
    SHOW(preadv(ends[0], &part, 1, 0));
    SHOW(lseek(ends[0], 0, SEEK_SET));
    SHOW(ftruncate(ends[0], 0));
    SHOW(fallocate(ends[0], 0, 0, 1));
    SHOW(fsync(ends[0]));
    SHOW(syscall(SYS_getdents64, ends[0], buffer, sizeof buffer));
    SHOW(syscall(SYS_mmap, 0L, 4096L, (long)PROT_READ, (long)MAP_PRIVATE, (long)ends[0], 0L));
    SHOW(fchdir(ends[0]));
    fstat(ends[0], &info);
    out("%o\n", info.st_mode & S_IFMT);
}

CASE(fderr, full_table) // EMFILE
{
    int ends[2], epoll = epoll_create1(0);
    sigset_t none;
    struct rlimit limit = { 4, 4 }; // 0 to 2 and the epoll
    sigemptyset(&none);
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    SHOW(open("/dev/null", O_RDONLY));
    SHOW(open(".", O_PATH));
    SHOW(creat("new", 0644));
    SHOW(dup(0));
    SHOW(fcntl(0, F_DUPFD, 0));
    SHOW(fcntl(0, F_DUPFD_CLOEXEC, 3));
    SHOW(pipe(ends));
    SHOW(socket(AF_UNIX, SOCK_STREAM, 0));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    SHOW(epoll_create1(0));
    SHOW(eventfd(0, 0));
    SHOW(signalfd(-1, &none, 0));
    SHOW(timerfd_create(CLOCK_MONOTONIC, 0));
    SHOW(inotify_init1(0));
    SHOW(memfd_create("x", 0));
    SHOW(syscall(SYS_pidfd_open, getpid(), 0));
    SHOW(close(epoll));
    SHOW(open("/dev/null", O_RDONLY));
}

CASE(fderr, full_table_of_who_accepts)
{
    struct sockaddr_un name = { AF_UNIX, "socket" };
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(server, (struct sockaddr *)&name, sizeof name);
    listen(server, 1);
    connect(client, (struct sockaddr *)&name, sizeof name);
    struct rlimit limit = { 5, 5 };
    setrlimit(RLIMIT_NOFILE, &limit);
    SHOW(accept(server, NULL, NULL));
    close(client);
    SHOW(accept(server, NULL, NULL)); // the waiting one was not lost
}

CASE(fderr, message_arguments) // sendmsg(2), recvmsg(2): EMSGSIZE, EINVAL, EFAULT, EISCONN, EOPNOTSUPP
{
    int ends[2];
    struct iovec part = { buffer, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1025 };
    struct sockaddr_un name = { AF_UNIX, "x" };
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    SHOW(sendmsg(ends[0], &message, 0)); // EMSGSIZE
    SHOW(recvmsg(ends[0], &message, 0));
    message.msg_iovlen = 1;
    message.msg_iov = (struct iovec *)bad();
    SHOW(sendmsg(ends[0], &message, 0));
    SHOW(syscall(SYS_sendmsg, ends[0], bad(), 0));
    SHOW(syscall(SYS_recvmsg, ends[0], bad(), 0));
    SHOW(sendto(ends[0], "x", 1, 0, (struct sockaddr *)&name, sizeof name)); // EISCONN
    SHOW(recv(ends[0], bad(), 1, MSG_DONTWAIT)); // EAGAIN: there is nothing to copy
    write(ends[1], "x", 1);
    SHOW(recv(ends[0], bad(), 1, MSG_DONTWAIT));
    SHOW(recvmmsg(ends[0], (struct mmsghdr *)buffer, 0, MSG_DONTWAIT, NULL));
    SHOW(recvfrom(ends[0], buffer, 1, MSG_DONTWAIT, (struct sockaddr *)&name, (socklen_t *)bad()));
}

CASE(fderr, full_queue) // send(2): EAGAIN
{
    int ends[2], sent = 0;
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends);
    while (send(ends[0], buffer, sizeof buffer, 0) > 0 && sent < 1000000)
        sent++;
    SHOW_STRING(errno_name(errno));
    struct pollfd one = { ends[0], POLLOUT, 0 };
    SHOW(poll(&one, 1, 0));
    while (recv(ends[1], buffer, sizeof buffer, 0) > 0)
        ;
    SHOW(poll(&one, 1, 0));
    SHOW(send(ends[0], buffer, 1, 0));
}
