using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Bulkhead.Security;

/// <summary>
/// The images of HostileImages under `bulkhead run --rootfs`, which mounts /dev, /proc, /sys and its own files by itself: with flags that walk into the
/// trap where there are such.
/// </summary>
public sealed class WorkloadImageTests
{
    private static readonly string Shown = MakeShown();

    private static readonly Case Terminal = new("--tty") { Script = "test -t 0 && echo inside", Shows = "inside" };
    private static readonly Case NoPts = new("--tty") { Refusal = "open a terminal in the container /dev/pts/ptmx: " };
    private static readonly Case Device = new("") { Covered = "open the directory of devices /dev: ", Script = "test -c /dev/null && echo inside", Shows = "inside" };
    private static readonly Case Volume = new("--volume {shown}:/mnt/deep/point") { Script = "cat /mnt/deep/point", Shows = "of the mount" };
    private static readonly Case Names = new("--dns 192.0.2.1") { Script = "cat /etc/resolv.conf", Shows = "nameserver 192.0.2.1" };
    private static readonly Case NoProc = new("") { Refusal = "mount proc at /proc: " };

    private static readonly Dictionary<string, Case> Cases = new()
    {
        ["E3.null_link"] = Device,
        ["E3.null_link_outside"] = Device,
        ["E3.null_link_bound"] = Device,
        ["E4.pts_link"] = NoPts,
        ["E4.pts_link_up"] = NoPts,
        ["E4.pts_none"] = NoPts,
        ["E4.console_link"] = Terminal,
        ["E4.ptmx_link"] = Terminal,
        ["E5.proc_link"] = NoProc,
        ["E5.proc_link_up"] = NoProc,
        ["E5.sys_link"] = new("") { Refusal = "mount sysfs at /sys: " },
        ["E5.image_sysctl"] = new("--sysctl kernel.shm_rmid_forced=1") { Script = "busybox cat /proc/sys/kernel/shm_rmid_forced", Shows = "1", InUserKernel = new("--sysctl kernel.shm_rmid_forced=1") { Refusal = "--sysctl kernel.shm_rmid_forced=1: not with --isolation userkernel: " } },
        ["E5.image_self"] = new("--oom-score-adj 500") { Script = "busybox cat /proc/self/oom_score_adj", Shows = "500", InUserKernel = new("--oom-score-adj 500") },
        ["E6.dev_link"] = Device,
        ["E6.dev_link_up"] = Device,
        ["E6.parent_link"] = Volume,
        ["E6.parent_link_up"] = Volume,
        ["E6.device_parent"] = new("--device /dev/null:/run/device")
        {
            Script = "test -c /run/device && echo inside",
            Shows = "inside",
            InUserKernel = new("--device /dev/null:/run/device") { Refusal = "isolation userkernel: " },
        },
        ["E36.resolv_conf"] = Names,
        ["E36.resolv_conf_up"] = Names,
        ["E36.cwd"] = new("--workdir /mnt") { Refusal = "make the working directory /mnt" },
    };

    private static readonly string[] Modes = ["", "--writable --as-root", "--privileged"];

    public static TheoryData<string, string> Every() => new MatrixTheoryData<string, string>(HostileImages.All.Select(i => i.Id), Modes);

    public static TheoryData<string> EveryImage() => new(HostileImages.All.Select(i => i.Id));

    [Theory]
    [MemberData(nameof(EveryImage))]
    public void The_host_is_not_touched_by_the_user_kernel(string id) => Try(id, "", Tier.UserKernel);

    [Theory]
    [Trait("Speed", "Long")]
    [MemberData(nameof(Every))]
    public void The_host_is_not_touched_by_the_user_kernel_in_any_mode(string id, string mode) => Try(id, mode, Tier.UserKernel);

    [Theory]
    [MemberData(nameof(Every))]
    public void The_host_is_not_touched(string id, string mode) => Try(id, mode, Tier.Hardened);

    private static void Try(string id, string mode, Tier tier)
    {
        HostileImage image = HostileImages.Find(id);
        Case tried = tier == Tier.UserKernel ? Cases[id].InUserKernel ?? Cases[id] : Cases[id];
        if (tier == Tier.UserKernel && mode == "--privileged")
            tried = tried with { Refusal = "--privileged: not with --isolation userkernel: " };
        string name = $"run-{id}{mode.Replace(' ', '-')}-{tier}";
        var outside = new Outside(name);
        string root = Rootfs.Make(name);
        HostileImageTests.Plant(image, root, outside);
        string[] words = (mode + " " + tried.Flags.Replace("{shown}", Shown, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] wrapper = image.Terminal ? [Host.Probe, "--tool", "with-terminal"] : [];

        using var first = new Workload(words) { Tier = tier, Root = root, Wrapper = wrapper };
        string[] command = ["/bin/sh", "-c", tried.Script];
        Said init = first.Run(command);
        outside.AssertUntouched();
        using var second = new Workload(words.Where(word => word != "--tty").ToArray()) { Tier = tier, Root = root };
        Said exec = init;
        if (init.Status == 0)
        {
            second.Begin("/probe", "--wait");
            exec = new Workload { Wrapper = wrapper }.Call("exec", [.. image.Terminal ? ["--tty"] : Array.Empty<string>(), second.Name, .. command]);
        }

        outside.AssertUntouched();
        foreach (Said said in new[] { init, exec })
        {
            // A link to where another mount of the container's comes later, as /tmp is when the tree of this project lies there.
            if (tried.Covered.Length > 0 && said.Status == 125 && said.All.Contains(tried.Covered, StringComparison.Ordinal) && Host.Work.StartsWith("/tmp/", StringComparison.Ordinal))
                continue;
            if (tried.Refusal.Length > 0)
                Assert.True(said.Status is 125 or 127 && said.All.Contains(tried.Refusal, StringComparison.Ordinal), said.ToString());
            else
                Assert.True(said.Status == 0 && said.Output.Contains(tried.Shows, StringComparison.Ordinal), said.ToString());
        }
    }

    /// <param name="Flags">That walk into the trap; {shown} is a file to mount.</param>
    private sealed record Case(string Flags)
    {
        /// <summary>Part of the one line that refuses; empty: it runs, and is harmless.</summary>
        public string Refusal { get; init; } = "";

        /// <summary>The same, where the link leads below /tmp; empty: never.</summary>
        public string Covered { get; init; } = "";

        public string Script { get; init; } = "true";

        public string Shows { get; init; } = "";

        /// <summary>What stands for it where the user kernel differs: its /dev and /proc are its own.</summary>
        public Case? InUserKernel { get; init; }
    }

    private static string MakeShown()
    {
        string path = Path.Combine(Host.Work, "shown-by-run");
        File.WriteAllText(path, "of the mount\n");
        return path;
    }
}
