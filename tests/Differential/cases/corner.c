// Documented errors that no other file makes, by system call.
#include "harness.h"
#include <linux/aio_abi.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <utime.h>

CASE(corner, unix_socket_paths) // bind(2), connect(2): ELOOP, ENAMETOOLONG, ENOTDIR, EACCES, ENOENT, EFAULT
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    const char *paths[] = { "loop/x", "file/x", "shut/x", "missing/x", "dir" };
    symlink("loop", "loop");
    make_file("file", "");
    mkdir("shut", 0600);
    mkdir("dir", 0755);
    for (int i = 0; i < 5; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        strcpy(name.sun_path, paths[i]);
        SHOW_STRING(paths[i]);
        SHOW(connect(fd, (struct sockaddr *)&name, sizeof name));
        SHOW(bind(fd, (struct sockaddr *)&name, sizeof name));
    }
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memset(name.sun_path, 'x', sizeof name.sun_path); // all 108 bytes, without an end
    SHOW(connect(fd, (struct sockaddr *)&name, sizeof name));
    SHOW(bind(fd, (struct sockaddr *)&name, sizeof name + 1)); // EINVAL
    SHOW(bind(fd, (struct sockaddr *)bad(), sizeof name));
    SHOW(bind(fd, (struct sockaddr *)&name, sizeof name)); // fits
    struct stat info;
    SHOW(stat(long_name(108), &info));
}

CASE(corner, names_of_sockets) // getsockname(2), getpeername(2), accept(2): EINVAL, EFAULT
{
    int ends[2];
    struct sockaddr_un name;
    socklen_t length = -1;
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    SHOW(getsockname(ends[0], (struct sockaddr *)&name, &length));
    length = -1;
    SHOW(getpeername(ends[0], (struct sockaddr *)&name, &length));
    length = sizeof name;
    SHOW(getpeername(ends[0], (struct sockaddr *)bad(), &length));
    SHOW(getsockname(ends[0], (struct sockaddr *)bad(), &length));
}

CASE(corner, socket_families) // socketpair(2), connect(2): EAFNOSUPPORT, EPROTONOSUPPORT, EADDRNOTAVAIL
{
    int ends[2], fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name = { .sin_family = AF_UNIX };
    SHOW(socketpair(9999, SOCK_STREAM, 0, ends));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 99, ends));
    SHOW(socketpair(AF_UNIX, 99, 0, ends));
    SHOW(connect(fd, (struct sockaddr *)&name, sizeof name));
    SHOW(connect(fd, (struct sockaddr *)&name, 3));
    SHOW(socket(AF_INET, SOCK_STREAM, 9999)); // EINVAL
    SHOW(socket(AF_INET, SOCK_SEQPACKET, 0)); // ESOCKTNOSUPPORT
}

CASE(corner, connected_twice) // connect(2): EISCONN, EALREADY is a race of loopback and left out
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof name;
    int server = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
    bind(server, (struct sockaddr *)&name, sizeof name);
    listen(server, 1);
    getsockname(server, (struct sockaddr *)&name, &length);
    SHOW(connect(fd, (struct sockaddr *)&name, sizeof name));
    SHOW(connect(fd, (struct sockaddr *)&name, sizeof name));
    SHOW(listen(fd, 1)); // EINVAL
    SHOW(accept(server, (struct sockaddr *)bad(), &length)); // EFAULT
    struct sockaddr_in none = { .sin_family = AF_UNSPEC };
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    SHOW(write(udp, "x", 1)); // EDESTADDRREQ
    SHOW(connect(udp, (struct sockaddr *)&name, sizeof name));
    SHOW(connect(udp, (struct sockaddr *)&none, sizeof none)); // dissolves
    SHOW(send(udp, "x", 1, 0));
}

CASE(corner, listening_twice) // listen(2): EADDRINUSE
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof name;
    int on = 1, one = socket(AF_INET, SOCK_STREAM, 0), two = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(one, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(two, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bind(one, (struct sockaddr *)&name, sizeof name);
    getsockname(one, (struct sockaddr *)&name, &length);
    SHOW(bind(two, (struct sockaddr *)&name, sizeof name)); // as nobody listens yet
    SHOW(listen(one, 1));
    SHOW(listen(two, 1));
}

CASE(corner, messages_of_sockets) // send(2), recv(2)
{
    int ends[2], stream = socket(AF_INET, SOCK_STREAM, 0);
    char byte;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
    SHOW(recv(stream, &byte, 1, 0)); // ENOTCONN
    SHOW(recvfrom(stream, &byte, 1, MSG_DONTWAIT, NULL, NULL));
    SHOW(recv(ends[0], &byte, 1, MSG_OOB)); // EOPNOTSUPP
    SHOW(send(ends[0], "x", 1, MSG_OOB));
    static char large[1 << 22];
    SHOW(send(ends[0], large, sizeof large, MSG_DONTWAIT)); // EMSGSIZE
    int packets[2];
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packets);
    struct sockaddr_un name = { AF_UNIX, "x" };
    SHOW(sendto(packets[0], "x", 1, 0, (struct sockaddr *)&name, sizeof name)); // the name is not looked at
    write(packets[1], "x", 1);
    close(packets[1]);
    SHOW(read(packets[0], &byte, 1)); // ECONNRESET: the other has not read all
    SHOW(send(packets[0], "x", 1, MSG_NOSIGNAL)); // EPIPE
}

