// Signals about descriptors: O_ASYNC, F_SETSIG, F_SETOWN_EX, leases, dnotify.
#include "harness.h"
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static siginfo_t seen;
static volatile sig_atomic_t hits;

static void note(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    seen = *info;
    hits++;
}

static void catch(int number)
{
    struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
    sigaction(number, &action, NULL);
}

static void wait_for_hit(void)
{
    for (int i = 0; i < 1000 && !hits; i++)
        nap_ms(1);
}

CASE(async, socket_becomes_readable)
{
    int ends[2];
    catch(SIGIO);
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    SHOW(fcntl(ends[0], F_SETOWN, getpid()));
    SHOW(fcntl(ends[0], F_SETFL, O_ASYNC));
    out("%o\n", fcntl(ends[0], F_GETFL));
    write(ends[1], "x", 1);
    wait_for_hit();
    SHOW_IF(hits > 0);
    out("signo %d\n", seen.si_signo);
}

CASE(async, another_signal_says_which)
{
    int ends[2];
    catch(SIGRTMIN);
    pipe(ends);
    SHOW(fcntl(ends[0], F_SETSIG, SIGRTMIN));
    SHOW(fcntl(ends[0], F_SETOWN, getpid()));
    SHOW(fcntl(ends[0], F_SETFL, O_ASYNC));
    write(ends[1], "x", 1);
    wait_for_hit();
    out("fd %d code %d band %lx\n", seen.si_fd == ends[0], seen.si_code, (long)seen.si_band);
}

CASE(async, by_ioctl_and_off)
{
    int ends[2], on = 1, off = 0;
    catch(SIGIO);
    pipe(ends);
    fcntl(ends[0], F_SETOWN, getpid());
    SHOW(ioctl(ends[0], FIOASYNC, &on));
    write(ends[1], "x", 1);
    wait_for_hit();
    SHOW_IF(hits > 0);
    SHOW(ioctl(ends[0], FIOASYNC, &off));
    hits = 0;
    write(ends[1], "x", 1);
    nap_ms(3);
    SHOW(hits);
}

CASE(async, owners) // fcntl(2): F_SETOWN_EX
{
    int ends[2];
    struct f_owner_ex owner = { F_OWNER_TID, (pid_t)syscall(SYS_gettid) };
    pipe(ends);
    SHOW(fcntl(ends[0], F_SETOWN_EX, &owner));
    owner.pid = 0;
    SHOW(fcntl(ends[0], F_GETOWN_EX, &owner));
    SHOW_IF(owner.type == F_OWNER_TID && owner.pid == getpid());
    SHOW(fcntl(ends[0], F_SETOWN, -getpgid(0))); // a group
    SHOW_IF(fcntl(ends[0], F_GETOWN) == -getpgid(0));
    SHOW(fcntl(ends[0], F_SETOWN, INT_MAX)); // ESRCH
    owner.type = 77;
    SHOW(fcntl(ends[0], F_SETOWN_EX, &owner)); // EINVAL
    SHOW(fcntl(ends[0], F_SETOWN_EX, bad()));
}

CASE(async, lease) // fcntl(2): F_SETLEASE
{
    catch(SIGIO);
    make_file("file", "x");
    int reader = open("file", O_RDONLY);
    SHOW(fcntl(reader, F_GETLEASE));
    SHOW(fcntl(reader, F_SETLEASE, F_RDLCK));
    SHOW(fcntl(reader, F_GETLEASE));
    SHOW(open("file", O_WRONLY | O_NONBLOCK)); // EAGAIN, and the holder is told
    wait_for_hit();
    SHOW_IF(hits > 0);
    SHOW(fcntl(reader, F_SETLEASE, F_UNLCK));
    SHOW(open("file", O_WRONLY | O_NONBLOCK));
    SHOW(fcntl(reader, F_SETLEASE, F_RDLCK)); // EAGAIN: somebody writes
    SHOW(fcntl(reader, F_SETLEASE, 99));
    int ends[2];
    pipe(ends);
    SHOW(fcntl(ends[0], F_SETLEASE, F_RDLCK)); // EINVAL: not a file
}
