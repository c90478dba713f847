/* Socket families and netlink (E18 to E21, E30). */
#include "probe.h"
#include <linux/rtnetlink.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

/* "FAMILY TYPE PROTOCOL". */
static struct result family(const char *text)
{
    int domain, type, protocol;
    sscanf(text, "%d %d %d", &domain, &type, &protocol);
    return by_errno(socket(domain, type, protocol), "socket");
}

static sigjmp_buf without_call;

static void no_call(int signal)
{
    (void)signal;
    siglongjmp(without_call, 1);
}

/* int 0x80 takes 32-bit registers. The kernel clobbers r8 to r11. Some machines' kernels have no calls of i386: SIGSEGV. */
static long call32(long number, long first, long second)
{
    long value;
    signal(SIGSEGV, no_call);
    if (sigsetjmp(without_call, 1))
        return errno = ENOSYS, -1;
    __asm__ volatile("int $0x80" : "=a"(value) : "a"(number), "b"(first), "c"(second), "d"(0) : "memory", "r8", "r9", "r10", "r11");
    if ((int)value < 0)
        return errno = -(int)value, -1;
    return (int)value;
}

/* i386's socketcall(SYS_SOCKET, {family, type, protocol}): a filter that looks only at socket(2)'s number is passed by (CVE-2026-31431). */
static struct result socketcall32(const char *text)
{
    int domain = atoi(text);
    uint32_t *arguments = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (arguments == MAP_FAILED)
        return refused(errno, "mmap");
    arguments[0] = (uint32_t)domain;
    arguments[1] = domain == AF_UNIX ? SOCK_STREAM : SOCK_SEQPACKET;
    return by_errno(call32(102, 1, (long)(uintptr_t)arguments), "socketcall by int 0x80");
}

/* i386's own socket(2). */
static struct result socket32(const char *text)
{
    return by_errno(call32(359, atoi(text), SOCK_SEQPACKET), "socket by int 0x80");
}

static struct result unshare32(const char *text)
{
    return by_errno(call32(310, strtol(text, NULL, 16), 0), "unshare by int 0x80");
}

/* x32's numbers have bit 30 set. */
static struct result socket_x32(const char *text)
{
    return by_errno(syscall(0x40000000 | SYS_socket, atoi(text), SOCK_SEQPACKET, 0), "socket by x32");
}

/* The kernel looks at the caller's rights before it looks at what is asked for; the answer tells which of both refused. */
static struct result ask(int protocol, int type)
{
    struct {
        struct nlmsghdr header;
        char body[64];
    } message = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)), .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK}}, answer = {0};
    message.header.nlmsg_type = (uint16_t)type;
    int fd = socket(AF_NETLINK, SOCK_RAW, protocol);
    if (fd < 0)
        return by_errno(fd, "netlink socket");
    if (send(fd, &message, message.header.nlmsg_len, 0) < 0)
        return by_errno(-1, "send");
    if (recv(fd, &answer, sizeof answer, 0) < 0)
        return by_errno(-1, "recv");
    struct nlmsgerr *error = (struct nlmsgerr *)answer.body;
    int code = -error->error;
    return code == EPERM || code == EACCES ? refused(code, "netlink") : opened("netlink: %s", code ? strerrorname_np(code) : "success");
}

/* Deletes a table of a subsystem number that does not exist, or a queueing discipline of no interface. */
static struct result netlink_here(const char *which)
{
    return *which == 'n' ? ask(NETLINK_NETFILTER, 0xff00) : ask(NETLINK_ROUTE, RTM_DELQDISC);
}

static struct result netlink_in_user_namespace(const char *which)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return refused(errno, "unshare");
    return netlink_here(which);
}

static struct result connects(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ? refused(errno, "%s", path) : opened("connected to %s", path);
}

const struct probe socket_probes[] = {
    {"E18.af_alg", family, "38 5 0"},
    {"E18.af_alg_i386", socket32, "38"},
    {"E18.af_alg_socketcall", socketcall32, "38"},
    {"E18.socketcall", socketcall32, "1"},
    {"E18.unshare_i386", unshare32, "10000000"},
    {"E18.x32", socket_x32, "1"},
    {"E19.packet", family, "17 3 0"},
    {"E19.raw_ip", family, "2 3 1"},
    {"E19.raw_ip6", family, "10 3 58"},
    {"E20.vsock", family, "40 1 0"},
    {"E20.vsock_i386", socket32, "40"},
    {"E21.nf_tables", netlink_here, "nf"},
    {"E21.tc", netlink_here, "tc"},
    {"E21.nf_tables_userns", netlink_in_user_namespace, "nf"},
    {"E21.tc_userns", netlink_in_user_namespace, "tc"},
    {"E30.socket", connects, "/run/docker.sock"},
    {NULL, NULL, NULL},
};
