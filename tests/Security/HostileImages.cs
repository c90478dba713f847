using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>The table of images that try to lead the runtime astray while it makes the container.</summary>
internal static class HostileImages
{
    private const string CorePattern = "/proc/sys/kernel/core_pattern";

    private const string IsTerminal = "test $(stat -c %t /dev/console) = 88 && echo a terminal"; // major 136

    private const string NoOwnProc = "isolation userkernel: $.mounts: ";

    private static readonly string Shown = MakeShown();

    public static readonly IReadOnlyList<HostileImage> All =
    [
        new("E3.null_link", "/dev/null is a link to a sysctl", "dev/null", CorePattern)
        {
            Cve = "CVE-2025-31133", Configure = NoDevices, Refusal = "make device /dev/null: ",
        },
        new("E3.null_link_outside", "/dev/null is a link to a file of the host", "dev/null", "{outside}/shadow")
        {
            Cve = "CVE-2025-31133", Configure = NoDevices, Refusal = "make device /dev/null: ",
        },
        new("E3.null_link_bound", "/dev/null of a bound /dev is a link", "dev/null", CorePattern)
        {
            Cve = "CVE-2025-31133", Configure = BoundDevices, Refusal = "check that it is the null device: /dev/null: ",
        },
        new("E4.pts_link", "/dev/pts is a link", "dev/pts", "{outside}/folder")
        {
            Cve = "CVE-2025-52565", Configure = OnlyPts, Terminal = true, Script = "tty", Shows = "/folder/0", ShowsInUserKernel = "/dev/pts/0",
        },
        new("E4.pts_link_up", "/dev/pts is a link by ..", "dev/pts", "{up}/folder")
        {
            Cve = "CVE-2025-52565", Configure = OnlyPts, Terminal = true, Script = "tty", Shows = "/folder/0", ShowsInUserKernel = "/dev/pts/0",
        },
        new("E4.pts_none", "/dev/pts is a link and nothing is mounted there", "dev/pts", "{outside}/folder")
        {
            Cve = "CVE-2025-52565", Configure = NoDevices, Terminal = true, Refusal = "open a terminal in the container",
        },
        new("E4.console_link", "/dev/console is a link", "dev/console", CorePattern)
        {
            Cve = "CVE-2025-52565", Configure = OnlyPts, Terminal = true, Script = IsTerminal, Shows = "a terminal", UserKernelScript = "test -t 0 && echo a terminal", // its /dev/console is its own
            ExecScript = "test -t 0 && echo a terminal", // exec makes no /dev/console
        },
        new("E4.ptmx_link", "/dev/ptmx is a link", "dev/ptmx", "{outside}/shadow")
        {
            Cve = "CVE-2025-52565", Configure = OnlyPts, Terminal = true, Script = "tty", Shows = "/dev/pts/0", ShowsInUserKernel = "/dev/pts/0",
        },
        new("E5.proc_link", "/proc is a link", "proc", "{outside}/folder") { Cve = "CVE-2019-19921", Refusal = "mount proc at /proc: " },
        new("E5.proc_link_up", "/proc is a link by ..", "proc", "{up}/folder") { Cve = "CVE-2019-19921", Refusal = "mount proc at /proc: " },
        new("E5.sys_link", "/sys is a link", "sys", "{outside}/folder") { Cve = "CVE-2023-27561", Refusal = "mount sysfs at /sys: " },
        new("E5.image_sysctl", "/proc is the image's, its sys a link", "proc/sys", "{outside}/folder")
        {
            Cve = "CVE-2019-19921", Configure = c => OwnProc(c, sysctl: true), Script = "busybox cat /mnt/sys/kernel/shm_rmid_forced", Shows = "1",
            UserKernelRefusal = "isolation userkernel: $.linux.sysctl[\"kernel.shm_rmid_forced\"]: ",
        },
        new("E5.image_self", "/proc is the image's, its self a link", "proc/self", "{outside}/folder")
        {
            Cve = "CVE-2019-16884", Configure = c => OwnProc(c, sysctl: false), Script = "busybox cat /mnt/self/oom_score_adj", Shows = "500", UserKernelRefusal = NoOwnProc,
        },
        new("E6.dev_link", "/dev is a link", "dev", "{outside}/folder") { Script = "test -c /dev/null && echo inside", Shows = "inside" },
        new("E6.dev_link_up", "/dev is a link by ..", "dev", "{up}/folder") { Script = "test -c /dev/null && echo inside", Shows = "inside" },
        new("E6.parent_link", "the parent of a mount point is a link", "mnt", "{outside}/folder")
        {
            Configure = c => Bind(c, "/mnt/deep/point"), Script = "cat /mnt/deep/point", Shows = "of the mount",
        },
        new("E6.parent_link_up", "the parent of a mount point is a link by ..", "mnt", "{up}/folder")
        {
            Configure = c => Bind(c, "/mnt/deep/point"), Script = "cat /mnt/deep/point", Shows = "of the mount",
        },
        new("E6.device_parent", "the folder of a device is a link", "run", "{outside}/folder")
        {
            Configure = c => Device(c, "/run/device"), Refusal = "make device /run/device: no such file or directory", UserKernelRefusal = "isolation userkernel: $.linux.devices: ",
        },
        new("E36.resolv_conf", "/etc/resolv.conf is a link to a file of the host", "etc/resolv.conf", "{outside}/shadow")
        {
            Configure = c => Bind(c, "/etc/resolv.conf"), Script = "cat /etc/resolv.conf", Shows = "of the mount",
        },
        new("E36.resolv_conf_up", "/etc/resolv.conf is a link by ..", "etc/resolv.conf", "{up}/shadow")
        {
            Configure = c => Bind(c, "/etc/resolv.conf"), Script = "cat /etc/resolv.conf", Shows = "of the mount",
        },
        new("E36.cwd", "the working directory is a link", "mnt", "{outside}/folder/new")
        {
            Configure = c => c["process"]!["cwd"] = "/mnt", Script = "pwd", Refusal = "make the working directory /mnt",
        },
    ];

