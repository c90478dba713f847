/* scribble SEED SECONDS: processes that write at random over their gate, its stacks, their channel and their own registers, that speak the channel's protocol
 * wrongly, and that make host calls behind the kernel's back, from several threads and from children that the kernel does not know. A neighbour
 * in the same sandbox must not notice, and at the end none of them may be left. The same seed does the same. */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/resource.h>
#include <sys/shm.h>

#include "neighbour.h"

#define MOMENT_MS 250
#define STEPS 3000
#define AT_ONCE 3
#define THREADS 2
#define OTHER_USER 12345

static char *area; /* 128 KiB */
static pid_t neighbour;
static int neighbour_status = -1, segment;

static uint64_t value(void)
{
    static const uint64_t odd[] = { 0, 1, 2, 3, 4, 5, 6, 7, 12, 31, 32, 33, 64, 1023, 1024, 4096, 65535, 0x7fffffff, 0x80000000, 0xffffffff, -1ul, -2ul, -9ul, -11ul, -38ul,
        -4095ul, -4096ul, 1ul << 47, 1ul << 63, GATE_BASE, CHANNEL_BASE, STACKS_BASE, GATE_END, 300, 301, 0x8011, 0x2d0f00, 0x3d0f00, 0x1200011, 0x4111 };
    switch (next() % 5) {
    case 0:
    case 1: return odd[next() % COUNT(odd)];
    case 2: return next() % 40;
    case 3: return (uint64_t)area + next() % 65536;
    default: return next();
    }
}

/* The slots that are in use, mostly. */
static unsigned some_slot(void)
{
    return (unsigned)(next() % 8 ? next() % (THREADS + 2) : next());
}

/* ---- One step each ---- */

static void scribble_channel(void)
{
    uint32_t *words = (uint32_t *)slot_at(some_slot());
    for (int i = 0; i < 8; i++)
        words[next() % 4 ? next() % 96 : next() % (SLOT_SIZE / 4)] = (uint32_t)value();
}

static void scribble_stacks(void)
{
    uint64_t *words = (uint64_t *)(STACKS_BASE + next() % (THREADS + 2) * STACK_SIZE);
    for (int i = 0; i < 4; i++)
        words[next() % 2 ? next() % 8 : next() % (STACK_SIZE / 8)] = value();
}

static void scribble_text(void)
{
    if (RAW(SYS_mprotect, GATE_BASE, 0x3000, PROT_READ | PROT_WRITE | PROT_EXEC) == 0)
        for (uint64_t i = next() % 4; i > 0; i--)
            ((uint8_t *)GATE_BASE)[next() % 0x3000] = (uint8_t)next();
}

static void scribble_registers(void)
{
    RAW(SYS_arch_prctl, 0x1001, value()); /* GS */
    __asm__ volatile("mov %0, %%r12\n\tmov %0, %%r13\n\tmov %0, %%r14\n\tmov %0, %%r15\n\tmov %0, %%rbx\n\tstd\n\tmov $39, %%eax\n\tsyscall\n\tcld"
        : : "r"(value()) : "rax", "rbx", "rcx", "r11", "r12", "r13", "r14", "r15", "memory");
}

static void garbage_bells(void)
{
    for (int i = 0; i < 20; i++)
        RAW(SYS_sendto, SOCKET_FD, (uint64_t)area, next() % 3 ? next() % 9 : next() % 131072, MSG_DONTWAIT | MSG_NOSIGNAL);
    ring_bell(65535);
    ring_bell(some_slot());
}

static void steal(void)
{
    char control[256], data[64];
    struct iovec vector = { data, sizeof data };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    RAW(SYS_recvmsg, SOCKET_FD, (uint64_t)&message, MSG_DONTWAIT | (next() % 2 ? MSG_PEEK : 0));
}

