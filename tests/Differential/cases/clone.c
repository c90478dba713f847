// The flags of clone one by one, without a library: CLONE_VFORK, CLONE_SIGHAND, CLONE_SETTLS, CLONE_CHILD_CLEARTID, CLONE_THREAD, unshare.
#include "harness.h"
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>

static char stack[65536] __attribute__((aligned(16)));
static volatile int word, tid_word;
static pid_t caller;

static int set_word(void *argument)
{
    word = (int)(long)argument;
    return 3;
}

CASE(clone, vfork_waits_for_the_exit)
{
    pid_t child = clone(set_word, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)8);
    SHOW(word); // no wait needed
    SHOW_WAIT(child);
}

static volatile sig_atomic_t hits;

static void note(int number)
{
    hits += number;
}

static int set_handler(void *argument)
{
    (void)argument;
    signal(SIGUSR1, note);
    return 0;
}

CASE(clone, handlers_are_shared)
{
    pid_t child = clone(set_handler, stack + sizeof stack, CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL);
    SHOW_WAIT(child);
    raise(SIGUSR1);
    SHOW(hits);
}

CASE(clone, handlers_are_copied)
{
    pid_t child = clone(set_handler, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
    SHOW_WAIT(child);
    raise(SIGUSR1); // the default
}

CASE(clone, cleared_handlers) // clone3: CLONE_CLEAR_SIGHAND
{
    struct clone_args arguments = { .flags = 0x100000000ull, .exit_signal = SIGCHLD };
    signal(SIGUSR1, note);
    signal(SIGUSR2, SIG_IGN);
    pid_t child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0) {
        struct sigaction one, two;
        sigaction(SIGUSR1, NULL, &one);
        sigaction(SIGUSR2, NULL, &two);
        _exit((one.sa_handler == SIG_DFL) + 2 * (two.sa_handler == SIG_IGN));
    }
    SHOW_WAIT(child);
}

CASE(clone, another_exit_signal)
{
    signal(SIGUSR1, note);
    pid_t child = clone(set_word, stack + sizeof stack, CLONE_VM | SIGUSR1, (void *)1);
    int status;
    while (waitpid(child, &status, __WALL) == -1 && errno == EINTR)
        ;
    show_status("status", status);
    SHOW(hits);
}

CASE(clone, thread_id_words)
{
    int seen = 0;
    word = 0;
    pid_t child = clone(set_word, stack + sizeof stack, CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD,
        (void *)5, &seen, NULL, &tid_word);
    SHOW_WAIT(child);
    SHOW_IF(seen == child);
    SHOW(tid_word); // cleared by the kernel as the memory lives on
}

static int thread_body(void *argument)
{
    word = getpid() == caller ? 11 : 12;
    if ((int)syscall(SYS_gettid) == caller)
        word = 13;
    syscall(SYS_exit, (int)(long)argument);
    return 0;
}

CASE(clone, thread_by_hand)
{
    caller = getpid();
    tid_word = 1;
    pid_t thread = clone(thread_body, stack + sizeof stack,
        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID, NULL,
        &(int){ 0 }, NULL, &tid_word);
    SHOW_IF(thread > 0 && thread != caller);
    for (int now; (now = tid_word) != 0;)
        syscall(SYS_futex, &tid_word, FUTEX_WAIT, now, NULL, NULL, 0); // woken by the thread's end
    SHOW(word);
    int status;
    SHOW(waitpid(thread, &status, __WALL)); // ECHILD: a thread is no child
    for (int i = 0; i < 1000 && syscall(SYS_tgkill, caller, thread, 0) == 0; i++)
        nap_ms(1);
    SHOW(syscall(SYS_tgkill, caller, thread, 0)); // ESRCH
}

static long own_area[8];

static int read_base(void *argument)
{
    (void)argument;
    long value;
    __asm__ volatile("movq %%fs:8, %0" : "=r"(value));
    word = (int)value;
    __asm__ volatile("syscall" : : "a"((long)SYS_exit), "D"(6L) : "rcx", "r11", "memory"); // nothing of the library works here
    return 0;
}

CASE(clone, thread_local_base) // CLONE_SETTLS
{
    own_area[1] = 99;
    pid_t child = clone(read_base, stack + sizeof stack, CLONE_VM | CLONE_SETTLS | SIGCHLD, NULL, NULL, own_area, NULL);
    SHOW_WAIT(child);
    SHOW(word);
}

CASE(clone, unshare_what_is_shared)
{
    mkdir("sub", 0755);
    int fd = open("/dev/null", O_RDONLY);
    pid_t child = syscall(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        int answer = unshare(CLONE_FILES | CLONE_FS);
        close(fd);
        chdir("sub");
        umask(0);
        _exit(answer);
    }
    SHOW_WAIT(child);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(access("sub", F_OK));
    SHOW(umask(022));
}

CASE(clone, unshare_errors) // unshare(2): EINVAL
{
    SHOW(unshare(CLONE_PARENT));
    SHOW(unshare(CLONE_VM)); // of a single thread: nothing to do
    SHOW(unshare(CLONE_SIGHAND));
    SHOW(unshare(CLONE_THREAD));
}

CASE(clone, stack_of_clone3)
{
    struct clone_args arguments = { .flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD, .stack = (uintptr_t)stack, .stack_size = 0 };
    SHOW(syscall(SYS_clone3, &arguments, sizeof arguments)); // EINVAL: a stack without a size
    arguments.flags = CLONE_PIDFD;
    arguments.stack = 0;
    int fd = -1;
    arguments.pidfd = (uintptr_t)&fd;
    pid_t child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0)
        _exit(1);
    SHOW(fd);
    SHOW(fcntl(fd, F_GETFD));
    SHOW_WAIT(child);
}

CASE(clone, chosen_pid_is_refused) // clone3: set_tid, EPERM, EINVAL
{
    pid_t wanted = 5, wrong = -1;
    struct clone_args arguments = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted, .set_tid_size = 1 };
    SHOW(syscall(SYS_clone3, &arguments, sizeof arguments) == -1);
    arguments.set_tid = (uintptr_t)&wrong;
    SHOW(syscall(SYS_clone3, &arguments, sizeof arguments));
    arguments.set_tid_size = 1000;
    SHOW(syscall(SYS_clone3, &arguments, sizeof arguments));
}

static char *volatile page;

static int unmap_page(void *argument)
{
    return munmap(page, (size_t)argument);
}

CASE(clone, memory_is_shared_and_mappings_too)
{
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pid_t child = clone(unmap_page, stack + sizeof stack, CLONE_VM | SIGCHLD, (void *)4096);
    SHOW_WAIT(child);
    SHOW(msync(page, 4096, MS_ASYNC)); // ENOMEM
}
