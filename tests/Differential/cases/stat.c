// stat, lstat, fstat, newfstatat, statx, statfs, chmod, chown, utimensat, mknod.
#include "harness.h"
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <utime.h>

static void show_mode(const char *path)
{
    struct stat info;
    if (lstat(path, &info) == 0)
        out("%s: mode %o size %ld links %d\n", path, info.st_mode, (long)info.st_size, S_ISDIR(info.st_mode) ? 0 : (int)info.st_nlink);
    else
        out("%s: %s\n", path, errno_name(errno));
}

CASE(stat, kinds)
{
    make_file("file", "abc");
    mkdir("dir", 0750);
    symlink("file", "link");
    mkfifo("fifo", 0640);
    struct stat info;
    stat("dir", &info);
    out("dir %o\n", info.st_mode);
    show_mode("file");
    show_mode("link");
    show_mode("fifo");
    SHOW(stat("/dev/null", &info));
    out("%o %u %u\n", info.st_mode & S_IFMT, major(info.st_rdev), minor(info.st_rdev));
    stat("/dev/zero", &info);
    out("%o %u %u\n", info.st_mode & S_IFMT, major(info.st_rdev), minor(info.st_rdev));
}

CASE(stat, follows_and_not)
{
    struct stat one, two;
    make_file("file", "abc");
    symlink("file", "link");
    stat("link", &one);
    stat("file", &two);
    SHOW_IF(one.st_ino == two.st_ino && one.st_dev == two.st_dev);
    lstat("link", &two);
    SHOW_IF(one.st_ino != two.st_ino);
    fstatat(AT_FDCWD, "link", &two, AT_SYMLINK_NOFOLLOW);
    SHOW(S_ISLNK(two.st_mode));
    fstat(open("link", O_RDONLY), &two);
    SHOW_IF(one.st_ino == two.st_ino);
}

CASE(stat, errors) // stat(2)
{
    struct stat info;
    make_file("file", "");
    mkdir("shut", 0600);
    symlink("missing", "dangling");
    SHOW(stat("missing", &info));
    SHOW(stat("dangling", &info));
    SHOW(lstat("dangling", &info));
    SHOW(stat("file/x", &info));
    SHOW(stat("shut/x", &info));
    SHOW(stat("", &info));
    SHOW(stat(long_name(256), &info));
    SHOW(syscall(SYS_stat, bad(), &info));
    SHOW(syscall(SYS_stat, "file", bad()));
    SHOW(syscall(SYS_lstat, "file", bad()));
    SHOW(syscall(SYS_fstat, -1, &info));
    SHOW(syscall(SYS_fstat, 0, bad()));
}

CASE(stat, newfstatat)
{
    struct stat info;
    make_file("file", "abc");
    mkdir("dir", 0755);
    make_file("dir/in", "1");
    int dir = open("dir", O_PATH), file = open("file", O_PATH);
    SHOW(fstatat(dir, "in", &info, 0));
    SHOW(info.st_size);
    SHOW(fstatat(file, "", &info, AT_EMPTY_PATH));
    SHOW(info.st_size);
    SHOW(fstatat(file, "", &info, 0));
    SHOW(fstatat(file, "in", &info, 0));
    SHOW(fstatat(99, "in", &info, 0));
    SHOW(fstatat(dir, "in", &info, 1));
    SHOW(fstatat(AT_FDCWD, "", &info, AT_EMPTY_PATH));
    SHOW(S_ISDIR(info.st_mode));
}

CASE(stat, owner_is_the_creator)
{
    struct stat info;
    make_file("file", "");
    stat("file", &info);
    SHOW_IF(info.st_uid == geteuid());
    SHOW_IF(info.st_gid == getegid());
}

