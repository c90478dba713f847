using System.Collections.Generic;
using System.Linq;
using static Bulkhead.Security.Layers;

namespace Bulkhead.Security;

/// <summary>The table of probes that run in one container after the other; probe/*.c has the function of each.</summary>
internal static class Doors
{
    private static readonly string[] Missing = ["ENOENT"];
    private static readonly string[] NoCall = ["ENOSYS"];
    private static readonly string[] NoFamily = ["EAFNOSUPPORT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "ENODEV"];

    public static readonly IReadOnlyList<Door> All =
    [
        new("E2.descriptors", "a descriptor of the runtime or its caller is open", ClosedDescriptors) { Cve = "CVE-2024-21626" },
        new("E8.mount_cgroup", "mount a cgroup file system", Seccomp | Capabilities) { Cve = "CVE-2022-0492" },
        new("E8.release_agent", "write the release_agent of a v1 hierarchy", Seccomp | Capabilities | CgroupNamespace)
        {
            Cve = "CVE-2022-0492", KernelErrors = ["EBUSY", "EINVAL", "ENODEV"], Kernel = "no cgroup v1 with pids",
        },
        new("E8.notify_on_release", "write notify_on_release", CgroupReadOnly)
        {
            Cve = "CVE-2022-0492", KernelErrors = Missing, Kernel = "cgroup v2 has no such file",
        },
        new("E9.write", "write anything below /sys/fs/cgroup", CgroupReadOnly) { Cve = "CVE-2023-25809" },
        new("E9.procs", "move a process to another cgroup", CgroupReadOnly) { Cve = "CVE-2023-25809" },
        new("E10.devices_allow", "rewrite the device rules", CgroupReadOnly) { KernelErrors = Missing, Kernel = "cgroup v2 has no such file" },
        new("E11.mknod_block", "make a node of a block device of the host", Capabilities),
        new("E11.open_block", "open a block device of the host by a node", Capabilities | DeviceRules),
        new("E11.nodev_shm", "use a device node in /dev/shm", Capabilities | NoDevices),
        File("E12.core_pattern", "write kernel.core_pattern", ReadonlyPaths, "CVE-2022-0811"),
        File("E12.modprobe", "write kernel.modprobe", ReadonlyPaths, "CVE-2022-0811"),
        File("E12.hotplug", "write kernel.hotplug", ReadonlyPaths),
        File("E12.poweroff_cmd", "write kernel.poweroff_cmd", ReadonlyPaths),
        File("E12.uevent_helper", "write uevent_helper", SysReadOnly),
        File("E12.uevent", "write a uevent file of sysfs", SysReadOnly),
        File("E12.binfmt_misc", "register a binary format", ReadonlyPaths),
        File("E12.panic", "write kernel.panic", ReadonlyPaths),
        new("E12.mount_proc", "mount an unmasked procfs", Seccomp | Capabilities),
        File("E13.sysrq_trigger", "write sysrq-trigger", ReadonlyPaths),
        File("E13.sysrq", "write kernel.sysrq", ReadonlyPaths),
        File("E14.kcore", "read kernel memory by /proc/kcore", MaskedPaths),
        new("E14.kallsyms", "see kernel addresses", Capabilities),
        File("E14.kmsg", "read the kernel's log by /proc/kmsg", Capabilities),
        File("E14.firmware", "read /sys/firmware", MaskedPaths),
        new("E14.dmesg", "read the kernel's log by syslog(2)", Seccomp | Capabilities),
        Device("E14.mem", "open /dev/mem"),
        Device("E14.kmem", "open /dev/kmem"),
        Device("E14.port", "open /dev/port"),
        Device("E14.kmsg_device", "open /dev/kmsg"),
        File("E15.interrupts", "count interrupts (side channel)", MaskedPaths),
        File("E15.powercap", "read energy counters", MaskedPaths, "CVE-2020-8694"),
        File("E15.thermal_throttle", "read thermal throttling", MaskedPaths),
        File("E15.timer_list", "read timer_list", MaskedPaths),
        File("E15.sched_debug", "read sched_debug", MaskedPaths),
        File("E15.keys", "list keys", MaskedPaths),
        File("E15.acpi", "read /proc/acpi", MaskedPaths),
        File("E15.scsi", "read /proc/scsi", MaskedPaths),
        File("E15.irq", "write interrupt affinity", ReadonlyPaths),
        new("E16.unshare_user", "unshare a user namespace", Seccomp) { Cve = "CVE-2022-0185" },
        new("E16.clone_user", "clone into a user namespace", Seccomp) { Cve = "CVE-2022-0185" },
        new("E16.clone3_user", "clone3 into a user namespace", Seccomp) { Cve = "CVE-2022-0185" },
        new("E16.fsopen", "fsopen a file system", Seccomp | Capabilities) { Cve = "CVE-2022-0185" },
        new("E16.fsconfig_userns", "fsconfig in a user namespace", Seccomp) { Cve = "CVE-2022-0185" },
        new("E17.splice", "write a read-only file by splice", None)
        {
            Cve = "CVE-2022-0847", KernelErrors = ["-"], Kernel = "fixed in Linux 5.16.11, 5.15.25, 5.10.102",
        },
        Family("E18.af_alg", "open AF_ALG", Seccomp, "CVE-2026-31431"),
        ForeignFamily("E18.af_alg_i386", "open AF_ALG by i386's socket", Seccomp, "CVE-2026-31431"),
        ForeignFamily("E18.af_alg_socketcall", "open AF_ALG by i386's socketcall", Seccomp, "CVE-2026-31431"),
        ForeignFamily("E18.socketcall", "open a socket by i386's socketcall, which the profile does not list", Seccomp, "CVE-2026-31431"),
        new("E18.unshare_i386", "unshare a user namespace by i386's number", Seccomp) { KernelErrors = NoCall, Kernel = "no IA32 emulation" },
        new("E18.x32", "open a socket by x32's number", None) { KernelErrors = [.. NoCall, "EPERM"], Kernel = "no x32 ABI" },
        new("E19.packet", "open AF_PACKET", Capabilities),
        new("E19.raw_ip", "open a raw IPv4 socket", Capabilities),
        new("E19.raw_ip6", "open a raw IPv6 socket", Capabilities) { KernelErrors = NoFamily, Kernel = "no IPv6" },
        Family("E20.vsock", "open AF_VSOCK", Seccomp),
        ForeignFamily("E20.vsock_i386", "open AF_VSOCK by i386's socket", Seccomp),
        new("E21.nf_tables", "ask nf_tables for a change", Capabilities),
        new("E21.tc", "ask tc for a change", Capabilities),
        new("E21.nf_tables_userns", "nf_tables in a user namespace", Seccomp),
        new("E21.tc_userns", "tc in a user namespace", Seccomp),
        new("E22.io_uring", "io_uring_setup", Seccomp) { KernelErrors = ["EPERM", "ENOSYS"], Kernel = "kernel.io_uring_disabled" },
        new("E23.bpf", "make a BPF map", Seccomp | Capabilities),
        new("E24.userfaultfd", "userfaultfd for kernel faults", Seccomp | Capabilities),
        new("E24.userfaultfd_user_mode", "userfaultfd for user faults", Seccomp),
        new("E25.perf_event_open", "perf_event_open of oneself", Seccomp) { KernelErrors = ["EACCES", "ENOENT"], Kernel = "kernel.perf_event_paranoid > 2" },
        new("E26.add_key", "add_key", Seccomp),
        new("E26.request_key", "request_key", Seccomp),
        new("E26.keyctl", "keyctl", Seccomp),
        new("E26.session_key", "find a key of the caller's session", Seccomp | SessionKeyring) { AlwaysInExec = SessionKeyring },
        new("E27.ptrace", "trace a process of the host", PidNamespace | Capabilities),
        new("E27.process_vm_readv", "read a host process's memory", Seccomp | PidNamespace | Capabilities),
        new("E27.kill", "signal a process of the host", PidNamespace),
        new("E28.open_by_handle_at", "open the host's root by its file handle", Seccomp | Capabilities)
        {
            KernelErrors = ["ESTALE"], Kernel = "the root file system is no ext4",
        },
        Call("E29.init_module", "init_module", Seccomp | Capabilities),
        Call("E29.finit_module", "finit_module", Seccomp | Capabilities),
        Call("E29.delete_module", "delete_module", Seccomp | Capabilities),
        Call("E29.kexec_load", "kexec_load", Seccomp | Capabilities),
        Call("E29.kexec_file_load", "kexec_file_load", Seccomp | Capabilities),
        Call("E29.iopl", "iopl", Seccomp | Capabilities),
        Call("E29.ioperm", "ioperm", Seccomp | Capabilities),
        Call("E29.reboot", "reboot", Seccomp | Capabilities),
        Call("E29.swapon", "swapon", Seccomp | Capabilities),
        Call("E29.swapoff", "swapoff", Seccomp | Capabilities),
        Call("E29.settimeofday", "settimeofday", Seccomp | Capabilities),
        Call("E29.clock_settime", "clock_settime", Seccomp),
        Call("E29.adjtimex", "adjtimex that changes something", Capabilities),
        Call("E29.acct", "acct", Seccomp | Capabilities),
        Call("E29.quotactl", "quotactl", Seccomp),
        Call("E29.pivot_root", "pivot_root", Seccomp | Capabilities),
        Call("E29.sethostname", "sethostname", Seccomp | Capabilities),
        new("E32.unshare_mount", "unshare a mount namespace", Seccomp | Capabilities),
        new("E32.unshare_pid", "unshare a pid namespace", Seccomp | Capabilities),
        new("E32.unshare_net", "unshare a network namespace", Seccomp | Capabilities),
        new("E32.unshare_cgroup", "unshare a cgroup namespace", Seccomp | Capabilities),
        new("E32.setns", "setns", Seccomp | Capabilities),
        new("E32.host_root", "/proc/PID/root of a host process", PidNamespace | Capabilities),
        new("E32.first_root", "/proc/1/root is another root", PidNamespace | Capabilities),
        new("E33.setuid", "a setuid program of the image", NoNewPrivileges) { AsUser = true },
        new("E33.file_capability", "a program with file capabilities", NoNewPrivileges | Capabilities) { AsUser = true },
        new("E33.inheritable", "inheritable capabilities", EmptyInheritable) { Cve = "CVE-2022-24769" },
        new("E33.ambient", "ambient capabilities", EmptyInheritable) { Cve = "CVE-2022-24769" },
        new("E34.tioclinux", "paste on a console by TIOCLINUX", Capabilities | DeviceRules)
        {
            KernelErrors = ["ENXIO", "ENODEV", "ENOTTY", "EIO"], Kernel = "no virtual consoles",
        },
        new("E37.propagation", "a mount is shared with others", PrivateMounts),
        new("E37.root", "write the root file system", ReadOnlyRoot),
    ];

    public static Door Find(string id) => All.Single(d => d.Id == id);

    private static Door File(string id, string title, Layers layers, string cve = "") =>
        new(id, title, layers) { Cve = cve, KernelErrors = Missing, Kernel = "no such file" };

    private static Door Device(string id, string title) =>
        new(id, title, Capabilities | DeviceRules) { KernelErrors = ["ENXIO", "ENODEV"], Kernel = "no such device" };

    private static Door Call(string id, string title, Layers layers) => new(id, title, layers) { KernelErrors = NoCall, Kernel = "not built in" };

    private static Door ForeignFamily(string id, string title, Layers layers, string cve = "") =>
        new(id, title, layers) { Cve = cve, KernelErrors = [.. NoFamily, .. NoCall], Kernel = "no such family, no IA32 emulation" };

    private static Door Family(string id, string title, Layers layers, string cve = "") =>
        new(id, title, layers) { Cve = cve, KernelErrors = NoFamily, Kernel = "no such family" };
}
