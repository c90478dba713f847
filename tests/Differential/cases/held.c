// A call that waits keeps the open file that it began with, whatever other threads do to the descriptor.
#include "harness.h"
#include <poll.h>
#include <pthread.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>

static int one[2], two[2];

static void two_pipes(void)
{
    pipe(one);
    pipe(two);
}

static void *read_byte(void *to)
{
    long count = read(one[0], to, 1);
    return (void *)count;
}

static long join(pthread_t thread)
{
    void *result;
    pthread_join(thread, &result);
    return (long)result;
}

CASE(held, read_of_a_replaced_descriptor)
{
    char byte = 0, other = 0;
    pthread_t thread;
    two_pipes();
    pthread_create(&thread, NULL, read_byte, &byte);
    nap_ms(60);
    SHOW_IF(dup2(two[0], one[0]) == one[0]);
    SHOW(write(two[1], "2", 1));
    nap_ms(60);
    SHOW(write(one[1], "1", 1));
    SHOW(join(thread));
    show_bytes("byte", &byte, 1);
    SHOW(read(one[0], &other, 1)); // now the second pipe
    show_bytes("other", &other, 1);
}

CASE(held, read_of_a_closed_descriptor)
{
    char byte = 0;
    pthread_t thread;
    two_pipes();
    pthread_create(&thread, NULL, read_byte, &byte);
    nap_ms(60);
    SHOW(close(one[0]));
    SHOW(write(one[1], "1", 1)); // it has a reader still
    SHOW(join(thread));
    show_bytes("byte", &byte, 1);
    signal(SIGPIPE, SIG_IGN);
    SHOW(write(one[1], "1", 1)); // EPIPE: now it has none
}

static void *write_much(void *bytes)
{
    return (void *)write(one[1], bytes, 100000);
}

CASE(held, write_of_a_replaced_descriptor)
{
    static char bytes[100000], back[100000];
    pthread_t thread;
    two_pipes();
    pthread_create(&thread, NULL, write_much, bytes);
    nap_ms(60);
    SHOW_IF(dup2(two[1], one[1]) == one[1]);
    long got = 0, more;
    while (got < 100000 && (more = read(one[0], back + got, sizeof back - got)) > 0)
        got += more;
    SHOW(got);
    SHOW(join(thread));
    SHOW(read(one[0], back, 1)); // 0: its last writer has gone
}

static void *accept_one(void *unused)
{
    (void)unused;
    int fd = accept(one[0], NULL, NULL);
    char byte = 0;
    return (void *)(read(fd, &byte, 1) == 1 ? (long)byte : -1);
}

static int listener(const char *path)
{
    struct sockaddr_un name = { AF_UNIX, "" };
    strcpy(name.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(fd, (struct sockaddr *)&name, sizeof name);
    listen(fd, 3);
    return fd;
}

static void call(const char *path, const char *text)
{
    struct sockaddr_un name = { AF_UNIX, "" };
    strcpy(name.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect(fd, (struct sockaddr *)&name, sizeof name));
    SHOW(write(fd, text, 1));
}

CASE(held, accept_on_a_replaced_descriptor)
{
    pthread_t thread;
    one[0] = listener("first");
    two[0] = listener("second");
    pthread_create(&thread, NULL, accept_one, NULL);
    nap_ms(60);
    SHOW_IF(dup2(two[0], one[0]) == one[0]);
    call("second", "2");
    nap_ms(60);
    call("first", "1");
    SHOW(join(thread) - '0');
}

static void *receive_one(void *unused)
{
    (void)unused;
    char byte = 0;
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    return (void *)(recvmsg(one[0], &message, 0) == 1 ? (long)byte : -1);
}

CASE(held, recvmsg_on_a_replaced_descriptor)
{
    pthread_t thread;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, one);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, two);
    pthread_create(&thread, NULL, receive_one, NULL);
    nap_ms(60);
    SHOW_IF(dup2(two[0], one[0]) == one[0]);
    SHOW(send(two[1], "2", 1, 0));
    nap_ms(60);
    SHOW(send(one[1], "1", 1, 0));
    SHOW(join(thread) - '0');
}

static struct pollfd asked;

static void *poll_one(void *milliseconds)
{
    return (void *)(long)poll(&asked, 1, (int)(long)milliseconds);
}

// It waits for what it found first, and tells what the descriptor is when it looks again.
CASE(held, poll_of_a_replaced_descriptor)
{
    char byte;
    pthread_t thread;
    two_pipes();
    asked = (struct pollfd){ one[0], POLLIN, 0 };
    long start = now_ms();
    pthread_create(&thread, NULL, poll_one, (void *)300);
    nap_ms(60);
    SHOW_IF(dup2(two[0], one[0]) == one[0]);
    SHOW(write(one[1], "1", 1)); // it has a reader still
    nap_ms(60);
    SHOW(write(two[1], "2", 1)); // on whose pipe nobody waits
    SHOW(join(thread));
    SHOW(asked.revents);
    SHOW_IF(now_ms() - start >= 290);
    SHOW(read(one[0], &byte, 1));
}

CASE(held, poll_of_a_closed_descriptor)
{
    pthread_t thread;
    two_pipes();
    asked = (struct pollfd){ one[0], POLLIN, 0 };
    pthread_create(&thread, NULL, poll_one, (void *)3000);
    nap_ms(60);
    SHOW(close(one[0]));
    SHOW(write(one[1], "1", 1));
    SHOW(join(thread));
    SHOW(asked.revents); // POLLNVAL
}

static void *select_one(void *unused)
{
    (void)unused;
    struct timeval limit = { 0, 200000 };
    fd_set reads;
    FD_ZERO(&reads);
    FD_SET(one[0], &reads);
    return (void *)(long)select(one[0] + 1, &reads, NULL, NULL, &limit);
}

CASE(held, select_of_a_closed_descriptor)
{
    pthread_t thread;
    two_pipes();
    pthread_create(&thread, NULL, select_one, NULL);
    nap_ms(60);
    SHOW(close(one[0]));
    SHOW(write(one[1], "1", 1));
    SHOW(join(thread));
}
