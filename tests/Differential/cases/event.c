// Events of ptrace: births, ends, new images, of processes and of threads.
#include "tracing.h"
#include <pthread.h>
#include <sys/user.h>

static void loop(void)
{
    for (;;)
        pause();
}

static void exit_with_9(void)
{
    _exit(9);
}

CASE(event, exit_event)
{
    unsigned long message = 0;
    pid_t child = traced(exit_with_9, PTRACE_O_TRACEEXIT);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    stop_of(child, "exit");
    SHOW(trace(PTRACE_GETEVENTMSG, child, 0, (unsigned long)&message));
    SHOW(message);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

CASE(event, exit_event_of_a_signal)
{
    unsigned long message = 0;
    pid_t child = traced(loop, PTRACE_O_TRACEEXIT);
    SHOW(trace(PTRACE_CONT, child, 0, SIGTERM)); // instead of SIGSTOP
    stop_of(child, "exit");
    SHOW(trace(PTRACE_GETEVENTMSG, child, 0, (unsigned long)&message));
    SHOW(message);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

static void vfork_once(void)
{
    if (vfork() == 0)
        _exit(3);
}

CASE(event, vfork_events)
{
    unsigned long message = 0, done = 0;
    pid_t child = traced(vfork_once, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    stop_of(child, "vfork");
    trace(PTRACE_GETEVENTMSG, child, 0, (unsigned long)&message);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    stop_of((pid_t)message, "new one");
    SHOW(trace(PTRACE_CONT, (pid_t)message, 0, 0));
    stop_of((pid_t)message, "its end");
    stop_of(child, "done");
    trace(PTRACE_GETEVENTMSG, child, 0, (unsigned long)&done);
    SHOW_IF(done == message);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    stop_of(child, "SIGCHLD");
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

static void *nothing(void *argument)
{
    return argument;
}

static void thread_once(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, nothing, NULL);
    pthread_join(thread, NULL);
}

CASE(event, thread_event)
{
    unsigned long message = 0;
    pid_t child = traced(thread_once, PTRACE_O_TRACECLONE);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    stop_of(child, "clone");
    trace(PTRACE_GETEVENTMSG, child, 0, (unsigned long)&message);
    SHOW_IF(message != (unsigned long)child);
    stop_of((pid_t)message, "new one");
    SHOW(trace(PTRACE_CONT, (pid_t)message, 0, 0));
    stop_of((pid_t)message, "its end");
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    SHOW_WAIT(child);
}

static void execute(void)
{
    execl("/proc/self/exe", "cases", "--child", "exit", "6", NULL);
}

CASE(event, exec_event)
{
    int status;
    unsigned long message = 0;
    struct user_regs_struct registers;
    pid_t child = traced(execute, PTRACE_O_TRACEEXEC);
    SHOW(trace(PTRACE_CONT, child, 0, 0));
    stop_of(child, "exec");
    trace(PTRACE_GETEVENTMSG, child, 0, (unsigned long)&message);
    SHOW_IF(message == (unsigned long)child);
    trace(PTRACE_GETREGS, child, 0, (unsigned long)&registers);
    SHOW_IF(registers.orig_rax == SYS_execve && registers.rsp % 16 == 0);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    show_status("status", status);
}

static void *end_the_process(void *argument)
{
    (void)argument;
    _exit(8);
}

static void thread_ends_it(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, end_the_process, NULL);
    loop();
}

CASE(event, end_of_all_threads)
{
    unsigned long message = 0;
    int status;
    pid_t child = traced(thread_ends_it, PTRACE_O_TRACECLONE);
    trace(PTRACE_CONT, child, 0, 0);
    stop_of(child, "clone");
    trace(PTRACE_GETEVENTMSG, child, 0, (unsigned long)&message);
    waitpid((pid_t)message, &status, __WALL);
    trace(PTRACE_CONT, child, 0, 0);
    trace(PTRACE_CONT, (pid_t)message, 0, 0);
    stop_of((pid_t)message, "thread");
    SHOW_WAIT(child);
}
