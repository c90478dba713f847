// TCP over 127.0.0.1, on ports that the kernel chooses.
#include "loopback.h"
#include <netinet/tcp.h>
#include <sys/epoll.h>

static int server_at(struct sockaddr_in *name)
{
    int fd = bound(SOCK_STREAM, name);
    if (listen(fd, 5) != 0)
        out("listen errno %s\n", errno_name(errno));
    return fd;
}

// Two ends of one connection.
static void connected(int ends[2])
{
    struct sockaddr_in name;
    int server = server_at(&name);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(ends[0], (struct sockaddr *)&name, sizeof name) != 0)
        out("connect errno %s\n", errno_name(errno));
    ends[1] = accept(server, NULL, NULL);
    close(server);
}

CASE(inet, socket_errors)
{
    SHOW(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
    SHOW(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP)); // EPROTONOSUPPORT
    SHOW(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) == -1); // EPERM
    SHOW(socket(AF_INET, 77, 0));
    SHOW(socket(AF_PACKET, SOCK_RAW, 0) == -1);
}

CASE(inet, tcp_round_trip)
{
    struct sockaddr_in name, from;
    socklen_t length = sizeof from;
    char bytes[8];
    int server = server_at(&name), client = socket(AF_INET, SOCK_STREAM, 0);
    SHOW_IF(ntohs(name.sin_port) > 1023);
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    int accepted = SHOW(accept(server, (struct sockaddr *)&from, &length));
    out("%u %d %s\n", length, from.sin_family, inet_ntoa(from.sin_addr));
    SHOW(write(client, "ping", 4));
    SHOW(wait_for(accepted, POLLIN));
    SHOW(read(accepted, bytes, 8));
    SHOW(write(accepted, "pong!", 5));
    SHOW(wait_for(client, POLLIN));
    SHOW(read(client, bytes, 8));
    show_bytes("bytes", bytes, 5);
}

CASE(inet, tcp_end_of_file)
{
    int ends[2];
    char byte;
    connected(ends);
    SHOW(write(ends[0], "x", 1));
    SHOW(close(ends[0]));
    SHOW(wait_for(ends[1], POLLIN));
    SHOW(read(ends[1], &byte, 1));
    wait_for(ends[1], POLLRDHUP);
    SHOW(read(ends[1], &byte, 1));
    SHOW(read(ends[1], &byte, 1));
}

CASE(inet, tcp_half_close)
{
    int ends[2];
    char byte;
    connected(ends);
    SHOW(shutdown(ends[0], SHUT_WR));
    SHOW(read(ends[1], &byte, 1));
    SHOW(write(ends[1], "y", 1));
    SHOW(wait_for(ends[0], POLLIN));
    SHOW(read(ends[0], &byte, 1));
    SHOW(send(ends[0], "z", 1, MSG_NOSIGNAL)); // EPIPE
}

CASE(inet, tcp_reset)
{
    int ends[2];
    char byte;
    struct linger now = { 1, 0 };
    connected(ends);
    SHOW(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &now, sizeof now));
    close(ends[0]);
    SHOW((wait_for(ends[1], POLLIN) & POLLERR) != 0);
    SHOW(read(ends[1], &byte, 1)); // ECONNRESET
    SHOW(read(ends[1], &byte, 1));
    SHOW(send(ends[1], "x", 1, MSG_NOSIGNAL)); // EPIPE
}

CASE(inet, connection_refused)
{
    struct sockaddr_in name;
    int fd = bound(SOCK_STREAM, &name), client = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name)); // bound, but nobody listens
    close(fd);
}

CASE(inet, nonblocking_connect)
{
    struct sockaddr_in name;
    int server = server_at(&name), client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
    socklen_t length = sizeof error;
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name)); // EINPROGRESS
    SHOW(wait_for(client, POLLOUT));
    SHOW(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length));
    SHOW(error);
    SHOW(wait_for(server, POLLIN));
    SHOW(accept(server, NULL, NULL));
}

CASE(inet, nonblocking_refused)
{
    struct sockaddr_in name;
    int fd = bound(SOCK_STREAM, &name), client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
    socklen_t length = sizeof error;
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    SHOW((wait_for(client, POLLOUT) & POLLERR) != 0);
    SHOW(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length));
    SHOW_STRING(errno_name(error));
    SHOW(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length));
    SHOW(error); // read once
    close(fd);
}

