/* Files of /proc and /sys that must not open for writing, or show nothing (E9, E12 to E15). */
#include "probe.h"
#include <dirent.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

/* Opens without O_TRUNC and writes nothing. */
static struct result writable(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return refused(errno, "%s", path);
    close(fd);
    return opened("%s opens for writing", path);
}

static bool is_null_device(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

/* A mask is an empty tmpfs. The kernel's own directory shows what it has, which may be nothing today (/proc/acpi without ACPI devices). */
static struct result lists(int fd, const char *path)
{
    struct statfs system;
    DIR *directory = fdopendir(fd);
    int entries = -2;
    while (directory && readdir(directory))
        entries++;
    if (fstatfs(fd, &system) < 0)
        return refused(errno, "%s", path);
    return system.f_type == TMPFS_MAGIC && entries <= 0 ? refused(0, "%s is an empty tmpfs", path) : opened("%s lists %d entries", path, entries);
}

static struct result readable(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return refused(errno, "%s", path);
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
        return lists(fd, path);
    char byte;
    if (is_null_device(fd))
        return refused(0, "%s is the null device", path);
    return read(fd, &byte, 1) == 1 ? opened("%s is readable", path) : refused(errno, "%s reads nothing", path);
}

/* Every CPU has its own directory (CVE-less side channel, masked by engines since 2025). */
static struct result throttle(const char *format)
{
    struct result result = refused(ENOENT, "no %s", format);
    char path[200];
    for (int cpu = 0; cpu < 512; cpu++) {
        snprintf(path, sizeof path, format, cpu);
        if (access(path, F_OK) < 0)
            continue;
        result = readable(path);
        if (result.open)
            break;
    }
    return result;
}

/* Without CAP_SYSLOG or perf rights the kernel shows zeros. */
static struct result kernel_addresses(const char *path)
{
    FILE *file = fopen(path, "r");
    unsigned long address = 0;
    char line[256];
    if (!file)
        return refused(errno, "%s", path);
    while (address == 0 && fgets(line, sizeof line, file))
        address = strtoul(line, NULL, 16);
    return address ? opened("%s shows addresses", path) : refused(0, "%s shows zeros", path);
}

const struct probe file_probes[] = {
    {"E12.core_pattern", writable, "/proc/sys/kernel/core_pattern"},
    {"E12.modprobe", writable, "/proc/sys/kernel/modprobe"},
    {"E12.hotplug", writable, "/proc/sys/kernel/hotplug"},
    {"E12.poweroff_cmd", writable, "/proc/sys/kernel/poweroff_cmd"},
    {"E12.uevent_helper", writable, "/sys/kernel/uevent_helper"},
    {"E12.uevent", writable, "/sys/devices/system/cpu/cpu0/uevent"},
    {"E12.binfmt_misc", writable, "/proc/sys/fs/binfmt_misc/register"},
    {"E12.panic", writable, "/proc/sys/kernel/panic"},
    {"E13.sysrq_trigger", writable, "/proc/sysrq-trigger"},
    {"E13.sysrq", writable, "/proc/sys/kernel/sysrq"},
    {"E14.kcore", readable, "/proc/kcore"},
    {"E14.kallsyms", kernel_addresses, "/proc/kallsyms"},
    {"E14.kmsg", readable, "/proc/kmsg"},
    {"E14.firmware", readable, "/sys/firmware"},
    {"E15.interrupts", readable, "/proc/interrupts"},
    {"E15.powercap", readable, "/sys/devices/virtual/powercap"},
    {"E15.thermal_throttle", throttle, "/sys/devices/system/cpu/cpu%d/thermal_throttle"},
    {"E15.timer_list", readable, "/proc/timer_list"},
    {"E15.sched_debug", readable, "/proc/sched_debug"},
    {"E15.keys", readable, "/proc/keys"},
    {"E15.acpi", readable, "/proc/acpi"},
    {"E15.scsi", readable, "/proc/scsi"},
    {"E15.irq", writable, "/proc/irq/default_smp_affinity"},
    {NULL, NULL, NULL},
};
