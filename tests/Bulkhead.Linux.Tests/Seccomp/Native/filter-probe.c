/* Installs the filter on stdin in a child and tries calls there. Arguments: FLAGS, then ABI NR A B C for each call, ABI being
 * 64 (syscall), 32 (int $0x80) or x32. Prints one word a call: the result, or -ERRNO; "killed SIG" when the child died,
 * "trap NR" from SIGSYS, "trace DATA" from a tracer, "notify NR" from the listener (which answers 42). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter code[4096];

static long call_32(long nr, long a, long b, long c)
{
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "0"((int)nr), "b"((int)a), "c"((int)b), "d"((int)c)
                     : "memory", "r8", "r9", "r10", "r11");
    return result;
}

static long call_64(long nr, long a, long b, long c)
{
    long result;
    register long r10 __asm__("r10") = 0;
    register long r8 __asm__("r8") = 0;
    __asm__ volatile("syscall" : "=a"(result) : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return result;
}

/* No stdio: the filter may refuse what it needs; write(2) must be allowed. */
static void say(const char *word, long value)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%s%ld\n", word, value);
    if (write(1, text, length) != length)
        _exit(9);
}

static void on_sigsys(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    say("trap ", info->si_syscall);
}

static long run(char **call)
{
    long nr = strtoul(call[1], NULL, 0), a = strtoul(call[2], NULL, 0), b = strtoul(call[3], NULL, 0), c = strtoul(call[4], NULL, 0);
    if (strcmp(call[0], "32") == 0)
        return call_32(nr, a, b, c);
    return call_64(strcmp(call[0], "x32") == 0 ? nr | 0x40000000 : nr, a, b, c);
}

static void send_fd(int to, int fd)
{
    char byte = 0, control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (sendmsg(to, &message, 0) != 1)
        _exit(9);
}

static int receive_fd(int from)
{
    char byte, control[CMSG_SPACE(sizeof(int))];
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    int fd = -1;
    if (recvmsg(from, &message, 0) == 1 && CMSG_FIRSTHDR(&message) != NULL)
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

static void child(struct sock_fprog *program, unsigned long flags, int channel, int traced, char **calls, int count)
{
    struct sigaction action = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};
    sigaction(SIGSYS, &action, NULL);
    if (traced) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
    if (result < 0) {
        say("install ", -errno);
        _exit(8);
    }
    if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
        send_fd(channel, result);
    for (int i = 0; i < count; i++)
        say("", run(calls + i * 5));
    _exit(0);
}

static void answer(int listener)
{
    struct seccomp_notif request;
    struct seccomp_notif_resp response;
    /* POLLHUP: the last task under the filter is gone. */
    struct pollfd ready = {.fd = listener, .events = POLLIN};
    while (poll(&ready, 1, -1) == 1 && ready.revents & POLLIN) {
        memset(&request, 0, sizeof request);
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0)
            return;
        say("notify ", request.data.nr);
        memset(&response, 0, sizeof response);
        response.id = request.id;
        response.val = 42;
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    }
}

static int trace(pid_t pid, int status)
{
    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP);
    ptrace(PTRACE_CONT, pid, 0, 0);
    while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
        int event = status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
        if (event) {
            unsigned long data = 0;
            ptrace(PTRACE_GETEVENTMSG, pid, 0, &data);
            say("trace ", data);
        }
        ptrace(PTRACE_CONT, pid, 0, event ? 0 : WSTOPSIG(status));
    }
    return status;
}

int main(int argc, char **argv)
{
    int channel[2], status = 0, count = (argc - 3) / 5;
    ssize_t length = 0, got;
    while ((got = read(0, (char *)code + length, sizeof code - length)) > 0)
        length += got;
    struct sock_fprog program = {length / sizeof code[0], code};
    unsigned long flags = strtoul(argv[1], NULL, 0);
    int traced = strcmp(argv[2], "trace") == 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel) != 0)
        return 9;
    pid_t pid = fork();
    if (pid == 0)
        child(&program, flags, channel[1], traced, argv + 3, count);
    close(channel[1]);
    if (traced)
        waitpid(pid, &status, 0);
    if (traced)
        status = trace(pid, status);
    else {
        if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
            answer(receive_fd(channel[0]));
        waitpid(pid, &status, 0);
    }
    if (WIFSIGNALED(status))
        say("killed ", WTERMSIG(status));
    return 0;
}
