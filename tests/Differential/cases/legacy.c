// Calls that today's C library no longer makes: old programs still do, by these numbers.
#include "harness.h"
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/sysmacros.h>

CASE(legacy, open)
{
    SHOW(syscall(SYS_open, "file", O_CREAT | O_RDWR, 0640));
    SHOW(syscall(SYS_open, "file", O_CREAT | O_EXCL | O_RDWR, 0640));
    SHOW(syscall(SYS_open, "missing", O_RDONLY));
    SHOW(syscall(SYS_open, "file", O_RDONLY | O_DIRECTORY));
    SHOW(syscall(SYS_open, bad(), O_RDONLY));
    out("%o\n", fcntl(3, F_GETFL)); // without O_LARGEFILE in the flags it is set all the same
}

CASE(legacy, fork_and_vfork)
{
    pid_t child = syscall(SYS_fork);
    if (child == 0)
        syscall(SYS_exit_group, 41);
    SHOW_WAIT(child);
}

CASE(legacy, getdents)
{
    struct { unsigned long inode, next; unsigned short length; char name[]; } *entry;
    static char bytes[4096];
    make_file("only", "");
    int fd = open(".", O_RDONLY), total = 0, types = 0;
    long count = syscall(SYS_getdents, fd, bytes, sizeof bytes);
    for (long i = 0; i < count; i += entry->length) {
        entry = (void *)(bytes + i);
        total++;
        if (strcmp(entry->name, "only") == 0)
            types = bytes[i + entry->length - 1]; // the type is the last byte
    }
    SHOW(total);
    SHOW(types);
    SHOW(syscall(SYS_getdents, fd, bytes, sizeof bytes));
    SHOW(syscall(SYS_getdents, 0, bytes, sizeof bytes));
    SHOW(syscall(SYS_getdents, 99, bytes, sizeof bytes));
    lseek(fd, 0, SEEK_SET);
    SHOW(syscall(SYS_getdents, fd, bytes, 10L)); // EINVAL
}

CASE(legacy, mknod)
{
    struct stat info;
    SHOW(syscall(SYS_mknod, "fifo", S_IFIFO | 0640, 0));
    SHOW(syscall(SYS_mknod, "fifo", S_IFIFO | 0640, 0));
    SHOW(syscall(SYS_mknod, "device", S_IFCHR | 0640, makedev(1, 3)));
    SHOW(syscall(SYS_stat, "fifo", &info));
    out("%o\n", info.st_mode);
}

CASE(legacy, semop)
{
    struct sembuf up = { 0, 1, 0 }, down = { 0, -2, IPC_NOWAIT };
    int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    SHOW(syscall(SYS_semop, id, &up, 1L));
    SHOW(syscall(SYS_semop, id, &down, 1L));
    SHOW(syscall(SYS_semop, id, bad(), 1L));
    SHOW(syscall(SYS_semop, -1, &up, 1L));
    semctl(id, 0, IPC_RMID);
}

CASE(legacy, two_letter_versions)
{
    struct stat one, two;
    int ends[2];
    make_file("file", "abc");
    SHOW(syscall(SYS_stat, "file", &one));
    SHOW(syscall(SYS_newfstatat, AT_FDCWD, "file", &two, 0));
    SHOW_IF(one.st_ino == two.st_ino && one.st_size == two.st_size && one.st_mtim.tv_nsec == two.st_mtim.tv_nsec);
    SHOW(syscall(SYS_pipe, ends));
    SHOW(syscall(SYS_dup2, 0, 9));
    SHOW(syscall(SYS_access, "file", R_OK));
    SHOW(syscall(SYS_chmod, "file", 0600));
    SHOW(syscall(SYS_rename, "file", "new"));
    SHOW(syscall(SYS_link, "new", "second"));
    SHOW(syscall(SYS_symlink, "new", "soft"));
    char text[8];
    SHOW(syscall(SYS_readlink, "soft", text, 8L));
    SHOW(syscall(SYS_unlink, "second"));
    SHOW(syscall(SYS_mkdir, "dir", 0755));
    SHOW(syscall(SYS_rmdir, "dir"));
    SHOW(syscall(SYS_chown, "new", -1, -1));
    SHOW(syscall(SYS_lchown, "soft", -1, -1));
}

CASE(legacy, alarm_and_pause_numbers)
{
    SHOW(syscall(SYS_alarm, 30));
    SHOW(syscall(SYS_alarm, 0));
    SHOW_IF(syscall(SYS_getpgrp) == getpgid(0));
    SHOW(syscall(SYS_epoll_create, 0));
    SHOW(syscall(SYS_epoll_create, 10));
    SHOW(syscall(SYS_inotify_init));
    SHOW(syscall(SYS_eventfd, 4));
}
