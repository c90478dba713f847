// More of ptrace: stops of a seized process, signals, tracers that are no parents.
#include "tracing.h"
#include <sys/prctl.h>

static void loop(void)
{
    for (;;)
        pause();
}

static void stop_self(void)
{
    raise(SIGSTOP);
}

CASE(trace, group_stop_of_a_seized_process)
{
    pid_t child = fork();
    if (child == 0)
        loop();
    SHOW(trace(PTRACE_SEIZE, child, 0, 0));
    kill(child, SIGSTOP);
    stop_of(child, "signal");
    SHOW(trace(PTRACE_CONT, child, 0, SIGSTOP));
    stop_of(child, "group");
    SHOW(trace(PTRACE_LISTEN, child, 0, 0));
    SHOW(trace(PTRACE_CONT, child, 0, 0)); // ESRCH: it only listens
    kill(child, SIGCONT);
    stop_of(child, "continued");
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    stop_of(child, "signal");
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW(trace(PTRACE_LISTEN, child, 0, 0)); // ESRCH: it runs
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

CASE(trace, group_stop_of_an_attached_process)
{
    siginfo_t info;
    pid_t child = traced(stop_self, 0);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    stop_of(child, "signal");
    SHOW(trace(PTRACE_GETSIGINFO, child, 0, (unsigned long)&info));
    SHOW(trace(PTRACE_CONT, child, 0, SIGSTOP));
    stop_of(child, "group");
    SHOW(trace(PTRACE_GETSIGINFO, child, 0, (unsigned long)&info)); // EINVAL: no signal is on its way
    SHOW(trace(PTRACE_LISTEN, child, 0, 0));                        // EIO: not seized
    SHOW(trace(PTRACE_INTERRUPT, child, 0, 0));                     // EIO
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

CASE(trace, attach_to_a_stopped_process)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        stop_self();
        _exit(5);
    }
    waitpid(child, &status, WUNTRACED);
    show_stop("stopped", status);
    SHOW(trace(PTRACE_SEIZE, child, 0, 0));
    SHOW(trace(PTRACE_INTERRUPT, child, 0, 0));
    stop_of(child, "seized");
    SHOW(trace(PTRACE_DETACH, child, 0, 0));
    nap_ms(10);
    SHOW(waitpid(child, &status, WNOHANG));
    kill(child, SIGCONT);
    SHOW_WAIT(child);
}

static int ends[2];

static void read_pipe(void)
{
    char byte;
    _exit(read(ends[0], &byte, 1) == 1 && byte == 'x' ? 4 : 5);
}

CASE(trace, waiting_call_goes_on)
{
    pipe(ends);
    pid_t child = fork();
    if (child == 0)
        read_pipe();
    nap_ms(20);
    SHOW(trace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACESYSGOOD));
    for (int i = 0; i < 3; i++) {
        SHOW(trace(PTRACE_INTERRUPT, child, 0, 0));
        stop_of(child, "interrupted");
        SHOW(trace(PTRACE_CONT, child, 0, 0));
        nap_ms(5);
    }
    write(ends[1], "x", 1);
    SHOW_WAIT(child);
}

CASE(trace, data_comes_while_it_stands)
{
    pipe(ends);
    pid_t child = fork();
    if (child == 0)
        read_pipe();
    nap_ms(20);
    SHOW(trace(PTRACE_ATTACH, child, 0, 0));
    stop_of(child, "attached");
    write(ends[1], "x", 1);
    nap_ms(5);
    SHOW(trace(PTRACE_DETACH, child, 0, 0));
    SHOW_WAIT(child);
}

static void sleep_whole(void)
{
    struct timespec time = { 0, 400000000 };
    long before = now_ms();
    int result = nanosleep(&time, NULL);
    _exit(result == 0 && now_ms() - before >= 400 ? 4 : 5);
}

