// What the cases of TCP and UDP share.
#ifndef CASES_LOOPBACK_H
#define CASES_LOOPBACK_H

#include "harness.h"
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

static inline struct sockaddr_in local(int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static inline int bound(int type, struct sockaddr_in *name)
{
    socklen_t length = sizeof *name;
    int fd = socket(AF_INET, type, 0);
    *name = local(0);
    if (bind(fd, (struct sockaddr *)name, sizeof *name) != 0 || getsockname(fd, (struct sockaddr *)name, &length) != 0)
        out("bind errno %s\n", errno_name(errno));
    return fd;
}

// Loopback delivers at once or a moment later: no case may depend on which.
static inline int wait_for(int fd, int events)
{
    struct pollfd one = { fd, events, 0 };
    return poll(&one, 1, 2000) == 1 ? one.revents : 0;
}

#endif
