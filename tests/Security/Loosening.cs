using System;
using System.Collections.Generic;
using System.Linq;

namespace Bulkhead.Security;

/// <summary>Flags of `bulkhead run` that take down a wall, and the probes that open for them.</summary>
/// <param name="Flags">As they are typed.</param>
/// <param name="Opens">Ids of doors; some the kernel may still refuse, as the table of probes says.</param>
internal sealed record Loosening(string Flags, params string[] Opens)
{
    /// <summary>Opens is what stays closed instead.</summary>
    public bool AllBut { get; init; }

    /// <summary>What opens inside of the user kernel.</summary>
    public string[] Inside { get; init; } = [];

    /// <summary>The user kernel's tier refuses the flags by name.</summary>
    public bool IsRefused { get; init; }

    public bool OpensInside(string id) => Inside.Contains(id) || UserKernelDoors.Always.Contains(id);

    public string[] Words => Flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public bool MayOpen(string id) => Opens.Contains(id) != AllBut;

    /// <summary>A line of the second table of docs/threat-model.md.</summary>
    public override string ToString() => $"| {(Flags.Length == 0 ? "none" : $"`{Flags}`")} | {(AllBut ? "all but " : "")}{List(Opens)} | {(IsRefused ? "refused by name" : List(Inside))} |";

    private static string List(string[] ids) => ids.Length == 0 ? "nothing" : string.Join(", ", ids);
}

internal static class LooseningTable
{
    /// <summary>What a user other than root has by --cap-add, it has as ambient capabilities: its programs inherit them.</summary>
    private static readonly string[] Kept = ["E33.ambient", "E33.inheritable"];

    /// <summary>Of the user kernel's own.</summary>
    private const string Hostname = "E29.sethostname";

    private static readonly string[] Namespaces =
    [
        "E8.mount_cgroup", "E12.mount_proc", "E16.clone3_user", "E16.clone_user", "E16.fsconfig_userns", "E16.fsopen", "E16.unshare_user", "E21.tc_userns",
        "E25.perf_event_open", "E29.pivot_root", "E29.quotactl", "E29.sethostname", "E32.setns", "E32.unshare_cgroup", "E32.unshare_mount", "E32.unshare_net", "E32.unshare_pid",
    ];

    private static readonly string[] Raw = ["E19.packet", "E19.raw_ip", "E19.raw_ip6"];

    /// <summary>Capabilities that open a probe besides.</summary>
    private static readonly Dictionary<string, string[]> Capabilities = new()
    {
        ["CAP_NET_ADMIN"] = ["E21.nf_tables", "E21.tc"],
        ["CAP_NET_RAW"] = Raw,
        ["CAP_PERFMON"] = ["E25.perf_event_open"],
        ["CAP_SYS_ADMIN"] = Namespaces,
        ["CAP_SYS_BOOT"] = ["E29.reboot"],
        ["CAP_SYS_TIME"] = ["E29.clock_settime"],
    };

    public static readonly IReadOnlyList<Loosening> All =
    [
        new(""),
        new("--as-root"),
        new("--user 0"),
        new("--writable"),
        new("--writable --as-root", "E37.root") { Inside = ["E37.root"] },
        new("--network host") { IsRefused = true },
        new("--security-opt landlock=off"),
        new("--security-opt seccomp=unconfined", "E16.clone3_user", "E16.clone_user", "E16.fsconfig_userns", "E16.unshare_user", "E18.af_alg", "E18.af_alg_i386", "E18.af_alg_socketcall",
            "E18.socketcall", "E18.unshare_i386", "E20.vsock", "E20.vsock_i386", "E21.nf_tables_userns", "E21.tc_userns", "E22.io_uring", "E24.userfaultfd_user_mode",
            "E25.perf_event_open", "E26.add_key", "E26.keyctl", "E26.request_key", "E29.clock_settime", "E29.quotactl"),
        new("--security-opt seccomp-allow=unshare", "E16.unshare_user", "E21.tc_userns"),
        .. CapabilityNames.All.Select(name => new Loosening("--cap-add " + name, [.. Capabilities.GetValueOrDefault(name, []), .. Kept]) { Inside = name == "CAP_SYS_ADMIN" ? [Hostname, .. Kept] : Kept }),
        new("--cap-add ALL", [.. Namespaces, .. Raw, "E21.nf_tables", "E21.nf_tables_userns", "E21.tc", "E29.clock_settime", "E29.reboot", .. Kept]) { Inside = [Hostname, .. Kept] },
        new("--privileged", "E2.descriptors", "E8.release_agent", "E11.nodev_shm", "E17.splice", "E18.x32", "E26.session_key", "E27.kill", "E27.process_vm_readv", "E27.ptrace",
            "E32.first_root", "E32.host_root", "E33.ambient", "E33.file_capability", "E33.inheritable", "E37.propagation", "E37.root") { AllBut = true, IsRefused = true },
    ];
}