static void host_call(void)
{
    static const long calls[] = { SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_close, SYS_dup3, SYS_membarrier };
    long nr = calls[next() % COUNT(calls)];
    uint64_t a[6] = { value(), value(), value(), value(), value(), value() };
    if (nr <= SYS_mremap)
        a[0] = next() % 2 ? value() & -4096ul : GATE_BASE + next() % 3 * 0x10000000 + next() % 32 * 4096;
    if (nr == SYS_dup3)
        a[1] = SOCKET_FD;
    if (nr == SYS_close)
        a[0] = next() % 16;
    raw_of(nr, a);
}

/* The guest's side of a talk, without its gate: what it asks, then answers that were not asked for. */
static void talk(void)
{
    static const long calls[] = { SYS_fork, SYS_fork, SYS_vfork, SYS_clone, SYS_clone, SYS_execve, SYS_mmap, SYS_exit, SYS_getppid, SYS_read, SYS_openat, SYS_shmat, SYS_shmat,
        SYS_shmdt, SYS_kill, SYS_wait4, SYS_rt_sigaction, SYS_sigaltstack, SYS_prlimit64, SYS_seccomp, SYS_setsid, SYS_nanosleep, SYS_rt_sigprocmask, SYS_alarm, SYS_tgkill, SYS_execveat };
    static const uint32_t kinds[] = { REQUEST_START, REQUEST_SYSCALL, REQUEST_DONE, REQUEST_DONE, REQUEST_DONE, REQUEST_SIGNALS, REQUEST_SIGRETURN, REQUEST_FAULT, REQUEST_OWNER, 0, 77 };
    unsigned index = some_slot();
    long nr = next() % 8 ? calls[next() % COUNT(calls)] : (long)(next() % 470);
    uint64_t a[6] = { value(), value(), value(), value(), value(), value() };
    if (nr == SYS_execve)
        a[0] = (uint64_t)"/proc/self/exe", a[1] = a[2] = 0;
    if (nr == SYS_mmap)
        a[0] = 0, a[1] = 65536, a[2] = 1, a[3] = 2, a[4] = 0, a[5] = 0;
    if (nr == SYS_clone)
        a[0] = next() % 2 ? 0x3d0f00 : 17;
    if (nr == SYS_kill || nr == SYS_tgkill)
        a[0] = (uint64_t)getpid();
    if (nr == SYS_alarm)
        a[0] = 1;
    if (nr == SYS_shmat)
        a[0] = (uint64_t)segment, a[1] = a[2] = 0;
    /* What stays when its maker is gone is ours to bound, not the kernel's. */
    if (nr == SYS_shmget || nr == SYS_semget || nr == SYS_msgget || nr == SYS_mq_open)
        nr = SYS_getppid;
    speak(index, next() % 8 ? REQUEST_SYSCALL : kinds[next() % COUNT(kinds)], (uint64_t)nr, a, (long)value(), 3);
    if (next() % 2)
        steal();
    for (uint64_t i = next() % 3; i > 0; i--) {
        struct slot *s = slot_at(index);
        s->interrupted = (uint32_t)next();
        for (int op = 0; op < 4; op++)
            s->ops[op].result = (int64_t)value();
        speak(index, kinds[next() % COUNT(kinds)], (uint64_t)nr, 0, next() % 2 ? (long)(next() % 400) : (long)value(), 3);
    }
}

static void ordinary_calls(void)
{
    char name[32];
    sprintf(name, "/tmp/%lu", next() % 8);
    int file = open(name, O_CREAT | O_RDWR, 0600), status;
    if (write(file, area, 8192) == 8192)
        mmap(0, 8192, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, &status, 0);
}

static void unknown_child(void);

typedef void (*action)(void);
static const action actions[] = {
    scribble_channel, scribble_stacks, scribble_text, scribble_registers, garbage_bells, steal, host_call, talk, ordinary_calls, unknown_child,
};

