/* System calls that must not be reachable (E16, E22 to E25, E29, E32). Arguments are wrong on purpose wherever the call would do something. */
#include "probe.h"
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>

struct clone3_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static struct result unshare_flags(const char *flags)
{
    return by_errno(unshare((int)strtol(flags, NULL, 16)), "unshare");
}

static struct result clone_user(const char *unused)
{
    (void)unused;
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    return by_errno(pid, "clone(CLONE_NEWUSER)");
}

static struct result clone3_user(const char *unused)
{
    (void)unused;
    struct clone3_arguments arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0)
        _exit(0);
    return by_errno(pid, "clone3(CLONE_NEWUSER)");
}

static struct result fsopen_here(const char *type)
{
    return by_errno(syscall(SYS_fsopen, type, 0), "fsopen");
}

/* CVE-2022-0185 without the overflow: an honest, short option. */
static struct result fsconfig_in_user_namespace(const char *type)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return refused(errno, "unshare");
    long fd = syscall(SYS_fsopen, type, 0);
    if (fd < 0)
        return refused(errno, "fsopen");
    return by_errno(syscall(SYS_fsconfig, fd, 1 /* SET_STRING */, "source", "x", 0), "fsconfig in a user namespace");
}

static struct result set_namespace(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? refused(errno, "%s", path) : by_errno(setns(fd, 0), "setns");
}

static struct result mount_call(const char *type)
{
    if (mkdir("/dev/shm/mount", 0700) < 0 && errno != EEXIST)
        return refused(errno, "mkdir");
    if (mount(type, "/dev/shm/mount", type, MS_RDONLY, NULL) < 0)
        return refused(errno, "mount %s", type);
    umount2("/dev/shm/mount", MNT_DETACH);
    return opened("mounted %s", type);
}

static struct result io_uring(const char *unused)
{
    (void)unused;
    return by_errno(syscall(SYS_io_uring_setup, 1, NULL), "io_uring_setup");
}

static struct result bpf_map(const char *unused)
{
    (void)unused;
    union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    return by_errno(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes), "bpf(BPF_MAP_CREATE)");
}

static struct result fault_descriptor(const char *flags)
{
    return by_errno(syscall(SYS_userfaultfd, strtol(flags, NULL, 10)), "userfaultfd");
}

static struct result perf_event(const char *unused)
{
    (void)unused;
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_SOFTWARE, .size = sizeof attributes, .config = PERF_COUNT_SW_CPU_CLOCK, .exclude_kernel = 1, .disabled = 1};
    return by_errno(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0), "perf_event_open");
}

/* E29: name, and a call that the kernel refuses for its arguments after it has looked at the caller's rights. */
static struct result init_module_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_init_module, NULL, 0, ""), "init_module"); }
static struct result finit_module_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_finit_module, -1, "", 0), "finit_module"); }
static struct result delete_module_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_delete_module, NULL, 0), "delete_module"); }
static struct result kexec_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_kexec_load, 0, 0, NULL, ~0UL), "kexec_load"); }
static struct result kexec_file_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_kexec_file_load, -1, -1, 0, NULL, ~0UL), "kexec_file_load"); }
static struct result iopl_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_iopl, 3), "iopl"); }
static struct result ioperm_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_ioperm, 0x80, 1, 1), "ioperm"); }
static struct result reboot_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_reboot, 0, 0, 0, NULL), "reboot without its magic numbers"); }
static struct result swapon_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_swapon, "/nonexistent", 0), "swapon"); }
static struct result swapoff_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_swapoff, "/nonexistent"), "swapoff"); }
static struct result acct_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_acct, "/nonexistent"), "acct"); }
static struct result quota_call(const char *unused) { (void)unused; return by_errno(syscall(SYS_quotactl, ~0U, NULL, 0, NULL), "quotactl"); }

static struct result pivot_call(const char *unused)
{
    (void)unused;
    return by_errno(syscall(SYS_pivot_root, "/nonexistent", "/nonexistent"), "pivot_root");
}

static struct result settime_call(const char *unused)
{
    (void)unused;
    struct timezone wrong = {.tz_minuteswest = 100000};
    return by_errno(syscall(SYS_settimeofday, NULL, &wrong), "settimeofday");
}

static struct result clock_call(const char *unused)
{
    (void)unused;
    struct timespec wrong = {.tv_nsec = 2000000000};
    return by_errno(syscall(SYS_clock_settime, CLOCK_REALTIME, &wrong), "clock_settime");
}

static struct result adjtimex_call(const char *unused)
{
    (void)unused;
    struct timex wrong = {.modes = ADJ_TICK, .tick = 1};
    return by_errno(syscall(SYS_adjtimex, &wrong), "adjtimex");
}

static struct result hostname_call(const char *unused)
{
    (void)unused;
    return by_errno(syscall(SYS_sethostname, NULL, -1), "sethostname");
}

static struct result dmesg_call(const char *unused)
{
    (void)unused;
    return by_errno(syscall(SYS_syslog, 10 /* SYSLOG_ACTION_SIZE_BUFFER */, NULL, 0), "syslog");
}

const struct probe call_probes[] = {
    {"E8.mount_cgroup", mount_call, "cgroup2"},
    {"E12.mount_proc", mount_call, "proc"},
    {"E14.dmesg", dmesg_call, NULL},
    {"E16.unshare_user", unshare_flags, "10000000"},
    {"E16.clone_user", clone_user, NULL},
    {"E16.clone3_user", clone3_user, NULL},
    {"E16.fsopen", fsopen_here, "tmpfs"},
    {"E16.fsconfig_userns", fsconfig_in_user_namespace, "tmpfs"},
    {"E22.io_uring", io_uring, NULL},
    {"E23.bpf", bpf_map, NULL},
    {"E24.userfaultfd", fault_descriptor, "0"},
    {"E24.userfaultfd_user_mode", fault_descriptor, "1"},
    {"E25.perf_event_open", perf_event, NULL},
    {"E29.init_module", init_module_call, NULL},
    {"E29.finit_module", finit_module_call, NULL},
    {"E29.delete_module", delete_module_call, NULL},
    {"E29.kexec_load", kexec_call, NULL},
    {"E29.kexec_file_load", kexec_file_call, NULL},
    {"E29.iopl", iopl_call, NULL},
    {"E29.ioperm", ioperm_call, NULL},
    {"E29.reboot", reboot_call, NULL},
    {"E29.swapon", swapon_call, NULL},
    {"E29.swapoff", swapoff_call, NULL},
    {"E29.settimeofday", settime_call, NULL},
    {"E29.clock_settime", clock_call, NULL},
    {"E29.adjtimex", adjtimex_call, NULL},
    {"E29.acct", acct_call, NULL},
    {"E29.quotactl", quota_call, NULL},
    {"E29.pivot_root", pivot_call, NULL},
    {"E29.sethostname", hostname_call, NULL},
    {"E32.unshare_mount", unshare_flags, "20000"},
    {"E32.unshare_pid", unshare_flags, "20000000"},
    {"E32.unshare_net", unshare_flags, "40000000"},
    {"E32.unshare_cgroup", unshare_flags, "2000000"},
    {"E32.setns", set_namespace, "/proc/self/ns/uts"},
    {NULL, NULL, NULL},
};