CASE(corner, unread_data_resets) // a stream closed with unread data: ECONNRESET
{
    int ends[2];
    char byte;
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    write(ends[0], "never read", 10);
    close(ends[1]);
    SHOW(read(ends[0], &byte, 1));
    SHOW(read(ends[0], &byte, 1));
}

CASE(corner, epoll_exclusive) // epoll_ctl(2): EINVAL of EPOLLEXCLUSIVE
{
    int fd = epoll_create1(0), event_fd = eventfd(0, 0), inner = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE };
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, inner, &event)); // not of an epoll
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, event_fd, &event));
    event.events = EPOLLIN;
    SHOW(epoll_ctl(fd, EPOLL_CTL_MOD, event_fd, &event));
    SHOW(epoll_ctl(fd, EPOLL_CTL_DEL, event_fd, NULL));
    event.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, event_fd, &event));
    int previous = epoll_create1(0);
    event.events = EPOLLIN;
    for (int i = 0; i < 4; i++) { // ELOOP: nested deeper than five
        int next = epoll_create1(0);
        SHOW(epoll_ctl(next, EPOLL_CTL_ADD, previous, &event));
        previous = next;
    }
    int last = epoll_create1(0), over = epoll_create1(0);
    SHOW(epoll_ctl(last, EPOLL_CTL_ADD, previous, &event));
    SHOW(epoll_ctl(over, EPOLL_CTL_ADD, last, &event));
}

CASE(corner, memory_advice) // madvise(2): EINVAL, EACCES, EBADF
{
    long page = 4096;
    char *own = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared[0] = own[0] = 'x';
    SHOW(madvise(own, page, MADV_REMOVE)); // EINVAL: private
    SHOW(madvise(shared, page, MADV_REMOVE));
    SHOW(shared[0]);
    SHOW(madvise(shared, page, MADV_FREE)); // EINVAL: only private anonymous memory
    SHOW(madvise(own, page, MADV_FREE));
    SHOW(madvise(shared, page, MADV_WIPEONFORK)); // EINVAL
    SHOW(madvise(own, page, MADV_POPULATE_WRITE));
    mprotect(own, page, PROT_READ);
    SHOW(madvise(own, page, MADV_POPULATE_WRITE)); // EINVAL: not writable any more
    SHOW(mlock(own, page));
    SHOW(madvise(own, page, MADV_DONTNEED)); // EINVAL: locked
}

CASE(corner, asynchronous_addresses) // io_submit(2), io_getevents(2): EFAULT
{
    aio_context_t context = 0;
    struct iocb one = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = open_file("file", "abc"), .aio_buf = 1, .aio_nbytes = 3 }, *list[1] = { &one };
    struct io_event event;
    SHOW(syscall(SYS_io_setup, 2, &context));
    SHOW(syscall(SYS_io_submit, context, 1L, bad()));
    list[0] = (struct iocb *)bad();
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    list[0] = &one;
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    SHOW(syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL));
    SHOW((long)event.res); // -EFAULT
    SHOW(syscall(SYS_io_getevents, 1L, 1L, 1L, &event, NULL)); // EINVAL: no such context
}

CASE(corner, message_queue_names) // mq_open(3), mq_unlink(3): EACCES, EEXIST, ENAMETOOLONG
{
    char name[32];
    sprintf(name, "/cases-%d", getpid());
    struct mq_attr limits = { .mq_maxmsg = 1, .mq_msgsize = 8 };
    SHOW_IF(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0, &limits) >= 0);
    SHOW(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &limits) == -1 && errno == EEXIST);
    SHOW(mq_open(name, O_RDONLY) == -1 && errno == EACCES);
    SHOW(mq_unlink(name));
    SHOW(syscall(SYS_mq_unlink, long_name(256)));
    SHOW(syscall(SYS_mq_open, long_name(256), O_RDONLY, 0, NULL));
    SHOW(syscall(SYS_mq_open, bad(), O_RDONLY, 0, NULL));
    SHOW(syscall(SYS_mq_open, "a/b", O_RDONLY, 0, NULL)); // EACCES: a slash
    SHOW(syscall(SYS_mq_notify, 99, NULL));
    SHOW(syscall(SYS_mq_getsetattr, 0, NULL, NULL));
    mqd_t fd = mq_open(name, O_RDWR | O_CREAT, 0600, &limits);
    mq_unlink(name);
    struct timespec wrong = { 0, 1000000000 }, past = { 1, 0 };
    mq_send(fd, "x", 1, 0);
    SHOW(mq_timedsend(fd, "x", 1, 0, &wrong));
    SHOW(mq_timedsend(fd, "x", 1, 0, &past)); // ETIMEDOUT
    struct sigevent event = { .sigev_notify = 99 };
    SHOW(mq_notify(fd, &event));
    event = (struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 99 };
    SHOW(mq_notify(fd, &event));
}

