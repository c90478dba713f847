// The errors of walking a path, the same for every call that takes one: ELOOP, ENAMETOOLONG, ENOTDIR, EACCES, ENOENT, EFAULT.
#include "harness.h"
#include <sys/inotify.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/xattr.h>

static void show(const char *label, long answer)
{
    if (answer == -1)
        out("%s: %s\n", label, errno_name(errno));
    else
        out("%s: worked\n", label);
}

static void every_path(long (*call)(const char *path))
{
    make_file("file", "x");
    symlink("loop", "loop");
    mkdir("shut", 0700);
    make_file("shut/in", "x");
    chmod("shut", 0600);
    show("loop", call("loop/x"));
    show("long name", call(long_name(256)));
    show("long path", call(long_name(4096)));
    show("through a file", call("file/x"));
    show("no search", call("shut/in"));
    show("missing", call("missing/x"));
    show("empty", call(""));
    show("bad address", call(bad()));
}

#define PATHS(name, expression)                \
    static long call_##name(const char *path)  \
    {                                          \
        return expression;                     \
    }                                          \
    CASE(patherr, name)                        \
    {                                          \
        every_path(call_##name);               \
    }

static struct stat info;
static char buffer[64];

PATHS(open, open(path, O_RDONLY))
PATHS(open_to_create, open(path, O_RDWR | O_CREAT, 0644))
PATHS(creat, creat(path, 0644))
PATHS(stat, stat(path, &info))
PATHS(lstat, lstat(path, &info))
PATHS(statx, syscall(SYS_statx, AT_FDCWD, path, 0, STATX_SIZE, &(struct statx){ 0 }))
PATHS(statfs, statfs(path, &(struct statfs){ 0 }))
PATHS(access, access(path, F_OK))
PATHS(chmod, chmod(path, 0644))
PATHS(chown, chown(path, -1, -1))
PATHS(lchown, lchown(path, -1, -1))
PATHS(truncate, truncate(path, 0))
PATHS(utimensat, utimensat(AT_FDCWD, path, NULL, 0))
PATHS(utime, syscall(SYS_utime, path, NULL))
PATHS(utimes, syscall(SYS_utimes, path, NULL))
PATHS(readlink, readlink(path, buffer, sizeof buffer))
PATHS(chdir, chdir(path))
PATHS(chroot, chroot(path))
PATHS(mkdir, mkdir(path, 0755))
PATHS(rmdir, rmdir(path))
PATHS(unlink, unlink(path))
PATHS(mknod, mknod(path, S_IFREG | 0644, 0))
PATHS(mkfifo, mkfifo(path, 0644))
PATHS(symlink, symlink("target", path))
PATHS(link_from, link(path, "new"))
PATHS(link_to, link("file", path))
PATHS(rename_from, rename(path, "new"))
PATHS(rename_to, rename("file", path))
PATHS(execve, syscall(SYS_execve, path, NULL, NULL))
PATHS(getxattr, getxattr(path, "user.a", buffer, sizeof buffer))
PATHS(setxattr, setxattr(path, "user.a", "x", 1, 0))
PATHS(listxattr, listxattr(path, buffer, sizeof buffer))
PATHS(removexattr, removexattr(path, "user.a"))
PATHS(lgetxattr, lgetxattr(path, "user.a", buffer, sizeof buffer))
PATHS(llistxattr, llistxattr(path, buffer, sizeof buffer))
PATHS(lremovexattr, lremovexattr(path, "user.a"))
PATHS(inotify_add_watch, inotify_add_watch(inotify_init1(0), path, IN_OPEN))
PATHS(name_to_handle_at, syscall(SYS_name_to_handle_at, AT_FDCWD, path, (unsigned[40]){ 0 }, buffer, 0) == -1 && errno == EOVERFLOW ? 0 : -1)