/* Not what may make it wait for ever: nobody could end it before the sandbox ends. */
static void unknown_child(void)
{
    static const action its[] = { scribble_channel, scribble_stacks, garbage_bells, steal };
    if (RAW(SYS_clone, FORK_FLAGS) != 0)
        return;
    for (int i = 0; i < 40; i++)
        its[next() % COUNT(its)]();
    for (;;)
        RAW_1(SYS_exit_group);
}

/* ---- Processes ---- */

static void *wild(void *given)
{
    uint64_t mine = (uint64_t)given;
    /* Some do all, some only what their seed says: a process that tears down its own gate does not get far with the rest. */
    unsigned temper = mine % 3 == 0 ? -1u : mine % 3 == 1 ? 1u << 7 | 1u << 9 | 1u << 5 : 1u << mine % COUNT(actions) | 1u << mine / 3 % COUNT(actions);
    seed(mine);
    for (int i = 0; i < STEPS; i++) {
        unsigned which = (unsigned)(next() % COUNT(actions));
        if (temper & 1u << which)
            actions[which]();
    }
    return 0;
}

static void hostile(uint64_t number)
{
    pthread_t thread;
    /* Another user than the neighbour: what it may do to that one by right is nothing. */
    if (setgid(OTHER_USER) || setuid(OTHER_USER))
        _exit(97);
    setrlimit(RLIMIT_CPU, &(struct rlimit){ 1, 2 }); /* for the children that nobody knows */
    for (int i = 0; i < THREADS; i++)
        if (number % 2)
            pthread_create(&thread, 0, wild, (void *)(number + (uint64_t)i));
    wild((void *)number);
}

static pid_t start(uint64_t number)
{
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        hostile(number);
        _exit(0);
    }
    return pid;
}

/* We are init: what its parent left comes to us. */
static void collect(void)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (pid == neighbour)
            neighbour_status = status;
}

static void finish(pid_t pid, long end)
{
    int status;
    if (pid <= 0)
        return;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (now_ms() > end) {
            kill(-pid, SIGKILL);
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            break;
        }
        usleep(500);
    }
    kill(-pid, SIGKILL);
    collect();
}

static void describe(const char *pid)
{
    char path[300], line[256];
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strstr(line, "State:") == line || strstr(line, "P") == line || strstr(line, "Threads:") == line || strstr(line, "Sig") == line || strstr(line, "Shd") == line)
            fputs(line, stdout);
    if (file)
        fclose(file);
}

/* Processes of this kernel besides us. */
static int others(int tell)
{
    DIR *list = opendir("/proc");
    int count = 0;
    for (struct dirent *entry; (entry = readdir(list));) {
        if (atoi(entry->d_name) <= 1)
            continue;
        if (tell && count < 3)
            describe(entry->d_name);
        count++;
    }
    closedir(list);
    return count;
}

int main(int count, char **words)
{
    maybe_status(count, words);
    if (count != 3)
        return 99;
    uint64_t first = strtoull(words[1], NULL, 0), number = first;
    long end = now_ms() + atol(words[2]) * 1000;
    find_sites();
    area = mmap(NULL, 131072, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    segment = shmget(0x1234, 65536, IPC_CREAT | 0666);
    neighbour = start_neighbour();
    while (now_ms() < end && neighbour_status == -1) {
        pid_t pids[AT_ONCE];
        long moment = now_ms() + MOMENT_MS;
        for (int i = 0; i < AT_ONCE; i++)
            pids[i] = start(number++);
        for (int i = 0; i < AT_ONCE; i++)
            finish(pids[i], moment);
    }
    int bad = neighbour_status != -1;
    if (!bad)
        bad = end_neighbour(neighbour);
    int left = others(0);
    for (int i = 0; i < 200 && others(0); i++) {
        kill(-1, SIGKILL);
        usleep(10000);
        collect();
    }
    if (others(0)) {
        printf("%d processes cannot be ended\n", others(1));
        bad = 1;
    }
    printf("seeds %lu to %lu, %d processes had to be ended at last\n", first, number - 1, left);
    return bad;
}
