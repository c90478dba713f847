// AF_UNIX: socketpair, streams, datagrams, packets, names, options.
#include "harness.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un name_of(const char *path)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    strncpy(name.sun_path, path, sizeof name.sun_path - 1);
    return name;
}

static int bind_to(int fd, const char *path)
{
    struct sockaddr_un name = name_of(path);
    return bind(fd, (struct sockaddr *)&name, sizeof name);
}

static int connect_to(int fd, const char *path)
{
    struct sockaddr_un name = name_of(path);
    return connect(fd, (struct sockaddr *)&name, sizeof name);
}

static int listener(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bind_to(fd, path);
    listen(fd, 5);
    return fd;
}

CASE(unix, socket_errors) // socket(2): EAFNOSUPPORT, EINVAL, EPROTONOSUPPORT
{
    SHOW(socket(AF_UNIX, SOCK_STREAM, 0));
    SHOW(socket(AF_UNIX, 77, 0));
    SHOW(socket(9999, SOCK_STREAM, 0));
    SHOW(socket(AF_UNIX, SOCK_STREAM, 99));
    SHOW(socket(AF_UNIX, SOCK_RDM, 0)); // ESOCKTNOSUPPORT
    int fd = SHOW(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    out("%d %o\n", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
    int ends[2];
    SHOW(socketpair(AF_INET, SOCK_STREAM, 0, ends)); // EOPNOTSUPP
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)bad()));
}

CASE(unix, pair_of_streams)
{
    int ends[2];
    char bytes[16];
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    SHOW(write(ends[0], "abc", 3));
    SHOW(send(ends[0], "def", 3, 0));
    SHOW(recv(ends[1], bytes, 16, MSG_PEEK));
    SHOW(read(ends[1], bytes, 4));
    SHOW(recv(ends[1], bytes, 16, 0));
    SHOW(recv(ends[1], bytes, 16, MSG_DONTWAIT)); // EAGAIN
    SHOW(write(ends[1], "back", 4));
    SHOW(read(ends[0], bytes, 16));
    close(ends[0]);
    SHOW(read(ends[1], bytes, 16));
    SHOW(send(ends[1], "x", 1, MSG_NOSIGNAL)); // EPIPE
}

CASE(unix, pair_of_datagrams)
{
    int ends[2];
    char bytes[4];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
    SHOW(write(ends[0], "abcdef", 6));
    SHOW(write(ends[0], "", 0));
    SHOW(write(ends[0], "g", 1));
    SHOW(recv(ends[1], bytes, 4, MSG_TRUNC)); // the real length
    SHOW(read(ends[1], bytes, 4));
    SHOW(read(ends[1], bytes, 4));
    close(ends[0]);
    SHOW(send(ends[1], "x", 1, MSG_NOSIGNAL)); // ECONNREFUSED
}

CASE(unix, pair_of_packets)
{
    int ends[2];
    char bytes[8];
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
    SHOW(write(ends[0], "abc", 3));
    SHOW(write(ends[0], "de", 2));
    SHOW(read(ends[1], bytes, 2));
    SHOW(read(ends[1], bytes, 8));
    close(ends[0]);
    SHOW(read(ends[1], bytes, 8));
}

CASE(unix, sigpipe)
{
    int ends[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    close(ends[0]);
    write(ends[1], "x", 1);
    out("not reached\n");
}

CASE(unix, listen_connect_accept)
{
    char bytes[8];
    int server = listener("socket"), client = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect_to(client, "socket"));
    int accepted = SHOW(accept4(server, NULL, NULL, SOCK_CLOEXEC));
    SHOW(fcntl(accepted, F_GETFD));
    SHOW(write(client, "hello", 5));
    SHOW(read(accepted, bytes, 8));
    SHOW(connect_to(client, "socket")); // EISCONN
    struct stat info;
    stat("socket", &info);
    out("%o\n", info.st_mode);
}

