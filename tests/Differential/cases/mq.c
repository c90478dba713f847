// POSIX message queues, mq_overview(7). The name carries the pid and is removed at once.
#include "harness.h"
#include <mqueue.h>
#include <poll.h>

static const char *name_of(void)
{
    static char name[32];
    sprintf(name, "/cases-%d", getpid());
    return name;
}

static mqd_t queue(int flags)
{
    struct mq_attr limits = { .mq_maxmsg = 2, .mq_msgsize = 8 };
    mqd_t fd = mq_open(name_of(), O_RDWR | O_CREAT | O_EXCL | flags, 0600, &limits);
    if (fd == -1)
        out("mq_open errno %s\n", errno_name(errno));
    mq_unlink(name_of());
    return fd;
}

CASE(mq, priorities)
{
    char text[8];
    unsigned priority;
    mqd_t fd = queue(O_NONBLOCK);
    SHOW(mq_send(fd, "low", 4, 1));
    SHOW(mq_send(fd, "high", 5, 7));
    SHOW(mq_send(fd, "more", 5, 7)); // EAGAIN
    SHOW(mq_receive(fd, text, 8, &priority));
    out("%s %u\n", text, priority);
    SHOW(mq_receive(fd, text, 8, &priority));
    out("%s %u\n", text, priority);
    SHOW(mq_receive(fd, text, 8, &priority)); // EAGAIN
}

CASE(mq, attributes)
{
    struct mq_attr state;
    mqd_t fd = queue(0);
    mq_send(fd, "x", 1, 0);
    SHOW(mq_getattr(fd, &state));
    out("flags %ld max %ld size %ld now %ld\n", state.mq_flags, state.mq_maxmsg, state.mq_msgsize, state.mq_curmsgs);
    state.mq_flags = O_NONBLOCK;
    SHOW(mq_setattr(fd, &state, NULL));
    out("%o\n", fcntl(fd, F_GETFL));
    SHOW(fcntl(fd, F_GETFD)); // closed by exec
}

CASE(mq, errors) // mq_open(3), mq_send(3), mq_receive(3)
{
    char text[8];
    struct timespec past = { 1, 0 };
    struct mq_attr wrong = { .mq_maxmsg = 0, .mq_msgsize = 8 };
    mqd_t fd = queue(0);
    SHOW(mq_open("/cases-missing", O_RDONLY));
    SHOW(mq_open("no-slash", O_RDONLY));
    SHOW(syscall(SYS_mq_open, "", O_RDONLY, 0, NULL));
    SHOW(mq_open(name_of(), O_RDWR | O_CREAT, 0600, &wrong));
    SHOW(mq_unlink("/cases-missing"));
    SHOW(mq_send(fd, "123456789", 9, 0)); // EMSGSIZE
    SHOW(mq_receive(fd, text, 7, NULL));  // EMSGSIZE
    SHOW(mq_timedreceive(fd, text, 8, NULL, &past)); // ETIMEDOUT
    SHOW(mq_send(fd, "x", 1, 99999)); // EINVAL
    SHOW(mq_send(0, "x", 1, 0)); // EBADF
    SHOW(mq_getattr(99, &wrong));
}

CASE(mq, between_processes)
{
    char text[8];
    mqd_t fd = queue(0);
    pid_t child = fork();
    if (child == 0) {
        nap_ms(10);
        _exit(mq_send(fd, "hello", 6, 3));
    }
    SHOW(mq_receive(fd, text, 8, NULL));
    SHOW_STRING(text);
    SHOW_WAIT(child);
}

CASE(mq, poll)
{
    mqd_t fd = queue(0);
    struct pollfd one = { fd, POLLIN | POLLOUT, 0 };
    poll(&one, 1, 0);
    out("%x\n", one.revents);
    mq_send(fd, "x", 1, 0);
    poll(&one, 1, 0);
    out("%x\n", one.revents);
    mq_send(fd, "x", 1, 0);
    poll(&one, 1, 0);
    out("%x\n", one.revents);
}

static volatile sig_atomic_t seen;

static void note(int number, siginfo_t *info, void *context)
{
    (void)context;
    seen = number + 1000 * (info->si_code == SI_MESGQ);
}

CASE(mq, notify)
{
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &action, NULL);
    mqd_t fd = queue(0);
    SHOW(mq_notify(fd, &event));
    SHOW(mq_notify(fd, &event)); // EBUSY
    SHOW(mq_send(fd, "x", 1, 0));
    SHOW(seen);
    SHOW(mq_notify(fd, &event)); // once only: free again
    SHOW(mq_notify(fd, NULL));
}
