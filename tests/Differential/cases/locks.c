// Record locks by process and by open file, beside each other: fcntl(2), "Advisory record locking".
#include "harness.h"
#include <pthread.h>
#include <sys/file.h>

static struct flock range(int type, long start, long length)
{
    return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
}

static void ask(int fd, int command, int type, long start, long length)
{
    struct flock lock = range(type, start, length);
    int answer = fcntl(fd, command, &lock);
    out("%d: type %d start %ld length %ld pid %s\n", answer, lock.l_type, (long)lock.l_start, (long)lock.l_len,
        lock.l_pid == getpid() ? "own" : lock.l_pid == getppid() ? "parent" : lock.l_pid == -1 ? "-1" : lock.l_pid ? "other" : "0");
}

static int set(int fd, int command, int type, long start, long length)
{
    struct flock lock = range(type, start, length);
    return fcntl(fd, command, &lock);
}

CASE(locks, of_process_and_of_open_file_conflict)
{
    int fd = open_file("file", "0123456789"), other = open("file", O_RDWR);
    SHOW(set(fd, F_SETLK, F_WRLCK, 0, 4));
    SHOW(set(other, F_OFD_SETLK, F_WRLCK, 2, 1)); // EAGAIN, in one process
    SHOW(set(fd, F_OFD_SETLK, F_WRLCK, 2, 1));
    SHOW(set(other, F_OFD_SETLK, F_WRLCK, 4, 1));
    SHOW(set(fd, F_SETLK, F_RDLCK, 0, 10)); // EAGAIN
    ask(fd, F_GETLK, F_WRLCK, 0, 0);
    ask(other, F_OFD_GETLK, F_WRLCK, 0, 0);
}

CASE(locks, of_another_descriptor_in_the_process)
{
    int fd = open_file("file", "0123456789"), other = open("file", O_RDWR);
    SHOW(set(fd, F_SETLK, F_WRLCK, 0, 4));
    SHOW(set(other, F_SETLK, F_WRLCK, 2, 4));
    SHOW(set(other, F_SETLK, F_UNLCK, 1, 1));
    pid_t child = fork();
    if (child == 0) {
        ask(fd, F_GETLK, F_RDLCK, 0, 0);
        ask(fd, F_GETLK, F_RDLCK, 1, 0);
        ask(fd, F_GETLK, F_RDLCK, 1, 1);
        _exit(0);
    }
    SHOW_WAIT(child);
    SHOW(close(open("file", O_RDONLY))); // a third one: all go
    child = fork();
    if (child == 0) {
        ask(fd, F_GETLK, F_RDLCK, 0, 0);
        _exit(0);
    }
    SHOW_WAIT(child);
}

CASE(locks, shared_ones_and_their_conversion)
{
    int fd = open_file("file", "0123456789"), ready[2], go[2];
    char byte;
    pipe(ready);
    pipe(go);
    SHOW(set(fd, F_SETLK, F_RDLCK, 0, 10));
    pid_t child = fork();
    if (child == 0) {
        SHOW(set(fd, F_SETLK, F_RDLCK, 5, 10));
        SHOW(set(fd, F_SETLK, F_WRLCK, 8, 1));  // EAGAIN
        SHOW(set(fd, F_SETLK, F_WRLCK, 12, 1)); // its own alone
        write(ready[1], "r", 1);
        read(go[0], &byte, 1);
        _exit(0);
    }
    read(ready[0], &byte, 1);
    SHOW(set(fd, F_SETLK, F_WRLCK, 0, 5));
    SHOW(set(fd, F_SETLK, F_WRLCK, 0, 6)); // EAGAIN
    ask(fd, F_GETLK, F_RDLCK, 0, 0);
    ask(fd, F_GETLK, F_WRLCK, 0, 0);
    write(go[1], "g", 1);
    SHOW_WAIT(child);
    SHOW(set(fd, F_SETLK, F_WRLCK, 0, 0));
}

CASE(locks, ranges) // EINVAL, EOVERFLOW; lengths below 0; the end
{
    int fd = open_file("file", "0123456789");
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -3, .l_len = 2 };
    lseek(fd, 4, SEEK_SET);
    SHOW(fcntl(fd, F_SETLK, &lock));
    lock = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = 0, .l_len = -2 };
    SHOW(fcntl(fd, F_SETLK, &lock));
    pid_t child = fork();
    if (child == 0) {
        ask(fd, F_GETLK, F_WRLCK, 0, 0);
        ask(fd, F_GETLK, F_WRLCK, 4, 0);
        _exit(0);
    }
    SHOW_WAIT(child);
    SHOW(set(fd, F_SETLK, F_WRLCK, LONG_MAX, 1));
    SHOW(set(fd, F_SETLK, F_WRLCK, LONG_MAX, 2));
    SHOW(set(fd, F_SETLK, F_WRLCK, 1, -2));
    SHOW(set(fd, F_SETLK, F_WRLCK, -1, 2));
    lock = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = LONG_MAX, .l_len = 1 };
    SHOW(fcntl(fd, F_SETLK, &lock));
    SHOW(set(fd, F_GETLK, F_UNLCK, 0, 0));
    SHOW(fcntl(fd, F_OFD_GETLK, bad()));
    SHOW(set(99, F_OFD_SETLK, F_WRLCK, 0, 0));
}

