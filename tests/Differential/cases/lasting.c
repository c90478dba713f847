// Errors of calls by path, again and again, where nobody changes the tree: and what changes them after all.
#include "harness.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define TIMES 20

// The same each time: the last one's errno.
static int again(long (*call)(void))
{
    int first = 0;
    for (int i = 0; i < TIMES; i++) {
        errno = 0;
        int error = call() < 0 ? errno : 0;
        if (i == 0)
            first = error;
        else if (error != first)
            return -1;
    }
    return first;
}

#define AGAIN(name, expression)                                        \
    static long name(void)                                             \
    {                                                                  \
        return (expression);                                           \
    }

static char text[256];
static struct stat status;
AGAIN(no_link, readlink("/bin/cases", text, sizeof text))
AGAIN(no_size, readlink("/bin/cases", text, 0))
AGAIN(not_there, stat("/bin/none", &status))
AGAIN(not_there_at, fstatat(-1, "/bin/none", &status, 0))
AGAIN(wrong_flags, fstatat(-1, "/bin/none", &status, 0x40000000))
AGAIN(no_directory, open("/bin/cases/none", O_RDONLY))
AGAIN(not_opened, open("/bin/none", O_RDONLY))
AGAIN(not_made, open("/bin/none/none", O_RDWR | O_CREAT, 0600))
AGAIN(no_access, access("/bin/none", F_OK))
AGAIN(wrong_mode, access("/bin/none", 8))
AGAIN(nowhere, stat((const char *)8, &status))
AGAIN(there, stat("/bin/cases", &status))
AGAIN(own, stat("mine", &status))

#define SHOW_AGAIN(call) out("%s: %s\n", #call, strerrorname_np(again(call)))

CASE(lasting, errors)
{
    SHOW_AGAIN(no_link);
    SHOW_AGAIN(no_size);
    SHOW_AGAIN(not_there);
    SHOW_AGAIN(not_there_at);
    SHOW_AGAIN(wrong_flags);
    SHOW_AGAIN(no_directory);
    SHOW_AGAIN(not_opened);
    SHOW_AGAIN(not_made);
    SHOW_AGAIN(no_access);
    SHOW_AGAIN(wrong_mode);
    SHOW_AGAIN(nowhere);
    SHOW_AGAIN(there);
    SHOW_AGAIN(own);
    close(open("mine", O_WRONLY | O_CREAT, 0600));
    SHOW_AGAIN(own);
    unlink("mine");
    SHOW_AGAIN(own);
}

// open(2) looks for a descriptor first.
CASE(lasting, descriptors)
{
    struct rlimit limit = { 20, 20 };
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    SHOW_AGAIN(not_opened);
    int last = -1;
    for (int fd; (fd = dup(0)) >= 0;)
        last = fd;
    SHOW_AGAIN(not_opened);
    close(last);
    SHOW_AGAIN(not_opened);
    dup2(0, last);
    SHOW_AGAIN(not_opened);
    close(7);
    SHOW_AGAIN(not_opened);
    limit.rlim_cur = 7;
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    SHOW_AGAIN(not_opened);
    SHOW_AGAIN(not_there);
}

static void filter(int nr)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { 4, code };
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program));
}

static _Atomic int step;

static void *beside(void *argument)
{
    for (int turn = 0; turn < 2; turn++) {
        while (step != 2 * turn + 1)
            sched_yield();
        out("beside: %s\n", strerrorname_np(again(no_link)));
        step = 2 * turn + 2;
    }
    return argument;
}

// A filter that comes later, for all threads.
CASE(lasting, filters)
{
    pthread_t thread;
    pthread_create(&thread, NULL, beside, NULL);
    SHOW_AGAIN(no_link);
    step = 1;
    while (step != 2)
        sched_yield();
    filter(SYS_readlink);
    SHOW_AGAIN(no_link);
    SHOW_AGAIN(not_there);
    step = 3;
    pthread_join(thread, NULL);
}

CASE(lasting, children)
{
    SHOW_AGAIN(no_link);
    pid_t child = fork();
    if (child == 0) {
        SHOW_AGAIN(no_link);
        filter(SYS_readlink);
        SHOW_AGAIN(no_link);
        _exit(0);
    }
    SHOW_WAIT(child);
    SHOW_AGAIN(no_link);
}
