// Arguments: plausible ones by kind, hostile ones of any, and the world that they point into.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "random.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define ANY(list) ((list)[next() % COUNT(list)])
#define FDS 64

__thread uint64_t state = 1;

uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

// Places of structures in the area; the first pages are values and texts.
enum { PAGE = 4096, TEXTS = 2 * PAGE, STRUCTS = 4 * PAGE, VECTOR = STRUCTS, MESSAGE = VECTOR + 256, CONTROL = MESSAGE + 512, TIMES = CONTROL + 512, SETS = TIMES + 512, NAMES = SETS + 256, LENGTHS = NAMES + 512,
    POLLS = LENGTHS + 256, EVENTS = POLLS + 256, ACTIONS = EVENTS + 256, ARGUMENTS = ACTIONS + 512, OFFSETS = ARGUMENTS + 256, PROGRAM = OFFSETS + 256, INFO = PROGRAM + 256, STACK = 7 * PAGE };

static const char *const texts[] = { "/tmp/x", "x", "y", "d", "d/x", "/tmp/d/../x", "/proc/self/fd/0", "/dev/null", "..", ".", "/proc/self/status", "/tmp", "", "/dev/ptmx", "/proc/1/maps", "/proc/self/mem", "/proc/self/exe", "/bin/random",
    "/dev/tty", "/dev/zero", "/dev/shm/x", "/proc/self/fd", "/proc/self/task", "/proc/sys/kernel/hostname", "/proc/self/oom_score_adj", "/sys", "/dev/pts/0", "user.x", "security.capability", "/mq", "fifo", "sock", "/proc/self/root/tmp", "/proc/self/cwd/x",
    "/run/x", "/etc/x", "child", "7", "loop", "/proc/meminfo", "/proc/net/unix", "/proc/self/comm", "system.posix_acl_access", "/dev/urandom", "a/b/c/d/e/f/g", "/proc/self/mountinfo", "/proc/thread-self/fdinfo/3" };

static uint64_t hostile(void)
{
    static const uint64_t odd[] = { 0, 1, 2, 3, 7, 8, 16, 255, 256, 4095, 4096, 4097, 65536, 0x7fffffff, 0x80000000, 0xffffffff, -1ul, -2ul, -4096ul, 1ul << 31, 1ul << 40, 1ul << 47, 0x7ffffffff000, 1ul << 63, 0x700000000000, 0x700010000000,
        0x700000001000, 0x6fffffffffff, 0x5401, 0x540f, 0x541b, O_CREAT | O_RDWR, O_NONBLOCK, 0x80000, -100u, 0x4100, 0x11, 0xffffffffff600000, 0x100000001 };
    switch (next() % 8) {
    case 0:
    case 1: return ANY(odd);
    case 2: return next() % 12;
    case 3: return (uint64_t)area + next() % (AREA_PAGES * PAGE);
    case 4: return (uint64_t)area + AREA_PAGES * PAGE - next() % 16;
    case 5: return (uint64_t)area + next() % 512 * 64;
    case 6: return next() % 5000;
    default: return next() >> next() % 64;
    }
}

static uint64_t flags(void)
{
    static const uint32_t some[] = { 0, 0, O_NONBLOCK, O_CLOEXEC, O_NONBLOCK | O_CLOEXEC, MSG_DONTWAIT, MSG_PEEK, MSG_NOSIGNAL, MSG_TRUNC, MSG_WAITALL, 0x200, 0x400, 0x600, 0x666, 0x3b6, 1, 2, 4, 8, 0x40 };
    return ANY(some);
}

static uint64_t descriptor(void)
{
    return next() % 8 ? 3 + next() % FDS : next() % 8 ? next() % 3 : next() % 2000;
}

static uint64_t process(void)
{
    static const int some[] = { 0, 0, 1, 2, 3, -1 };
    return next() % 3 == 0 ? (uint64_t)syscall(SYS_getpid) : next() % 3 == 0 ? (uint64_t)syscall(SYS_gettid) : next() % 4 == 0 ? (uint64_t)syscall(SYS_getpid) + next() % 8 : next() % 64 == 0 ? (uint64_t)-1 : (uint64_t)(some[next() % 5]);
}

