// getuid and its family, setuid and its family, getgroups, setgroups, setfsuid without privileges.
#include "harness.h"
#include <grp.h>
#include <sys/fsuid.h>

CASE(cred, all_ids_are_one)
{
    uid_t real, effective, saved;
    gid_t rgid, egid, sgid;
    SHOW(getresuid(&real, &effective, &saved));
    SHOW_IF(real == getuid() && effective == geteuid() && saved == real && real == effective);
    SHOW(getresgid(&rgid, &egid, &sgid));
    SHOW_IF(rgid == getgid() && egid == getegid() && sgid == rgid);
    SHOW_IF(getuid() != 0);
}

CASE(cred, to_oneself_is_allowed)
{
    uid_t uid = getuid();
    gid_t gid = getgid();
    SHOW(setuid(uid));
    SHOW(setgid(gid));
    SHOW(setreuid(uid, uid));
    SHOW(setregid(gid, gid));
    SHOW(setresuid(uid, uid, uid));
    SHOW(setresgid(gid, gid, gid));
    SHOW(setresuid(-1, -1, -1));
    SHOW(setreuid(-1, -1));
}

CASE(cred, to_another_is_refused) // setuid(2), setresuid(2), setreuid(2): EPERM
{
    uid_t uid = getuid() + 1;
    gid_t gid = getgid() + 1;
    SHOW(setuid(0));
    SHOW(setuid(uid));
    SHOW(setgid(gid));
    SHOW(setreuid(uid, -1));
    SHOW(setreuid(-1, uid));
    SHOW(setregid(gid, -1));
    SHOW(setresuid(-1, -1, uid));
    SHOW(setresgid(-1, gid, -1));
    SHOW_IF(getuid() == uid - 1);
}

CASE(cred, invalid_ids) // EINVAL
{
    SHOW(syscall(SYS_setuid, -1));
    SHOW(syscall(SYS_setgid, -1));
}

CASE(cred, bad_addresses) // EFAULT
{
    uid_t id;
    SHOW(syscall(SYS_getresuid, bad(), &id, &id));
    SHOW(syscall(SYS_getresuid, &id, &id, bad()));
    SHOW(syscall(SYS_getresgid, &id, bad(), &id));
}

CASE(cred, groups) // getgroups(2), setgroups(2): EINVAL, EFAULT, EPERM
{
    static gid_t list[65536];
    int count = syscall(SYS_getgroups, 0, NULL);
    SHOW_IF(count >= 0);
    SHOW_IF(syscall(SYS_getgroups, 65536, list) == count);
    SHOW(syscall(SYS_getgroups, -1, list));
    SHOW(syscall(SYS_setgroups, 0, list));
    SHOW(syscall(SYS_setgroups, 1, list));
    SHOW(syscall(SYS_setgroups, 70000, list));
}

CASE(cred, file_system_ids) // setfsuid(2): the answer is the old one, also after a failure
{
    SHOW_IF(setfsuid(-1) == (int)geteuid());
    SHOW_IF(setfsuid(0) == (int)geteuid());
    SHOW_IF(setfsuid(-1) == (int)geteuid());
    SHOW_IF(setfsgid(-1) == (int)getegid());
    SHOW_IF(setfsgid(0) == (int)getegid());
    SHOW_IF(setfsgid(-1) == (int)getegid());
}

CASE(cred, inherited_by_a_child)
{
    uid_t uid = getuid();
    gid_t gid = getegid();
    pid_t child = fork();
    if (child == 0)
        _exit(getuid() == uid && getegid() == gid ? 0 : 1);
    SHOW_WAIT(child);
}

CASE(cred, signals_to_init_are_refused) // kill(2): EPERM, unless that is this user's own
{
    SHOW_IF(kill(1, 0) == 0 || errno == EPERM);
}
