/* Device nodes and file handles (E11, E14, E28). */
#include "probe.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>

static struct result make_node(const char *text)
{
    (void)text;
    dev_t device = makedev(number_of("PROBE_BLOCK_MAJOR"), number_of("PROBE_BLOCK_MINOR"));
    int status = mknod("/dev/probe-block", S_IFBLK | 0600, device);
    if (status < 0)
        return refused(errno, "mknod of a block device");
    unlink("/dev/probe-block");
    return opened("made a block device");
}

static struct result open_node(mode_t type, dev_t device)
{
    char path[64];
    snprintf(path, sizeof path, "/dev/probe-%u-%u", major(device), minor(device));
    if (mknod(path, type | 0600, device) < 0)
        return refused(errno, "mknod");
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int error = errno;
    unlink(path);
    return fd < 0 ? refused(error, "open") : opened("device opened for reading");
}

static struct result open_block(const char *text)
{
    (void)text;
    return open_node(S_IFBLK, makedev(number_of("PROBE_BLOCK_MAJOR"), number_of("PROBE_BLOCK_MINOR")));
}

/* A memory or console device: a node of the image, or one made here. */
static struct result character(const char *text)
{
    unsigned major_number, minor_number;
    sscanf(text, "%u %u", &major_number, &minor_number);
    return open_node(S_IFCHR, makedev(major_number, minor_number));
}

/* tmpfs of the runtime's own making: no device may work there even with every right. */
static struct result on_nodev(const char *directory)
{
    char path[64];
    snprintf(path, sizeof path, "%s/null", directory);
    if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) < 0)
        return refused(errno, "mknod");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    int error = errno;
    unlink(path);
    return fd < 0 ? refused(error, "%s is nodev", directory) : opened("a device works in %s", directory);
}

/* "Shocker": inode 2 is the root of an ext file system, whatever part of it the container was given. */
static struct result by_handle(const char *path)
{
    struct {
        struct file_handle header;
        uint32_t words[2];
    } handle = {.header = {.handle_bytes = 8, .handle_type = 1}, .words = {2, 0}};
    int mount = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (mount < 0)
        return refused(errno, "%s", path);
    return by_errno(open_by_handle_at(mount, &handle.header, O_PATH | O_CLOEXEC), "open_by_handle_at");
}

const struct probe device_probes[] = {
    {"E11.mknod_block", make_node, NULL},
    {"E11.open_block", open_block, NULL},
    {"E11.nodev_shm", on_nodev, "/dev/shm"},
    {"E14.mem", character, "1 1"},
    {"E14.kmem", character, "1 2"},
    {"E14.port", character, "1 4"},
    {"E14.kmsg_device", character, "1 11"},
    {"E28.open_by_handle_at", by_handle, "/"},
    {NULL, NULL, NULL},
};
