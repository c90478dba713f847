/* The cgroup file systems (E8 to E10). */
#include "probe.h"
#include <ftw.h>
#include <sys/mount.h>
#include <sys/stat.h>

static struct result found;
static const char *wanted_name;

static int look(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    if (type == FTW_D && !wanted_name) {
        char name[4200];
        snprintf(name, sizeof name, "%s/probe", path);
        if (mkdir(name, 0755) == 0) {
            rmdir(name);
            found = opened("made a directory in %.120s", path);
            return 1;
        }
        found = refused(errno, "%.120s", path);
        return 0;
    }
    if (type != FTW_F || (wanted_name && strcmp(path + at->base, wanted_name)))
        return 0;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        found = opened("%.120s opens for writing", path);
        return 1;
    }
    /* A file with no write bit says EACCES to those without CAP_DAC_OVERRIDE: that is the file, not a wall. */
    if (wanted_name || errno != EACCES)
        found = refused(errno, "%.120s", path);
    return 0;
}

/* Any file that opens, any directory that can be made; with a name, only files of that name. */
static struct result tree(const char *name)
{
    wanted_name = name;
    found = refused(ENOENT, "nothing found");
    nftw("/sys/fs/cgroup", look, 16, FTW_PHYS);
    return found;
}

/* CVE-2022-0492: the root of a v1 hierarchy has a release_agent that the kernel runs on the host. */
static struct result release_agent(const char *controller)
{
    mkdir("/dev/shm/cgroup", 0700);
    if (mount("cgroup", "/dev/shm/cgroup", "cgroup", 0, controller) < 0)
        return refused(errno, "mount a v1 hierarchy");
    int fd = open("/dev/shm/cgroup/release_agent", O_WRONLY | O_CLOEXEC);
    int error = errno;
    umount2("/dev/shm/cgroup", MNT_DETACH);
    return fd < 0 ? refused(error, "release_agent") : opened("release_agent opens for writing");
}

const struct probe cgroup_probes[] = {
    {"E8.release_agent", release_agent, "pids"},
    {"E8.notify_on_release", tree, "notify_on_release"},
    {"E9.write", tree, NULL},
    {"E9.procs", tree, "cgroup.procs"},
    {"E10.devices_allow", tree, "devices.allow"},
    {NULL, NULL, NULL},
};