    public static HostileImage Find(string id) => All.Single(i => i.Id == id);

    /// <summary>Takes away everything mounted at or below /dev, so that the image's own is used.</summary>
    private static void NoDevices(JsonObject config) => RemoveMounts(config, "/dev", "/dev/");

    private static void OnlyPts(JsonObject config)
    {
        JsonNode pts = config["mounts"]!.AsArray().Single(m => (string)m!["destination"]! == "/dev/pts")!.DeepClone();
        NoDevices(config);
        config["mounts"]!.AsArray().Add(pts);
    }

    /// <summary>A bound /dev is the engine's: the runtime makes no nodes in it.</summary>
    private static void BoundDevices(JsonObject config)
    {
        NoDevices(config);
        config["mounts"]!.AsArray().Add(Config.Mount("/dev", Path.Combine((string)config["root"]!["path"]!, "dev")));
    }

    /// <summary>procfs stands at /mnt; what the runtime wants of it must not come from the image's /proc.</summary>
    private static void OwnProc(JsonObject config, bool sysctl)
    {
        config["mounts"]!.AsArray().Single(m => (string)m!["destination"]! == "/proc")!["destination"] = "/mnt";
        if (sysctl)
            config["linux"]!["sysctl"] = new JsonObject { ["kernel.shm_rmid_forced"] = "1" };
        config["process"]!["oomScoreAdj"] = 500;
    }

    private static void RemoveMounts(JsonObject config, string path, string below)
    {
        JsonArray mounts = config["mounts"]!.AsArray();
        for (int i = mounts.Count - 1; i >= 0; i--)
        {
            string destination = (string)mounts[i]!["destination"]!;
            if (destination == path || destination.StartsWith(below, StringComparison.Ordinal))
                mounts.RemoveAt(i);
        }
    }

    private static void Bind(JsonObject config, string destination) => config["mounts"]!.AsArray().Add(Config.Mount(destination, Shown));

    private static void Device(JsonObject config, string path) =>
        config["linux"]!["devices"] = new JsonArray(new JsonObject { ["path"] = path, ["type"] = "c", ["major"] = 1, ["minor"] = 3 });

    private static string MakeShown()
    {
        string path = Path.Combine(Host.Work, "shown");
        File.WriteAllText(path, "of the mount\n");
        return path;
    }
}
