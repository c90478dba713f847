using System;
using System.Linq;
using System.Text.RegularExpressions;

namespace Bulkhead.Security;

/// <summary>
/// A directory is swapped for a link while a process of the container resolves paths through it: what it reads is never the host's, nor, in the user kernel, what
/// the kernel process itself could read in the sandbox.
/// </summary>
public sealed partial class GuestRaceTests
{
    private const string Secret = "the host's secret";

    /// <summary>Where the link leads to, the name in it and what must not be read; {outside} is a folder of the host with a file "shadow".</summary>
    private static readonly (string Target, string Name, string Mark)[] Traps =
    [
        ("{outside}", "shadow", Secret), ("../../../../../../../../../../../../../../..{outside}", "shadow", Secret), ("/proc/1/root{outside}", "shadow", Secret),
        ("/proc/1", "comm", "bulkhead"), ("/proc/self", "maps", "bulkhead"), ("../proc/1", "environ", "BULKHEAD"), ("/proc/self/task/1", "comm", "bulkhead"),
    ];

    public static TheoryData<int, Tier> Every() => new MatrixTheoryData<int, Tier>(Enumerable.Range(0, Traps.Length), Ways.Tiers);

    /// <summary>The host swaps in a volume.</summary>
    [Theory]
    [MemberData(nameof(Every))]
    public void Nothing_of_the_hosts_is_read_by_a_volume_that_is_swapped(int trap, Tier tier)
    {
        (string target, string name, string mark) = Traps[trap];
        var outside = new Outside($"look-{trap}-{tier}");
        using var swap = new Swap($"look-{trap}-{tier}", directory: true, target.Replace("{outside}", outside.Path, StringComparison.Ordinal), file: name);
        using var workload = new Workload("--as-root", "--volume", swap.Volume + ":/vol") { Tier = tier };

        AssertInside(workload.Run("/probe", "--race", "look", "2000", "/vol/point", name, mark), $"{target} by the host, {tier}");
        outside.AssertUntouched();
    }

    /// <summary>A guest swaps in its own memory.</summary>
    [Theory]
    [MemberData(nameof(Every))]
    public void Nothing_of_the_hosts_is_read_by_a_directory_that_a_guest_swaps(int trap, Tier tier)
    {
        (string target, string name, string mark) = Traps[trap];
        var outside = new Outside($"own-{trap}-{tier}");
        string link = target.Replace("{outside}", outside.Path, StringComparison.Ordinal);
        using var workload = new Workload("--cap-add", "ALL") { Tier = tier };

        Said said = workload.Run("/bin/sh", "-c", "busybox mkdir /tmp/point; echo inside >/tmp/point/$2; busybox ln -s $1 /tmp/link; /probe --race exchange /tmp/point /tmp/link >/dev/null & /probe --race look 2000 /tmp/point $2 \"$3\"; kill $!",
            "sh", link, name, mark);

        AssertInside(said, $"{target} by a guest, {tier}");
        outside.AssertUntouched();
    }

    /// <summary>The control: a process of the host that resolves the same path reads it.</summary>
    [Fact]
    public void A_process_of_the_host_reads_it()
    {
        var outside = new Outside("look-control");
        using var swap = new Swap("look-control", directory: true, outside.Path);

        Said said = Host.Run(Host.Probe, "--race", "look", "2000", swap.Point, "shadow", Secret).MustSucceed();

        Assert.DoesNotContain("marked 0 ", said.Output, StringComparison.Ordinal);
    }

    /// <summary>Both ends of the race were met, neither is the host's.</summary>
    private static void AssertInside(Said said, string what)
    {
        Match counts = Counts().Match(said.MustSucceed().Output);
        TestContext.Current.SendDiagnosticMessage("{0}: {1}", what, said.Output.Trim());
        Assert.True(counts.Success && counts.Groups[1].Value == "0", said.ToString());
        Assert.True(counts.Groups[2].Value != "0", "the race was not there: " + said.Output);
    }

    [GeneratedRegex(@"^marked (\d+) other (\d+) refused (\d+)$", RegexOptions.Multiline)]
    private static partial Regex Counts();
}
