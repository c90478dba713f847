// Who may have a port beside whom: SO_REUSEADDR, SO_REUSEPORT, IPV6_V6ONLY; and addresses of both families on one socket.
#include "loopback.h"

static struct sockaddr_in at(uint32_t address, int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address) };
}

static struct sockaddr_in6 at6(const char *address, int port)
{
    struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    inet_pton(AF_INET6, address, &name.sin6_addr);
    return name;
}

static int bind_to(int fd, struct sockaddr_in name)
{
    return bind(fd, (struct sockaddr *)&name, sizeof name);
}

static int bind_to6(int fd, struct sockaddr_in6 name)
{
    return bind(fd, (struct sockaddr *)&name, sizeof name);
}

static int port_of(int fd)
{
    struct sockaddr_in6 name; // the port lies at the same place in both families
    socklen_t length = sizeof name;
    getsockname(fd, (struct sockaddr *)&name, &length);
    return ntohs(name.sin6_port);
}

static void set(int fd, int level, int option)
{
    int on = 1;
    if (setsockopt(fd, level, option, &on, sizeof on) != 0)
        out("setsockopt errno %s\n", errno_name(errno));
}

static void show_name(int fd, bool of_peer)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    char text[INET6_ADDRSTRLEN] = "";
    if ((of_peer ? getpeername : getsockname)(fd, (struct sockaddr *)&name, &length) != 0) {
        out("name errno %s\n", errno_name(errno));
        return;
    }
    if (name.ss_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)&name)->sin_addr, text, sizeof text);
    else
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&name)->sin6_addr, text, sizeof text);
    out("family %d length %u address %s\n", name.ss_family, length, text);
}

CASE(port, one_address_or_all)
{
    struct sockaddr_in name;
    int server = bound(SOCK_STREAM, &name), other = socket(AF_INET, SOCK_STREAM, 0), port = port_of(server);
    SHOW(bind_to(other, at(INADDR_ANY, port)));         // EADDRINUSE
    SHOW(bind_to(other, at(INADDR_LOOPBACK + 1, port))); // another address
}

CASE(port, reuse_of_an_address)
{
    struct sockaddr_in name;
    int first = socket(AF_INET, SOCK_STREAM, 0), second = socket(AF_INET, SOCK_STREAM, 0), third = bound(SOCK_STREAM, &name);
    set(first, SOL_SOCKET, SO_REUSEADDR);
    set(second, SOL_SOCKET, SO_REUSEADDR);
    SHOW(bind_to(second, name)); // EADDRINUSE: the other has not asked for it
    close(third);
    SHOW(bind_to(first, name));
    SHOW(bind_to(second, name));
    SHOW(listen(first, 1));
    SHOW(listen(second, 1)); // EADDRINUSE
    close(first);
    SHOW(listen(second, 1));
}

CASE(port, reuse_of_a_port)
{
    int first = socket(AF_INET, SOCK_STREAM, 0), second = socket(AF_INET, SOCK_STREAM, 0), third = socket(AF_INET, SOCK_STREAM, 0);
    set(first, SOL_SOCKET, SO_REUSEPORT);
    set(second, SOL_SOCKET, SO_REUSEPORT);
    bind_to(first, local(0));
    SHOW(bind_to(second, local(port_of(first))));
    SHOW(listen(first, 5));
    SHOW(listen(second, 5));
    SHOW(bind_to(third, local(port_of(first)))); // EADDRINUSE
}

CASE(port, the_last_bound_gets_a_datagram)
{
    int first = socket(AF_INET, SOCK_DGRAM, 0), second = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    char byte;
    set(first, SOL_SOCKET, SO_REUSEADDR);
    set(second, SOL_SOCKET, SO_REUSEADDR);
    bind_to(first, at(INADDR_ANY, 0));
    SHOW(bind_to(second, at(INADDR_ANY, port_of(first))));
    struct sockaddr_in name = local(port_of(first));
    SHOW(sendto(sender, "x", 1, 0, (struct sockaddr *)&name, sizeof name));
    wait_for(second, POLLIN);
    SHOW(recv(first, &byte, 1, MSG_DONTWAIT));
    SHOW(recv(second, &byte, 1, MSG_DONTWAIT));
}

