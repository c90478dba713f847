// What AF_UNIX carries beside bytes: SCM_RIGHTS, SCM_CREDENTIALS, SO_PEERCRED; several messages in one call.
#include "harness.h"
#include <sys/socket.h>
#include <sys/un.h>

static long send_fd(int to, int fd)
{
    char control[CMSG_SPACE(sizeof fd)] = { 0 };
    struct iovec data = { "F", 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd) };
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    return sendmsg(to, &message, 0);
}

static int receive_fd(int from, int flags)
{
    char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
    int fd = -1;
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    long count = recvmsg(from, &message, flags);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (count == 1 && head && head->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(head), sizeof fd);
    return fd;
}

CASE(message, pass_a_descriptor)
{
    int ends[2], file = open_file("file", "through");
    char bytes[8];
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    SHOW(send_fd(ends[0], file));
    lseek(file, 3, SEEK_SET);
    close(file);
    int fd = SHOW(receive_fd(ends[1], MSG_CMSG_CLOEXEC));
    SHOW(fcntl(fd, F_GETFD));
    long count = SHOW(read(fd, bytes, 8)); // the offset is shared
    show_bytes("bytes", bytes, count);
    SHOW(send_fd(ends[0], 99)); // EBADF
}

CASE(message, pass_a_descriptor_to_a_child)
{
    int ends[2], pipe_ends[2];
    char byte = 0;
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    pid_t child = fork();
    if (child == 0) {
        int fd = receive_fd(ends[1], 0);
        _exit(write(fd, "k", 1) == 1 ? 0 : 1);
    }
    pipe(pipe_ends);
    send_fd(ends[0], pipe_ends[1]);
    close(pipe_ends[1]);
    SHOW(read(pipe_ends[0], &byte, 1));
    SHOW(byte);
    SHOW_WAIT(child);
    SHOW(read(pipe_ends[0], &byte, 1));
}

CASE(message, descriptor_not_taken_is_closed)
{
    int ends[2], pipe_ends[2];
    char byte;
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    pipe(pipe_ends);
    send_fd(ends[0], pipe_ends[1]);
    close(pipe_ends[1]);
    SHOW(read(ends[1], &byte, 1)); // without room for control data
    SHOW(read(pipe_ends[0], &byte, 1));
}

CASE(message, no_room_for_control_data) // recvmsg(2): MSG_CTRUNC
{
    int ends[2], fd = open("/dev/null", O_RDONLY);
    char byte, control[8];
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    send_fd(ends[0], fd);
    SHOW(recvmsg(ends[1], &message, 0));
    SHOW((message.msg_flags & MSG_CTRUNC) != 0);
}

CASE(message, peer_credentials)
{
    struct ucred who = { 0 };
    socklen_t length = sizeof who;
    int ends[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    SHOW(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &who, &length));
    SHOW(length);
    SHOW_IF(who.pid == getpid() && who.uid == getuid() && who.gid == getgid());
    struct sockaddr_un name = { AF_UNIX, "socket" };
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(server, (struct sockaddr *)&name, sizeof name);
    listen(server, 1);
    pid_t child = fork();
    if (child == 0) {
        connect(client, (struct sockaddr *)&name, sizeof name);
        pause();
    }
    int accepted = accept(server, NULL, NULL);
    getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &who, &length);
    SHOW_IF(who.pid == child);
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

CASE(message, message_credentials)
{
    int ends[2], on = 1;
    char byte, control[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
    SHOW(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    SHOW(send(ends[0], "x", 1, 0));
    SHOW(recvmsg(ends[1], &message, 0));
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    SHOW_IF(head && head->cmsg_type == SCM_CREDENTIALS);
    struct ucred who;
    memcpy(&who, CMSG_DATA(head), sizeof who);
    SHOW_IF(who.pid == getpid() && who.uid == getuid());
}

CASE(message, many_messages) // sendmmsg(2), recvmmsg(2)
{
    int ends[2];
    char one[4] = "", two[4] = "";
    struct iovec from[] = { { "abc", 3 }, { "d", 1 } }, to[] = { { one, 4 }, { two, 4 } };
    struct mmsghdr out_messages[2] = { { .msg_hdr = { .msg_iov = &from[0], .msg_iovlen = 1 } }, { .msg_hdr = { .msg_iov = &from[1], .msg_iovlen = 1 } } };
    struct mmsghdr in_messages[2] = { { .msg_hdr = { .msg_iov = &to[0], .msg_iovlen = 1 } }, { .msg_hdr = { .msg_iov = &to[1], .msg_iovlen = 1 } } };
    socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
    SHOW(sendmmsg(ends[0], out_messages, 2, 0));
    SHOW(recvmmsg(ends[1], in_messages, 2, 0, NULL));
    out("%u %u %.3s %.1s\n", in_messages[0].msg_len, in_messages[1].msg_len, one, two);
    SHOW(recvmmsg(ends[1], in_messages, 2, MSG_DONTWAIT, NULL));
    SHOW(sendmmsg(99, out_messages, 2, 0));
}
