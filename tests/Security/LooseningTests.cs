using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Bulkhead.Security;

/// <summary>
/// Every door under the defaults of `bulkhead run`, by init and by `bulkhead exec`, and with each loosening: what opens is what
/// docs/threat-model.md says, no more and no less.
/// </summary>
public sealed class LooseningTests
{
    private static readonly ConcurrentDictionary<(string Flags, Entry Entry, Tier Tier), Lazy<Dictionary<string, Finding>>> Runs = new();

    /// <summary>For each `make test`: in the user kernel one capability is as good as another.</summary>
    private static readonly string[] Few = ["", "--as-root", "--writable --as-root", "--network host", "--security-opt seccomp=unconfined", "--cap-add CAP_SYS_ADMIN", "--cap-add ALL"];

    public static TheoryData<string, Entry> Every() => By(LooseningTable.All.Select(l => l.Flags));

    public static TheoryData<string, Entry> AFew() => By(Few);

    public static TheoryData<string, Entry> AllOthers() => By(LooseningTable.All.Select(l => l.Flags).Except(Few));

    [Theory]
    [MemberData(nameof(Every))]
    public void It_opens_what_the_table_says(string flags, Entry entry)
    {
        Loosening loosening = LooseningTable.All.Single(l => l.Flags == flags);
        string[] wrong = Get(loosening, entry).Where(pair => !IsExpected(loosening, pair.Key, pair.Value)).Select(pair => $"{pair.Key}: {pair.Value}").ToArray();

        Assert.True(wrong.Length == 0, $"{wrong.Length} of {Doors.All.Count} differ:\n{string.Join('\n', wrong)}");
    }

    [Theory]
    [MemberData(nameof(AFew))]
    public void In_the_user_kernel_it_opens_what_the_table_says(string flags, Entry entry)
    {
        Loosening loosening = LooseningTable.All.Single(l => l.Flags == flags);
        string before = HostState.Look();
        if (loosening.IsRefused)
        {
            using var workload = new Workload(loosening.Words) { Tier = Tier.UserKernel };
            Assert.Contains("isolation userkernel: ", workload.Run("/bin/busybox", "true").Errors, StringComparison.Ordinal);
            return;
        }

        string[] wrong = Get(loosening, entry, Tier.UserKernel).Where(pair => pair.Value.Open != loosening.OpensInside(pair.Key)).Select(pair => $"{pair.Key}: {pair.Value}").ToArray();

        Assert.True(wrong.Length == 0, $"{wrong.Length} of {Doors.All.Count} differ:\n{string.Join('\n', wrong)}");
        if (flags.Length == 0)
            Assert.All(Get(loosening, entry, Tier.UserKernel).Where(pair => !pair.Value.Open), pair => Assert.Equal((pair.Key, UserKernelDoors.Error(pair.Key)), (pair.Key, pair.Value.Error.Length == 0 ? "-" : pair.Value.Error)));
        Assert.Equal(before, HostState.Look());
    }

    [Theory]
    [Trait("Speed", "Long")]
    [MemberData(nameof(AllOthers))]
    public void In_the_user_kernel_each_other_one_opens_what_the_table_says(string flags, Entry entry) => In_the_user_kernel_it_opens_what_the_table_says(flags, entry);

    private static TheoryData<string, Entry> By(IEnumerable<string> flags) => new MatrixTheoryData<string, Entry>(flags, [Entry.Init, Entry.Exec]);

    [Fact]
    public void The_document_lists_what_the_code_has()
    {
        string[] expected = LooseningTable.All.Select(l => l.ToString()).ToArray();
        string[] written = File.ReadLines(Path.Combine(Host.Root, "docs/threat-model.md"))
            .Where(l => l.StartsWith("| none |", StringComparison.Ordinal) || l.StartsWith("| `--", StringComparison.Ordinal)).ToArray();
        // To copy from when the code has changed.
        if (!expected.SequenceEqual(written))
            File.WriteAllLines(Path.Combine(Host.Root, ".work/loosenings.md"), expected);

        Assert.Equal(expected, written);
    }

    /// <summary>A kernel without the feature refuses a door that the loosening opens.</summary>
    private static bool IsExpected(Loosening loosening, string id, Finding finding) =>
        finding.Open ? loosening.MayOpen(id) : !loosening.MayOpen(id) || Doors.Find(id).KernelErrors.Contains(finding.Error);

    private static Dictionary<string, Finding> Get(Loosening loosening, Entry entry, Tier tier = Tier.Hardened) =>
        Runs.GetOrAdd((loosening.Flags, entry, tier), _ => new(() =>
        {
            Dictionary<string, Finding> all = Run(loosening.Words, entry, tier, asUser: false);
            // A program gains from a setuid bit only when it is not root.
            string[] user = loosening.Words.Contains("--user") ? loosening.Words : [.. loosening.Words, "--user", "1000"];
            foreach ((string id, Finding finding) in Run(user, entry, tier, asUser: true))
                all[id] = finding;
            return all;
        })).Value;

    private static Dictionary<string, Finding> Run(string[] flags, Entry entry, Tier tier, bool asUser)
    {
        string[] ids = Doors.All.Where(d => d.AsUser == asUser).Select(d => d.Id).ToArray();
        string[] told = Config.ProbeEnvironment().SelectMany(variable => new[] { "--env", variable }).ToArray();
        // A key and a descriptor that a careless runtime would pass on.
        using var workload = new Workload([.. flags, .. told])
        {
            Tier = tier,
            Wrapper = [Host.Probe, "--tool", "with-key", "bulkhead-canary", Host.Probe, "--tool", "with-directory", "3", "/"],
        };
        if (entry == Entry.Init)
            return ProbeRuns.Parse(workload.Run(["/probe", .. ids]), ids);
        workload.Begin("/probe", "--wait");
        return ProbeRuns.Parse(workload.Exec(["/probe", .. ids]), ids);
    }
}
