// Sockets that keep messages apart, and what goes beside bytes in a stream: SOCK_SEQPACKET, queues that fill up, control data that is cut.
#include "harness.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

static void show_events(int fd)
{
    struct pollfd one = { fd, POLLIN | POLLOUT | POLLRDHUP, 0 };
    poll(&one, 1, 0);
    out("events %x\n", one.revents);
}

CASE(packet, one_call_is_one_packet)
{
    int ends[2];
    char bytes[8];
    struct iovec parts[] = { { "ab", 2 }, { "cde", 3 } }, to = { bytes, 3 };
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
    SHOW(writev(ends[0], parts, 2));
    SHOW(recv(ends[1], bytes, 8, MSG_PEEK));
    SHOW(recv(ends[1], bytes, 2, MSG_TRUNC));
    SHOW(send(ends[0], "", 0, 0));
    SHOW(recv(ends[1], bytes, 8, MSG_DONTWAIT));
    SHOW(recv(ends[1], bytes, 8, MSG_DONTWAIT));
    SHOW(writev(ends[0], parts, 2));
    struct msghdr message = { .msg_iov = &to, .msg_iovlen = 1 };
    SHOW(recvmsg(ends[1], &message, 0));
    SHOW(message.msg_flags);
}

CASE(packet, closed_or_not_connected)
{
    int ends[2], fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    char byte;
    SHOW(recv(fd, &byte, 1, 0));
    SHOW(send(fd, "x", 1, 0));
    show_events(fd);
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
    close(ends[0]);
    show_events(ends[1]);
    SHOW(read(ends[1], &byte, 1));
    SHOW(write(ends[1], "x", 1)); // EPIPE, and no signal
}

CASE(packet, a_full_queue)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "socket" };
    int server = socket(AF_UNIX, SOCK_DGRAM, 0), client = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), count = 0;
    char byte;
    bind(server, (struct sockaddr *)&name, sizeof name);
    connect(client, (struct sockaddr *)&name, sizeof name);
    while (send(client, "x", 1, 0) == 1)
        count++;
    SHOW_STRING(errno_name(errno));
    SHOW_IF(count > 1);
    show_events(client);
    SHOW(recv(server, &byte, 1, 0));
    show_events(client);
    SHOW(sendto(client, "abc", 3, 0, (struct sockaddr *)&name, sizeof name));
}

CASE(packet, only_the_peer_may_send)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int ends[2], fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t length = sizeof name;
    SHOW(bind(ends[0] = socket(AF_UNIX, SOCK_DGRAM, 0), (struct sockaddr *)&name, sizeof name.sun_family));
    SHOW(getsockname(ends[0], (struct sockaddr *)&name, &length));
    SHOW(connect(ends[0], (struct sockaddr *)&name, length)); // to itself
    SHOW(sendto(fd, "x", 1, 0, (struct sockaddr *)&name, length)); // EPERM
    SHOW(connect(fd, (struct sockaddr *)&name, length));
    SHOW(send(ends[0], "y", 1, 0));
    int waiting = -1;
    SHOW(ioctl(ends[0], FIONREAD, &waiting));
    SHOW(waiting);
}

CASE(packet, too_large)
{
    int ends[2], size = 0;
    socklen_t length = sizeof size;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
    getsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, &length);
    char *bytes = calloc(1, size);
    SHOW_IF(send(ends[0], bytes, size, 0) == -1 && errno == EMSGSIZE);
    SHOW_IF(send(ends[0], bytes, size - 32, 0) == size - 32);
}

static struct msghdr with_fds(struct iovec *data, char *control, int fd, int count)
{
    struct msghdr message = { .msg_iov = data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof(int)) };
    for (int i = 0; i < count; i++)
        memcpy(CMSG_DATA(head) + i * sizeof fd, &fd, sizeof fd);
    return message;
}

static void show_received(int fd, int room, int size, int flags)
{
    char control[128] = { 0 }, bytes[64];
    struct iovec data = { bytes, size };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room };
    SHOW(recvmsg(fd, &message, flags));
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    out("flags %x control %zu message %zu\n", message.msg_flags, (size_t)message.msg_controllen, head ? (size_t)head->cmsg_len : 0);
}

CASE(packet, descriptors_end_a_read)
{
    char control[128] = { 0 };
    struct iovec data = { "with", 4 };
    int ends[2], fd = open("/dev/null", O_RDONLY);
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    struct msghdr message = with_fds(&data, control, fd, 3);
    SHOW(write(ends[0], "before", 6));
    SHOW(sendmsg(ends[0], &message, 0));
    SHOW(write(ends[0], "after", 5));
    show_received(ends[1], CMSG_SPACE(2 * sizeof(int)), 64, 0); // room for two of three
    show_received(ends[1], 128, 64, 0);
    SHOW(sendmsg(ends[0], &message, 0));
    show_received(ends[1], 128, 2, MSG_PEEK); // a copy
    show_received(ends[1], 128, 2, 0);
    show_received(ends[1], 128, 2, 0); // they came with the first byte
}

CASE(packet, control_data_that_is_wrong)
{
    char control[128] = { 0 };
    struct iovec data = { "with", 4 };
    int ends[2], fd = open("/dev/null", O_RDONLY);
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    struct msghdr message = with_fds(&data, control, fd, 1);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_len = 4;
    SHOW(sendmsg(ends[0], &message, 0)); // EINVAL
    head->cmsg_len = CMSG_LEN(sizeof fd);
    head->cmsg_type = 77;
    SHOW(sendmsg(ends[0], &message, 0)); // EINVAL
    head->cmsg_level = 77;
    SHOW(sendmsg(ends[0], &message, 0)); // not for it
    message.msg_iovlen = 2000;
    SHOW(sendmsg(ends[0], &message, 0)); // EMSGSIZE
    SHOW(sendmsg(ends[0], (struct msghdr *)bad(), 0));
    SHOW(recvmsg(ends[1], (struct msghdr *)bad(), 0));
}

CASE(packet, writers_are_not_glued_together) // unix(7), SO_PASSCRED
{
    int ends[2], on = 1;
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    SHOW(write(ends[0], "aa", 2));
    pid_t child = fork();
    if (child == 0)
        _exit(write(ends[0], "bb", 2) == 2 ? 0 : 1);
    SHOW_WAIT(child);
    show_received(ends[1], 128, 64, 0);
    show_received(ends[1], 128, 64, 0);
    SHOW(write(ends[0], "cc", 2));
    show_received(ends[1], 0, 64, 0); // MSG_CTRUNC
}

CASE(packet, times_and_signals) // socket(7), SO_RCVTIMEO; signal(7): not begun again
{
    int ends[2];
    char byte;
    struct timeval time = { 0, 2000000 }, long_time = { 4, 0 };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time)); // EDOM
    SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, 4));           // EINVAL
    SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &long_time, sizeof long_time));
    socklen_t length = sizeof time;
    SHOW(getsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, &length));
    out("%ld %ld %u\n", (long)time.tv_sec, (long)time.tv_usec, length);
    sigaction(SIGPIPE, &ignore, NULL);
    close(ends[1]);
    SHOW(write(ends[0], "x", 1));
    SHOW(read(ends[0], &byte, 1));
}
