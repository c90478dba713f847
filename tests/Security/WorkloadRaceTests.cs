using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Bulkhead.Security;

/// <summary>
/// The swaps of E7 under `bulkhead run`, `exec` and `cp`: a process exchanges a path of a volume for a link that leads out while a command resolves it.
/// There are no hooks to look into the mount namespace that is being made: what landed outside would be missing in the container, or be seen on the host.
/// </summary>
public sealed class WorkloadRaceTests
{
    private const int Rounds = 25;

    /// <summary>Two commands and a swap meet by chance: beyond the rounds above it goes on until both ends of the race have been seen.</summary>
    private const int MostRounds = 2400;

    /// <summary>Flags of run by the id of the race; {point} is what is swapped, {folder} and {file} are what is mounted.</summary>
    private static readonly (string Id, string Flags)[] Runs =
    [
        ("E7.mount_directory", "--volume {folder}:/vol/point"),
        ("E7.mount_file", "--volume {folder}/canary:/vol/point"),
        ("E7.mount_below", "--volume {folder}:/vol/point/new/deep"),
        ("E7.device", "--device /dev/null:/vol/point/null"),
        ("E7.cwd_made", "--workdir /vol/point/new"),
    ];

    public static TheoryData<string, string> Every()
    {
        var data = new TheoryData<string, string>();
        foreach ((string id, _) in Runs)
        {
            data.Add(id, "{outside}");
            data.Add(id, "{up}");
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void Nothing_lands_outside_while_run_works(string id, string way) => Run(id, way, Tier.Hardened);

    /// <summary>The mounts are the walls' own; where it works is the user kernel's.</summary>
    [Theory]
    [InlineData("E7.mount_below", "{up}")]
    [InlineData("E7.cwd_made", "{outside}")]
    [InlineData("E7.cwd_made", "{up}")]
    public void Nothing_lands_outside_while_run_works_in_the_user_kernel(string id, string way) => Run(id, way, Tier.UserKernel);

    private static void Run(string id, string way, Tier tier)
    {
        string name = "run-" + id + (way == "{up}" ? "-up" : "") + tier;
        bool directory = Races.Find(id).Directory;
        var outside = new Outside(name);
        // run mounts below another volume only where the folder is there: on both sides it is.
        string below = id == "E7.mount_below" ? "new/deep" : "";
        Directory.CreateDirectory(Path.Combine(outside.Path, "folder", below));
        outside.Remember();
        using var swap = new Swap(name, directory, RaceTests.Target(outside, way, directory), below);
        string flags = Runs.Single(run => run.Id == id).Flags.Replace("{folder}", Races.Folder, StringComparison.Ordinal);
        string root = Rootfs.Make(name);

        var ends = new Tally();
        // The user kernel looks at the place once more, as the guest, so that fewer come through: more are tried.
        for (int i = 0; i < Rounds || (i < MostRounds && ends["ran"] == 0); i++)
        {
            using var workload = new Workload(["--as-root", "--writable", "--volume", swap.Volume + ":/vol", .. flags.Split(' ')]) { Tier = tier, Root = root };
            Said said = workload.Run("/bin/busybox", "cat", "/proc/self/mountinfo");
            ends.Add(said.Status == 0 ? "ran" : said.All.Trim().Split(": ")[^1]);
            Assert.True(said.Status is 0 or (>= 125 and <= 127), said.ToString());
            if (tier == Tier.Hardened && said.Status == 0 && flags.Contains(Races.Folder, StringComparison.Ordinal))
                Assert.Contains("/" + Path.GetFileName(Races.Folder), said.Output, StringComparison.Ordinal);
        }

        TestContext.Current.SendDiagnosticMessage("{0} {1} by run: {2}", id, way, ends);
        outside.AssertUntouched();
        Assert.True(ends["ran"] > 0, ends.ToString());
    }

    /// <summary>The link leads to a directory that is open in the command.</summary>
    [Theory]
    [MemberData(nameof(Ways.Every), MemberType = typeof(Ways))]
    [Trait("Probe", "E7.cwd")]
    public void The_working_directory_is_never_outside(Entry entry, Tier tier)
    {
        using var swap = new Swap($"run-cwd-{entry}-{tier}", directory: true, "/proc/self/fd/9");
        using var running = new Workload("--as-root", "--volume", swap.Volume + ":/vol") { Tier = tier, Wrapper = RaceTests.WithDirectory };
        running.Begin("/probe", "--wait");

        var ends = new Tally();
        for (int i = 0; i < 2 * Rounds || (i < MostRounds && (ends["inside"] == 0 || ends["refused"] == 0)); i++)
        {
            using var workload = new Workload("--as-root", "--volume", swap.Volume + ":/vol", "--workdir", "/vol/point") { Tier = tier, Wrapper = RaceTests.WithDirectory };
            Said said = entry == Entry.Exec ? running.Call("exec", "--workdir", "/vol/point", running.Name, "/probe", "E7.cwd") : workload.Run("/probe", "E7.cwd");
            Assert.DoesNotContain("E7.cwd open", said.All, StringComparison.Ordinal);
            ends.Add(said.Output.Contains("E7.cwd refused", StringComparison.Ordinal) ? "inside" : said.Status != 0 ? "refused" : "neither");
        }

        TestContext.Current.SendDiagnosticMessage("E7.cwd by {0}: {1}", entry, ends);
        Assert.True(ends["inside"] > 0 && ends["refused"] > 0 && ends["neither"] == 0, "the race was not there: " + ends);
    }

    /// <summary>Into a directory that is swapped, and out of it: the host's file of that name is neither written nor read.</summary>
    [Theory]
    [InlineData("{outside}", true)]
    [InlineData("{outside}", false)]
    [InlineData("{up}", true)]
    [InlineData("{up}", false)]
    public void Nothing_is_copied_outside_or_from_there(string way, bool runs)
    {
        string name = "cp" + way.Length + runs;
        var outside = new Outside(name);
        File.WriteAllText(Path.Combine(outside.Path, "folder", "file"), "the host's secret");
        outside.Remember();
        using var swap = new Swap(name, directory: true, RaceTests.Target(outside, way, directory: true));
        File.WriteAllText(Path.Combine(swap.Volume, "file"), "copied in");
        using var workload = new Workload("--as-root", "--volume", swap.Volume + ":/vol");
        if (runs)
            workload.Begin("/probe", "--wait");
        else
            workload.Run("/bin/busybox", "true").MustSucceed();

        var ends = new Tally();
        int tried = 0;
        for (; tried < Rounds || (tried < MostRounds && (ends["in"] == 0 || ends["in"] == tried || ends["out"] == 0)); tried++)
        {
            Said said = workload.Call("cp", Path.Combine(swap.Volume, "file"), workload.Name + ":/vol/point/file");
            ends.Add(said.Status == 0 ? "in" : said.All.Trim().Split(": ")[^1]);
            Said back = workload.Call("cp", workload.Name + ":/vol/point/file", "-");
            ends.Add(back.Status == 0 ? "out" : back.All.Trim().Split(": ")[^1]);
            Assert.DoesNotContain("the host's secret", back.All, StringComparison.Ordinal);
        }

        TestContext.Current.SendDiagnosticMessage("E7 by cp, {0}: {1}", name, ends);
        outside.AssertUntouched();
        Assert.True(ends["in"] > 0 && ends["in"] < tried && ends["out"] > 0, "the race was not there: " + ends);
    }

    /// <summary>How often what happened.</summary>
    private sealed class Tally
    {
        private readonly Dictionary<string, int> counts = [];

        public int this[string end] => counts.GetValueOrDefault(end);

        public void Add(string end) => counts[end] = this[end] + 1;

        public override string ToString() => string.Join(", ", counts.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value}")));
    }
}
