// allocations NAME COUNT: makes one kind of system call COUNT times (AllocationTests). Numbers by hand: no vDSO, no answer of the C library's.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <asm/termbits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static char bytes[65536];
static int zero, null, file, directory, pipes[2], event, set, pair[2], packets[2], stream[2], timer_file, signals;
static struct sockaddr_in own;
static struct pollfd polls[5];
static timer_t timer;
static unsigned *word;

// -1 ends the run: a call that fails is not the one that was to be counted.
#define CALL(...) (syscall(__VA_ARGS__) < 0 ? -1 : 0)
#define MOVED(size, ...) (syscall(__VA_ARGS__) == (size) ? 0 : -1)

static int getpgid_(void) { return CALL(SYS_getpgid, 0); }
static int read_zero_1(void) { return MOVED(1, SYS_read, zero, bytes, 1); }
static int read_zero_4k(void) { return MOVED(4096, SYS_read, zero, bytes, 4096); }
static int read_zero_64k(void) { return MOVED(65536, SYS_read, zero, bytes, 65536); }
static int write_null_1(void) { return MOVED(1, SYS_write, null, bytes, 1); }
static int write_null_4k(void) { return MOVED(4096, SYS_write, null, bytes, 4096); }
static int write_null_64k(void) { return MOVED(65536, SYS_write, null, bytes, 65536); }
static int read_file(size_t size) { return syscall(SYS_lseek, file, 0, SEEK_SET) == 0 ? MOVED((long)size, SYS_read, file, bytes, size) : -1; }
static int read_file_1(void) { return read_file(1); }
static int read_file_4k(void) { return read_file(4096); }
static int read_file_64k(void) { return read_file(65536); }
static int write_file(size_t size) { return syscall(SYS_lseek, file, 0, SEEK_SET) == 0 ? MOVED((long)size, SYS_write, file, bytes, size) : -1; }
static int write_file_1(void) { return write_file(1); }
static int write_file_4k(void) { return write_file(4096); }
static int write_file_64k(void) { return write_file(65536); }
static int pread_4k(void) { return MOVED(4096, SYS_pread64, file, bytes, 4096, 0); }
static int pread_64k(void) { return MOVED(65536, SYS_pread64, file, bytes, 65536, 0); }
static int pwrite_4k(void) { return MOVED(4096, SYS_pwrite64, file, bytes, 4096, 0); }
static int pwrite_64k(void) { return MOVED(65536, SYS_pwrite64, file, bytes, 65536, 0); }
static struct iovec vectors[3] = {{bytes, 100}, {bytes + 1000, 4096}, {bytes + 10000, 10}};
static int readv_(void) { return MOVED(4206, SYS_readv, zero, vectors, 3); }
static int writev_(void) { return MOVED(4206, SYS_writev, null, vectors, 3); }
static int preadv_(void) { return MOVED(4206, SYS_preadv, file, vectors, 3, 0, 0); }
static int pwritev_(void) { return MOVED(4206, SYS_pwritev, file, vectors, 3, 0, 0); }
static int lseek_(void) { return CALL(SYS_lseek, file, 10, SEEK_SET); }
static int fstat_(void) { struct stat status; return CALL(SYS_fstat, file, &status); }
static int fcntl_(void) { return CALL(SYS_fcntl, file, F_GETFL); }
static int ftruncate_(void) { return CALL(SYS_ftruncate, file, 65536); }
static int dup_close(void) { return CALL(SYS_close, syscall(SYS_dup, file)); }
static int dup2_(void) { return CALL(SYS_dup2, null, 100); }
static int pipe_1(void) { return MOVED(1, SYS_write, pipes[1], bytes, 1) || MOVED(1, SYS_read, pipes[0], bytes, 1); }
static int pipe_4k(void) { return MOVED(4096, SYS_write, pipes[1], bytes, 4096) || MOVED(4096, SYS_read, pipes[0], bytes, 4096); }
static int pipe_64k(void) { return MOVED(65536, SYS_write, pipes[1], bytes, 65536) || MOVED(65536, SYS_read, pipes[0], bytes, 65536); }
static int eventfd_(void) { return MOVED(8, SYS_write, event, "\1\0\0\0\0\0\0", 8) || MOVED(8, SYS_read, event, bytes, 8); }
static int poll_(void) { return MOVED(3, SYS_poll, polls, 5, -1); }
static int poll_none(void) { return MOVED(0, SYS_poll, polls, 1, 0); }
static int poll_waits(void) { return MOVED(0, SYS_poll, polls, 1, 1); }
static int ppoll_(void) { struct timespec time = {1, 0}; return MOVED(3, SYS_ppoll, polls, 5, &time, NULL, 8); }
static int select_(void)
{
    fd_set reads, writes;
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_SET(zero, &reads);
    FD_SET(pipes[0], &reads);
    FD_SET(pipes[1], &writes);
    struct timeval time = {1, 0};
    return MOVED(2, SYS_select, 64, &reads, &writes, NULL, &time);
}
static int pselect_(void)
{
    fd_set reads;
    FD_ZERO(&reads);
    FD_SET(zero, &reads);
    struct timespec time = {1, 0};
    return MOVED(1, SYS_pselect6, 64, &reads, NULL, NULL, &time, NULL);
}
static int epoll_wait_(void) { return MOVED(1, SYS_epoll_wait, set, bytes, 16, -1); }
static int epoll_none(void) { return MOVED(0, SYS_epoll_wait, packets[0], bytes, 16, 0); }
static int epoll_change(void) { struct epoll_event wanted = {EPOLLOUT, {.u64 = 1}}; return CALL(SYS_epoll_ctl, set, EPOLL_CTL_MOD, pipes[1], &wanted); }
// A lock whose owner is not there: the gate answers futexes by itself, but asks who that is.
static int futex_owner(void) { *word = 30000; return syscall(SYS_futex, word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0) < 0 ? 0 : -1; }
static int kill_none(void) { return CALL(SYS_kill, getpid(), 0); }
static int kill_blocked(void)
{
    sigset_t wanted;
    siginfo_t info;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    return CALL(SYS_kill, getpid(), SIGUSR1) || MOVED(SIGUSR1, SYS_rt_sigtimedwait, &wanted, &info, NULL, 8);
}
static int signal_handled(void) { return CALL(SYS_kill, getpid(), SIGUSR2); }
static void handler(int number) { (void)number; }
static int sigtimedwait_none(void)
{
    sigset_t wanted;
    struct timespec time = {0, 0};
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    return syscall(SYS_rt_sigtimedwait, &wanted, NULL, &time, 8) < 0 ? 0 : -1;
}
static int sigtimedwait_waits(void)
{
    sigset_t wanted;
    struct timespec time = {0, 1};
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    return syscall(SYS_rt_sigtimedwait, &wanted, NULL, &time, 8) < 0 ? 0 : -1;
}
static int nanosleep_(void) { struct timespec time = {0, 1}; return CALL(SYS_nanosleep, &time, NULL); }
static int clock_nanosleep_(void) { struct timespec time = {0, 1}; return CALL(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, NULL); }
static int clock_gettime_cpu(void) { struct timespec time; return CALL(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &time); }
static int timer_settime_(void)
{
    struct itimerspec wanted = {{0, 0}, {1000, 0}};
    return CALL(SYS_timer_settime, timer, 0, &wanted, NULL);
}
static int timerfd_settime_(void)
{
    struct itimerspec wanted = {{0, 0}, {1000, 0}};
    return CALL(SYS_timerfd_settime, timer_file, 0, &wanted, NULL);
}
static int setitimer_(void)
{
    struct itimerval wanted = {{0, 0}, {1000, 0}};
    return CALL(SYS_setitimer, ITIMER_REAL, &wanted, NULL);
}
static int getdents_(void) { return CALL(SYS_lseek, directory, 0, SEEK_SET) || syscall(SYS_getdents64, directory, bytes, sizeof bytes) <= 0 ? -1 : 0; }
static int unix_1(void) { return MOVED(1, SYS_sendto, pair[0], bytes, 1, 0, NULL, 0) || MOVED(1, SYS_recvfrom, pair[1], bytes, 1, 0, NULL, NULL); }
static int unix_4k(void) { return MOVED(4096, SYS_sendto, pair[0], bytes, 4096, 0, NULL, 0) || MOVED(4096, SYS_recvfrom, pair[1], bytes, 4096, 0, NULL, NULL); }
static int unix_file(void) { return MOVED(100, SYS_write, pair[0], bytes, 100) || MOVED(100, SYS_read, pair[1], bytes, 100); }
static int unix_packet(void) { return MOVED(100, SYS_sendto, packets[1], bytes, 100, 0, NULL, 0) || MOVED(100, SYS_recvfrom, event, bytes, 100, 0, NULL, NULL); }
static int unix_message(void)
{
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 3}, back = message;
    return MOVED(4206, SYS_sendmsg, pair[0], &message, 0) || MOVED(4206, SYS_recvmsg, pair[1], &back, 0);
}
static int tcp_1(void) { return MOVED(1, SYS_sendto, stream[0], bytes, 1, 0, NULL, 0) || MOVED(1, SYS_recvfrom, stream[1], bytes, 1, 0, NULL, NULL); }
static int tcp_4k(void) { return MOVED(4096, SYS_sendto, stream[0], bytes, 4096, 0, NULL, 0) || MOVED(4096, SYS_recvfrom, stream[1], bytes, 4096, 0, NULL, NULL); }
static int udp_100(void) { return MOVED(100, SYS_sendto, stream[0], bytes, 100, 0, NULL, 0) || MOVED(100, SYS_recvfrom, stream[0], bytes, 100, 0, NULL, NULL); }
static int getsockopt_(void) { int value; socklen_t size = sizeof value; return CALL(SYS_getsockopt, stream[0], SOL_SOCKET, SO_ERROR, &value, &size); }
static int sched_getaffinity_(void) { return CALL(SYS_sched_getaffinity, 0, 128, bytes); }
static int times_(void) { struct tms used; return CALL(SYS_times, &used); }
static int getrusage_(void) { struct rusage used; return CALL(SYS_getrusage, RUSAGE_SELF, &used); }
static int getrusage_thread(void) { struct rusage used; return CALL(SYS_getrusage, RUSAGE_THREAD, &used); }
static int sysinfo_(void) { struct sysinfo info; return CALL(SYS_sysinfo, &info); }
static int uname_(void) { struct utsname name; return CALL(SYS_uname, &name); }
static int umask_(void) { return CALL(SYS_umask, 022); }
static int getcwd_(void) { return CALL(SYS_getcwd, bytes, sizeof bytes); }
static int getpriority_(void) { return CALL(SYS_getpriority, PRIO_PROCESS, 0); }
static int prlimit_(void) { struct rlimit limit; return CALL(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit); }
static int getgroups_(void) { return CALL(SYS_getgroups, 0, NULL); }
static int wait_none(void) { return syscall(SYS_wait4, -1, NULL, WNOHANG, NULL) < 0 ? 0 : -1; }
static int mmap_shared(void)
{
    void *place = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    return place == MAP_FAILED ? -1 : munmap(place, 4096);
}
static int stat_(void) { struct stat status; return CALL(SYS_stat, "/tmp/file", &status); }
static int open_close(void) { return CALL(SYS_close, syscall(SYS_open, "/tmp/file", O_RDONLY)); }
static int access_(void) { return CALL(SYS_access, "/tmp/file", R_OK); }
static int readlink_(void) { return CALL(SYS_readlink, "/tmp/link", bytes, sizeof bytes); }

