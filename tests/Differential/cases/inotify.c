// inotify(7).
#include "harness.h"
#include <sys/inotify.h>
#include <sys/ioctl.h>

static void show_events(int fd)
{
    static char bytes[4096] __attribute__((aligned(8)));
    long count = read(fd, bytes, sizeof bytes);
    if (count < 0)
        out("nothing: %s\n", errno_name(errno));
    for (long i = 0; i < count; i += sizeof(struct inotify_event) + ((struct inotify_event *)(bytes + i))->len) {
        struct inotify_event *event = (struct inotify_event *)(bytes + i);
        out("watch %d mask %x cookie %d name \"%s\"\n", event->wd, event->mask, event->cookie != 0, event->len ? event->name : "");
    }
}

CASE(inotify, errors) // inotify_add_watch(2)
{
    int fd = SHOW(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    char small[8];
    out("%d %o\n", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
    SHOW(inotify_init1(1));
    SHOW(inotify_init());
    SHOW(inotify_add_watch(fd, "missing", IN_OPEN));
    SHOW(inotify_add_watch(fd, ".", 0));
    SHOW(inotify_add_watch(99, ".", IN_OPEN));
    SHOW(inotify_add_watch(0, ".", IN_OPEN));
    SHOW(inotify_add_watch(fd, bad(), IN_OPEN));
    make_file("file", "");
    SHOW(inotify_add_watch(fd, "file", IN_OPEN | IN_ONLYDIR)); // ENOTDIR
    chmod("file", 0);
    SHOW(inotify_add_watch(fd, "file", IN_OPEN)); // EACCES
    SHOW(inotify_rm_watch(fd, 77));
    SHOW(read(fd, small, 8)); // EAGAIN
    SHOW(inotify_add_watch(fd, ".", IN_CREATE));
    make_file("new", "");
    SHOW(read(fd, small, 8)); // EINVAL: too small
}

CASE(inotify, directory)
{
    int fd = inotify_init1(IN_NONBLOCK);
    mkdir("dir", 0755);
    SHOW(inotify_add_watch(fd, "dir", IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO));
    make_file("dir/a", "");
    mkdir("dir/sub", 0755);
    rename("dir/a", "dir/b");
    unlink("dir/b");
    show_events(fd);
    show_events(fd);
}

CASE(inotify, file)
{
    int fd = inotify_init1(IN_NONBLOCK);
    make_file("file", "abc");
    SHOW(inotify_add_watch(fd, "file", IN_ALL_EVENTS));
    int file = open("file", O_RDWR);
    char bytes[4];
    read(file, bytes, 4);
    write(file, "x", 1);
    ftruncate(file, 0);
    close(file);
    chmod("file", 0600);
    show_events(fd);
}

CASE(inotify, deletion_of_the_watched)
{
    int fd = inotify_init1(IN_NONBLOCK);
    make_file("file", "");
    inotify_add_watch(fd, "file", IN_DELETE_SELF | IN_MOVE_SELF);
    rename("file", "other");
    unlink("other");
    show_events(fd);
    SHOW(inotify_rm_watch(fd, 1)); // gone already
}

CASE(inotify, same_file_same_number)
{
    int fd = inotify_init1(IN_NONBLOCK), waiting = 0;
    make_file("file", "");
    link("file", "second");
    SHOW(inotify_add_watch(fd, "file", IN_OPEN));
    SHOW(inotify_add_watch(fd, "second", IN_MODIFY)); // replaces the mask
    close(open("file", O_RDONLY));
    show_events(fd);
    SHOW(inotify_add_watch(fd, "file", IN_OPEN | IN_MASK_ADD));
    close(open("file", O_RDONLY));
    SHOW(ioctl(fd, FIONREAD, &waiting));
    SHOW(waiting);
    SHOW(inotify_add_watch(fd, "file", IN_OPEN | IN_MASK_CREATE)); // EEXIST
}

CASE(inotify, once_and_removal)
{
    int fd = inotify_init1(IN_NONBLOCK);
    make_file("file", "");
    SHOW(inotify_add_watch(fd, "file", IN_OPEN | IN_ONESHOT));
    close(open("file", O_RDONLY));
    close(open("file", O_RDONLY));
    show_events(fd);
    int watch = SHOW(inotify_add_watch(fd, "file", IN_OPEN));
    SHOW(inotify_rm_watch(fd, watch));
    show_events(fd); // IN_IGNORED
}

CASE(inotify, equal_events_are_merged)
{
    int fd = inotify_init1(IN_NONBLOCK), file = open_file("file", "");
    inotify_add_watch(fd, "file", IN_MODIFY);
    write(file, "a", 1);
    write(file, "b", 1);
    write(file, "c", 1);
    show_events(fd);
}