CASE(port, a_socket_of_both_families)
{
    int server = socket(AF_INET6, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), client6 = socket(AF_INET6, SOCK_STREAM, 0), mapped = socket(AF_INET6, SOCK_STREAM, 0);
    SHOW(bind_to6(server, at6("::", 0)));
    SHOW(listen(server, 5));
    show_name(server, false);
    SHOW(bind_to(socket(AF_INET, SOCK_STREAM, 0), at(INADDR_ANY, port_of(server)))); // EADDRINUSE
    struct sockaddr_in name = local(port_of(server));
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    show_name(accept(server, NULL, NULL), true); // ::ffff:127.0.0.1
    struct sockaddr_in6 name6 = at6("::1", port_of(server));
    SHOW(connect(client6, (struct sockaddr *)&name6, sizeof name6));
    show_name(client6, false);
    name6 = at6("::ffff:127.0.0.1", port_of(server));
    SHOW(connect(mapped, (struct sockaddr *)&name6, sizeof name6));
    show_name(mapped, false);
    show_name(mapped, true);
}

CASE(port, a_socket_of_one_family)
{
    int server = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    set(server, IPPROTO_IPV6, IPV6_V6ONLY);
    SHOW(bind_to6(server, at6("::", 0)));
    SHOW(bind_to(socket(AF_INET, SOCK_STREAM, 0), at(INADDR_ANY, port_of(server))));
    SHOW(setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on)); // EINVAL: too late
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    SHOW(bind_to6(fd, at6("2001:db8::1", 0))); // EADDRNOTAVAIL: documentation's
    struct sockaddr_in6 name = at6("::", 0);
    SHOW(bind(fd, (struct sockaddr *)&name, 20)); // EINVAL
    name.sin6_family = AF_INET;
    SHOW(bind(fd, (struct sockaddr *)&name, sizeof name)); // EAFNOSUPPORT
    SHOW(setsockopt(socket(AF_INET, SOCK_STREAM, 0), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
}

CASE(port, bind_without_a_family)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name = at(INADDR_LOOPBACK, 0);
    name.sin_family = AF_UNSPEC;
    SHOW(bind_to(fd, name)); // EAFNOSUPPORT
    name.sin_addr.s_addr = htonl(INADDR_ANY);
    SHOW(bind_to(fd, name)); // for old programs
}

CASE(port, addresses_of_a_connection)
{
    int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), any = socket(AF_INET, SOCK_STREAM, 0);
    bind_to(server, at(INADDR_ANY, 0));
    listen(server, 5);
    struct sockaddr_in name = at(INADDR_LOOPBACK + 4, port_of(server));
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    int accepted = accept(server, NULL, NULL);
    show_name(client, false);
    show_name(client, true);
    show_name(accepted, false);
    show_name(accepted, true);
    name = at(INADDR_ANY, port_of(server)); // this machine
    SHOW(connect(any, (struct sockaddr *)&name, sizeof name));
    show_name(any, true);
    SHOW(bind_to(client, at(INADDR_ANY, 0)));
    SHOW(listen(client, 1));
    SHOW(connect(server, (struct sockaddr *)&name, sizeof name));
}

CASE(port, a_datagram_socket_connects_and_parts)
{
    struct sockaddr_in name;
    struct sockaddr nothing = { .sa_family = AF_UNSPEC };
    bound(SOCK_DGRAM, &name);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    SHOW(shutdown(fd, SHUT_RD)); // ENOTCONN
    SHOW(connect(fd, (struct sockaddr *)&name, sizeof name));
    show_name(fd, false);
    SHOW(shutdown(fd, SHUT_WR));
    SHOW(send(fd, "x", 1, 0)); // EPIPE, without a signal
    SHOW(connect(fd, &nothing, sizeof nothing));
    show_name(fd, false);
    show_name(fd, true);
    name.sin_port = 0;
    SHOW(sendto(fd, "x", 1, 0, (struct sockaddr *)&name, sizeof name)); // EINVAL
}

CASE(port, where_a_datagram_was_sent_to) // ip(7), IP_PKTINFO
{
    char byte, control[128];
    int fd = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    bind_to(fd, at(INADDR_ANY, 0));
    set(fd, IPPROTO_IP, IP_PKTINFO);
    struct sockaddr_in name = at(INADDR_LOOPBACK + 8, port_of(fd));
    SHOW(sendto(sender, "x", 1, 0, (struct sockaddr *)&name, sizeof name));
    wait_for(fd, POLLIN);
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    SHOW(recvmsg(fd, &message, 0));
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
        struct in_pktinfo info;
        memcpy(&info, CMSG_DATA(head), sizeof info);
        out("%d %d %zu: %s\n", head->cmsg_level, head->cmsg_type, head->cmsg_len, inet_ntoa(info.ipi_addr));
    }
}
