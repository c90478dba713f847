using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>The socket of a container engine in a container (E30): refused by the built-in policy, and exec mounts nothing.</summary>
[Trait("Probe", "E30.socket")]
public sealed class SocketTests : IDisposable
{
    private const string Probe = "E30.socket";

    internal static readonly string Folder = MakeFolder();

    /// <summary>Create leaves mount points in it.</summary>
    private static readonly string Root = Rootfs.Make("socket");

    /// <summary>A policy that allows it, in a mount namespace of its own: no other container of this machine sees it.</summary>
    internal static readonly string[] Allowed =
    [
        "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
        "mount -t tmpfs tmpfs /etc && mkdir /etc/bulkhead && echo 'engine_sockets = \"allow\"' >/etc/bulkhead/policy.toml && exec \"$@\"", "sh",
    ];

    private readonly Socket engine = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public SocketTests()
    {
        engine.Bind(new UnixDomainSocketEndPoint(Path.Combine(Folder, "docker.sock")));
        engine.Listen();
    }

    public void Dispose()
    {
        engine.Dispose();
        File.Delete(Path.Combine(Folder, "docker.sock"));
    }

    /// <summary>Sources of a mount that would show it at /run/docker.sock.</summary>
    [Theory]
    [InlineData("docker.sock", "/run/docker.sock")]
    [InlineData("link.sock", "/run/docker.sock")]
    [InlineData("", "/run")]
    [InlineData("../engine-link", "/run")]
    [InlineData("relative", "/run/docker.sock")]
    public void Create_refuses_to_mount_it(string source, string destination)
    {
        JsonObject config = With(Config.Profile("/probe", Probe), source, destination);
        if (source == "relative")
            MakeRelative(config["mounts"]!.AsArray().Last()!);
        using var container = new Container(config);

        Said said = container.Run();

        Assert.True(said.All.Contains("refused by policy engine_sockets", StringComparison.Ordinal), said.ToString());
        Assert.DoesNotContain(Probe, said.Output, StringComparison.Ordinal);
        Assert.NotEqual(0, said.Status);
    }

    /// <summary>Between the policy's look and the mount a container swaps the source, a path in its volume, for a link to the socket's folder.</summary>
    [Fact]
    [Trait("Probe", "E30.swap")]
    public void What_the_policy_looked_at_is_what_is_mounted()
    {
        Dictionary<string, int> ends = Swapped("policy", 120, []);

        Assert.False(ends.ContainsKey("open"), string.Join(", ", ends));
        Assert.True(ends.ContainsKey("denied") && ends.ContainsKey("not there"), "the race was not there: " + string.Join(", ", ends));
    }

    /// <summary>The control: without the policy the swapped source connects.</summary>
    [Fact]
    [Trait("Probe", "E30.swap")]
    public void Without_the_policy_the_swapped_source_connects() => Assert.True(Swapped("no-policy", 20, Allowed).ContainsKey("open"));

    private static Dictionary<string, int> Swapped(string name, int rounds, string[] wrapper)
    {
        using var swap = new Swap(name, directory: true, Folder);
        var ends = new Dictionary<string, int>();
        for (int i = 0; i < rounds; i++)
        {
            JsonObject config = With(Config.Profile("/probe", Probe), "", "/run");
            config["mounts"]!.AsArray().Last()!["source"] = swap.Point;
            using var container = new Container(config) { Wrapper = wrapper };
            string end = End(container.Run());
            ends[end] = ends.GetValueOrDefault(end) + 1;
        }
        TestContext.Current.SendDiagnosticMessage("E30.swap, {0}: {1}", name, string.Join(", ", ends));
        return ends;
    }

    internal static string End(Said said)
    {
        (string Text, string Name)[] ends =
        [
            (Probe + " open ", "open"), (Probe + " refused ", "not there"), ("refused by policy engine_sockets", "denied"),
            ("was replaced after the policy had looked at it", "replaced"),
        ];
        return Array.Find(ends, e => said.All.Contains(e.Text, StringComparison.Ordinal)).Name ?? throw new InvalidOperationException(said.ToString());
    }

    [Theory]
    [MemberData(nameof(Ways.Every), MemberType = typeof(Ways))]
    public void It_is_not_there(Entry entry, Tier tier)
    {
        Said said = Look(entry, Config.Profile, [], tier);

        Assert.Contains(Probe + " refused ENOENT ", said.Output, StringComparison.Ordinal);
    }

    /// <summary>The control: where the administrator's policy allows it, the same mount connects.</summary>
    [Theory]
    [InlineData(Entry.Init, "docker.sock", "/run/docker.sock")]
    [InlineData(Entry.Exec, "docker.sock", "/run/docker.sock")]
    [InlineData(Entry.Init, "link.sock", "/run/docker.sock")]
    [InlineData(Entry.Init, "", "/run")]
    [InlineData(Entry.Exec, "../engine-link", "/run")]
    public void Where_the_policy_allows_it_the_door_opens(Entry entry, string source, string destination)
    {
        Said said = Look(entry, command => With(Config.Profile(command), source, destination), Allowed, Tier.Hardened);

        Assert.Contains(Probe + " open ", said.Output, StringComparison.Ordinal);
    }

    /// <summary>Where the policy allows the mount, the user kernel's sockets still do not lead out.</summary>
    [Theory]
    [InlineData(Entry.Init, "docker.sock", "/run/docker.sock")]
    [InlineData(Entry.Exec, "docker.sock", "/run/docker.sock")]
    [InlineData(Entry.Init, "", "/run")]
    public void In_the_user_kernel_nobody_listens_at_it(Entry entry, string source, string destination)
    {
        Said said = Look(entry, command => With(Config.Profile(command), source, destination), Allowed, Tier.UserKernel);

        Assert.Contains(Probe + " refused ECONNREFUSED ", said.Output, StringComparison.Ordinal);
    }

    private static Said Look(Entry entry, Func<string[], JsonObject> configure, string[] wrapper, Tier tier)
    {
        string[] command = ["/probe", Probe];
        using var container = new Container(configure(entry == Entry.Init ? command : ["/probe", "--wait"])) { Tier = tier, Wrapper = wrapper };
        if (entry == Entry.Init)
            return container.Run();
        container.Begin();
        return container.Exec(command);
    }

    private static JsonObject With(JsonObject config, string source, string destination)
    {
        config["root"]!["path"] = Root;
        config["mounts"]!.AsArray().Add(Config.Mount(destination, Path.Combine(Folder, source).TrimEnd('/')));
        return config;
    }

    /// <summary>To the bundle, and a bind mount by its type: without "remount" the validator wants the option "bind".</summary>
    private static void MakeRelative(JsonNode mount)
    {
        mount["source"] = "../engine/docker.sock";
        mount["options"] = Config.Strings("remount");
    }

    private static string MakeFolder()
    {
        string folder = Path.Combine(Host.Work, "engine");
        Directory.CreateDirectory(folder);
        File.CreateSymbolicLink(Path.Combine(folder, "link.sock"), "docker.sock");
        File.CreateSymbolicLink(folder + "-link", folder);
        return folder;
    }
}
