// What random calls find when they begin: descriptors of every kind, and memory.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>
#include "random.h"

char *area, *spare;

static void make_sockets(void)
{
    int ends[2];
    for (int i = 0; i < 3; i++)
        socketpair(AF_UNIX, ((int[]) { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET })[i] | (next() % 2 ? SOCK_NONBLOCK : 0), 0, ends);
    struct sockaddr_un path = { AF_UNIX, "sock" };
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    bind(listener, (void *)&path, sizeof path);
    listen(listener, 4);
    struct sockaddr_in inet = { AF_INET, 0, { htonl(INADDR_LOOPBACK) }, { 0 } };
    socklen_t length = sizeof inet;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    bind(listener, (void *)&inet, sizeof inet);
    listen(listener, 4);
    getsockname(listener, (void *)&inet, &length);
    connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&inet, sizeof inet);
    accept(listener, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
        inet.sin_port = htons(1024 + i);
        bind(datagrams, (void *)&inet, sizeof inet);
    }
    socket(AF_INET6, SOCK_STREAM, 0);
    socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
}

static void make_files(void)
{
    int ends[2];
    sigset_t all;
    sigfillset(&all);
    pipe2(ends, next() % 2 ? O_NONBLOCK : 0);
    pipe2(ends, O_NONBLOCK | O_DIRECT);
    for (int i = 0; i < 2; i++) {
        int file = open(i ? "/tmp/x" : "file", O_CREAT | O_RDWR | (i ? O_APPEND : 0), 0600);
        ftruncate(file, 20000);
    }
    mkdir("d", 0700);
    mkfifo("fifo", 0600);
    symlink("loop", "loop");
    static const char *const names[] = { "d", "/tmp", "/", "/proc/self", "/proc/self/fd", "/proc/self/status", "/proc/self/mem", "/proc/self/oom_score_adj", "/dev/zero", "/dev/null", "/dev/full", "/dev/urandom", "/bin/random", "/proc/1/environ", "/sys" };
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (open(names[i], O_RDWR | O_NONBLOCK) < 0)
            open(names[i], O_RDONLY | O_NONBLOCK);
    open("fifo", O_RDWR | O_NONBLOCK);
    open("/tmp", O_PATH);
    open("/tmp", O_TMPFILE | O_RDWR, 0600);
    int console = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
    unlockpt(console);
    open(ptsname(console) ? ptsname(console) : "/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK);
    eventfd(3, next() % 2 ? EFD_NONBLOCK : EFD_SEMAPHORE);
    timerfd_settime(timerfd_create(CLOCK_MONOTONIC, 0), 0, &(struct itimerspec) { { 0, 1000000 }, { 0, 1 } }, NULL);
    signalfd(-1, &all, SFD_NONBLOCK);
    inotify_add_watch(inotify_init1(IN_NONBLOCK), "/tmp", IN_ALL_EVENTS);
    syscall(SYS_memfd_create, "memory", 2);
    syscall(SYS_pidfd_open, getpid(), 0);
    mq_open("/mq", O_CREAT | O_RDWR | O_NONBLOCK, 0600, NULL);
    int poll = epoll_create1(0);
    for (int fd = 3; fd < 40; fd += 5)
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &(struct epoll_event) { EPOLLIN | EPOLLOUT | (next() % 2 ? EPOLLET : 0), { .fd = fd } });
}

void make_world(void)
{
    area = mmap(NULL, (AREA_PAGES + 1) * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(area + AREA_PAGES * 4096, 4096);
    spare = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    make_files();
    make_sockets();
    fill();
}
