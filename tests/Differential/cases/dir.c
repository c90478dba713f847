// mkdir, rmdir, getdents64, chdir, fchdir, getcwd, chroot, rename of directories.
#include "harness.h"
#include <dirent.h>

struct entry {
    ino64_t inode;
    off64_t next;
    unsigned short length;
    unsigned char type;
    char name[];
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// The names in order: a directory's own order differs between file systems.
static void list(const char *path)
{
    static char bytes[65536];
    char *names[512];
    int total = 0, fd = open(path, O_RDONLY | O_DIRECTORY);
    for (long count, at = 0; (count = syscall(SYS_getdents64, fd, bytes + at, sizeof bytes - at)) > 0; at += count)
        for (long i = 0; i < count; i += ((struct entry *)(bytes + at + i))->length)
            names[total++] = ((struct entry *)(bytes + at + i))->name;
    qsort(names, total, sizeof *names, by_text);
    for (int i = 0; i < total; i++)
        out("%s ", names[i]);
    out("(%d)\n", total);
    close(fd);
}

CASE(dir, mkdir_modes)
{
    struct stat info;
    umask(027);
    SHOW(mkdir("one", 0777));
    stat("one", &info);
    out("%o\n", info.st_mode);
    SHOW(mkdir("two", 01777));
    stat("two", &info);
    out("%o\n", info.st_mode);
    SHOW(mkdirat(AT_FDCWD, "three/", 0700));
    list(".");
}

CASE(dir, mkdir_errors) // mkdir(2)
{
    make_file("file", "");
    symlink("nowhere", "dangling");
    symlink("loop", "loop");
    mkdir("fixed", 0555);
    SHOW(mkdir("file", 0755));
    SHOW(mkdir("dangling", 0755));
    SHOW(mkdir(".", 0755));
    SHOW(mkdir("/", 0755));
    SHOW(mkdir("missing/dir", 0755));
    SHOW(mkdir("file/dir", 0755));
    SHOW(mkdir("loop/dir", 0755));
    SHOW(mkdir("fixed/dir", 0755));
    SHOW(mkdir("", 0755));
    SHOW(mkdir(long_name(256), 0755));
    SHOW(mkdir(bad(), 0755));
    SHOW(mkdirat(99, "dir", 0755));
    SHOW(mkdirat(0, "dir", 0755));
}

CASE(dir, mkdirat_of_a_descriptor)
{
    mkdir("one", 0755);
    int fd = open("one", O_PATH);
    SHOW(mkdirat(fd, "two", 0755));
    SHOW(mkdirat(fd, "two", 0755));
    list("one");
}

CASE(dir, rmdir_success_and_errors) // rmdir(2)
{
    make_file("file", "");
    mkdir("full", 0755);
    mkdir("full/sub", 0755);
    mkdir("empty", 0755);
    symlink("empty", "link");
    mkdir("fixed", 0755);
    mkdir("fixed/sub", 0755);
    chmod("fixed", 0555);
    SHOW(rmdir("full"));
    SHOW(rmdir("file"));
    SHOW(rmdir("link"));
    SHOW(rmdir("missing"));
    SHOW(rmdir("empty/."));
    SHOW(rmdir("full/sub/.."));
    SHOW(rmdir("fixed/sub"));
    SHOW(rmdir(""));
    SHOW(rmdir(bad()));
    SHOW(rmdir("empty"));
    SHOW(unlinkat(AT_FDCWD, "full/sub", AT_REMOVEDIR));
    SHOW(unlinkat(AT_FDCWD, "full", 0));
    SHOW(unlinkat(AT_FDCWD, "full", 1));
    SHOW(rmdir("full/"));
}

CASE(dir, names_and_types)
{
    mkdir("d", 0755);
    make_file("f", "");
    symlink("f", "l");
    mkfifo("p", 0600);
    int fd = open(".", O_RDONLY), seen = 0;
    static char bytes[4096];
    long count = syscall(SYS_getdents64, fd, bytes, sizeof bytes);
    for (long i = 0; i < count; i += ((struct entry *)(bytes + i))->length) {
        struct entry *entry = (struct entry *)(bytes + i);
        int type = entry->type;
        seen += type == (entry->name[0] == 'f' ? DT_REG : entry->name[0] == 'l' ? DT_LNK : entry->name[0] == 'p' ? DT_FIFO : DT_DIR);
    }
    SHOW(seen);
    list(".");
    SHOW(syscall(SYS_getdents64, fd, bytes, sizeof bytes));
}

CASE(dir, inode_is_that_of_stat)
{
    struct stat info;
    static char bytes[4096];
    make_file("f", "");
    stat("f", &info);
    long count = syscall(SYS_getdents64, open(".", O_RDONLY), bytes, sizeof bytes);
    for (long i = 0; i < count; i += ((struct entry *)(bytes + i))->length)
        if (strcmp(((struct entry *)(bytes + i))->name, "f") == 0)
            SHOW_IF(((struct entry *)(bytes + i))->inode == info.st_ino);
}

CASE(dir, getdents_errors) // getdents(2)
{
    char bytes[512];
    int fd = open(".", O_RDONLY);
    SHOW(syscall(SYS_getdents64, 99, bytes, sizeof bytes));
    SHOW(syscall(SYS_getdents64, 0, bytes, sizeof bytes)); // ENOTDIR
    SHOW(syscall(SYS_getdents64, fd, bytes, 10L));          // EINVAL: too small
    SHOW(syscall(SYS_getdents64, fd, bad(), 512L));         // EFAULT
    mkdir("gone", 0755);
    fd = open("gone", O_RDONLY);
    rmdir("gone");
    SHOW(syscall(SYS_getdents64, fd, bytes, sizeof bytes)); // ENOENT
    SHOW(openat(fd, "new", O_CREAT | O_RDWR, 0644));
    SHOW(mkdirat(fd, "new", 0755));
}

CASE(dir, many_entries_by_small_buffers)
{
    char name[32], bytes[200];
    long count, total = 0;
    for (int i = 0; i < 120; i++) {
        sprintf(name, "file-number-%d", i);
        mknod(name, S_IFREG | 0644, 0);
    }
    int fd = open(".", O_RDONLY);
    while ((count = syscall(SYS_getdents64, fd, bytes, sizeof bytes)) > 0)
        for (long i = 0; i < count; i += ((struct entry *)(bytes + i))->length)
            total++;
    SHOW(total);
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW_IF(syscall(SYS_getdents64, fd, bytes, sizeof bytes) > 0);
}

CASE(dir, telldir_seekdir)
{
    char first[300];
    for (int i = 0; i < 20; i++) {
        sprintf(first, "%d", i);
        make_file(first, "");
    }
    DIR *dir = opendir(".");
    for (int i = 0; i < 7; i++)
        readdir(dir);
    long place = telldir(dir);
    strcpy(first, readdir(dir)->d_name);
    for (int i = 0; i < 5; i++)
        readdir(dir);
    seekdir(dir, place);
    SHOW(strcmp(first, readdir(dir)->d_name));
    rewinddir(dir);
    int total = 0;
    while (readdir(dir))
        total++;
    SHOW(total);
}

CASE(dir, getcwd)
{
    char path[4096], small[2];
    mkdir("sub", 0755);
    SHOW(chdir("sub"));
    long length = syscall(SYS_getcwd, path, sizeof path);
    SHOW_IF(length == (long)strlen(path) + 1);
    SHOW_STRING(strrchr(path, '/'));
    SHOW(chdir(".."));
    syscall(SYS_getcwd, path, sizeof path);
    SHOW_STRING(strrchr(path, '/'));
    SHOW(syscall(SYS_getcwd, small, 2L)); // ERANGE
    SHOW(syscall(SYS_getcwd, bad(), 4096L));
    SHOW(chdir("/"));
    SHOW(syscall(SYS_getcwd, small, 2L));
    SHOW_STRING(small);
}

CASE(dir, getcwd_of_a_removed_directory) // getcwd(3): ENOENT
{
    char path[4096];
    mkdir("sub", 0755);
    chdir("sub");
    rmdir("../sub");
    SHOW(syscall(SYS_getcwd, path, sizeof path));
    SHOW(open("file", O_CREAT | O_RDWR, 0644));
    SHOW(access(".", F_OK));
    SHOW(chdir(".."));
    SHOW(access(".", F_OK));
}

CASE(dir, chdir_errors) // chdir(2)
{
    make_file("file", "");
    mkdir("shut", 0600);
    symlink("loop", "loop");
    SHOW(chdir("missing"));
    SHOW(chdir("file"));
    SHOW(chdir("shut"));
    SHOW(chdir("loop"));
    SHOW(chdir(""));
    SHOW(chdir(long_name(256)));
    SHOW(chdir(bad()));
    SHOW(fchdir(-1));
    SHOW(fchdir(open("file", O_RDONLY)));
    SHOW(fchdir(open("shut", O_PATH)));
}

CASE(dir, fchdir)
{
    mkdir("sub", 0755);
    int here = open(".", O_RDONLY), sub = open("sub", O_PATH);
    SHOW(fchdir(sub));
    make_file("inside", "x");
    SHOW(fchdir(here));
    SHOW(access("sub/inside", F_OK));
}

CASE(dir, chroot_is_refused) // chroot(2): EPERM, and the path is looked at before
{
    NOT_PRIVILEGED
    make_file("file", "");
    SHOW(chroot("."));
    SHOW(chroot("missing"));
    SHOW(chroot("file"));
    SHOW(chroot(bad()));
}

CASE(dir, rename_directories) // rename(2): ENOTEMPTY, EINVAL, EISDIR, ENOTDIR
{
    mkdir("a", 0755);
    mkdir("a/in", 0755);
    mkdir("b", 0755);
    mkdir("b/in", 0755);
    mkdir("empty", 0755);
    make_file("file", "");
    SHOW(rename("a", "b"));
    SHOW(rename("a", "a/in/sub"));
    SHOW(rename("a/in", "a"));
    SHOW(rename("file", "empty"));
    SHOW(rename("empty", "file"));
    SHOW(rename("a", "empty"));
    SHOW(rename(".", "x"));
    SHOW(rename("b/..", "x"));
    SHOW(rename("b", "b/"));
    SHOW(rename("b", "c/"));
    list(".");
    list("empty");
}

CASE(dir, setgid_is_inherited)
{
    struct stat info, parent;
    SHOW(mkdir("group", 0755));
    SHOW(chmod("group", 02755));
    stat("group", &parent);
    out("%o\n", parent.st_mode);
    mkdir("group/sub", 0755);
    stat("group/sub", &info);
    out("%o\n", info.st_mode);
    SHOW_IF(info.st_gid == parent.st_gid);
    make_file("group/file", "");
    stat("group/file", &info);
    out("%o\n", info.st_mode);
}

CASE(dir, sticky_and_removal)
{
    mkdir("tmp", 01777);
    chmod("tmp", 01777);
    make_file("tmp/file", "");
    SHOW(unlink("tmp/file")); // one's own
    mkdir("tmp/sub", 0755);
    SHOW(rename("tmp/sub", "tmp/other"));
    list("tmp");
}
