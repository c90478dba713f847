// What a shell cannot do with a file. Each word prints one line; errors by name.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

static int say(const char *word, int result)
{
    printf("%s %s\n", word, result < 0 ? strerrorname_np(errno) : "ok");
    return 0;
}

// O_TMPFILE has no name until it is linked.
static int tmpfile_link(const char *folder, const char *name)
{
    int fd = open(folder, O_TMPFILE | O_WRONLY, 0644);
    if (fd < 0)
        return say("tmpfile", fd);
    char from[64];
    snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
    return say("tmpfile", linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW));
}

static int bind_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return say("socket", bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address));
}

// Adds one to the first byte through a shared mapping until it has been 'z'.
static int map(const char *path, char from, char to)
{
    int fd = open(path, O_RDWR);
    volatile char *byte = mmap(0, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (byte == MAP_FAILED)
        return say("map", -1);
    for (int i = 0; *byte != from; i++) {
        if (i > 20000)
            return say("map", (errno = ETIMEDOUT, -1));
        usleep(1000);
    }
    *byte = to;
    return say("map", 0);
}

static int lock(const char *path, int wait)
{
    int fd = open(path, O_RDWR | O_CREAT, 0644);
    struct flock range = {.l_type = F_WRLCK};
    int whole = flock(fd, LOCK_EX | LOCK_NB);
    say("flock", whole);
    say("fcntl", fcntl(fd, F_OFD_SETLK, &range));
    fflush(stdout);
    if (wait)
        pause();
    return 0;
}

static int watch(const char *folder, const char *ready)
{
    int fd = inotify_init();
    if (inotify_add_watch(fd, folder, IN_CREATE) < 0)
        return say("watch", -1);
    close(open(ready, O_CREAT | O_WRONLY, 0644));
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char buffer[4096] __attribute__((aligned(8)));
    if (poll(&wait, 1, 20000) != 1 || read(fd, buffer, sizeof buffer) <= 0)
        return say("watch", (errno = ETIMEDOUT, -1));
    printf("watch %s\n", ((struct inotify_event *)buffer)->name);
    return 0;
}

// Capabilities of a file: CAP_SYS_ADMIN, effective (struct vfs_cap_data, revision 2).
static int file_capability(const char *path)
{
    unsigned data[5] = {0x02000001, 0x200000, 0, 0, 0};
    return say("setfcap", setxattr(path, "security.capability", data, sizeof data, 0));
}

static int get(const char *path, const char *name)
{
    char value[256];
    ssize_t length = getxattr(path, name, value, sizeof value);
    if (length < 0)
        return say("get", -1);
    printf("get %.*s\n", (int)length, value);
    return 0;
}

// Every way to a mode with a setuid bit.
static int setuid_modes(const char *folder)
{
    char path[256];
    snprintf(path, sizeof path, "%s/chmod", folder);
    int fd = open(path, O_CREAT | O_RDWR, 0755);
    say("chmod", chmod(path, 04755));
    say("fchmod", fchmod(fd, 04755));
    say("fchmodat", fchmodat(AT_FDCWD, path, 04755, 0));
    say("fchmodat2", (int)syscall(452, AT_FDCWD, path, 04755, 0));
    snprintf(path, sizeof path, "%s/open", folder);
    say("open", open(path, O_CREAT | O_RDWR, 04755));
    snprintf(path, sizeof path, "%s/creat", folder);
    say("creat", (int)syscall(SYS_creat, path, 04755));
    snprintf(path, sizeof path, "%s/mknod", folder);
    say("mknod", mknod(path, S_IFREG | 04755, 0));
    return say("tmpfile", open(folder, O_TMPFILE | O_RDWR, 04755));
}

int main(int count, char **words)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    umask(0);
    const char *word = count > 2 ? words[1] : "", *path = count > 2 ? words[2] : "", *more = count > 3 ? words[3] : "";
    if (!strcmp(word, "tmpfile"))
        return tmpfile_link(path, more);
    if (!strcmp(word, "socket"))
        return bind_socket(path);
    if (!strcmp(word, "map"))
        return map(path, more[0], more[1]);
    if (!strcmp(word, "lock"))
        return lock(path, more[0] == 'w');
    if (!strcmp(word, "watch"))
        return watch(path, more);
    if (!strcmp(word, "setfcap"))
        return file_capability(path);
    if (!strcmp(word, "get"))
        return get(path, more);
    if (!strcmp(word, "set"))
        return say("set", setxattr(path, more, words[4], strlen(words[4]), 0));
    if (!strcmp(word, "link"))
        return say("link", link(path, more));
    if (!strcmp(word, "setuid"))
        return setuid_modes(path);
    return 2;
}