static uint64_t number(char kind)
{
    static const int signals[] = { 0, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCONT, SIGSTOP, SIGTSTP, SIGWINCH, SIGPIPE, SIGIO, SIGURG, 34, 40, 64, 65, SIGKILL, SIGSEGV, SIGHUP };
    static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, 8, 11, -2 };
    static const int ats[] = { 0, 0, 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH };
    static const int opens[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_EXCL, O_RDONLY | O_DIRECTORY, O_PATH, O_RDWR | O_TMPFILE, O_RDWR | O_TRUNC, O_WRONLY | O_APPEND | O_CREAT, O_RDONLY | O_NOFOLLOW };
    static const int controls[] = { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, 36, 37, 38, F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG, F_SETOWN_EX, F_GETOWN_EX, F_SETLEASE, F_GETLEASE, F_NOTIFY, F_SETPIPE_SZ,
        F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS };
    static const int controls_of_devices[] = { 0x5401, 0x5402, 0x5403, 0x5404, 0x5409, 0x540b, 0x540e, 0x540f, 0x5410, 0x5411, 0x5412, 0x5413, 0x5414, 0x541b, 0x541d, 0x5420, 0x5421, 0x5422, 0x5423, 0x5424, 0x5429, 0x5430, 0x5431, 0x5441, 0x5450, 0x5451,
        0x5452, 0x5460, 0x8901, 0x8902, 0x8903, 0x8904, 0x8910, 0x8912, 0x8913, 0x8915, 0x8927, 0x8933, 0x80045430, 0x40045431, 0x80086601, 0x40086602, 0x40049409 };
    static const int clones[] = { SIGCHLD, SIGCHLD, 0, CLONE_VM | CLONE_VFORK | SIGCHLD, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, CLONE_VM | SIGCHLD, CLONE_PARENT | SIGCHLD, CLONE_FILES | SIGCHLD, CLONE_NEWUSER | SIGCHLD, CLONE_PIDFD | SIGCHLD,
        CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD };
    static const int families[] = { AF_UNIX, AF_UNIX, AF_INET, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET };
    static const int kinds[] = { SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW, SOCK_STREAM | SOCK_NONBLOCK };
    static const int futexes[] = { 0, 1, 128, 129, 3, 4, 5, 9, 10, 137, 138, 6, 7, 8, 11, 12, 13 };
    switch (kind) {
    case '0': return 0;
    case 'j': return next() % 9;
    case 'n': return next() % 4 ? next() % 512 : next() % 70000;
    case 'o': return next() % 4 ? next() % 10000 : hostile();
    case 'w': return next() % 6;
    case 'm': return next() % 4 ? next() & 0777 : next() & 0177777;
    case 'u': return next() % 4 ? next() % 3 * 1000 : next() % 2 ? 65532 : -1ul;
    case 's': return (uint64_t)ANY(signals);
    case 'c': return (uint64_t)ANY(clocks);
    case 'z': return next() % 16 ? 8 : next() % 32;
    case 'E': return 1 + next() % 3;
    case 'k': return next() % 16;
    case 'r': return next() % 17;
    case 'q': return 1 + next() % 70;
    case 'l': return next() % 4 ? 16 : next() % 130;
    case 'i': return (uint32_t)ANY(controls_of_devices);
    case 'C': return (uint64_t)ANY(controls);
    case 'G': return (uint64_t)ANY(opens) | flags();
    case 'K': return (uint64_t)ANY(ats);
    case 'H': return (uint64_t)ANY(clones);
    case 'N': return 1 | next() % 16;
    case 'R': return next() % 8;
    case 'A': return next() % 26;
    case 'U': return (next() % 4 ? MAP_PRIVATE : MAP_SHARED) | (next() % 2 ? MAP_ANONYMOUS : 0) | (next() % 2 ? MAP_FIXED : 0) | (next() % 8 ? 0 : next() & 0xfff00);
    case 'L': return next() % 4 ? (next() % 8 + 1) * PAGE : next() % 3 * 1048576 + next() % 2;
    case 'X': return (uint64_t)ANY(futexes);
    case 'Y': return (uint64_t)ANY(families);
    case 'Z': return (uint64_t)ANY(kinds);
    default: return hostile();
    }
}

uint64_t argument(char kind)
{
    uint64_t at = (uint64_t)area;
    if (next() % 12 == 0)
        return hostile();
    switch (kind) {
    case 'f': return descriptor();
    case 'd': return next() % 2 ? (uint64_t)AT_FDCWD : descriptor();
    case 'p': return at + TEXTS + next() % 64 * 64;
    case 'b': return at + next() % (TEXTS - 64) / 8 * 8;
    case 'B': return at + INFO;
    case 'v': return at + VECTOR + next() % 4 * 16;
    case 'V': return at + MESSAGE + next() % 4 * 64;
    case 't': return at + TIMES + next() % 8 * 16;
    case 'T': return next() % 4 == 0 ? 0 : at + TIMES + next() % 8 * 16;
    case 'I': return at + TIMES + next() % 7 * 16;
    case 'S': return next() % 4 == 0 ? 0 : at + SETS + next() % 8 * 8;
    case 'J': return at + NAMES + next() % 4 * 128;
    case 'y': return at + POLLS;
    case 'e': return at + EVENTS + next() % 8 * 12;
    case 'a': return next() % 4 == 0 ? 0 : at + ACTIONS + next() % 4 * 32;
    case 'g': return at + ARGUMENTS;
    case 'O': return next() % 2 ? 0 : at + OFFSETS + next() % 8 * 8;
    case 'Q': return at + PROGRAM;
    case 'h': return at + OFFSETS + next() % 4 * 24;
    case 'D': return next() % 2 ? next() % 64 : at + INFO;
    case 'W': return next() % 2 ? 0 : at + STACK + PAGE - 64;
    case 'P': return process();
    case 'F': return flags();
    case 'M': return (uint64_t)spare + next() % 16 * PAGE;
    default: return number(kind);
    }
}

