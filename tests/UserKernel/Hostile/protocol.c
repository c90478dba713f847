/* protocol CASE: one lie to the kernel, by a child; then its parent, an ordinary program and init of this sandbox, sees whether the kernel is what it was.
 * 0: as it should be. */
#define _GNU_SOURCE
#include <sys/uio.h>

#include "neighbour.h"
#include "honest.h"

static unsigned ask_for(unsigned index, long nr, uint64_t a, uint64_t b, uint64_t c)
{
    return speak(index, REQUEST_SYSCALL, (uint64_t)nr, (const uint64_t[6]){ a, b, c }, 0, 300);
}

static int receive_two(int fds[2])
{
    union { struct cmsghdr header; char space[CMSG_SPACE(2 * sizeof(int))]; } control;
    char byte;
    struct iovec vector = { &byte, 1 };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    if (RAW(SYS_recvmsg, SOCKET_FD, (uint64_t)&message, 0) != 1 || control.header.cmsg_len != CMSG_LEN(2 * sizeof(int)))
        return 0;
    memcpy(fds, CMSG_DATA(&control.header), 2 * sizeof(int));
    return 1;
}

/* What the gate does in a new child, by hand. */
static void become_cell(const int fds[2])
{
    RAW(SYS_mmap, CHANNEL_BASE, CHANNEL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, (uint64_t)fds[0]);
    RAW(SYS_madvise, CHANNEL_BASE, CHANNEL_SIZE, MADV_DONTFORK);
    RAW(SYS_dup3, (uint64_t)fds[1], SOCKET_FD, O_CLOEXEC);
    speak(0, REQUEST_START, 0, 0, 0, 1000);
}

/* ---- Children that are not there ---- */

static void make_phantoms(uint64_t unused)
{
    (void)unused;
    for (int i = 0; i < 5000; i++) {
        unsigned action = ask_for(0, SYS_fork, 0, 0, 0);
        if (action != ACTION_FORK)
            _exit(i > 4000 ? 1 : 0);
        speak(0, REQUEST_DONE, 0, 0, 20000 + i, 300);
    }
    _exit(1);
}

static void phantoms(void)
{
    int status = in_child(make_phantoms, 0, 10000);
    expect(status == 0 || status == SIGSEGV, "thousands of children that are not there", status);
}

/* Descriptors are kept and nobody is behind them. */
static void keep_phantoms(uint64_t unused)
{
    (void)unused;
    int fds[2];
    for (int i = 0; i < 5000; i++) {
        if (ask_for(0, SYS_fork, 0, 0, 0) != ACTION_FORK || !receive_two(fds))
            _exit(i > 4000 ? 1 : 0);
        speak(0, REQUEST_DONE, 0, 0, 20000 + i, 300);
    }
    _exit(1);
}

static void kept(void)
{
    int status = in_child(keep_phantoms, 0, 10000);
    expect(status == 0 || status == SIGSEGV, "thousands of kept sockets", status);
}

/* A fork is asked for again while one is on its way. */
static void fork_again(uint64_t unused)
{
    (void)unused;
    for (int i = 0; i < 5000; i++)
        if (ask_for(0, SYS_fork, 0, 0, 0) != ACTION_FORK)
            _exit(i > 4000 ? 1 : 0);
    _exit(1);
}

static void again(void)
{
    int status = in_child(fork_again, 0, 10000);
    expect(status == 0 || status == SIGSEGV, "thousands of forks at once", status);
}

/* The child is there and has children of its own when its parent says that there is none. */
static void deny_child(uint64_t unused)
{
    (void)unused;
    int fds[2], *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ask_for(0, SYS_fork, 0, 0, 0) != ACTION_FORK || !receive_two(fds))
        _exit(1);
    if (RAW(SYS_clone, FORK_FLAGS) == 0) {
        become_cell(fds);
        for (int i = 0; i < 3; i++)
            if (fork() == 0)
                pause();
        *shared = 1;
        execl("/proc/self/exe", "self", "pause", "1", (char *)0);
        for (;;)
            RAW_1(SYS_exit_group);
    }
    for (long end = now_ms() + 1000; !*(volatile int *)shared && now_ms() < end;)
        RAW_1(SYS_sched_yield);
    for (long end = now_ms() + 100; now_ms() < end;)
        RAW_1(SYS_sched_yield);
    speak(0, REQUEST_DONE, 0, 0, -11, 300);
    _exit(*shared ? 0 : 2);
}

static void denied(void)
{
    int status = in_child(deny_child, 0, 5000);
    expect(status == 0 || status == SIGSEGV, "a child was denied", status);
}

/* The same with a thread, which executes a program meanwhile. */
static void deny_thread(uint64_t unused)
{
    (void)unused;
    static char *words[] = { "self", "pause", "1", 0 };
    if (ask_for(0, SYS_clone, 0x3d0f00, 0, 0) != ACTION_CLONE)
        _exit(1);
    unsigned other = slot_at(0)->thread_slot;
    speak(other, REQUEST_SYSCALL, SYS_execve, (const uint64_t[6]){ (uint64_t)"/proc/self/exe", (uint64_t)words, 0 }, 0, 0);
    speak(0, REQUEST_DONE, 0, 0, -11, 100);
    for (;;)
        ask_for(0, SYS_getppid, 0, 0, 0);
}

static void denied_thread(void)
{
    for (int i = 0; i < 10; i++)
        in_child(deny_thread, 0, 300);
}