CASE(trace, hidden_signal_does_not_end_a_sleep)
{
    pid_t child = traced(sleep_whole, 0);
    trace(PTRACE_CONT, child, 0, 0);
    nap_ms(15);
    kill(child, SIGWINCH);
    stop_of(child, "ignored by default");
    trace(PTRACE_CONT, child, 0, SIGWINCH);
    kill(child, SIGTERM);
    stop_of(child, "hidden");
    trace(PTRACE_CONT, child, 0, 0);
    SHOW_WAIT(child);
}

static void handle(int number, siginfo_t *info, void *context)
{
    (void)context;
    _exit(number == SIGUSR1 && info->si_value.sival_int == 66 ? 4 : 5);
}

static void catch_and_wait(void)
{
    struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &action, NULL);
    loop();
}

CASE(trace, signal_information_is_changed)
{
    siginfo_t info;
    pid_t child = traced(catch_and_wait, 0);
    trace(PTRACE_CONT, child, 0, 0);
    nap_ms(15);
    sigqueue(child, SIGUSR1, (union sigval){ .sival_int = 1 });
    stop_of(child, "signal");
    SHOW(trace(PTRACE_GETSIGINFO, child, 0, (unsigned long)&info));
    SHOW(info.si_value.sival_int);
    info.si_value.sival_int = 66;
    SHOW(trace(PTRACE_SETSIGINFO, child, 0, (unsigned long)&info));
    SHOW(trace(PTRACE_CONT, child, 0, SIGUSR1));
    SHOW_WAIT(child);
}

CASE(trace, wait_information)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    pid_t child = traced(loop, 0);
    trace(PTRACE_CONT, child, 0, 0);
    kill(child, SIGUSR2);
    SHOW(waitid(P_PID, child, &info, WSTOPPED | WNOWAIT));
    SHOW(info.si_code);
    SHOW(info.si_status);
    SHOW(waitid(P_PID, child, &info, WSTOPPED));
    memset(&info, 0, sizeof info);
    SHOW(waitid(P_PID, child, &info, WSTOPPED | WNOHANG));
    SHOW(info.si_pid);
    kill(child, SIGKILL);
    SHOW(waitid(P_PID, child, &info, WEXITED));
    SHOW(info.si_code);
}

CASE(trace, tracer_is_no_parent)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        loop();
    pid_t tracer = fork();
    if (tracer == 0) {
        if (trace(PTRACE_SEIZE, child, 0, 0) != 0)
            _exit(1);
        kill(child, SIGTERM);
        waitpid(child, &status, 0);
        if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTERM)
            _exit(2);
        trace(PTRACE_CONT, child, 0, SIGTERM);
        waitpid(child, &status, 0);
        _exit(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM ? 0 : 3);
    }
    SHOW_WAIT(tracer);
    SHOW_WAIT(child);
}

CASE(trace, tracer_ends)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        loop();
    for (int kills = 0; kills < 2; kills++) {
        pid_t tracer = fork();
        if (tracer == 0) {
            trace(PTRACE_SEIZE, child, 0, kills ? PTRACE_O_EXITKILL : 0);
            trace(PTRACE_INTERRUPT, child, 0, 0);
            waitpid(child, &status, 0);
            _exit(0);
        }
        SHOW_WAIT(tracer);
        if (kills)
            break;
        nap_ms(5);
        SHOW(waitpid(child, &status, WNOHANG));
    }
    SHOW_WAIT(child);
}

CASE(trace, who_may_not_be_traced)
{
    int go[2];
    char byte;
    pipe(go);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_DUMPABLE, 0);
        write(go[1], "x", 1);
        loop();
    }
    read(go[0], &byte, 1);
    SHOW(trace(PTRACE_ATTACH, child, 0, 0));            // EPERM: not dumpable
    SHOW(trace(PTRACE_SEIZE, child, 1, 0));             // EIO
    SHOW(trace(PTRACE_SEIZE, child, 0, 0x40000000));    // EIO
    kill(child, SIGKILL);
    SHOW_WAIT(child);
    SHOW(trace(PTRACE_ATTACH, child, 0, 0)); // ESRCH
}
