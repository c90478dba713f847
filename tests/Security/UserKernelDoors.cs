using System;

namespace Bulkhead.Security;

/// <summary>What our own kernel answers at the doors. Behind those that it opens is nothing of the host's.</summary>
internal static class UserKernelDoors
{
    private const string Usual = "EPERM";

    /// <summary>An empty directory, and a table without a line.</summary>
    public static readonly string[] Always = ["E14.firmware", "E15.interrupts"];

    /// <summary>With every capability and nothing of the profile. A shared mount is told by mountinfo, but guests mount nothing.</summary>
    public static readonly string[] WithAllOff = ["E37.propagation", "E29.sethostname", "E33.ambient", "E33.inheritable", "E37.root", .. Always];

    /// <summary>Errors other than the usual one under the defaults of `bulkhead run`; "-": nothing is gained by it.</summary>
    private static readonly (string Error, string[] Ids)[] Errors =
    [
        ("ENOENT",
        [
            "E12.modprobe", "E12.hotplug", "E12.poweroff_cmd", "E12.uevent_helper", "E12.uevent", "E12.binfmt_misc", "E13.sysrq_trigger", "E13.sysrq",
            "E14.kcore", "E14.kmsg", "E15.powercap", "E15.thermal_throttle", "E15.timer_list", "E15.sched_debug", "E15.acpi", "E15.scsi", "E15.irq",
            "E32.host_root", "E8.notify_on_release", "E10.devices_allow",
        ]),
        ("ENOSYS",
        [
            "E16.clone3_user", "E16.fsopen", "E22.io_uring", "E18.af_alg_i386",
            "E18.af_alg_socketcall", "E18.socketcall", "E18.unshare_i386", "E20.vsock_i386", "E26.add_key", "E26.request_key", "E26.keyctl",
            "E26.session_key",
        ]),
        ("EACCES", ["E12.core_pattern", "E12.panic", "E9.procs"]),
        ("EAFNOSUPPORT", ["E18.af_alg", "E19.packet", "E20.vsock"]),
        ("SIGSYS", ["E18.x32"]),
        ("EPROTONOSUPPORT", ["E21.nf_tables"]),
        ("EROFS", ["E9.write", "E37.root"]),
        ("ESRCH", ["E27.kill"]),
        ("-",
        [
            "E14.kallsyms", "E15.keys", "E2.descriptors", "E32.first_root", "E33.setuid", "E33.file_capability", "E33.inheritable", "E33.ambient",
            "E17.splice", "E37.propagation",
        ]),
    ];

    /// <summary>Of a door that does not open.</summary>
    public static string Error(string id) => Array.Find(Errors, row => row.Ids.AsSpan().Contains(id)).Error ?? Usual;

    /// <summary>In words, for the table of probes.</summary>
    public static string Verdict(string id) => Array.IndexOf(Always, id) >= 0 ? "opens, and is empty" : Error(id) is "-" ? "gives nothing" : Error(id);
}
