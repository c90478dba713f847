/* --init: the first process of a container whose program is not made for that. It runs the program in a process group of its own (the
 * terminal's, if there is one), passes signals on, reaps what is left behind, and ends as the program does. Static, without libc. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "syscall.h"

#define KERNEL_SIGSET_SIZE 8
#define PATH_SIZE 4096

static long call(long nr, long a, long b, long c, long d)
{
    return raw_syscall(nr, a, b, c, d, 0, 0);
}

static _Noreturn void quit(long status)
{
    for (;;)
        call(SYS_exit_group, status, 0, 0, 0);
}

static size_t length(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

static const char *search_path(char **env)
{
    for (; *env; env++) {
        const char *e = *env;
        if (e[0] == 'P' && e[1] == 'A' && e[2] == 'T' && e[3] == 'H' && e[4] == '=')
            return e + 5;
    }
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* execvp(3). Returns the errno that tells most: EACCES of one place before ENOENT of the others. */
static long execute(char **argv, char **env)
{
    static char file[PATH_SIZE];
    long error = ENOENT;
    const char *name = argv[0];
    for (const char *p = name; *p; p++) {
        if (*p == '/')
            return -call(SYS_execve, (long)name, (long)argv, (long)env, 0);
    }
    for (const char *path = search_path(env); *path;) {
        size_t n = 0;
        while (path[n] && path[n] != ':')
            n++;
        if (n > 0 && n + length(name) + 2 <= PATH_SIZE) {
            __builtin_memcpy(file, path, n);
            file[n] = '/';
            __builtin_memcpy(file + n + 1, name, length(name) + 1);
            long result = -call(SYS_execve, (long)file, (long)argv, (long)env, 0);
            if (result != ENOENT && result != ENOTDIR)
                error = result;
        }
        path += n + (path[n] == ':');
    }
    return error;
}

static _Noreturn void run(char **argv, char **env)
{
    unsigned long none = 0;
    int group = (int)call(SYS_getpid, 0, 0, 0, 0);
    call(SYS_setpgid, 0, 0, 0, 0);
    /* All signals are blocked still, so that SIGTTOU does not stop us. Without a terminal it fails. */
    call(SYS_ioctl, 0, TIOCSPGRP, (long)&group, 0);
    call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, KERNEL_SIGSET_SIZE);
    long error = execute(argv, env);
    static const char text[] = "init: the program cannot be executed\n";
    call(SYS_write, 2, (long)text, sizeof text - 1, 0);
    quit(error == ENOENT ? 127 : 126);
}

/* Reaps all that have ended; the exit status of the program if it is among them, else -1. */
static long reap(long program)
{
    long result = -1;
    int status;
    for (;;) {
        long pid = call(SYS_wait4, -1, (long)&status, WNOHANG, 0);
        if (pid <= 0)
            return result;
        if (pid == program)
            result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

_Noreturn void bh_init_main(long *stack)
{
    long argc = stack[0];
    char **argv = (char **)(stack + 1), **env = argv + argc + 1;
    unsigned long all = ~0ul;
    if (argc < 2)
        quit(127);
    call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, 0, KERNEL_SIGSET_SIZE);
    long program = call(SYS_fork, 0, 0, 0, 0);
    if (program == 0)
        run(argv + 1, env);
    if (program < 0)
        quit(126);
    for (;;) {
        long number = call(SYS_rt_sigtimedwait, (long)&all, 0, 0, KERNEL_SIGSET_SIZE);
        if (number == SIGCHLD) {
            long status = reap(program);
            if (status >= 0)
                quit(status);
        } else if (number > 0) {
            call(SYS_kill, program, number, 0, 0);
        }
    }
}

__asm__(".globl _start\n"
        "_start:\n"
        "    xor %ebp, %ebp\n"
        "    mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    call bh_init_main\n"
        "    hlt\n");
