/* What a hostile image could reach (E5, E17, E36, E37). */
#include "probe.h"

/* CVE-2022-0847: a pipe page whose flags were not reset lets a write reach the page cache of a read-only file. */
static struct result splice_write(const char *path)
{
    int ends[2], fd = open(path, O_RDONLY | O_CLOEXEC);
    char page[4096] = {0}, before, after;
    loff_t offset = 0;
    if (fd < 0 || pipe2(ends, O_CLOEXEC) < 0 || pread(fd, &before, 1, 1) != 1)
        return refused(errno, "%s", path);
    for (int filled = 0; filled < 16; filled++)
        if (write(ends[1], page, sizeof page) != sizeof page || read(ends[0], page, sizeof page) != sizeof page)
            return refused(errno, "fill the pipe");
    if (splice(fd, &offset, ends[1], NULL, 1, 0) != 1)
        return refused(errno, "splice");
    char other = (char)(before ^ 1);
    if (write(ends[1], &other, 1) != 1 || pread(fd, &after, 1, 1) != 1)
        return refused(errno, "write");
    return after == before ? refused(0, "the file did not change") : opened("a read-only file changed");
}

static struct result shared_mounts(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[1024];
    while (file && fgets(line, sizeof line, file))
        if (strstr(line, " shared:"))
            return opened("shared: %.120s", line);
    return file ? refused(0, "no mount is shared") : refused(errno, "%s", path);
}

static struct result readonly_root(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return refused(errno, "%s", path);
    unlink(path);
    return opened("made %s", path);
}

const struct probe image_probes[] = {
    {"E17.splice", splice_write, "readonly-file"},
    {"E37.propagation", shared_mounts, "/proc/self/mountinfo"},
    {"E37.root", readonly_root, "/probe-file"},
    {NULL, NULL, NULL},
};