CASE(corner, message_queue_control) // msgctl(2), msgop(2): EFAULT, EINVAL, EIDRM
{
    struct msqid_ds state;
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    SHOW(msgctl(id, IPC_STAT, (struct msqid_ds *)bad()));
    SHOW(msgctl(id, 99, NULL));
    SHOW(msgctl(-1, IPC_STAT, &state));
    pid_t child = fork();
    if (child == 0) {
        struct { long type; char text[8]; } got;
        _exit(msgrcv(id, &got, 8, 0, 0) == -1 && (errno == EIDRM || errno == EINVAL) ? 0 : 1);
    }
    nap_ms(15);
    SHOW(msgctl(id, IPC_RMID, NULL));
    SHOW_WAIT(child);
    id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0);
    struct sembuf up = { 0, 1, 0 };
    SHOW(semop(id, &up, 1)); // EACCES
    semctl(id, 0, IPC_RMID);
}

CASE(corner, without_ownership) // open(2), utime(2), rmdir(2): EPERM, EACCES, EBUSY
{
    NOT_PRIVILEGED
    struct utimbuf times = { 1, 1 };
    SHOW(open("/", O_RDONLY | O_NOATIME)); // EPERM
    SHOW(utime("/", &times));              // EPERM
    SHOW(utime("/", NULL));                // EACCES
    SHOW(rmdir("/"));                      // EBUSY
    SHOW(unlink("/"));                     // EISDIR
    SHOW(mkdir("/new-of-a-case", 0755));   // EACCES
    SHOW(unlink("/proc"));
    SHOW(rmdir("/proc"));
}

CASE(corner, groups_address) // getgroups(2): EFAULT, EINVAL
{
    int count = syscall(SYS_getgroups, 0, NULL);
    SHOW_IF(count == 0 || (syscall(SYS_getgroups, 65536, bad()) == -1 && errno == EFAULT));
    SHOW(syscall(SYS_setgroups, 1, bad())); // EPERM first
}

CASE(corner, notification_of_directories) // fcntl(2): F_NOTIFY, ENOTDIR
{
    make_file("file", "");
    SHOW(fcntl(open("file", O_RDONLY), F_NOTIFY, DN_CREATE) == -1); // ENOTDIR, or EINVAL of a kernel without
    SHOW(fcntl(open("file", O_RDONLY), F_SETPIPE_SZ, 4096));
    int ends[2];
    pipe(ends);
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, 1 << 31)); // EINVAL, or EPERM
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, 1 << 30)); // EPERM: above the limit of a plain user
}

CASE(corner, dead_process_by_descriptor) // pidfd_getfd(2), setns(2): ESRCH
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    int fd = syscall(SYS_pidfd_open, child, 0);
    SHOW_WAIT(child);
    SHOW(syscall(SYS_pidfd_getfd, fd, 0, 0));
    SHOW(syscall(SYS_setns, fd, 0x20000) == -1);
    SHOW(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
    siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
    int own = syscall(SYS_pidfd_open, getpid(), 0);
    SHOW(syscall(SYS_pidfd_send_signal, own, SIGUSR2, &info, 0)); // EINVAL: another number
    SHOW(syscall(SYS_pidfd_send_signal, own, 0, bad(), 0));
    SHOW(syscall(SYS_pidfd_send_signal, own, 0, NULL, 1 << 20)); // EINVAL
}

CASE(corner, program_controls) // prctl(2): EFAULT, EINVAL, ENXIO
{
    SHOW(prctl(PR_SET_SECCOMP, 2, bad(), 0, 0) == -1);
    SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1, 1, 0, 0) == 0 || errno == EINVAL);
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, bad(), 0, 0, 0));
    SHOW(prctl(PR_GET_TSC, bad(), 0, 0, 0));
    int mode = 0;
    SHOW(prctl(PR_GET_TSC, &mode, 0, 0, 0));
    SHOW(mode);
    SHOW(prctl(PR_SET_TSC, 99, 0, 0, 0));
    SHOW(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0)); // EPERM
}
