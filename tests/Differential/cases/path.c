// How a path is walked: dots, slashes, links, limits, and access by mode bits (path_resolution(7)).
#include "harness.h"

CASE(path, dots_and_slashes)
{
    mkdir("a", 0755);
    mkdir("a/b", 0755);
    make_file("a/f", "");
    SHOW(access("a/./b", F_OK));
    SHOW(access("a//b//", F_OK));
    SHOW(access("./a/b/../f", F_OK));
    SHOW(access("a/missing/../f", F_OK));
    SHOW(access("a/f/.", F_OK));
    SHOW(access("a/f/..", F_OK));
    SHOW(access("/..", F_OK));
    SHOW(access("//proc", F_OK));
}

CASE(path, links_in_the_middle)
{
    mkdir("real", 0755);
    make_file("real/f", "x");
    symlink("real", "link");
    symlink("link", "second");
    symlink("real/f", "file");
    SHOW(access("link/f", F_OK));
    SHOW(access("second/f", F_OK));
    SHOW(access("link/../file", F_OK));
    SHOW(access("file/", F_OK));
    SHOW(access("file/x", F_OK));
    show_file("second/f");
}

CASE(path, relative_target_is_of_the_links_directory)
{
    mkdir("dir", 0755);
    make_file("dir/f", "in dir");
    make_file("f", "here");
    symlink("f", "dir/link");
    symlink("../f", "dir/up");
    show_file("dir/link");
    show_file("dir/up");
}

CASE(path, trailing_slash_follows_a_link)
{
    struct stat info;
    mkdir("real", 0755);
    symlink("real", "link");
    lstat("link", &info);
    out("%o\n", info.st_mode & S_IFMT);
    lstat("link/", &info);
    out("%o\n", info.st_mode & S_IFMT);
    SHOW(open("link/", O_RDONLY | O_NOFOLLOW));
    SHOW(open("link", O_RDONLY | O_NOFOLLOW | O_DIRECTORY)); // ENOTDIR: the link is no directory
    SHOW(rmdir("link/"));
}

CASE(path, directory_behind_a_link)
{
    mkdir("real", 0755);
    make_file("real/f", "x");
    make_file("file", "");
    symlink("real", "link");
    symlink("file", "other");
    symlink("none", "broken");
    int here = open(".", O_RDONLY | O_DIRECTORY);
    int fd = openat(here, "link", O_RDONLY | O_DIRECTORY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    SHOW_IF(fd >= 0);
    SHOW(faccessat(fd, "f", F_OK, 0));
    SHOW_IF(open("link", O_RDONLY | O_DIRECTORY) >= 0);
    SHOW(openat(here, "other", O_RDONLY | O_DIRECTORY)); // ENOTDIR
    SHOW(openat(here, "broken", O_RDONLY | O_DIRECTORY)); // ENOENT
    SHOW(openat(here, "file", O_RDONLY | O_DIRECTORY));
    SHOW(openat(here, "link", O_RDONLY | O_DIRECTORY | O_NOFOLLOW)); // the link is no directory
}

CASE(path, forty_links) // path_resolution(7): ELOOP after 40
{
    char name[16], target[16];
    make_file("l0", "end");
    for (int i = 1; i <= 41; i++) {
        sprintf(name, "l%d", i);
        sprintf(target, "l%d", i - 1);
        symlink(target, name);
    }
    SHOW(access("l39", F_OK));
    SHOW(access("l40", F_OK));
    SHOW(access("l41", F_OK));
}

CASE(path, two_links_in_a_circle) // ELOOP
{
    symlink("b", "a");
    symlink("a", "b");
    SHOW(access("a", F_OK));
    SHOW(access("a/x", F_OK));
    SHOW(unlink("a"));
    SHOW(access("b", F_OK));
}

CASE(path, limits) // ENAMETOOLONG: a name of 255, a path of 4095
{
    static char path[5000];
    for (int i = 0; i < 2046; i++)
        memcpy(path + 2 * i, "./", 2);
    strcpy(path + 4092, "...");
    SHOW(access(path, F_OK)); // 4095: not found
    strcpy(path + 4092, "....");
    SHOW(access(path, F_OK));
    strcpy(path + 4092, ".");
    out("%d\n", access(path, F_OK));
    mkdir(long_name(255), 0755);
    out("%d\n", access(long_name(255), F_OK));
}

CASE(path, deep_directories)
{
    char start[4096], path[8192];
    for (int i = 0; i < 20; i++) {
        mkdir(long_name(250), 0755);
        chdir(long_name(250));
    }
    SHOW(access(".", F_OK)); // deeper than a path can say
    SHOW(getcwd(start, sizeof start) == NULL);
    SHOW(syscall(SYS_getcwd, path, sizeof path)); // ENAMETOOLONG
}

CASE(path, unusual_names)
{
    SHOW(open("a b\nc\t\xff\x01*?", O_CREAT | O_RDWR, 0644));
    SHOW(access("a b\nc\t\xff\x01*?", F_OK));
    SHOW(mkdir("...", 0755));
    SHOW(access(".../..", F_OK));
    SHOW(mkdir("CASE", 0755));
    SHOW(access("case", F_OK));
}

CASE(path, access_modes) // access(2): by the real uid
{
    make_file("file", "");
    int modes[] = { 0, 0400, 0200, 0100, 0600, 0755, 0077 };
    for (int i = 0; i < 7; i++) {
        chmod("file", modes[i]);
        out("%04o: %d %d %d %d\n", modes[i], access("file", R_OK), access("file", W_OK), access("file", X_OK), access("file", F_OK));
    }
    mkdir("dir", 0400);
    SHOW(access("dir/x", F_OK)); // EACCES: no search
    chmod("dir", 0100);
    SHOW(access("dir/x", F_OK));
    SHOW(open("dir", O_RDONLY));
}

CASE(path, access_errors) // access(2)
{
    make_file("file", "");
    symlink("missing", "dangling");
    SHOW(access("file", 8));
    SHOW(access("dangling", F_OK));
    SHOW(access("", F_OK));
    SHOW(access(bad(), F_OK));
    SHOW(syscall(SYS_faccessat, 99, "file", F_OK));
    SHOW(syscall(SYS_faccessat, 0, "file", F_OK));
    SHOW(syscall(SYS_faccessat2, AT_FDCWD, "file", R_OK, 0x8000));
    SHOW(syscall(SYS_faccessat2, AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
    SHOW(syscall(SYS_faccessat2, open("file", O_PATH), "", R_OK, AT_EMPTY_PATH));
    SHOW(syscall(SYS_faccessat2, AT_FDCWD, "file", X_OK, AT_EACCESS));
}

CASE(path, write_into_kernel_files_is_refused)
{
    SHOW(access("/proc/version", W_OK));
    SHOW(open("/proc/version", O_WRONLY));
    SHOW(open("/proc/new", O_CREAT | O_WRONLY, 0644));
    SHOW(mkdir("/proc/new", 0755));
    SHOW(unlink("/proc/version"));
}