CASE(stat, statx) // statx(2)
{
    struct statx info;
    make_file("file", "abc");
    SHOW(statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &info));
    out("%o %llu %u\n", info.stx_mode, info.stx_size, info.stx_nlink);
    SHOW((info.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
    SHOW_IF(info.stx_mtime.tv_sec > 0 && info.stx_mtime.tv_nsec < 1000000000);
    SHOW(statx(open("file", O_RDONLY), "", AT_EMPTY_PATH, STATX_SIZE, &info));
    SHOW(statx(AT_FDCWD, "missing", 0, STATX_SIZE, &info));
    SHOW(statx(AT_FDCWD, "file", 0x20000, STATX_SIZE, &info));
    SHOW(statx(AT_FDCWD, "file", 0, 0x80000000u, &info));
    SHOW(statx(AT_FDCWD, "file", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, STATX_SIZE, &info));
    SHOW(syscall(SYS_statx, AT_FDCWD, "file", 0, STATX_SIZE, bad()));
    SHOW(syscall(SYS_statx, AT_FDCWD, bad(), 0, STATX_SIZE, &info));
    SHOW(statx(99, "file", 0, STATX_SIZE, &info));
}

CASE(stat, statfs) // statfs(2)
{
    struct statfs info, same;
    SHOW(statfs(".", &info));
    SHOW_IF(info.f_bsize > 0 && info.f_namelen >= 255);
    SHOW(fstatfs(open(".", O_RDONLY), &same));
    SHOW_IF(same.f_type == info.f_type);
    SHOW(statfs("/proc", &info));
    out("%lx\n", (long)info.f_type);
    int ends[2];
    pipe(ends);
    SHOW(fstatfs(ends[0], &info));
    out("%lx\n", (long)info.f_type);
    SHOW(statfs("missing", &info));
    SHOW(statfs(".", (struct statfs *)bad()));
    SHOW(fstatfs(99, &info));
}

CASE(stat, chmod)
{
    make_file("file", "");
    int modes[] = { 0, 0777, 04755, 02755, 06711, 01644, 0177777 };
    for (int i = 0; i < 7; i++) {
        SHOW(chmod("file", modes[i]));
        show_mode("file");
    }
    SHOW(fchmod(open("file", O_RDONLY), 0600));
    SHOW(fchmodat(AT_FDCWD, "file", 0640, 0));
    show_mode("file");
    symlink("file", "link");
    SHOW(chmod("link", 0604)); // of the target
    show_mode("file");
}

CASE(stat, chmod_errors) // chmod(2)
{
    NOT_PRIVILEGED
    make_file("file", "");
    SHOW(chmod("missing", 0644));
    SHOW(chmod("file/x", 0644));
    SHOW(chmod("", 0644));
    SHOW(chmod(bad(), 0644));
    SHOW(fchmod(-1, 0644));
    SHOW(chmod("/", 0755));          // EPERM: not the owner
    SHOW(chmod("/dev/null", 0666));
    SHOW(syscall(SYS_fchmodat, 99, "file", 0644));
}

CASE(stat, write_drops_set_uid)
{
    make_file("file", "");
    chmod("file", 06777);
    int fd = open("file", O_WRONLY);
    show_mode("file");
    SHOW(write(fd, "x", 1));
    show_mode("file");
    chmod("file", 06777);
    SHOW(truncate("file", 0));
    show_mode("file");
    chmod("file", 06777);
    SHOW(chown("file", getuid(), -1));
    show_mode("file");
}

CASE(stat, chown_errors) // chown(2): EPERM
{
    NOT_PRIVILEGED
    make_file("file", "");
    SHOW(chown("file", -1, -1));
    SHOW(chown("file", getuid(), getgid()));
    SHOW(chown("file", getuid() + 1, -1));
    SHOW(chown("file", -1, getgid() + 1));
    SHOW(chown("missing", -1, -1));
    SHOW(chown("/", -1, getgid()));
    SHOW(lchown(bad(), -1, -1));
    SHOW(fchown(-1, -1, -1));
    SHOW(fchownat(99, "file", -1, -1, 0));
    SHOW(fchownat(AT_FDCWD, "file", -1, -1, 1));
    SHOW(fchownat(open("file", O_RDONLY), "", -1, -1, AT_EMPTY_PATH));
}

static void show_times(const char *path)
{
    struct stat info;
    lstat(path, &info);
    out("%s: %ld.%09ld %ld.%09ld\n", path, info.st_atim.tv_sec, info.st_atim.tv_nsec, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

CASE(stat, utimensat)
{
    struct timespec times[2] = { { 1000, 1 }, { 2000, 999999999 } };
    make_file("file", "");
    symlink("file", "link");
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    show_times("file");
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = 3000;
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    show_times("file");
    times[0] = (struct timespec){ 5, 6 };
    SHOW(utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW));
    show_times("link");
    show_times("file");
    SHOW(futimens(open("file", O_RDONLY), times));
    show_times("file");
    times[0].tv_sec = -5; // before 1970
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    show_times("file");
}

CASE(stat, utimensat_errors) // utimensat(2)
{
    NOT_PRIVILEGED
    struct timespec times[2] = { { 1, 1000000000 }, { 1, 0 } };
    make_file("file", "");
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    times[0].tv_nsec = 0;
    SHOW(utimensat(AT_FDCWD, "missing", times, 0));
    SHOW(utimensat(AT_FDCWD, "", times, 0));
    SHOW(utimensat(99, "file", times, 0));
    SHOW(utimensat(AT_FDCWD, "file", times, 1));
    SHOW(utimensat(AT_FDCWD, "/", times, 0)); // EPERM
    SHOW(utimensat(AT_FDCWD, "/", NULL, 0));  // EACCES
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "file", bad(), 0));
    SHOW(syscall(SYS_utimensat, AT_FDCWD, NULL, NULL, 0));
}