CASE(inet, bind_errors) // bind(2): EADDRINUSE, EADDRNOTAVAIL, EACCES, EINVAL
{
    struct sockaddr_in name, other;
    server_at(&name);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(bind(fd, (struct sockaddr *)&name, sizeof name));
    other = local(0);
    other.sin_addr.s_addr = inet_addr("192.0.2.1"); // TEST-NET: nobody's
    SHOW(bind(fd, (struct sockaddr *)&other, sizeof other));
    other = local(0);
    SHOW(bind(fd, (struct sockaddr *)&other, 4));
    other.sin_family = AF_UNIX;
    SHOW(bind(fd, (struct sockaddr *)&other, sizeof other)); // EAFNOSUPPORT
    other = local(0);
    SHOW(bind(fd, (struct sockaddr *)&other, sizeof other));
    SHOW(bind(fd, (struct sockaddr *)&other, sizeof other)); // EINVAL: bound already
}

CASE(inet, accept_errors)
{
    struct sockaddr_in name;
    int fd = bound(SOCK_STREAM, &name), server = server_at(&name), udp = bound(SOCK_DGRAM, &name);
    SHOW(accept(fd, NULL, NULL));
    SHOW(accept(udp, NULL, NULL));
    SHOW(listen(udp, 1));
    fcntl(server, F_SETFL, O_NONBLOCK);
    SHOW(accept(server, NULL, NULL));
    char byte;
    SHOW(read(server, &byte, 1)); // ENOTCONN
}

CASE(inet, not_connected)
{
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    char byte;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(read(fd, &byte, 1));
    SHOW(send(fd, "x", 1, MSG_NOSIGNAL));
    SHOW(getpeername(fd, (struct sockaddr *)&name, &length));
    SHOW(shutdown(fd, SHUT_WR));
    SHOW(getsockname(fd, (struct sockaddr *)&name, &length));
    out("%d %d\n", name.sin_family, ntohs(name.sin_port));
}

CASE(inet, options)
{
    int value = -1, fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t length = sizeof value;
    SHOW(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, &length));
    SHOW(value);
    value = 1;
    SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value));
    SHOW(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value));
    value = 0;
    SHOW(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &length));
    SHOW(value);
    SHOW(getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &length));
    SHOW(value);
    SHOW(getsockopt(fd, IPPROTO_TCP, 9999, &value, &length)); // ENOPROTOOPT
    SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 1)); // EINVAL
    SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, bad(), sizeof value));
    value = 1;
    SHOW(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value));
}

CASE(inet, address_can_be_used_again)
{
    struct sockaddr_in name;
    int ends[2], on = 1, server = server_at(&name);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); // the accepted one inherits it
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    connect(ends[0], (struct sockaddr *)&name, sizeof name);
    ends[1] = accept(server, NULL, NULL);
    close(server);
    int again = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(bind(again, (struct sockaddr *)&name, sizeof name)); // EADDRINUSE: a connection has it
    close(ends[1]);
    close(ends[0]);
    again = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(bind(again, (struct sockaddr *)&name, sizeof name)); // EADDRINUSE: its last packets may be on the way
    setsockopt(again, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    SHOW(bind(again, (struct sockaddr *)&name, sizeof name));
}

CASE(inet, large_transfer)
{
    int ends[2];
    static char bytes[65536];
    connected(ends);
    pid_t child = fork();
    if (child == 0) {
        long total = 0, count, sum = 0;
        close(ends[0]);
        while ((count = read(ends[1], bytes, sizeof bytes)) > 0)
            for (long i = 0; i < count; i++)
                sum += (unsigned char)bytes[i] ^ (total++ & 0xff);
        out("%ld %ld\n", total, sum);
        _exit(0);
    }
    close(ends[1]);
    for (int i = 0; i < (int)sizeof bytes; i++)
        bytes[i] = (char)i;
    for (int i = 0; i < 16; i++)
        for (long done = 0; done < (long)sizeof bytes;)
            done += write(ends[0], bytes + done, sizeof bytes - done);
    close(ends[0]);
    SHOW_WAIT(child);
}

CASE(inet, peek_and_wait_all)
{
    int ends[2];
    char bytes[8];
    connected(ends);
    pid_t child = fork();
    if (child == 0) {
        write(ends[0], "abc", 3);
        nap_ms(10);
        write(ends[0], "def", 3);
        _exit(0);
    }
    wait_for(ends[1], POLLIN);
    SHOW(recv(ends[1], bytes, 2, MSG_PEEK));
    SHOW(recv(ends[1], bytes, 6, MSG_WAITALL));
    show_bytes("bytes", bytes, 6);
    SHOW_WAIT(child);
}

CASE(inet, epoll_of_a_connection)
{
    int ends[2], fd = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP };
    connected(ends);
    SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, ends[1], &event));
    SHOW(epoll_wait(fd, &event, 1, 1000));
    out("%x\n", event.events);
    shutdown(ends[0], SHUT_WR);
    wait_for(ends[1], POLLRDHUP);
    SHOW(epoll_wait(fd, &event, 1, 1000));
    out("%x\n", event.events);
}