/* ---- Cells that go without a word ---- */

static void close_socket(uint64_t unused)
{
    (void)unused;
    RAW(SYS_close, SOCKET_FD);
    for (;;) {
        access("/", F_OK);
        usleep(1000);
    }
}

static void deaf(void)
{
    int status = in_child(close_socket, 0, 3000);
    expect(status == SIGKILL, "it closed its socket and", status);
}

static void end_in_vfork(uint64_t unused)
{
    (void)unused;
    if (vfork() == 0)
        for (;;)
            RAW(SYS_exit_group, 0);
    pause();
}

static void dead_vfork(void)
{
    for (int i = 0; i < 10; i++) {
        int status = in_child(end_in_vfork, 0, 3000);
        expect(status > 0, "its cell ended under a vfork child and", status);
    }
}

static void ask_and_end(uint64_t nr)
{
    struct slot *s = slot_at(0);
    s->kind = REQUEST_SYSCALL;
    s->nr = nr;
    memset(s->args, 0, sizeof s->args);
    s->args[0] = nr == SYS_clone ? 0x3d0f00 : nr == SYS_mmap ? 0 : 17;
    __atomic_store_n(&s->state, SLOT_REQUEST, __ATOMIC_SEQ_CST);
    for (;;)
        RAW(SYS_exit_group, 0);
}

static void last_words(void)
{
    static const long calls[] = { SYS_fork, SYS_vfork, SYS_clone, SYS_execve, SYS_mmap, SYS_pause, SYS_exit, SYS_read, SYS_wait4, SYS_setsid };
    for (unsigned i = 0; i < COUNT(calls) * 4; i++) {
        int status = in_child(ask_and_end, (uint64_t)calls[i % COUNT(calls)], 3000);
        expect(status >= 0, "its last word was a call and", (long)i % COUNT(calls));
    }
}

/* ---- The socket and the channel ---- */

static void flood_bells(uint64_t unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++)
        if (RAW(SYS_clone, FORK_FLAGS) == 0)
            break;
    for (long end = now_ms() + 4000; now_ms() < end;)
        for (int i = 0; i < 100; i++)
            ring_bell(1000);
    for (;;)
        RAW_1(SYS_exit_group);
}

static void flood(void)
{
    long slowest = 0, calls = 0;
    pid_t pid = fork();
    if (pid == 0)
        flood_bells(0);
    for (long end = now_ms() + 3000; now_ms() < end; calls++) {
        long begin = now_ms();
        access("/", F_OK);
        if (now_ms() - begin > slowest)
            slowest = now_ms() - begin;
    }
    expect(slowest < 1500 && calls > 100, "the slowest call beside a flood of bells took", slowest);
    kill(pid, SIGKILL);
    waitpid(pid, 0, 0);
    sleep(2); /* those that nobody knows */
}

/* A process behind the kernel's back has its parent's socket but never its channel. */
static void share_channel(uint64_t unused)
{
    (void)unused;
    volatile int *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    RAW(SYS_madvise, CHANNEL_BASE, CHANNEL_SIZE, 11 /* MADV_DOFORK */);
    RAW(SYS_mremap, CHANNEL_BASE, 0, CHANNEL_SIZE, 3, 0x20000000); /* of no length: a second view of shared memory */
    if (RAW(SYS_clone, FORK_FLAGS) == 0) {
        *shared = 1;
        if (RAW(SYS_futex, CHANNEL_BASE, 1, 1) >= 0)
            *shared = 2;
        if (RAW(SYS_futex, 0x20000000, 1, 1) >= 0)
            *shared = 3;
        for (;;)
            RAW_1(SYS_exit_group);
    }
    usleep(300000);
    _exit(*shared);
}

static void channel(void)
{
    int status = in_child(share_channel, 0, 3000);
    expect(status == 1 << 8, "an unknown process and its parent's channel", status);
}

/* ---- Processes that the kernel does not know ---- */

static void unknown(void)
{
    int made = 0;
    for (; made < 1000; made++) {
        long pid = RAW(SYS_clone, FORK_FLAGS);
        if (pid < 0)
            break;
        if (pid == 0)
            for (;;) {
                ring_bell(0);
                RAW(SYS_futex, (uint64_t)&made, 0, (uint64_t)made); /* for ever */
            }
    }
    printf("unknown processes: %d\n", made);
    fflush(stdout);
    pause();
}

int main(int count, char **words)
{
    static const struct { const char *name; void (*body)(void); } cases[] = {
        { "phantoms", phantoms }, { "kept", kept }, { "again", again }, { "denied", denied }, { "denied-thread", denied_thread }, { "two-execute", two_execute },
        { "deaf", deaf }, { "dead-vfork", dead_vfork }, { "killed-vfork", killed_vfork }, { "last-words", last_words }, { "orphan", orphan }, { "killed-early", killed_early }, { "flood", flood }, { "channel", channel }, { "mappers", mappers },
        { "crowd", crowd }, { "unknown", unknown }, { "ranges", ranges },
    };
    maybe_status(count, words);
    if (count == 3 && !strcmp(words[1], "pause"))
        pause();
    find_sites();
    for (unsigned i = 0; count == 2 && i < COUNT(cases); i++) {
        if (strcmp(words[1], cases[i].name))
            continue;
        cases[i].body();
        expect_order();
        printf("%d failures\n", failures);
        return failures != 0;
    }
    return 99;
}