static int newfstatat_empty(void) { struct stat status; return CALL(SYS_newfstatat, file, "", &status, AT_EMPTY_PATH); }
static int statx_empty(void) { return CALL(SYS_statx, file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, bytes); }
static int isatty_(void) { return syscall(SYS_ioctl, file, TCGETS, bytes) < 0 ? 0 : -1; }
static int fionread(void) { int value; return CALL(SYS_ioctl, pipes[0], FIONREAD, &value); }
static int getrandom_(void) { return MOVED(16, SYS_getrandom, bytes, 16, 0); }
static int sigaltstack_(void) { return CALL(SYS_sigaltstack, NULL, bytes); }
static int sigpending_(void) { return CALL(SYS_rt_sigpending, bytes, 8); }
static int prctl_name(void) { return CALL(SYS_prctl, PR_GET_NAME, bytes); }
static int sched_getparam_(void) { return CALL(SYS_sched_getparam, 0, bytes); }
static int epoll_waits(void) { return MOVED(0, SYS_epoll_wait, packets[0], bytes, 16, 1); }
static int fsync_(void) { return CALL(SYS_fsync, file); }
static int flock_(void) { return CALL(SYS_flock, file, LOCK_EX) || CALL(SYS_flock, file, LOCK_UN); }
static int record_lock(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 3, .l_len = 4}, unlock = lock;
    unlock.l_type = F_UNLCK;
    return CALL(SYS_fcntl, file, F_SETLK, &lock) || CALL(SYS_fcntl, file, F_SETLK, &unlock);
}
static int sendfile_(void) { off_t place = 0; return MOVED(4096, SYS_sendfile, null, file, &place, 4096); }
static int splice_(void) { return MOVED(1, SYS_write, pipes[1], bytes, 1) || MOVED(1, SYS_splice, pipes[0], NULL, null, NULL, 1, 0); }
static int timerfd_read(void)
{
    struct itimerspec wanted = {{0, 0}, {0, 1}};
    return CALL(SYS_timerfd_settime, timer_file, 0, &wanted, NULL) || MOVED(8, SYS_read, timer_file, bytes, 8);
}
static int signalfd_read(void) { return CALL(SYS_kill, getpid(), SIGUSR1) || MOVED(128, SYS_read, signals, bytes, 128); }
static int getsockname_(void) { socklen_t size = 16; return CALL(SYS_getsockname, stream[0], bytes, &size); }
static int unix_none(void) { return syscall(SYS_recvfrom, pair[0], bytes, 1, MSG_DONTWAIT, NULL, NULL) < 0 ? 0 : -1; }
static int tcp_message(void)
{
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 3}, back = message;
    return MOVED(4206, SYS_sendmsg, stream[0], &message, 0) || MOVED(4206, SYS_recvmsg, stream[1], &back, 0);
}
static int udp_named(void)
{
    struct sockaddr_in name;
    socklen_t size = sizeof name;
    return MOVED(100, SYS_sendto, stream[0], bytes, 100, 0, &own, sizeof own) || MOVED(100, SYS_recvfrom, stream[0], bytes, 100, 0, &name, &size);
}

