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
