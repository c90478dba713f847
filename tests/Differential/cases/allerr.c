// What the other families do not show of the errors that the man pages name: with these the calls are whole (documented-errors.txt).
#include "harness.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/xattr.h>

// Each way in which a path can lead nowhere.
static const char *bad_paths[] = { "loop", "long/", "file/x", "missing", "closed/x" };

static void prepare(void)
{
    symlink("loop", "loop");
    make_file("file", "abc");
    mkdir("closed", 0);
    mkdir("dir", 0755);
}

#define FOR_EACH_PATH(expression)                                       \
    for (int i = 0; i < 5; i++) {                                       \
        const char *path = i == 1 ? long_name(5000) : bad_paths[i];     \
        SHOW(expression);                                               \
    }

CASE(allerr, paths_of_names)
{
    prepare();
    FOR_EACH_PATH(chmod(path, 0600))
    FOR_EACH_PATH(link(path, "new"))
    SHOW(link("loop/x", "new"));
    FOR_EACH_PATH(symlink("x", path))
    SHOW(symlink("x", "loop/x"));
    FOR_EACH_PATH(unlink(path))
    SHOW(unlink("loop/x")); // the link itself went before
    FOR_EACH_PATH(rmdir(path))
    SHOW(syscall(SYS_rmdir, "/")); // EBUSY
    FOR_EACH_PATH(rename(path, "new"))
}

CASE(allerr, paths_that_loop)
{
    prepare();
    SHOW(unlink("loop/x"));
    SHOW(rmdir("loop/x"));
    SHOW(rename("loop/x", "new"));
    SHOW(readlink("loop/x", (char[8]){ 0 }, 8));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "dir", RENAME_NOREPLACE));
    SHOW(rename("dir", "closed") == 0 || rename("dir", "closed") == -1);
}

CASE(allerr, paths_of_attributes)
{
    struct statfs where;
    char target[8];
    prepare();
    FOR_EACH_PATH(readlink(path, target, 8))
    FOR_EACH_PATH(statfs(path, &where))
    FOR_EACH_PATH(truncate(path, 1))
    SHOW(truncate("file", LONG_MAX)); // EFBIG
    FOR_EACH_PATH(utimensat(AT_FDCWD, path, NULL, 0))
    FOR_EACH_PATH(inotify_add_watch(inotify_init1(0), path, IN_MODIFY))
}

CASE(allerr, at_a_directory)
{
    struct stat info;
    char target[8];
    prepare();
    int dir = open("dir", O_RDONLY), file = open("file", O_RDWR);
    SHOW(syscall(SYS_fchmodat, dir, "x", 0600));
    SHOW(syscall(SYS_fchmodat, file, "x", 0600));
    SHOW(syscall(SYS_fchmodat, dir, bad(), 0600));
    SHOW(syscall(SYS_fchmodat, AT_FDCWD, "file", 0600));
    SHOW(fchownat(dir, "x", -1, -1, 0));
    SHOW(fchownat(file, "x", -1, -1, 0));
    SHOW(fchownat(dir, bad(), -1, -1, 0));
    SHOW(fchownat(AT_FDCWD, "file", 12345, -1, 0));
    SHOW(fchown(file, 12345, -1));
    SHOW(fchown(file, -1, -1));
    SHOW(linkat(dir, "x", dir, "y", 0));
    SHOW(linkat(file, "x", dir, "y", 0));
    SHOW(linkat(AT_FDCWD, "file", AT_FDCWD, "file", 0));
    SHOW(symlinkat("x", dir, "a/b"));
    SHOW(symlinkat("x", file, "b"));
    SHOW(symlinkat("x", AT_FDCWD, "file"));
    SHOW(readlinkat(AT_FDCWD, "file", target, 8));
    SHOW(readlinkat(file, "x", target, 8));
    SHOW(readlinkat(AT_FDCWD, "loop", target, 0));
    SHOW(unlinkat(dir, "x", 0));
    SHOW(unlinkat(file, "x", 0));
    SHOW(renameat2(99, "x", dir, "y", 0));
    SHOW(syscall(SYS_faccessat, AT_FDCWD, "file", R_OK));
    SHOW(syscall(SYS_faccessat, AT_FDCWD, "closed", R_OK));
    SHOW(syscall(SYS_faccessat, AT_FDCWD, bad(), R_OK));
    SHOW(mkdir("new/", 0755));
    SHOW(mkdir(".", 0755));
    SHOW(fstat(dir, &info));
}

CASE(allerr, attributes_of_others) // EPERM
{
    int root = open("/", O_RDONLY);
    SHOW(fchmod(root, 0700));
    SHOW(chmod("/", 0700));
    SHOW(syscall(SYS_fstatfs, root, bad()));
    SHOW(utimensat(AT_FDCWD, "/", (struct timespec[2]){ { 1, 0 }, { 1, 0 } }, 0));
    SHOW(kill(1, SIGTERM) == -1 || getppid() == 1);
}