static const struct { const char *name; int (*call)(void); } calls[] = {
#define C(name) {#name, name}
    {"getpgid", getpgid_}, C(read_zero_1), C(read_zero_4k), C(read_zero_64k), C(write_null_1), C(write_null_4k), C(write_null_64k),
    C(read_file_1), C(read_file_4k), C(read_file_64k), C(write_file_1), C(write_file_4k), C(write_file_64k), C(pread_4k), C(pread_64k), C(pwrite_4k), C(pwrite_64k),
    {"readv", readv_}, {"writev", writev_}, {"preadv", preadv_}, {"pwritev", pwritev_}, {"lseek", lseek_}, {"fstat", fstat_}, {"fcntl", fcntl_}, {"ftruncate", ftruncate_},
    C(dup_close), {"dup2", dup2_}, C(pipe_1), C(pipe_4k), C(pipe_64k), {"eventfd", eventfd_}, {"poll", poll_}, C(poll_none), C(poll_waits), {"ppoll", ppoll_}, {"select", select_},
    {"pselect", pselect_}, {"epoll_wait", epoll_wait_}, C(epoll_none), C(epoll_change), C(futex_owner), C(kill_none), C(kill_blocked), C(signal_handled),
    C(sigtimedwait_none), C(sigtimedwait_waits), {"nanosleep", nanosleep_}, {"clock_nanosleep", clock_nanosleep_}, C(clock_gettime_cpu), {"timer_settime", timer_settime_},
    {"timerfd_settime", timerfd_settime_}, {"setitimer", setitimer_}, {"getdents64", getdents_}, C(unix_1), C(unix_4k), C(unix_file), C(unix_packet), C(unix_message), C(tcp_1), C(tcp_4k), C(udp_100),
    {"getsockopt", getsockopt_}, {"sched_getaffinity", sched_getaffinity_}, {"times", times_}, {"getrusage", getrusage_}, C(getrusage_thread), {"sysinfo", sysinfo_},
    {"uname", uname_}, {"umask", umask_}, {"getcwd", getcwd_}, {"getpriority", getpriority_}, {"prlimit", prlimit_}, {"getgroups", getgroups_}, C(wait_none), C(mmap_shared),
    C(newfstatat_empty), C(statx_empty), {"isatty", isatty_}, C(fionread), {"getrandom", getrandom_}, {"sigaltstack", sigaltstack_}, {"sigpending", sigpending_},
    C(prctl_name), {"sched_getparam", sched_getparam_}, C(epoll_waits), {"fsync", fsync_}, {"flock", flock_}, C(record_lock), {"sendfile", sendfile_}, {"splice", splice_},
    C(timerfd_read), C(signalfd_read), {"getsockname", getsockname_}, C(unix_none), C(tcp_message), C(udp_named),
    {"stat", stat_}, C(open_close), {"access", access_}, {"readlink", readlink_},
};

