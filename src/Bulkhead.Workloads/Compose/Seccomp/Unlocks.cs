using System;

namespace Bulkhead.Workloads.Compose.Seccomp;

/// <summary>Calls that come with a capability, or with a word of --security-opt seccomp-allow.</summary>
/// <param name="Name">CAP_*, or @WORD.</param>
/// <param name="Calls">Allowed with any argument.</param>
public sealed record Unlock(string Name, string[] Calls);

/// <summary>What the profile gives beyond the default, and to whom. The kernel still asks for the capability where it wants one.</summary>
public static class Unlocks
{
    /// <summary>As Docker's profile has it, where that makes sense.</summary>
    public static readonly Unlock[] All =
    [
        new("CAP_DAC_READ_SEARCH", ["open_by_handle_at", "name_to_handle_at"]),
        new("CAP_SYS_ADMIN",
        [
            "bpf", "clone", "clone3", "fanotify_init", "fanotify_mark", "fsconfig", "fsmount", "fsopen", "fspick", "listmount", "lookup_dcookie", "mount", "mount_setattr",
            "move_mount", "name_to_handle_at", "open_tree", "open_tree_attr", "perf_event_open", "pivot_root", "quotactl", "quotactl_fd", "setdomainname", "sethostname",
            "setns", "statmount", "syslog", "umount2", "unshare",
        ]),
        new("CAP_SYS_BOOT", ["reboot"]),
        new("CAP_SYS_CHROOT", ["chroot"]),
        new("CAP_SYS_MODULE", ["delete_module", "finit_module", "init_module"]),
        new("CAP_SYS_PACCT", ["acct"]),
        new("CAP_SYS_PTRACE", ["kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace"]),
        new("CAP_SYS_RAWIO", ["ioperm", "iopl"]),
        new("CAP_SYS_TIME", ["adjtimex", "clock_adjtime", "clock_settime", "settimeofday"]),
        new("CAP_SYS_TTY_CONFIG", ["vhangup"]),
        new("CAP_SYS_NICE", ["get_mempolicy", "mbind", "sched_getattr", "sched_setattr", "sched_setparam", "set_mempolicy", "set_mempolicy_home_node"]),
        new("CAP_SYSLOG", ["syslog"]),
        new("CAP_BPF", ["bpf"]),
        new("CAP_PERFMON", ["perf_event_open"]),
        new("@debug", ["kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace"]),
        new("@mqueue", ["mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink"]),
        new("@setid", ["chmod", "creat", "fchmod", "fchmodat", "fchmodat2", "mknod", "mknodat", "open", "openat", "openat2"]),
        new("@i386", I386Calls.Names),
    ];

    public static Unlock? Find(string name) => Array.Find(All, unlock => unlock.Name == name);
}
