// setsid, getsid, setpgid, getpgid, getpgrp, getppid and orphaned groups.
#include "harness.h"

// The case leads a group of its own and so cannot lead a session: a child does.
#define IN_CHILD                \
    pid_t child = fork();       \
    if (child != 0) {           \
        SHOW_WAIT(child);       \
        return;                 \
    }

CASE(session, new_one)
{
    pid_t group = getpgid(0), session = getsid(0);
    IN_CHILD
    SHOW_IF(getpgid(0) == group && getsid(0) == session);
    SHOW_IF(setsid() == getpid());
    SHOW_IF(getsid(0) == getpid() && getpgid(0) == getpid());
    SHOW(setsid()); // EPERM: it leads a group now
    _exit(0);
}

CASE(session, leader_of_a_group_cannot) // setsid(2): EPERM
{
    SHOW_IF(getpgid(0) == getpid());
    SHOW(setsid());
}

CASE(session, queries)
{
    SHOW_IF(getpgrp() == getpgid(0));
    SHOW_IF(getpgid(getpid()) == getpgid(0));
    SHOW_IF(getsid(getppid()) == getsid(0));
    SHOW(getpgid(-1));
    SHOW(getpgid(INT_MAX));
    SHOW(getsid(-1));
    SHOW(getsid(INT_MAX));
}

CASE(session, groups_of_children)
{
    int ends[2];
    char byte;
    pipe(ends);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        read(ends[0], &byte, 1);
        _exit(getpgid(0) == getpid() ? 30 : 31);
    }
    SHOW_IF(getpgid(child) == getpgid(0));
    SHOW(setpgid(child, child));
    SHOW_IF(getpgid(child) == child);
    SHOW(setpgid(child, 0));
    SHOW(setpgid(child, getpgid(0))); // and back
    SHOW(setpgid(child, child));
    close(ends[1]);
    SHOW_WAIT(child);
    SHOW(setpgid(child, child)); // ESRCH: gone
}

CASE(session, setpgid_errors) // setpgid(2): EINVAL, EPERM, ESRCH
{
    SHOW(setpgid(0, -1));
    SHOW(setpgid(-1, 0));
    SHOW(setpgid(getppid(), 0)); // ESRCH: not a child
    SHOW(setpgid(INT_MAX, 0));
    IN_CHILD
    SHOW(setpgid(0, INT_MAX)); // EPERM: no such group in the session
    setsid();
    SHOW(setpgid(0, 0)); // EPERM: a session's leader
    _exit(0);
}

CASE(session, setpgid_after_exec_is_refused) // EACCES
{
    int ends[2], hold[2];
    char byte;
    pipe2(ends, O_CLOEXEC);
    pipe2(hold, O_CLOEXEC);
    pid_t child = fork();
    if (child == 0) {
        dup2(hold[0], 0);
        execl("/proc/self/exe", "cases", "--child", "wait", NULL);
        _exit(1);
    }
    close(ends[1]);
    read(ends[0], &byte, 1); // closed by the exec
    SHOW(setpgid(child, child));
    close(hold[1]);
    SHOW_WAIT(child);
}

CASE(session, setpgid_of_another_session) // EPERM
{
    int ends[2];
    char byte;
    pipe(ends);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        write(ends[1], "r", 1);
        for (;;)
            pause();
    }
    read(ends[0], &byte, 1);
    SHOW(setpgid(child, child));
    SHOW(setpgid(0, child));
    SHOW_IF(getsid(child) == child);
    kill(child, SIGKILL);
    SHOW_WAIT(child);
}

CASE(session, group_lives_after_its_leader)
{
    int ends[2];
    char byte;
    pipe(ends);
    pid_t leader = fork();
    if (leader == 0) {
        setpgid(0, 0);
        _exit(0);
    }
    setpgid(leader, leader);
    pid_t member = fork();
    if (member == 0) {
        setpgid(0, leader);
        write(ends[1], "r", 1);
        for (;;)
            pause();
    }
    read(ends[0], &byte, 1);
    SHOW_WAIT(leader);
    SHOW(kill(-leader, 0));
    SHOW_IF(getpgid(member) == leader);
    SHOW(kill(-leader, SIGKILL));
    SHOW_WAIT(member);
    SHOW(kill(-leader, 0));
}

CASE(session, orphaned_group_is_not_stopped_by_the_terminal) // setpgid(2): NOTES; signal(7)
{
    IN_CHILD
    setsid(); // the parent is of another session: the group is orphaned
    raise(SIGTSTP);
    raise(SIGTTIN);
    raise(SIGTTOU);
    out("not stopped\n");
    _exit(0);
}

CASE(session, stopped_group_that_becomes_orphaned_gets_hup)
{
    int ends[2];
    char byte;
    pipe(ends);
    pid_t middle = fork();
    if (middle == 0) {
        setsid(); // whoever adopts the other is of another session
        pid_t stopped = fork();
        if (stopped == 0) {
            close(ends[0]);
            setpgid(0, 0);
            raise(SIGSTOP);
            for (;;)
                pause();
        }
        int status;
        waitpid(stopped, &status, WUNTRACED);
        show_status("before", status);
        _exit(0); // nobody of this session outside the group remains as a parent
    }
    close(ends[1]);
    SHOW_WAIT(middle);
    SHOW(read(ends[0], &byte, 1)); // SIGHUP and SIGCONT ended it
}

CASE(session, parent_changes_when_it_ends)
{
    int ends[2], hold[2];
    char answer;
    pipe(ends);
    pipe(hold);
    pid_t middle = fork();
    if (middle == 0) {
        pid_t parent = getpid();
        if (fork() == 0) {
            close(hold[1]);
            read(hold[0], &answer, 1);
            answer = getppid() == parent ? 'n' : 'y';
            write(ends[1], &answer, 1);
        }
        _exit(0);
    }
    SHOW_WAIT(middle);
    close(hold[1]);
    read(ends[0], &answer, 1);
    out("changed %c\n", answer);
}