// Datagrams and an empty epoll set take the places of two that their calls do not use.
static void prepare(const char *name)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    struct epoll_event wanted = {EPOLLOUT, {.u64 = 1}};
    sigset_t blocked;
    zero = open("/dev/zero", O_RDONLY);
    null = open("/dev/null", O_WRONLY);
    file = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    directory = open("/", O_RDONLY | O_DIRECTORY);
    event = eventfd(0, 0);
    set = epoll_create1(0);
    timer_file = timerfd_create(CLOCK_MONOTONIC, 0);
    if (pwrite(file, bytes, sizeof bytes, 0) != sizeof bytes || pipe(pipes) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, packets) < 0)
        exit(3);
    if (symlink("file", "/tmp/link") < 0)
        exit(3);
    epoll_ctl(set, EPOLL_CTL_ADD, pipes[1], &wanted);
    if (strncmp(name, "epoll_", 6) == 0)
        packets[0] = epoll_create1(0);
    if (strcmp(name, "unix_packet") == 0)
        event = packets[0];
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    stream[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 1) < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0
        || connect(stream[0], (struct sockaddr *)&address, size) < 0 || (stream[1] = accept(listener, NULL, NULL)) < 0)
        exit(4);
    if (strncmp(name, "udp_", 4) == 0) {
        stream[0] = socket(AF_INET, SOCK_DGRAM, 0);
        if (connect(stream[0], (struct sockaddr *)&address, size) < 0 || getsockname(stream[0], (struct sockaddr *)&address, &size) < 0
            || connect(stream[0], (struct sockaddr *)&address, size) < 0)
            exit(5);
        own = address;
    }
    int watched[] = {pipes[0], zero, null, pair[0], event};
    for (int i = 0; i < 5; i++)
        polls[i] = (struct pollfd){watched[i], i == 3 ? POLLOUT : POLLIN, 0};
    polls[2].events = POLLOUT;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signals = signalfd(-1, &blocked, 0);
    signal(SIGUSR2, handler);
    timer_create(CLOCK_MONOTONIC, &(struct sigevent){.sigev_notify = SIGEV_NONE}, &timer);
    word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(int count, char **words)
{
    if (count == 1) {
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
            puts(calls[i].name);
        return 0;
    }
    prepare(words[1]);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(calls[i].name, words[1]) != 0)
            continue;
        for (int left = atoi(words[2]); left > 0; left--) {
            if (calls[i].call() != 0) {
                perror(words[1]);
                return 1;
            }
        }
        // The next run is to find what this one found.
        return unlink("/tmp/link") | unlink("/tmp/file");
    }
    return 2;
}
