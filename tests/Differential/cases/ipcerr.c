// The errors of System V's queues and semaphores that need a second process or time: msgop(2), semop(2), semctl(2).
#include "harness.h"
#include <linux/aio_abi.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

static void nothing(int number)
{
    (void)number;
}

static void interrupt_soon(void)
{
    struct sigaction action = { .sa_handler = nothing };
    sigaction(SIGALRM, &action, NULL);
    alarm_soon();
}

struct text { long type; char bytes[8]; };

CASE(ipcerr, messages)
{
    struct text text = { 1, "abc" };
    SHOW_OK(msgget(IPC_PRIVATE, 0600));
    int id = msgget(IPC_PRIVATE, 0600);
    SHOW(msgrcv(-1, &text, 8, 0, IPC_NOWAIT));
    SHOW(msgrcv(id, &text, -1, 0, IPC_NOWAIT));
    interrupt_soon();
    SHOW(msgrcv(id, &text, 8, 0, 0));
    alarm_off();
    SHOW(msgsnd(id, &text, 4, 0));
    SHOW(syscall(SYS_msgrcv, id, bad(), 8L, 0L, IPC_NOWAIT));
    while (msgsnd(id, &text, 8, IPC_NOWAIT) == 0)
        ;
    SHOW(msgsnd(id, &text, 8, IPC_NOWAIT)); // EAGAIN
    interrupt_soon();
    SHOW(msgsnd(id, &text, 8, 0));
    alarm_off();
    pid_t child = fork();
    if (child == 0) {
        SHOW(msgsnd(id, &text, 8, 0)); // EIDRM
        _exit(0);
    }
    nap_ms(30);
    msgctl(id, IPC_RMID, NULL);
    SHOW_WAIT(child);
    id = msgget(IPC_PRIVATE, 0200);
    SHOW(msgrcv(id, &text, 8, 0, IPC_NOWAIT)); // EACCES
    msgctl(id, IPC_RMID, NULL);
    id = msgget(IPC_PRIVATE, 0600);
    child = fork();
    if (child == 0) {
        SHOW(msgrcv(id, &text, 8, 0, 0)); // EIDRM
        _exit(0);
    }
    nap_ms(30);
    msgctl(id, IPC_RMID, NULL);
    SHOW_WAIT(child);
}

CASE(ipcerr, semaphores)
{
    struct sembuf down = { 0, -1, 0 };
    struct timespec wrong = { 0, 1000000000 }, short_time = { 0, 20000000 };
    SHOW_OK(semget(IPC_PRIVATE, 1, 0600));
    int id = semget(IPC_PRIVATE, 1, 0600);
    interrupt_soon();
    SHOW(semop(id, &down, 1));
    alarm_off();
    SHOW(semtimedop(id, &down, 1, &short_time)); // EAGAIN
    SHOW(semtimedop(id, &down, 1, &wrong));
    SHOW(syscall(SYS_semtimedop, id, &down, 1L, bad()));
    SHOW(semctl(id, 0, SETVAL, 1));
    SHOW(semtimedop(id, &down, 1, &short_time));
    pid_t child = fork();
    if (child == 0) {
        SHOW(semop(id, &down, 1)); // EIDRM
        _exit(0);
    }
    nap_ms(30);
    long removed = semctl(id, 0, IPC_RMID);
    SHOW_WAIT(child); // it has printed
    SHOW(removed);
}

CASE(ipcerr, asynchronous_waits)
{
    aio_context_t context = 0;
    struct io_event event;
    syscall(SYS_io_setup, 1, &context);
    interrupt_soon();
    SHOW(syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL)); // EINTR
    alarm_off();
}
