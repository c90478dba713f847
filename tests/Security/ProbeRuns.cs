using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>One line of the probe.</summary>
internal sealed record Finding(bool Open, string Error, string Detail)
{
    public override string ToString() => (Open ? "open: " : $"refused {Error}: ") + Detail;
}

/// <summary>One container for all doors that want the same layers off, by init and by exec.</summary>
internal static class ProbeRuns
{
    /// <summary>The user kernel wants a pid namespace of its own, and gives further descriptors of the caller's to the first process only (exec refuses them by name): all else can be taken off.</summary>
    public static Layers MostOff(Entry entry) => Layers.All & ~Layers.PidNamespace & (entry == Entry.Exec ? ~Layers.ClosedDescriptors : Layers.All);

    private static readonly ConcurrentDictionary<(Layers Off, bool AsUser, Entry Entry, Tier Tier), Lazy<Dictionary<string, Finding>>> Runs = new();

    public static Finding Get(Door door, Layers off, Entry entry, Tier tier = Tier.Hardened) =>
        Runs.GetOrAdd((off, door.AsUser, entry, tier), key => new(() => Run(key.Off, key.AsUser, key.Entry, key.Tier))).Value[door.Id];

    private static Dictionary<string, Finding> Run(Layers off, bool asUser, Entry entry, Tier tier)
    {
        string[] ids = Doors.All.Where(d => d.AsUser == asUser && (tier == Tier.UserKernel || Wants(d, off))).Select(d => d.Id).ToArray();
        string[] command = ["/probe", .. ids];
        JsonObject config = Config.Profile(entry == Entry.Init ? command : ["/probe", "--wait"]).Without(off);
        if (asUser)
            config["process"]!["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000 };
        using var container = new Container(config) { Tier = tier, Wrapper = Wrapper(off), Options = CreateOptions(off) };
        return Parse(entry == Entry.Init ? container.Run() : Exec(container, off, command), ids);
    }

    /// <summary>The probe without any container, as the host's root.</summary>
    public static Finding OnHost(Door door) =>
        Parse(Host.Run("/usr/bin/env", "--chdir=" + Rootfs.Shared, Host.Probe, door.Id), [door.Id])[door.Id];

    private static bool Wants(Door door, Layers off) =>
        off is Layers.None or Layers.All || off == door.Layers || door.EachLayer.Any(l => off == (door.Layers & ~l));

    private static Said Exec(Container container, Layers off, string[] command)
    {
        container.Begin();
        return container.ExecWith(Descriptors(off), command);
    }

    private static string[] Wrapper(Layers off)
    {
        string[] key = [Host.Probe, "--tool", "with-key", "bulkhead-canary"];
        string[] machine = off.HasFlag(Layers.PidNamespace) ? Host.Machine : [];
        string[] directory = off.HasFlag(Layers.ClosedDescriptors) ? [Host.Probe, "--tool", "with-directory", "3", "/"] : [];
        return [.. machine, .. key, .. directory];
    }

    private static string[] CreateOptions(Layers off) =>
        off.HasFlag(Layers.SessionKeyring) ? [.. Descriptors(off), "--no-new-keyring"] : Descriptors(off);

    private static string[] Descriptors(Layers off) => off.HasFlag(Layers.ClosedDescriptors) ? ["--preserve-fds", "1"] : [];

    public static Dictionary<string, Finding> Parse(Said said, string[] ids)
    {
        var findings = new Dictionary<string, Finding>();
        foreach (string line in said.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ', 4);
            if (words.Length >= 3)
            {
                // "died SYS": the filter kills who uses another ABI's numbers.
                bool killed = words[1] == "died" && words[2] == "SYS", open = words[1] != "refused" && !killed;
                findings[words[0]] = new Finding(open, open ? "" : killed ? "SIGSYS" : words[2], open ? string.Join(' ', words[1..]) : string.Join(' ', words[3..]));
            }
        }
        Assert.True(said.Status == 0 && findings.Count == ids.Length, $"status {said.Status}, {findings.Count} of {ids.Length} findings: {said.All}");
        return findings;
    }
}