static void fill_structures(void)
{
    struct iovec *vector = (struct iovec *)(area + VECTOR);
    for (int i = 0; i < 16; i++)
        vector[i] = (struct iovec) { area + next() % TEXTS, next() % 8 ? next() % 600 : next() };
    for (int i = 0; i < 4; i++) {
        struct msghdr *message = (struct msghdr *)(area + MESSAGE + i * 64);
        *message = (struct msghdr) { next() % 2 ? area + NAMES + next() % 4 * 128 : NULL, next() % 130, vector + next() % 4, next() % 5, next() % 2 ? area + CONTROL : NULL, next() % 200, 0 };
        struct sockaddr_un *path = (struct sockaddr_un *)(area + NAMES + i * 128);
        *path = (struct sockaddr_un) { AF_UNIX, "" };
        strcpy(path->sun_path + (next() % 3 == 0), next() % 2 ? "sock" : "/tmp/other");
        if (i < 2) {
            struct sockaddr_in *inet = (struct sockaddr_in *)path;
            *inet = (struct sockaddr_in) { i ? AF_INET : AF_INET6, htons(next() % 4 + 1024), { htonl(INADDR_LOOPBACK) }, { 0 } };
        }
        struct { void *handler; unsigned long how; void *restorer; unsigned long mask; } *action = (void *)(area + ACTIONS + i * 32);
        action->handler = (void *)(next() % 2);
        action->how = next() & 0xd8000007;
        action->mask = next() & next();
    }
    struct cmsghdr *control = (struct cmsghdr *)(area + CONTROL);
    *control = (struct cmsghdr) { .cmsg_len = CMSG_LEN(sizeof(int) * (1 + next() % 4)), .cmsg_level = SOL_SOCKET, .cmsg_type = 1 + next() % 2 };
    for (int i = 0; i < 4; i++)
        ((int *)CMSG_DATA(control))[i] = (int)descriptor();
    for (int i = 0; i < 16; i++)
        *(struct timespec *)(area + TIMES + i * 16) = (struct timespec) { next() % 16 ? 0 : (time_t)next(), (long)(next() % 4 ? next() % 3000000 : hostile()) };
    for (int i = 0; i < 16; i++)
        *(uint64_t *)(area + SETS + i * 8) = next() & next();
    for (int i = 0; i < 16; i++) {
        ((struct pollfd *)(area + POLLS))[i] = (struct pollfd) { (int)descriptor(), next() & 0x3f, 0 };
        ((struct epoll_event *)(area + EVENTS))[i] = (struct epoll_event) { next() & 0xe000401f, { .u64 = next() } };
        *(uint64_t *)(area + OFFSETS + i * 8) = next() % 2 ? next() % 5000 : number('G');
    }
    char **words = (char **)(area + ARGUMENTS);
    words[0] = area + TEXTS;
    words[1] = "child";
    words[2] = "7";
    words[3] = next() % 4 ? NULL : area + TEXTS + 64;
    words[4] = NULL;
    static const struct sock_filter wanted[] = { { 0x20, 0, 0, 0 }, { 0x15, 0, 1, 39 }, { 0x06, 0, 0, 0x00050001 }, { 0x06, 0, 0, 0x7fff0000 } };
    *(struct sock_fprog *)(area + PROGRAM) = (struct sock_fprog) { COUNT(wanted), (struct sock_filter *)wanted };
    siginfo_t *info = (siginfo_t *)(area + INFO);
    memset(info, 0, sizeof *info);
    info->si_signo = (int)number('s');
    info->si_code = next() % 2 ? -1 : (int)next() % 8;
    // A stack: `syscall` returns to what lies on top of it.
    for (int i = PAGE / 8 - 16; i < PAGE / 8; i++)
        ((void **)(area + STACK))[i] = born;
}

void fill(void)
{
    for (int i = 0; i < TEXTS; i += 8)
        *(uint64_t *)(area + i) = next() % 3 ? hostile() : next() % 16;
    for (int i = 0; i < 64; i++)
        strcpy(area + TEXTS + i * 64, ANY(texts));
    if (next() % 8 == 0)
        memset(area + TEXTS + PAGE - 64, 'l', PAGE + 64);
    fill_structures();
}