CASE(stat, older_utime_calls)
{
    struct utimbuf seconds = { 11, 22 };
    struct timeval micro[2] = { { 33, 44 }, { 55, 66 } };
    make_file("file", "");
    SHOW(syscall(SYS_utime, "file", &seconds));
    show_times("file");
    SHOW(syscall(SYS_utimes, "file", micro));
    show_times("file");
    micro[0].tv_usec = 1000000;
    SHOW(syscall(SYS_utimes, "file", micro));
    micro[0].tv_usec = 7;
    SHOW(syscall(SYS_futimesat, AT_FDCWD, "file", micro));
    show_times("file");
}

CASE(stat, times_move_with_use)
{
    struct stat before, after;
    struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
    int fd = open_file("file", "abc");
    futimens(fd, old);
    fstat(fd, &before);
    write(fd, "x", 1);
    fstat(fd, &after);
    SHOW_IF(after.st_mtim.tv_sec > 1000);
    SHOW_IF(after.st_atim.tv_sec == 1000);
    futimens(fd, old);
    fchmod(fd, 0600);
    fstat(fd, &after);
    SHOW_IF(after.st_mtim.tv_sec == 1000);
    SHOW_IF(after.st_ctim.tv_sec > 1000);
    mkdir("dir", 0755);
    utimensat(AT_FDCWD, "dir", old, 0);
    make_file("dir/new", "");
    stat("dir", &after);
    SHOW_IF(after.st_mtim.tv_sec > 1000);
}

CASE(stat, mknod) // mknod(2)
{
    SHOW(mknod("file", S_IFREG | 0640, 0));
    SHOW(mknod("plain", 0600, 0)); // no type: a regular file
    SHOW(mknod("fifo", S_IFIFO | 0644, 0));
    SHOW(mknod("socket", S_IFSOCK | 0755, 0));
    show_mode("file");
    show_mode("plain");
    show_mode("fifo");
    show_mode("socket");
    SHOW(mknod("device", S_IFCHR | 0600, makedev(1, 3))); // EPERM
    SHOW(mknod("block", S_IFBLK | 0600, makedev(7, 0)));
    SHOW(mknod("dir", S_IFDIR | 0755, 0)); // EPERM
    SHOW(mknod("link", S_IFLNK | 0755, 0)); // EINVAL
    SHOW(mknod("file", S_IFREG, 0));
    SHOW(mknod("missing/x", S_IFREG, 0));
    SHOW(mknod("file/x", S_IFREG, 0));
    SHOW(mknod(bad(), S_IFREG, 0));
    SHOW(mknodat(99, "x", S_IFREG, 0));
    SHOW(open("socket", O_RDONLY)); // ENXIO
}

CASE(stat, group_and_other_bits_do_not_help_the_owner)
{
    make_file("file", "x");
    chmod("file", 0066);
    SHOW(open("file", O_RDONLY));
    SHOW(open("file", O_WRONLY));
}