CASE(allerr, extended_attributes_by_descriptor)
{
    char value[4];
    int fd = open_file("file", "x");
    SHOW(fsetxattr(fd, "user.a", "1234", 4, XATTR_REPLACE));
    SHOW(fsetxattr(fd, "user.a", "1234", 4, 0));
    SHOW(fsetxattr(fd, "user.a", "1234", 4, XATTR_CREATE));
    SHOW(fsetxattr(fd, "user.a", "1234", 4, 64));
    SHOW(fsetxattr(fd, "nothing", "1", 1, 0));
    SHOW(fgetxattr(fd, "user.a", value, 4));
    SHOW(fgetxattr(fd, "user.a", value, 2));
    SHOW(fgetxattr(fd, "user.b", value, 4));
    SHOW(lgetxattr("file", "user.a", value, 4));
    SHOW(lgetxattr("missing", "user.a", value, 4));
    SHOW(fremovexattr(fd, "user.a"));
    SHOW(fremovexattr(fd, "user.a"));
    SHOW_OK(flistxattr(fd, NULL, 0));
}

CASE(allerr, transfers)
{
    char bytes[8];
    int fd = open_file("file", "0123456789"), dir = open(".", O_RDONLY), ends[2], to = open_file("to", "");
    struct iovec part = { bytes, 1 }, wrong = { bad(), 1 };
    loff_t far = LONG_MAX - 1, zero = 0;
    pipe(ends);
    SHOW(pread(dir, bytes, 8, 0));
    SHOW(syscall(SYS_pread64, fd, bad(), 4L, 0L));
    SHOW(syscall(SYS_pwrite64, fd, bad(), 4L, 0L));
    SHOW(syscall(SYS_pwritev, ends[1], &part, 1L, 0L, 0L));
    SHOW(syscall(SYS_writev, fd, &wrong, 1L));
    SHOW(syscall(SYS_writev, fd, &part, -1L));
    SHOW(copy_file_range(fd, &zero, to, &far, 8, 0));
    SHOW(copy_file_range(fd, &far, to, &zero, 8, 0));
    SHOW(lseek(fd, LONG_MAX, SEEK_SET));
    SHOW(lseek(fd, LONG_MAX, SEEK_END));
    SHOW(fallocate(fd, 0, LONG_MAX - 1, 10));
}

CASE(allerr, waits_that_end)
{
    struct epoll_event event;
    sigset_t none;
    sigemptyset(&none);
    int epoll = epoll_create1(0), ends[2];
    pipe(ends);
    SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[1], &(struct epoll_event){ EPOLLOUT, { 0 } }));
    SHOW(epoll_pwait(epoll, &event, 1, 0, &none));
    SHOW(epoll_pwait(99, &event, 1, 0, &none));
    SHOW(syscall(SYS_epoll_pwait, epoll, bad(), 1, 0, NULL, 8));
    SHOW(syscall(SYS_epoll_pwait, epoll, &event, 1, 0, bad(), 8));
    SHOW(syscall(SYS_waitid, P_ALL, 0, bad(), WEXITED | WNOHANG, NULL));
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    SHOW(syscall(SYS_waitid, P_PID, child, bad(), WEXITED, NULL));
}

CASE(allerr, ids_and_clocks)
{
    struct timespec now;
    struct itimerspec timer;
    SHOW(syscall(SYS_getgroups, -1, NULL));
    SHOW_OK(syscall(SYS_getgroups, 0, NULL));
    SHOW_OK(getpgid(0));
    SHOW_OK(getsid(0));
    SHOW(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now));
    SHOW(syscall(SYS_clock_settime, CLOCK_REALTIME, bad()));
    SHOW(timerfd_gettime(99, &timer));
    SHOW(syscall(SYS_process_vm_writev, INT_MAX, NULL, 0L, NULL, 0L, 0L));
    SHOW(syscall(SYS_process_vm_writev, getpid(), NULL, 0L, NULL, 0L, 1L));
    struct iovec own = { &now, 4 }, wrong = { bad(), 4 };
    SHOW(syscall(SYS_process_vm_writev, getpid(), &own, 1L, &wrong, 1L, 0L));
    pid_t child = fork();
    if (child == 0) {
        SHOW_OK(setsid());
        SHOW(setsid());
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(allerr, sockets)
{
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), value = 0;
    socklen_t length = -1;
    struct sockaddr name = { AF_UNIX, "x" };
    bind(server, &name, 4);
    listen(server, 1);
    SHOW(accept4(server, NULL, NULL, 0));
    SHOW(accept4(server, NULL, NULL, 1));
    SHOW(getsockopt(server, SOL_SOCKET, SO_TYPE, &value, &length));
    SHOW(recvfrom(server, &value, 1, MSG_DONTWAIT, NULL, NULL));
}
