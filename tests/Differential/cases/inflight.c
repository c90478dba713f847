// Sockets that lie in each other's messages end when nobody can reach them, and what they carry ends with them (unix(7)).
#include "harness.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static void send_files(int to, const int *fds, int count)
{
    char byte = 'x', space[CMSG_SPACE(3 * sizeof(int))] = "";
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    SHOW(sendmsg(to, &message, 0));
}

static void show_end(int fd)
{
    char byte;
    struct pollfd end = { fd, POLLIN, 0 };
    SHOW(poll(&end, 1, 3000));
    SHOW(read(fd, &byte, 1)); // 0: the writer has gone
}

static void close_another(void)
{
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    close(pair[0]);
    close(pair[1]);
}

CASE(inflight, socket_that_carries_itself)
{
    int pair[2], carried[2];
    pipe(carried);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    int files[] = { pair[1], carried[1] };
    send_files(pair[0], files, 2);
    close(carried[1]);
    close(pair[1]);
    close(pair[0]);
    close_another();
    show_end(carried[0]);
}

CASE(inflight, sockets_that_carry_each_other)
{
    int first[2], second[2], carried[2];
    pipe(carried);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, first);
    socketpair(AF_UNIX, SOCK_STREAM, 0, second);
    int into_first[] = { second[1], second[0], carried[1] }, into_second[] = { first[1], first[0] };
    send_files(first[0], into_first, 3);
    send_files(second[0], into_second, 2);
    for (int i = 0; i < 2; i++) {
        close(first[i]);
        close(second[i]);
    }
    close(carried[1]);
    close_another();
    show_end(carried[0]);
}

CASE(inflight, carried_sockets_that_somebody_can_reach)
{
    char byte, space[CMSG_SPACE(2 * sizeof(int))];
    int pair[2], way[2], carried[2], fd;
    pipe(carried);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    socketpair(AF_UNIX, SOCK_STREAM, 0, way);
    int itself[] = { pair[1], carried[1] };
    send_files(pair[0], itself, 2);
    send_files(way[0], &pair[1], 1);
    close(carried[1]);
    close(pair[0]);
    close(pair[1]);
    close_another();
    struct pollfd end = { carried[0], POLLIN, 0 };
    SHOW(poll(&end, 1, 100)); // by way[1] it is still to be had
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space };
    SHOW(recvmsg(way[1], &message, 0));
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    message.msg_controllen = sizeof space;
    SHOW(recvmsg(fd, &message, 0));
    int got[2];
    memcpy(got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof got);
    SHOW(write(got[1], "y", 1));
    SHOW(read(carried[0], &byte, 1));
}

CASE(inflight, unaccepted_connection_that_carries_its_listener)
{
    int carried[2], server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name = { AF_UNIX, "socket" };
    pipe(carried);
    bind(server, (struct sockaddr *)&name, sizeof name);
    listen(server, 3);
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    int files[] = { server, carried[1] };
    send_files(client, files, 2);
    close(carried[1]);
    close(server);
    close(client);
    close_another();
    show_end(carried[0]);
}
