using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>
/// A process swaps a path for a symbolic link while create or exec works on it (E7, CVE-2021-30465). The race is real: what counts is that
/// both states were met in many rounds and that nothing landed outside.
/// </summary>
public sealed class RaceTests
{
    private const int ControlRounds = 400, Descriptor = 9, Many = 1000;

    public static TheoryData<string, string, int> Every()
    {
        var data = new TheoryData<string, string, int>();
        foreach (Race race in Races.All)
        {
            data.Add(race.Id, "{outside}", 40);
            data.Add(race.Id, "{up}", 40);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void Nothing_lands_outside_while_create_works(string id, string way, int rounds)
    {
        Race race = Races.Find(id);
        string name = id + (way == "{up}" ? "-up" : "");
        var outside = new Outside(name);
        using var swap = new Swap(name, race.Directory, Target(outside, way, race.Directory));
        string mounts = Path.Combine(Host.Work, "mounts-" + name);

        var ends = new Dictionary<string, int>();
        for (int i = 0; i < rounds; i++)
        {
            using var container = new Container(Configure(race, swap, mounts));
            Said said = container.Run();
            string end = said.Status == 0 ? "ran" : said.All.Trim().Split(": ")[^1];
            ends[end] = ends.GetValueOrDefault(end) + 1;
        }

        string tally = string.Join(", ", ends.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Key} {e.Value}")));
        TestContext.Current.SendDiagnosticMessage("{0} {1}: {2}", id, way, tally);
        outside.AssertUntouched();
        // Seen from within the container's mount namespace, before the root is changed.
        Assert.DoesNotContain(outside.Path, File.ReadAllText(mounts), StringComparison.Ordinal);
        Assert.True(ends.GetValueOrDefault("ran") > 0, tally);
        Assert.DoesNotContain("resource temporarily unavailable", tally, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("{outside}")]
    [InlineData("{up}")]
    public void Many_rounds_of_a_mount_on_a_directory(string way) => Nothing_lands_outside_while_create_works("E7.mount_directory", way, Many);

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("{outside}")]
    [InlineData("{up}")]
    public void Many_rounds_of_a_mount_on_a_file(string way) => Nothing_lands_outside_while_create_works("E7.mount_file", way, Many);

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("{outside}")]
    [InlineData("{up}")]
    public void Many_rounds_of_a_mount_point_below(string way) => Nothing_lands_outside_while_create_works("E7.mount_below", way, Many);

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("{outside}")]
    [InlineData("{up}")]
    public void Many_rounds_of_a_device(string way) => Nothing_lands_outside_while_create_works("E7.device", way, Many);

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("{outside}")]
    [InlineData("{up}")]
    public void Many_rounds_of_a_working_directory(string way) => Nothing_lands_outside_while_create_works("E7.cwd_made", way, Many);

    /// <summary>The control: who looks at the path and then mounts by its name loses against the same swap.</summary>
    [Theory]
    [InlineData("{outside}")]
    [InlineData("{up}")]
    public void A_mount_by_path_lands_outside(string way)
    {
        var outside = new Outside("by-path" + way.Length);
        using var swap = new Swap("by-path", directory: true, Target(outside, way, directory: true));

        Said said = Host.Run(Host.Probe, "--race", "mount", Text(ControlRounds), swap.Point, Path.Combine(outside.Path, "folder")).MustSucceed();

        TestContext.Current.SendDiagnosticMessage("E7 control: {0} of {1} mounts by path landed outside by {2}", said.Output.Trim(), ControlRounds, way);
        Assert.NotEqual("outside 0\n", said.Output);
    }

    /// <summary>A rename anywhere on the machine makes openat2 give up a walk over ".." (EAGAIN): it is done again.</summary>
    [Theory]
    [InlineData("E6.dev_link_up")]
    [InlineData("E6.parent_link_up")]
    [InlineData("E36.resolv_conf_up")]
    public void Somebody_elses_renames_fail_no_create(string id)
    {
        using var swap = new Swap("elsewhere", directory: true, "/nowhere");
        for (int i = 0; i < 20; i++)
        {
            HostileImage image = HostileImages.Find(id);
            string root = Rootfs.Make(string.Create(CultureInfo.InvariantCulture, $"busy-{id}-{i}"));
            HostileImageTests.Plant(image, root, new Outside("busy-" + id));
            HostileImageTests.Run(image, root).MustSucceed();
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>The link leads to a directory of the host that is open in the runtime.</summary>
    [Theory]
    [MemberData(nameof(Ways.Every), MemberType = typeof(Ways))]
    [Trait("Probe", "E7.cwd")]
    public void The_working_directory_is_never_outside(Entry entry, Tier tier)
    {
        using var swap = new Swap($"cwd-{entry}-{tier}", directory: true, "/proc/self/fd/" + Text(Descriptor));
        using Container? running = entry == Entry.Exec ? Running(swap, tier) : null;

        int inside = 0, refused = 0;
        for (int i = 0; i < 60; i++)
        {
            Said said = entry == Entry.Exec ? running!.ExecWith(["--cwd", "/vol/point"], "/probe", "E7.cwd") : RunIn(swap, tier);
            Assert.DoesNotContain("E7.cwd open", said.All, StringComparison.Ordinal);
            if (said.Output.Contains("E7.cwd refused", StringComparison.Ordinal))
                inside++;
            else
                refused += said.Status != 0 ? 1 : 0;
        }

        TestContext.Current.SendDiagnosticMessage("E7.cwd by {0}, {3}: {1} inside, {2} refused", entry, inside, refused, tier);
        Assert.Equal(60, inside + refused);
        Assert.True(inside > 0 && refused > 0, $"{inside} inside, {refused} refused: the race was not there");
    }

    /// <summary>The control: who looks at the path, changes directory by its name and does not look again loses.</summary>
    [Fact]
    public void A_directory_by_path_is_outside()
    {
        using var swap = new Swap("cwd-by-path", directory: true, "/proc/self/fd/" + Text(Descriptor));
        using Container running = Running(swap);

        Said said = Host.Run(Host.Probe, [.. WithDirectory[1..], Host.Probe, "--race", "enter", Text(running.Pid), Text(ControlRounds), "/vol/point"]).MustSucceed();

        TestContext.Current.SendDiagnosticMessage("E7.cwd control: {0} of {1}", said.Output.Trim(), ControlRounds);
        Assert.NotEqual("outside 0\n", said.Output);
    }

    internal static string[] WithDirectory => [Host.Probe, "--tool", "with-directory", Text(Descriptor), Host.Work];

    private static Container Running(Swap swap, Tier tier = Tier.Hardened)
    {
        var container = new Container(WithVolume(Config.Profile("/probe", "--wait"), swap)) { Tier = tier, Wrapper = WithDirectory };
        try
        {
            container.Begin();
            return container;
        }
        catch
        {
            container.Dispose();
            throw;
        }
    }

    private static Said RunIn(Swap swap, Tier tier)
    {
        JsonObject config = WithVolume(Config.Profile("/probe", "E7.cwd"), swap);
        config["process"]!["cwd"] = "/vol/point";
        using var container = new Container(config) { Tier = tier, Wrapper = WithDirectory };
        return container.Run();
    }

    private static JsonObject Configure(Race race, Swap swap, string mounts)
    {
        JsonObject config = WithVolume(Config.Profile("/bin/busybox", "true"), swap);
        race.Configure(config);
        config["hooks"] = new JsonObject
        {
            ["createContainer"] = new JsonArray(new JsonObject
            {
                ["path"] = "/bin/sh",
                ["args"] = Config.Strings("sh", "-c", "/bin/cat /proc/self/mountinfo >>" + mounts),
            }),
        };
        return config;
    }

    private static JsonObject WithVolume(JsonObject config, Swap swap)
    {
        config["mounts"]!.AsArray().Add(Config.Mount("/vol", swap.Volume));
        return config;
    }

    internal static string Target(Outside outside, string way, bool directory)
    {
        string up = string.Concat(Enumerable.Repeat("../", 40)) + outside.Path[1..];
        return (way == "{up}" ? up : outside.Path) + (directory ? "/folder" : "/shadow");
    }

    internal static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
