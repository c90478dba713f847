// UDP over 127.0.0.1, on ports that the kernel chooses.
#include "loopback.h"
#include <sys/ioctl.h>

CASE(udp, round_trip)
{
    struct sockaddr_in one, two, from;
    socklen_t length = sizeof from;
    char bytes[8];
    int a = bound(SOCK_DGRAM, &one), b = bound(SOCK_DGRAM, &two);
    SHOW(sendto(a, "hello", 5, 0, (struct sockaddr *)&two, sizeof two));
    SHOW(wait_for(b, POLLIN));
    SHOW(recvfrom(b, bytes, 8, 0, (struct sockaddr *)&from, &length));
    SHOW_IF(from.sin_port == one.sin_port && from.sin_addr.s_addr == one.sin_addr.s_addr);
    SHOW(sendto(b, "", 0, 0, (struct sockaddr *)&from, length));
    SHOW(wait_for(a, POLLIN));
    SHOW(recv(a, bytes, 8, 0));
}

CASE(udp, keeps_messages_apart)
{
    struct sockaddr_in one, two;
    char bytes[4];
    int a = bound(SOCK_DGRAM, &one), b = bound(SOCK_DGRAM, &two), waiting;
    SHOW(connect(a, (struct sockaddr *)&two, sizeof two));
    SHOW(send(a, "abcdef", 6, 0));
    SHOW(send(a, "g", 1, 0));
    SHOW(wait_for(b, POLLIN));
    SHOW(ioctl(b, FIONREAD, &waiting));
    SHOW(waiting); // the first one's length
    SHOW(recv(b, bytes, 4, MSG_TRUNC));
    SHOW(wait_for(b, POLLIN));
    SHOW(recv(b, bytes, 4, 0));
    SHOW(recv(b, bytes, 4, MSG_DONTWAIT));
}

CASE(udp, connected_takes_only_its_peer)
{
    struct sockaddr_in one, two, three;
    char byte;
    int a = bound(SOCK_DGRAM, &one), b = bound(SOCK_DGRAM, &two), c = bound(SOCK_DGRAM, &three);
    connect(a, (struct sockaddr *)&two, sizeof two);
    SHOW(sendto(c, "x", 1, 0, (struct sockaddr *)&one, sizeof one));
    SHOW(sendto(b, "y", 1, 0, (struct sockaddr *)&one, sizeof one));
    SHOW(wait_for(a, POLLIN));
    SHOW(recv(a, &byte, 1, 0));
    SHOW(byte);
}

CASE(udp, refused_comes_later) // udp(7): ECONNREFUSED on a connected socket
{
    struct sockaddr_in one, two;
    char byte;
    int a = bound(SOCK_DGRAM, &one), b = bound(SOCK_DGRAM, &two);
    connect(a, (struct sockaddr *)&two, sizeof two);
    close(b);
    SHOW(send(a, "x", 1, 0));
    SHOW((wait_for(a, POLLIN) & POLLERR) != 0);
    SHOW(recv(a, &byte, 1, MSG_DONTWAIT));
    SHOW(recv(a, &byte, 1, MSG_DONTWAIT));
}

CASE(udp, errors)
{
    struct sockaddr_in name;
    static char large[70000];
    int fd = bound(SOCK_DGRAM, &name);
    SHOW(send(fd, "x", 1, 0)); // EDESTADDRREQ
    SHOW(sendto(fd, large, sizeof large, 0, (struct sockaddr *)&name, sizeof name)); // EMSGSIZE
    SHOW(sendto(fd, "x", 1, 0, (struct sockaddr *)&name, 3));
    SHOW(sendto(fd, bad(), 1, 0, (struct sockaddr *)&name, sizeof name));
    SHOW(sendto(99, "x", 1, 0, NULL, 0));
    SHOW(sendto(0, "x", 1, 0, NULL, 0));
}
