// What the cases of ptrace share.
#ifndef CASES_TRACING_H
#define CASES_TRACING_H

#include "harness.h"
#include <linux/ptrace.h>

static inline long trace(long request, pid_t pid, unsigned long address, unsigned long data)
{
    return syscall(SYS_ptrace, request, pid, address, data);
}

static inline void show_stop(const char *text, int status)
{
    if (WIFSTOPPED(status))
        out("%s: stopped %d event %d\n", text, WSTOPSIG(status), status >> 16);
    else
        show_status(text, status);
}

static inline int stop_of(pid_t pid, const char *text)
{
    int status = 0;
    if (waitpid(pid, &status, __WALL) != pid)
        status = -1;
    show_stop(text, status);
    return status;
}

// A child that asks to be traced and stands at its SIGSTOP.
static inline pid_t traced(void (*body)(void), unsigned long options)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (trace(PTRACE_TRACEME, 0, 0, 0) != 0)
            _exit(99);
        raise(SIGSTOP);
        body();
        _exit(7);
    }
    waitpid(child, &status, 0);
    trace(PTRACE_SETOPTIONS, child, 0, options);
    return child;
}

#endif