CASE(unix, connect_errors) // connect(2)
{
    struct sockaddr_un name = name_of("socket");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    make_file("file", "");
    SHOW(connect_to(fd, "missing"));
    SHOW(connect_to(fd, "file")); // ECONNREFUSED: no socket
    int bound = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(bind_to(bound, "socket"));
    SHOW(connect_to(fd, "socket")); // ECONNREFUSED: nobody listens
    int datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
    SHOW(connect_to(datagrams, "socket")); // EPROTOTYPE
    listen(bound, 1);
    chmod("socket", 0444);
    SHOW(connect_to(fd, "socket")); // EACCES
    SHOW(connect(99, (struct sockaddr *)&name, sizeof name));
    SHOW(connect(0, (struct sockaddr *)&name, sizeof name)); // ENOTSOCK
    SHOW(connect(fd, (struct sockaddr *)bad(), sizeof name));
    SHOW(connect(fd, (struct sockaddr *)&name, 1));
    name.sun_family = AF_INET;
    SHOW(connect(fd, (struct sockaddr *)&name, sizeof name));
    close(bound);
    chmod("socket", 0755);
    SHOW(connect_to(fd, "socket")); // the file stays after the socket
}

CASE(unix, bind_errors) // bind(2)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(bind_to(fd, "missing/socket"));
    SHOW(bind_to(fd, "socket"));
    SHOW(bind_to(fd, "again")); // EINVAL
    SHOW(bind_to(other, "socket")); // EADDRINUSE
    make_file("file", "");
    SHOW(bind_to(other, "file"));
    mkdir("fixed", 0555);
    SHOW(bind_to(other, "fixed/socket"));
    SHOW(bind_to(0, "x"));
    SHOW(bind_to(99, "x"));
}

CASE(unix, listen_and_accept_errors) // listen(2), accept(2)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
    SHOW(listen(fd, 1)); // EINVAL: no name
    SHOW(listen(datagrams, 1)); // EOPNOTSUPP
    SHOW(listen(0, 1));
    SHOW(listen(99, 1));
    SHOW(accept(fd, NULL, NULL)); // EINVAL: not listening
    SHOW(accept(datagrams, NULL, NULL));
    int server = listener("socket");
    fcntl(server, F_SETFL, O_NONBLOCK);
    SHOW(accept(server, NULL, NULL)); // EAGAIN
    SHOW(accept4(server, NULL, NULL, 1)); // EINVAL
}

CASE(unix, not_connected) // ENOTCONN, EINVAL
{
    char byte;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name;
    socklen_t length = sizeof name;
    SHOW(read(fd, &byte, 1));
    SHOW(send(fd, "x", 1, MSG_NOSIGNAL));
    SHOW(shutdown(fd, SHUT_RD));
    SHOW(getpeername(fd, (struct sockaddr *)&name, &length));
}

CASE(unix, names)
{
    struct sockaddr_un name = { 0 };
    socklen_t length = sizeof name;
    int server = listener("socket"), client = socket(AF_UNIX, SOCK_STREAM, 0);
    connect_to(client, "socket");
    SHOW(getsockname(server, (struct sockaddr *)&name, &length));
    out("%d %u \"%s\"\n", name.sun_family, length, name.sun_path);
    length = sizeof name;
    SHOW(getpeername(client, (struct sockaddr *)&name, &length));
    out("%u \"%s\"\n", length, name.sun_path);
    length = sizeof name;
    memset(&name, 'z', sizeof name);
    SHOW(getsockname(client, (struct sockaddr *)&name, &length));
    SHOW(length); // only the family: it has no name
    length = 1;
    SHOW(getsockname(server, (struct sockaddr *)&name, &length)); // cut
    SHOW(length);
    SHOW(getsockname(server, (struct sockaddr *)&name, (socklen_t *)bad()));
}

