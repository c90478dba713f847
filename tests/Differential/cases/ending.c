// How connections end, as each end sees it: unread data, half closes, resets, listeners that go.
#include "loopback.h"
#include <sys/un.h>

static const struct sockaddr *unspecified(void)
{
    static const struct sockaddr name = { .sa_family = AF_UNSPEC };
    return &name;
}

static void stream_pair(int ends[2])
{
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static void tcp_pair(int ends[2])
{
    struct sockaddr_in name;
    int server = bound(SOCK_STREAM, &name);
    listen(server, 5);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    connect(ends[0], (struct sockaddr *)&name, sizeof name);
    ends[1] = accept(server, NULL, NULL);
    close(server);
}

static void show_events(int fd, int until)
{
    wait_for(fd, until);
    struct pollfd one = { fd, POLLIN | POLLOUT | POLLRDHUP, 0 };
    poll(&one, 1, 0);
    out("events %x\n", one.revents);
}

static int pending_error(int fd)
{
    int error = -1;
    socklen_t length = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
}

CASE(ending, unread_data_is_an_error_for_the_writer)
{
    int ends[2];
    char bytes[8];
    stream_pair(ends);
    write(ends[0], "unread", 6);
    close(ends[1]);
    show_events(ends[0], POLLIN);
    SHOW(read(ends[0], bytes, 8)); // ECONNRESET, once
    SHOW(read(ends[0], bytes, 8));
}

CASE(ending, a_closed_stream_is_a_broken_pipe_before_its_error)
{
    int ends[2];
    char byte;
    stream_pair(ends);
    write(ends[1], "u", 1);
    close(ends[0]);
    SHOW(send(ends[1], "x", 1, MSG_NOSIGNAL));
    SHOW(read(ends[1], &byte, 1)); // ECONNRESET
    SHOW(read(ends[1], &byte, 1));
}

CASE(ending, what_was_sent_is_read_before_the_end)
{
    int ends[2];
    char bytes[8];
    stream_pair(ends);
    write(ends[0], "zz", 2);
    close(ends[0]);
    show_events(ends[1], POLLIN);
    SHOW(recv(ends[1], bytes, 8, MSG_WAITALL));
    SHOW(recv(ends[1], bytes, 8, MSG_WAITALL));
}

CASE(ending, a_reader_that_has_shut_down)
{
    int ends[2];
    char byte;
    stream_pair(ends);
    SHOW(shutdown(ends[0], SHUT_RD));
    SHOW(send(ends[1], "x", 1, MSG_NOSIGNAL));
    SHOW(read(ends[0], &byte, 1));
    show_events(ends[0], POLLIN);
    show_events(ends[1], POLLOUT);
}

CASE(ending, listener_closes_before_accept)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "socket" };
    char bytes[8];
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(server, (struct sockaddr *)&name, sizeof name);
    listen(server, 3);
    connect(client, (struct sockaddr *)&name, sizeof name);
    close(server);
    SHOW(read(client, bytes, 8)); // ECONNRESET
    SHOW(read(client, bytes, 8));
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
}

CASE(ending, client_closes_before_accept)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "socket" };
    char bytes[8];
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(server, (struct sockaddr *)&name, sizeof name);
    listen(server, 3);
    connect(client, (struct sockaddr *)&name, sizeof name);
    SHOW(write(client, "early", 5));
    close(client);
    int accepted = SHOW(accept(server, NULL, NULL));
    SHOW(read(accepted, bytes, 8));
    SHOW(read(accepted, bytes, 8));
}

CASE(ending, datagrams_that_a_reconnect_throws_away)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "socket" };
    int ends[2], third = socket(AF_UNIX, SOCK_DGRAM, 0);
    bind(third, (struct sockaddr *)&name, sizeof name);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
    SHOW(send(ends[1], "lost", 4, 0));
    SHOW(connect(ends[0], (struct sockaddr *)&name, sizeof name));
    SHOW(send(ends[1], "x", 1, 0)); // ECONNRESET
    SHOW(connect(ends[0], unspecified(), sizeof(struct sockaddr)));
    SHOW(send(ends[0], "x", 1, 0)); // ENOTCONN
}

CASE(ending, tcp_write_after_the_peer_has_gone)
{
    int ends[2];
    char byte;
    tcp_pair(ends);
    close(ends[1]);
    show_events(ends[0], POLLRDHUP);
    SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL)); // answered by a reset
    wait_for(ends[0], POLLERR);
    SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL));
    SHOW(pending_error(ends[0]));
    SHOW(read(ends[0], &byte, 1));
}

CASE(ending, tcp_unread_data_resets)
{
    int ends[2];
    char byte;
    tcp_pair(ends);
    write(ends[0], "data", 4);
    wait_for(ends[1], POLLIN);
    close(ends[1]);
    show_events(ends[0], POLLHUP);
    SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL)); // ECONNRESET
    SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL)); // EPIPE
    SHOW(read(ends[0], &byte, 1));
}

CASE(ending, tcp_both_ends_shut_down)
{
    int ends[2];
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    tcp_pair(ends);
    SHOW(shutdown(ends[0], SHUT_WR));
    show_events(ends[1], POLLRDHUP);
    SHOW(shutdown(ends[1], SHUT_WR));
    show_events(ends[1], POLLHUP);
    show_events(ends[0], POLLHUP);
    SHOW(shutdown(ends[1], SHUT_WR)); // ENOTCONN: it is no more
    SHOW(getpeername(ends[0], (struct sockaddr *)&name, &length));
}

CASE(ending, tcp_reading_is_shut_but_not_the_way)
{
    int ends[2];
    char byte;
    tcp_pair(ends);
    SHOW(shutdown(ends[0], SHUT_RD));
    SHOW(read(ends[0], &byte, 1));
    SHOW(write(ends[1], "q", 1)); // arrives all the same
    nap_ms(5);
    SHOW(read(ends[0], &byte, 1));
    SHOW(read(ends[0], &byte, 1));
}

CASE(ending, tcp_disconnect)
{
    int ends[2];
    char byte;
    tcp_pair(ends);
    SHOW(connect(ends[0], unspecified(), sizeof(struct sockaddr)));
    wait_for(ends[1], POLLERR);
    SHOW(read(ends[1], &byte, 1));
    SHOW(read(ends[0], &byte, 1)); // ECONNRESET
    SHOW(read(ends[0], &byte, 1)); // ENOTCONN
}

CASE(ending, tcp_connect_again_after_a_refusal)
{
    struct sockaddr_in name;
    int server = bound(SOCK_STREAM, &name), client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    show_events(client, POLLERR);
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name)); // ECONNREFUSED
    show_events(client, POLLOUT);
    listen(server, 1);
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    wait_for(client, POLLOUT);
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name)); // tells that it went well
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name)); // EISCONN
}

CASE(ending, tcp_listener_shut_down)
{
    struct sockaddr_in name;
    int server = bound(SOCK_STREAM, &name);
    listen(server, 1);
    SHOW(shutdown(server, SHUT_RD));
    SHOW(accept(server, NULL, NULL)); // EINVAL
    show_events(server, POLLOUT);
}
