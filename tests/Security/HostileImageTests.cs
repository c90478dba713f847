using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>Links of an image that lead out of it (E3 to E6, E36): create refuses, or what it makes is inside.</summary>
public sealed class HostileImageTests
{
    public static TheoryData<string, Tier> Every() => new MatrixTheoryData<string, Tier>(HostileImages.All.Select(i => i.Id), Ways.Tiers);

    public static TheoryData<string> EveryRefused() => new(HostileImages.All.Where(i => i.Refusal.Length > 0).Select(i => i.Id));

    public static TheoryData<string, Tier> EveryRunning()
    {
        var data = new TheoryData<string, Tier>();
        foreach (Tier tier in Ways.Tiers)
        {
            foreach (HostileImage image in HostileImages.All.Where(i => i.RefusalIn(tier).Length == 0))
                data.Add(image.Id, tier);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void The_host_is_not_touched(string id, Tier tier)
    {
        HostileImage image = HostileImages.Find(id);
        var outside = new Outside($"{id}-{tier}");
        string root = Rootfs.Make($"trap-{id}-{tier}"), refusal = image.RefusalIn(tier);
        Plant(image, root, outside);
        AssertLeadsOut(image, root);

        Said said = Run(image, root, tier);

        outside.AssertUntouched();
        if (refusal.Length > 0)
            Assert.True(said.Status != 0 && said.All.Contains(refusal, StringComparison.Ordinal), $"not refused: {said}");
        else
            Assert.True(said.Status == 0 && said.All.Contains(image.ShownIn(tier), StringComparison.Ordinal), said.ToString());
    }

    /// <summary>The same script by exec, with a terminal where the image wants one: it is opened behind the same links.</summary>
    [Theory]
    [MemberData(nameof(EveryRunning))]
    public void The_host_is_not_touched_by_exec(string id, Tier tier)
    {
        HostileImage image = HostileImages.Find(id);
        var outside = new Outside($"{id}-exec-{tier}");
        string root = Rootfs.Make($"exec-{id}-{tier}");
        Plant(image, root, outside);
        using var container = new Container(Configure(image with { Terminal = false }, root, ["/probe", "--wait"])) { Tier = tier };
        container.Begin();

        string[] script = ["/bin/sh", "-c", image.ExecScript];
        Said said = image.Terminal ? container.ExecBy([Host.Probe, "--tool", "with-terminal"], ["--tty"], script) : container.Exec(script);

        outside.AssertUntouched();
        Assert.True(said.Status == 0 && said.All.Contains(image.ShownIn(tier), StringComparison.Ordinal), said.ToString());
    }

    /// <summary>The control: it is the trap that is refused, not the configuration.</summary>
    [Theory]
    [MemberData(nameof(EveryRefused))]
    public void Without_the_trap_the_same_configuration_runs(string id)
    {
        HostileImage image = HostileImages.Find(id);
        string root = Rootfs.Make("free-" + id);
        if (image.Trap == "dev/null")
            Host.Run("/bin/mknod", "-m", "666", Path.Combine(root, "dev/null"), "c", "1", "3").MustSucceed();
        if (image.Id == "E4.pts_none")
            image = image with { Configure = HostileImages.Find("E4.pts_link").Configure };

        Said said = Run(image, root);

        Assert.True(said.Status == 0, said.ToString());
    }

    internal static void Plant(HostileImage image, string root, Outside outside)
    {
        string place = Path.Combine(root, image.Trap);
        if (Directory.Exists(place))
            Directory.Delete(place);
        string up = string.Concat(Enumerable.Repeat("../", 40)) + outside.Path[1..];
        File.CreateSymbolicLink(place, image.Target.Replace("{outside}", outside.Path, StringComparison.Ordinal).Replace("{up}", up, StringComparison.Ordinal));
    }

    /// <summary>Else it would be no trap.</summary>
    private static void AssertLeadsOut(HostileImage image, string root)
    {
        string real = Host.Run("/bin/readlink", "-m", Path.Combine(root, image.Trap)).MustSucceed().Output;
        Assert.False(real.StartsWith(root, StringComparison.Ordinal), real);
    }

    internal static Said Run(HostileImage image, string root, Tier tier = Tier.Hardened)
    {
        JsonObject config = Configure(image, root, ["/bin/sh", "-c", tier == Tier.UserKernel ? image.UserKernelScript : image.Script]);
        using var container = new Container(config) { Tier = tier, Wrapper = image.Terminal ? [Host.Probe, "--tool", "with-terminal"] : [] };
        return container.Run();
    }

    private static JsonObject Configure(HostileImage image, string root, string[] command)
    {
        JsonObject config = Config.Profile(command);
        config["root"]!["path"] = root;
        config["process"]!["terminal"] = image.Terminal;
        image.Configure(config);
        return config;
    }
}
