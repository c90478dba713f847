// setxattr, getxattr, listxattr, removexattr and their l- and f- forms, in the user name space.
#include "harness.h"
#include <sys/xattr.h>

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// Sorted: the order is the file system's. Other name spaces may come from the host.
static void list(const char *path)
{
    char names[1024], *found[32];
    long count = listxattr(path, names, sizeof names), total = 0;
    for (long i = 0; i < count; i += strlen(names + i) + 1)
        if (strncmp(names + i, "user.", 5) == 0)
            found[total++] = names + i;
    qsort(found, total, sizeof *found, by_text);
    for (long i = 0; i < total; i++)
        out("%s ", found[i]);
    out("(%ld)\n", total);
}

CASE(xattr, set_and_get)
{
    char value[16];
    make_file("file", "");
    SHOW(setxattr("file", "user.a", "hello", 5, 0));
    long count = SHOW(getxattr("file", "user.a", value, 16));
    show_bytes("value", value, count);
    SHOW(getxattr("file", "user.a", NULL, 0)); // the size
    SHOW(getxattr("file", "user.a", value, 3)); // ERANGE
    SHOW(setxattr("file", "user.a", "", 0, 0));
    SHOW(getxattr("file", "user.a", value, 16));
}

CASE(xattr, create_and_replace) // setxattr(2): EEXIST, ENODATA
{
    make_file("file", "");
    SHOW(setxattr("file", "user.a", "1", 1, XATTR_REPLACE));
    SHOW(setxattr("file", "user.a", "1", 1, XATTR_CREATE));
    SHOW(setxattr("file", "user.a", "2", 1, XATTR_CREATE));
    SHOW(setxattr("file", "user.a", "3", 1, XATTR_REPLACE));
    SHOW(setxattr("file", "user.a", "3", 1, 64)); // EINVAL
}

CASE(xattr, names)
{
    make_file("file", "");
    list("file");
    setxattr("file", "user.b", "1", 1, 0);
    setxattr("file", "user.a", "1", 1, 0);
    list("file");
    SHOW(removexattr("file", "user.b"));
    list("file");
    SHOW(removexattr("file", "user.b")); // ENODATA
}

CASE(xattr, errors)
{
    char value[16];
    make_file("file", "");
    SHOW(getxattr("file", "user.none", value, 16));
    SHOW(getxattr("missing", "user.a", value, 16));
    SHOW(setxattr("file", "", "x", 1, 0));          // ERANGE
    SHOW(setxattr("file", "nospace", "x", 1, 0));   // EOPNOTSUPP
    SHOW(setxattr("file", "user.", "x", 1, 0));     // EINVAL
    SHOW(setxattr("file", "other.a", "x", 1, 0));
    SHOW(setxattr("file", "trusted.a", "x", 1, 0)); // EPERM
    SHOW(getxattr("file", "trusted.a", value, 16)); // ENODATA
    SHOW(syscall(SYS_setxattr, "file", "user.a", value, 65537L, 0)); // E2BIG
    SHOW(setxattr("file", "user.a", bad(), 4, 0));
    SHOW(setxattr("file", bad(), "x", 1, 0));
    SHOW(fsetxattr(-1, "user.a", "x", 1, 0));
    SHOW(fgetxattr(99, "user.a", value, 16));
    SHOW(flistxattr(99, value, 16));
    SHOW(fremovexattr(99, "user.a"));
    SHOW(setxattr("file", long_name(256), "x", 1, 0)); // ERANGE
}

CASE(xattr, permissions) // xattr(7)
{
    char value[4];
    make_file("file", "");
    setxattr("file", "user.a", "1", 1, 0);
    chmod("file", 0444);
    SHOW(setxattr("file", "user.a", "2", 1, 0));
    SHOW(getxattr("file", "user.a", value, 4));
    chmod("file", 0222);
    SHOW(getxattr("file", "user.a", value, 4));
    SHOW(setxattr("/dev/null", "user.a", "2", 1, 0)); // EPERM: not a file or directory
}

CASE(xattr, links_and_directories)
{
    char value[4];
    make_file("file", "");
    symlink("file", "link");
    mkdir("dir", 0755);
    SHOW(setxattr("link", "user.a", "1", 1, 0));
    SHOW(getxattr("file", "user.a", value, 4));
    SHOW(lsetxattr("link", "user.a", "1", 1, 0)); // EPERM
    SHOW(lgetxattr("link", "user.a", value, 4));
    SHOW(setxattr("dir", "user.d", "1", 1, 0));
    list("dir");
    SHOW(fgetxattr(open("file", O_RDONLY), "user.a", value, 4));
    SHOW(fsetxattr(open("file", O_PATH), "user.a", "2", 1, 0)); // EBADF
}

CASE(xattr, kept_by_rename_and_link)
{
    make_file("file", "");
    setxattr("file", "user.a", "1", 1, 0);
    rename("file", "moved");
    link("moved", "second");
    list("second");
}
