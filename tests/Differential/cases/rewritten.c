// Call sites that are used again and again, which our kernel's gate makes jumps: a program must not see the difference.
#include "harness.h"
#include <asm/prctl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/time.h>

// Call sites of our own, one of each form, that no C library shares: (number in the code, three arguments).
long site_mov(long a, long b, long c);
long site_long(long a, long b, long c);
long site_xor(long a, long b, long c);
long middle_of_site(long number);
__asm__(".text\n"
        "site_mov: mov $110, %eax\n"         // getppid
        "middle: syscall\n ret\n"
        "site_long: mov $39, %rax\n syscall\n ret\n" // getpid
        "site_xor: xor %eax, %eax\n syscall\n cmp $-4096, %rax\n ret\n" // read
        "middle_of_site: mov %rdi, %rax\n jmp middle\n");

static volatile sig_atomic_t hits;

static void count(int number)
{
    (void)number;
    char byte;
    hits++;
    if (site_mov(0, 0, 0) != getppid() || site_xor(-1, (long)&byte, 1) != -EBADF)
        hits = -1000000;
}

static long wrong(int rounds)
{
    long bad = 0;
    int zero = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < rounds; i++) {
        char byte = 1;
        bad += site_mov(0, 0, 0) != getppid();
        bad += site_long(0, 0, 0) != getpid();
        bad += site_xor(zero, (long)&byte, 1) != 1 || byte != 0;
    }
    close(zero);
    return bad;
}

// The number in a register; an argument's address behind the number, by a register and by the instruction's own address.
long site_any(long number, long a, long b, long c);
long site_lea(long base);
long site_relative(void);
__asm__(".text\n"
        "site_any: mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n mov 8(%rsp), %r9\n syscall\n ret\n"
        "site_lea: mov $79, %eax\n mov $4, %rsi\n mov %rdi, %r8\n lea -0x1000(%r8), %rdi\n syscall\n ret\n" // getcwd
        "site_relative: mov $21, %eax\n mov $0, %rsi\n lea there(%rip), %rdi\n syscall\n ret\n" // access
        "there: .asciz \"/\"\n");

CASE(rewritten, other_forms)
{
    char place[5] = "";
    SHOW(chdir("/"));
    for (int i = 0; i < 40; i++) {
        place[0] = 0;
        if (site_any(SYS_getppid, 0, 0, 0) != getppid() || site_any(SYS_close, -1, 0, 0) != -EBADF || site_lea((long)place + 0x1000) != 2
            || strcmp(place, "/") || site_relative() != 0)
            SHOW(i);
    }
    SHOW(site_any(9999, 0, 0, 0));
    SHOW(site_lea(0x1000 + 8)); // EFAULT
    pid_t child = (pid_t)site_any(SYS_fork, 0, 0, 0);
    if (child == 0)
        site_any(SYS_exit_group, 7, 0, 0);
    SHOW_WAIT(child);
}

// At each place of an eight byte word.
#define AT(n) "site_at" #n ": mov $110, %eax\n syscall\n ret\n .balign 8\n .skip " #n " + 1\n"
long site_at0(void), site_at1(void), site_at2(void), site_at3(void), site_at4(void), site_at5(void), site_at6(void), site_at7(void);
__asm__(".text\n .balign 8\n" AT(0) AT(1) AT(2) AT(3) AT(4) AT(5) AT(6) AT(7));

static volatile int may_begin;

static void *at_all(void *parent)
{
    long (*const sites[])(void) = { site_at0, site_at1, site_at2, site_at3, site_at4, site_at5, site_at6, site_at7 };
    long bad = 0;
    while (!may_begin)
        ;
    for (int i = 0; i < 8 * 500; i++)
        bad += sites[i / 500]() != (long)parent;
    return (void *)bad;
}

CASE(rewritten, while_others_run_it)
{
    pthread_t threads[4];
    void *bad;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, at_all, (void *)(long)getppid());
    may_begin = 1;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &bad);
        SHOW((long)bad);
    }
}

static volatile sig_atomic_t caught;

static void catch(int number)
{
    caught = caught * 100 + number;
}

