// Stopped processes: what they leave alone, what waits for SIGCONT, what their parents hear (signal(7), wait(2)).
#include "harness.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static volatile sig_atomic_t hits, last;

static void note(int number)
{
    hits++;
    last = number;
}

static void stop(pid_t child)
{
    int status;
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    show_status("child", status);
}

// Until it sleeps in the kernel: R is what all states are at first.
static void wait_until_asleep(pid_t child)
{
    char path[64], text[512], *end;
    snprintf(path, sizeof path, "/proc/%d/stat", child);
    for (int i = 0; i < 2000; i++) {
        int fd = open(path, O_RDONLY);
        long count = read(fd, text, sizeof text - 1);
        close(fd);
        text[count > 0 ? count : 0] = 0;
        if ((end = strrchr(text, ')')) && end[2] == 'S')
            return;
        nap_ms(1);
    }
}

CASE(stop, a_waiting_reader_takes_nothing)
{
    int ends[2], waiting = -1;
    char byte;
    pipe(ends);
    pid_t child = fork();
    if (child == 0) {
        char bytes[4];
        long count = read(ends[0], bytes, sizeof bytes);
        _exit(count == 1 ? bytes[0] : 99);
    }
    wait_until_asleep(child);
    stop(child);
    write(ends[1], "x", 1);
    nap_ms(20);
    ioctl(ends[0], FIONREAD, &waiting);
    SHOW(waiting);
    SHOW(read(ends[0], &byte, 1));
    kill(child, SIGCONT);
    write(ends[1], "\x07", 1);
    SHOW_WAIT(child);
}

CASE(stop, sleeps_go_on) // no handler ran: nothing is interrupted
{
    pid_t child = fork();
    if (child == 0) {
        struct timespec time = { 0, 200000000 };
        long start = now_ms();
        int slept = nanosleep(&time, NULL);
        _exit(slept == 0 && now_ms() - start >= 200 && poll(NULL, 0, 200) == 0 && now_ms() - start >= 400 ? 0 : 1);
    }
    nap_ms(50);
    stop(child);
    kill(child, SIGCONT);
    nap_ms(200);
    stop(child);
    kill(child, SIGCONT);
    SHOW_WAIT(child);
}

CASE(stop, some_waits_end) // signal(7): epoll_wait and sigtimedwait fail with EINTR
{
    pid_t child = fork();
    if (child == 0) {
        struct epoll_event event;
        sigset_t set;
        struct timespec time = { 4, 0 };
        int first = epoll_wait(epoll_create1(0), &event, 1, 4000) == -1 && errno == EINTR;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigprocmask(SIG_BLOCK, &set, NULL);
        _exit(first && sigtimedwait(&set, NULL, &time) == -1 && errno == EINTR ? 0 : 1);
    }
    for (int i = 0; i < 2; i++) {
        wait_until_asleep(child);
        stop(child);
        kill(child, SIGCONT);
        nap_ms(20);
    }
    SHOW_WAIT(child);
}

CASE(stop, other_signals_wait)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    stop(child);
    kill(child, SIGTERM);
    nap_ms(20);
    SHOW(waitpid(child, &status, WNOHANG | WUNTRACED | WCONTINUED));
    kill(child, SIGCONT);
    SHOW_WAIT(child);
}

CASE(stop, kill_does_not_wait)
{
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    stop(child);
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

CASE(stop, handlers_run_after_it)
{
    int ends[2];
    char byte;
    pipe(ends);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGUSR1, note);
        write(ends[1], "r", 1);
        while (!hits)
            nap_ms(1);
        _exit(last);
    }
    read(ends[0], &byte, 1);
    stop(child);
    kill(child, SIGUSR1);
    nap_ms(20);
    kill(child, SIGCONT);
    SHOW_WAIT(child);
}

CASE(stop, told_once)
{
    int status;
    siginfo_t info;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    kill(child, SIGSTOP);
    SHOW(waitid(P_PID, child, &info, WSTOPPED | WNOWAIT));
    out("code %d status %d\n", info.si_code, info.si_status);
    SHOW(waitid(P_PID, child, &info, WSTOPPED));
    SHOW(waitpid(child, &status, WNOHANG | WUNTRACED));
    kill(child, SIGSTOP); // it is: no news
    nap_ms(10);
    SHOW(waitpid(child, &status, WNOHANG | WUNTRACED));
    kill(child, SIGCONT);
    SHOW(waitid(P_PID, child, &info, WCONTINUED));
    out("code %d status %d\n", info.si_code, info.si_status);
    kill(child, SIGCONT); // it runs: no news
    nap_ms(10);
    SHOW(waitpid(child, &status, WNOHANG | WCONTINUED));
    stop(child);
    kill(child, SIGCONT);
    nap_ms(10);
    SHOW(waitpid(child, &status, WNOHANG | WUNTRACED)); // the stop is over
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

static volatile long *counters;

static void *count(void *index)
{
    for (;;) {
        counters[(long)index]++;
        if (index)
            nap_ms(1);
    }
    return NULL;
}

CASE(stop, all_threads)
{
    counters = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        pthread_t threads[2];
        for (long i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, count, (void *)i);
        for (;;)
            pause();
    }
    while (!counters[0] || !counters[1])
        nap_ms(1);
    stop(child);
    nap_ms(20);
    long before[] = { counters[0], counters[1] };
    nap_ms(50);
    SHOW_IF(counters[0] == before[0] && counters[1] == before[1]);
    kill(child, SIGCONT);
    for (int i = 0; i < 2000 && (counters[0] == before[0] || counters[1] == before[1]); i++)
        nap_ms(1);
    SHOW_IF(counters[0] != before[0] && counters[1] != before[1]);
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

CASE(stop, blocked_and_caught_stops)
{
    pid_t child = fork();
    if (child == 0) {
        sigset_t set;
        signal(SIGTSTP, note);
        raise(SIGTSTP);
        sigemptyset(&set);
        sigaddset(&set, SIGTTIN);
        sigprocmask(SIG_BLOCK, &set, NULL);
        raise(SIGTTIN);
        signal(SIGTTOU, SIG_IGN);
        raise(SIGTTOU);
        _exit(hits == 1 && last == SIGTSTP ? 0 : 1);
    }
    SHOW_WAIT(child);
}