CASE(unix, abstract_names)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int one = socket(AF_UNIX, SOCK_STREAM, 0), two = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + 1 + sprintf(name.sun_path + 1, "cases-%d", getpid());
    SHOW(bind(one, (struct sockaddr *)&name, length));
    SHOW(bind(two, (struct sockaddr *)&name, length)); // EADDRINUSE
    listen(one, 1);
    SHOW(connect(client, (struct sockaddr *)&name, length));
    close(client);
    close(one);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect(client, (struct sockaddr *)&name, length)); // ECONNREFUSED: gone with its socket
    SHOW(bind(two, (struct sockaddr *)&name, sizeof name.sun_family)); // a name is made up
    length = sizeof name;
    getsockname(two, (struct sockaddr *)&name, &length);
    out("%u %d\n", length, name.sun_path[0]);
}

CASE(unix, datagrams_by_name)
{
    struct sockaddr_un name = name_of("server"), from = { 0 };
    socklen_t length = sizeof from;
    char bytes[8];
    int server = socket(AF_UNIX, SOCK_DGRAM, 0), client = socket(AF_UNIX, SOCK_DGRAM, 0);
    bind_to(server, "server");
    bind_to(client, "client");
    SHOW(sendto(client, "abc", 3, 0, (struct sockaddr *)&name, sizeof name));
    SHOW(recvfrom(server, bytes, 8, 0, (struct sockaddr *)&from, &length));
    out("%u \"%s\"\n", length, from.sun_path);
    SHOW(sendto(server, "de", 2, 0, (struct sockaddr *)&from, length));
    SHOW(recv(client, bytes, 8, 0));
    SHOW(send(client, "x", 1, 0)); // ENOTCONN
    SHOW(connect_to(client, "server"));
    SHOW(send(client, "x", 1, 0));
    unlink("server");
    SHOW(sendto(client, "x", 1, 0, (struct sockaddr *)&name, sizeof name)); // ENOENT
}

CASE(unix, shutdown)
{
    int ends[2];
    char byte;
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    SHOW(shutdown(ends[0], SHUT_WR));
    SHOW(read(ends[1], &byte, 1));
    SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL));
    SHOW(write(ends[1], "y", 1));
    SHOW(read(ends[0], &byte, 1));
    SHOW(shutdown(ends[0], 9));
    SHOW(shutdown(0, SHUT_RD));
    struct pollfd one = { ends[1], POLLIN | POLLOUT | POLLRDHUP, 0 };
    poll(&one, 1, 0);
    out("%x\n", one.revents);
}

CASE(unix, poll_and_queue)
{
    int ends[2], waiting;
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    struct pollfd one = { ends[0], POLLIN | POLLOUT, 0 };
    poll(&one, 1, 0);
    out("%x\n", one.revents);
    write(ends[1], "abc", 3);
    poll(&one, 1, 0);
    out("%x\n", one.revents);
    SHOW(ioctl(ends[0], FIONREAD, &waiting));
    SHOW(waiting);
    close(ends[1]);
    poll(&one, 1, 0);
    out("%x\n", one.revents);
    SHOW(lseek(ends[0], 0, SEEK_CUR));
}

CASE(unix, options) // getsockopt(2)
{
    int value = -1, fd = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t length = sizeof value;
    SHOW(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length));
    SHOW(value);
    SHOW(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &length));
    SHOW(value);
    SHOW(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length));
    SHOW(value);
    SHOW(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length));
    SHOW(value);
    SHOW(getsockopt(fd, SOL_SOCKET, 9999, &value, &length)); // ENOPROTOOPT
    SHOW(getsockopt(fd, 9999, SO_TYPE, &value, &length));
    SHOW(getsockopt(0, SOL_SOCKET, SO_TYPE, &value, &length));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_TYPE, &value, sizeof value));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &value, 1)); // EINVAL
    SHOW(getsockopt(fd, SOL_SOCKET, SO_TYPE, bad(), &length));
    struct timeval time = { 0, 20000 };
    int ends[2];
    char byte;
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
    SHOW(read(ends[0], &byte, 1)); // EAGAIN after the time
}

CASE(unix, backlog)
{
    int server = socket(AF_UNIX, SOCK_STREAM, 0), clients[3];
    bind_to(server, "socket");
    SHOW(listen(server, 1));
    for (int i = 0; i < 3; i++) {
        clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        SHOW(connect_to(clients[i], "socket")); // EAGAIN when it is full
    }
}