CASE(rewritten, masks_keep_signals) // rt_sigprocmask(2): what waited comes before it returns
{
    sigset_t both, before;
    sigemptyset(&both);
    sigaddset(&both, SIGUSR1);
    sigaddset(&both, SIGUSR2);
    signal(SIGUSR1, catch);
    signal(SIGUSR2, catch);
    long bad = 0;
    for (int i = 0; i < 200; i++) {
        caught = 0;
        bad += sigprocmask(SIG_BLOCK, &both, &before) != 0 || sigismember(&before, SIGUSR1);
        bad += kill(getpid(), SIGUSR1) != 0 || raise(SIGUSR2) != 0 || caught != 0;
        bad += sigprocmask(SIG_SETMASK, &before, &both) != 0 || caught != 1012;
        bad += !sigismember(&both, SIGUSR1) || !sigismember(&both, SIGUSR2);
    }
    SHOW(bad);
    SHOW(caught);
}

CASE(rewritten, results_stay)
{
    SHOW(wrong(1000));
    SHOW(site_xor(-1, 0, 1));
    SHOW(site_xor(open("/dev/zero", O_RDONLY), 8, 1)); // EFAULT
}

CASE(rewritten, jump_into_the_middle)
{
    SHOW(wrong(100));
    SHOW_IF(middle_of_site(SYS_getpid) == getpid());
    SHOW(middle_of_site(SYS_close));
    SHOW(middle_of_site(9999));
    SHOW(wrong(100));
}

CASE(rewritten, signals_land_in_it)
{
    struct sigaction action = { .sa_handler = count, .sa_flags = SA_RESTART };
    struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { { 0, 0 }, { 0, 0 } };
    SHOW(wrong(100));
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    long bad = 0;
    for (int i = 0; i < 1000 && hits < 20; i++)
        bad += wrong(200);
    setitimer(ITIMER_REAL, &never, NULL);
    SHOW(bad);
    SHOW_IF(hits > 0);
}

CASE(rewritten, handler_makes_the_call_that_it_interrupted)
{
    struct sigaction action = { .sa_handler = count };
    int ends[2];
    char byte;
    SHOW(pipe(ends));
    SHOW(wrong(100));
    sigaction(SIGALRM, &action, NULL);
    alarm_soon();
    SHOW(site_xor(ends[0], (long)&byte, 1)); // EINTR
    alarm_off();
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    alarm_soon();
    pid_t child = fork();
    if (child == 0) {
        nap_ms(60);
        _exit(write(ends[1], "x", 1) != 1);
    }
    SHOW(site_xor(ends[0], (long)&byte, 1));
    alarm_off();
    waitpid(child, NULL, 0);
    SHOW_IF(hits > 0);
}

static void *many(void *rounds)
{
    return (void *)wrong((int)(long)rounds);
}

CASE(rewritten, threads_share_the_sites)
{
    pthread_t threads[4];
    void *bad;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, many, (void *)1000l);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &bad);
        SHOW((long)bad);
    }
}

CASE(rewritten, children_have_them_too)
{
    SHOW(wrong(100));
    pid_t child = fork();
    if (child == 0)
        _exit(wrong(100) != 0);
    SHOW_WAIT(child);
}

CASE(rewritten, code_that_is_made_is_left_alone)
{
    static const unsigned char code[] = { 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3 };
    unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(page + 64, code, sizeof code);
    long bad = 0;
    for (int i = 0; i < 100; i++)
        bad += ((long (*)(void))(void *)(page + 64))() != getpid();
    SHOW(bad);
    SHOW(memcmp(page + 64, code, sizeof code));
}

CASE(rewritten, gs_is_the_programs)
{
    unsigned long base = 1;
    SHOW(wrong(100));
    SHOW(syscall(SYS_arch_prctl, ARCH_GET_GS, &base));
    SHOW(base);
    static long word = 42;
    SHOW(syscall(SYS_arch_prctl, ARCH_SET_GS, &word));
    SHOW(wrong(100));
    long seen;
    __asm__ volatile("mov %%gs:0, %0" : "=r"(seen));
    SHOW(seen);
}
