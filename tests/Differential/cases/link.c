// link, symlink, readlink, unlink, rename, renameat2.
#include "harness.h"

static void show_links(const char *path)
{
    struct stat info;
    if (lstat(path, &info) == 0)
        out("%s: links %d size %ld\n", path, (int)info.st_nlink, (long)info.st_size);
    else
        out("%s: %s\n", path, errno_name(errno));
}

CASE(link, hard)
{
    make_file("a", "text");
    SHOW(link("a", "b"));
    show_links("a");
    show_links("b");
    SHOW(unlink("a"));
    show_links("a");
    show_links("b");
    show_file("b");
}

CASE(link, hard_errors) // link(2)
{
    make_file("a", "");
    make_file("b", "");
    mkdir("dir", 0755);
    mkdir("fixed", 0555);
    SHOW(link("a", "b"));
    SHOW(link("a", "a"));
    SHOW(link("missing", "c"));
    SHOW(link("dir", "c")); // EPERM
    SHOW(link("a", "missing/c"));
    SHOW(link("a", "b/c"));
    SHOW(link("a", "fixed/c"));
    SHOW(link("a", ""));
    SHOW(link("", "c"));
    SHOW(link(bad(), "c"));
    SHOW(link("a", bad()));
    SHOW(link("/dev/null", "c") == -1);
    SHOW(linkat(99, "a", AT_FDCWD, "c", 0));
    SHOW(linkat(AT_FDCWD, "a", AT_FDCWD, "c", 1)); // EINVAL
}

CASE(link, hard_of_a_symlink)
{
    make_file("file", "");
    symlink("file", "soft");
    SHOW(link("soft", "copy")); // the link itself
    SHOW(linkat(AT_FDCWD, "soft", AT_FDCWD, "followed", AT_SYMLINK_FOLLOW));
    show_links("soft");
    show_links("copy");
    show_links("followed");
    show_links("file");
}

CASE(link, soft)
{
    char text[16];
    SHOW(symlink("some/target", "soft"));
    show_links("soft");
    memset(text, '.', sizeof text);
    SHOW(readlink("soft", text, sizeof text));
    show_bytes("text", text, 16);
    SHOW(readlink("soft", text, 4)); // cut without an error
    SHOW(symlinkat("x", AT_FDCWD, "other"));
    SHOW(readlinkat(AT_FDCWD, "other", text, 16));
}

CASE(link, soft_errors) // symlink(2)
{
    make_file("file", "");
    mkdir("fixed", 0555);
    SHOW(symlink("x", "file"));
    SHOW(symlink("", "new"));
    SHOW(symlink("x", ""));
    SHOW(symlink("x", "missing/new"));
    SHOW(symlink("x", "file/new"));
    SHOW(symlink("x", "fixed/new"));
    SHOW(symlink("x", "new/"));
    SHOW(symlink(long_name(4095), "long") == 0 || errno == ENAMETOOLONG); // 4095 fits on some file systems only
    SHOW(symlink(long_name(4096), "longer"));
    SHOW(symlink(bad(), "new"));
    SHOW(symlink("x", bad()));
    SHOW(symlinkat("x", 99, "new"));
}

CASE(link, readlink_errors) // readlink(2)
{
    char text[16];
    make_file("file", "");
    symlink("x", "soft");
    SHOW(readlink("file", text, 16));
    SHOW(readlink(".", text, 16));
    SHOW(readlink("missing", text, 16));
    SHOW(readlink("file/x", text, 16));
    SHOW(readlink("", text, 16));
    SHOW(syscall(SYS_readlink, "soft", text, 0L));
    SHOW(syscall(SYS_readlink, "soft", text, -1L));
    SHOW(syscall(SYS_readlink, "soft", bad(), 16L));
    SHOW(readlinkat(99, "soft", text, 16));
    SHOW(readlinkat(open("soft", O_PATH | O_NOFOLLOW), "", text, 16));
    SHOW(readlinkat(open("file", O_PATH), "", text, 16)); // ENOENT
}

CASE(link, unlink_errors) // unlink(2)
{
    make_file("file", "");
    mkdir("dir", 0755);
    mkdir("fixed", 0755);
    make_file("fixed/file", "");
    chmod("fixed", 0555);
    SHOW(unlink("missing"));
    SHOW(unlink("dir"));
    SHOW(unlink("file/"));
    SHOW(unlink("file/x"));
    SHOW(unlink("fixed/file"));
    SHOW(unlink(""));
    SHOW(unlink("."));
    SHOW(unlink(bad()));
    SHOW(unlinkat(99, "file", 0));
    SHOW(unlinkat(AT_FDCWD, "file", 0x1000));
    SHOW(unlink("file"));
}

CASE(link, unlink_of_a_symlink_keeps_the_target)
{
    make_file("file", "x");
    symlink("file", "soft");
    SHOW(unlink("soft"));
    show_links("soft");
    show_links("file");
}

CASE(link, rename_replaces)
{
    make_file("a", "one");
    make_file("b", "two");
    int fd = open("b", O_RDONLY);
    SHOW(rename("a", "b"));
    show_links("a");
    show_file("b");
    char text[4];
    SHOW(read(fd, text, 4)); // the old one is still there for who has it open
    show_bytes("text", text, 3);
}

CASE(link, rename_of_one_file_to_itself) // rename(2): two links to one file: nothing is done
{
    make_file("a", "x");
    link("a", "b");
    SHOW(rename("a", "b"));
    show_links("a");
    SHOW(rename("a", "a"));
    show_links("b");
}

CASE(link, rename_errors) // rename(2)
{
    make_file("file", "");
    mkdir("fixed", 0755);
    make_file("fixed/in", "");
    chmod("fixed", 0555);
    SHOW(rename("missing", "x"));
    SHOW(rename("file", "missing/x"));
    SHOW(rename("file", "file/x"));
    SHOW(rename("fixed/in", "x"));
    SHOW(rename("file", "fixed/x"));
    SHOW(rename("file", ""));
    SHOW(rename("", "x"));
    SHOW(rename("file", "x/"));
    SHOW(rename(bad(), "x"));
    SHOW(rename("file", bad()));
    SHOW(renameat(99, "file", AT_FDCWD, "x"));
    SHOW(rename("file", long_name(256)));
}

CASE(link, rename_moves_a_symlink)
{
    symlink("nowhere", "soft");
    SHOW(rename("soft", "moved"));
    show_links("moved");
    make_file("file", "");
    SHOW(rename("file", "moved")); // replaces the link, not its target
    show_links("moved");
}

CASE(link, renameat2_flags) // renameat2(2)
{
    make_file("a", "one");
    make_file("b", "two");
    mkdir("dir", 0755);
    SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE));
    show_file("a");
    show_file("b");
    SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "dir", RENAME_EXCHANGE));
    show_file("dir");
    SHOW(renameat2(AT_FDCWD, "dir", AT_FDCWD, "missing", RENAME_EXCHANGE));
    SHOW(renameat2(AT_FDCWD, "dir", AT_FDCWD, "new", RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "new", AT_FDCWD, "b", RENAME_EXCHANGE | RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "new", AT_FDCWD, "b", 1 << 10));
}

CASE(link, renameat_between_directories)
{
    mkdir("one", 0755);
    mkdir("two", 0755);
    make_file("one/file", "x");
    int one = open("one", O_RDONLY), two = open("two", O_RDONLY);
    SHOW(renameat(one, "file", two, "moved"));
    SHOW(faccessat(one, "file", F_OK, 0));
    show_file("two/moved");
}