CASE(locks, of_open_files_over_fork_and_dup)
{
    int fd = open_file("file", "0123456789"), other = open("file", O_RDWR), same = dup(fd);
    SHOW(set(fd, F_OFD_SETLK, F_WRLCK, 0, 0));
    pid_t child = fork();
    if (child == 0) {
        SHOW(set(fd, F_OFD_SETLK, F_RDLCK, 0, 1)); // the same open file
        SHOW(set(other, F_OFD_SETLK, F_WRLCK, 1, 1));
        _exit(0);
    }
    SHOW_WAIT(child);
    SHOW(set(other, F_OFD_SETLK, F_RDLCK, 0, 1));
    close(fd);
    SHOW(set(other, F_OFD_SETLK, F_WRLCK, 1, 1)); // EAGAIN: the duplicate holds it
    close(same);
    SHOW(set(other, F_OFD_SETLK, F_WRLCK, 1, 1));
}

CASE(locks, waiting_for_an_open_file)
{
    int fd = open_file("file", "x"), other = open("file", O_RDWR);
    SHOW(set(fd, F_OFD_SETLK, F_WRLCK, 0, 0));
    pid_t child = fork();
    if (child == 0) {
        close(fd);
        _exit(set(other, F_OFD_SETLKW, F_WRLCK, 0, 0) == 0 ? 0 : 1);
    }
    nap_ms(20);
    SHOW(set(fd, F_OFD_SETLK, F_UNLCK, 0, 0));
    SHOW_WAIT(child);
}

static void nothing(int number)
{
    (void)number;
}

CASE(locks, interrupted) // EINTR
{
    int fd = open_file("file", "x");
    struct sigaction action = { .sa_handler = nothing };
    SHOW(set(fd, F_SETLK, F_WRLCK, 0, 0));
    pid_t child = fork();
    if (child == 0) {
        sigaction(SIGALRM, &action, NULL);
        alarm_soon();
        SHOW(set(fd, F_SETLKW, F_WRLCK, 0, 0));
        alarm_off();
        _exit(0);
    }
    SHOW_WAIT(child);
}

static int waited, waited_result, waited_errno;

static void *wait_for_lock(void *unused)
{
    (void)unused;
    waited_result = set(waited, F_SETLKW, F_WRLCK, 0, 0);
    waited_errno = errno;
    return NULL;
}

CASE(locks, descriptor_closed_while_it_waits) // EBADF
{
    int fd = open_file("file", "x"), hold[2];
    char byte;
    pthread_t thread;
    pipe(hold);
    waited = dup(fd);
    pid_t child = fork();
    if (child == 0) {
        set(fd, F_SETLK, F_WRLCK, 0, 0);
        write(hold[1], "r", 1);
        nap_ms(100);
        _exit(0);
    }
    read(hold[0], &byte, 1);
    pthread_create(&thread, NULL, wait_for_lock, NULL);
    nap_ms(30);
    close(waited);
    pthread_join(thread, NULL);
    out("%d %s\n", waited_result, errno_name(waited_errno));
    SHOW_WAIT(child);
}

CASE(locks, many_small_ones)
{
    int fd = open_file("file", ""), failures = 0;
    for (int i = 0; i < 300; i++)
        failures += set(fd, F_SETLK, F_WRLCK, i * 2, 1) != 0;
    SHOW(failures);
    SHOW(set(fd, F_SETLK, F_RDLCK, 100, 50));
    pid_t child = fork();
    if (child == 0) {
        ask(fd, F_GETLK, F_WRLCK, 99, 0);
        ask(fd, F_GETLK, F_RDLCK, 99, 0);
        ask(fd, F_GETLK, F_WRLCK, 598, 0);
        ask(fd, F_GETLK, F_WRLCK, 599, 0);
        _exit(0);
    }
    SHOW_WAIT(child);
    SHOW(set(fd, F_SETLK, F_UNLCK, 0, 0));
}

CASE(locks, on_a_pipe_and_a_device)
{
    int ends[2], null = open("/dev/null", O_RDWR);
    pipe(ends);
    SHOW(set(ends[0], F_SETLK, F_RDLCK, 0, 1));
    SHOW(set(ends[0], F_SETLK, F_WRLCK, 0, 1)); // EBADF: not for writing
    SHOW(set(null, F_SETLK, F_WRLCK, 0, 1));
}

CASE(locks, flock_waits_until_it_is_given_up)
{
    int fd = open_file("file", "");
    flock(fd, LOCK_EX);
    pid_t child = fork();
    if (child == 0) {
        int other = open("file", O_RDWR);
        close(fd);
        _exit(flock(other, LOCK_EX));
    }
    nap_ms(20);
    SHOW(close(fd));
    SHOW_WAIT(child);
}
