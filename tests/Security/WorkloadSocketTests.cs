using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;

namespace Bulkhead.Security;

/// <summary>The socket of a container engine (E30) as a volume of `bulkhead run`.</summary>
public sealed class WorkloadSocketTests : IDisposable
{
    private const string Probe = "E30.socket";

    private static readonly string Root = Rootfs.Make("workload-socket"), Engine = Directory.CreateDirectory(Path.Combine(Host.Work, "workload-engine")).FullName;

    private readonly Socket engine = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public WorkloadSocketTests()
    {
        engine.Bind(new UnixDomainSocketEndPoint(Path.Combine(Engine, "docker.sock")));
        engine.Listen();
        File.CreateSymbolicLink(Path.Combine(Engine, "link.sock"), "docker.sock");
        File.CreateSymbolicLink(Engine + "-link", Engine);
    }

    public void Dispose()
    {
        engine.Dispose();
        File.Delete(Path.Combine(Engine, "docker.sock"));
        File.Delete(Path.Combine(Engine, "link.sock"));
        File.Delete(Engine + "-link");
    }

    public static TheoryData<string, Tier> Mounts() => new MatrixTheoryData<string, Tier>(
    [
        "--volume {engine}/docker.sock:/run/docker.sock", "--volume {engine}/docker.sock:/run/docker.sock:ro", "--volume {engine}/link.sock:/run/docker.sock", "--volume {engine}:/run",
        "--volume {engine}-link:/run", "--mount type=bind,src={engine}/../workload-engine/docker.sock,dst=/run/docker.sock", "--privileged --volume {engine}/docker.sock:/run/docker.sock",
    ], Ways.Tiers);

    [Theory]
    [MemberData(nameof(Mounts))]
    [Trait("Probe", "E30.socket")]
    public void Run_refuses_to_mount_it(string flags, Tier tier)
    {
        using var refused = new Workload(Words("--as-root " + flags)) { Tier = tier, Root = Root };
        using var allowed = new Workload(Words("--as-root " + flags)) { Tier = tier, Root = Root, Wrapper = SocketTests.Allowed };
        if (tier == Tier.UserKernel && flags.StartsWith("--privileged", StringComparison.Ordinal))
        {
            Assert.Contains("--privileged: not with --isolation userkernel", refused.Run("/probe", Probe).Errors, StringComparison.Ordinal);
            return;
        }

        Said said = refused.Run("/probe", Probe), control = allowed.Run("/probe", Probe);

        Assert.True(said.Status == 125 && said.All.Contains("refused by policy engine_sockets", StringComparison.Ordinal), said.ToString());
        Assert.DoesNotContain(Probe, said.Output, StringComparison.Ordinal);
        // A socket that is mounted read-only connects as well: it is no file that is written. To the user kernel it is a name that nobody of its own listens at.
        Assert.Contains(Probe + (tier == Tier.Hardened ? " open " : " refused ECONNREFUSED "), control.Output, StringComparison.Ordinal);
    }

    /// <summary>The source is a path of a volume in which a container swaps it for a link to the socket's folder.</summary>
    [Fact]
    [Trait("Probe", "E30.swap")]
    public void What_the_policy_looked_at_is_what_is_mounted()
    {
        Dictionary<string, int> ends = Swapped("run-policy", 100, []);

        Assert.False(ends.ContainsKey("open"), string.Join(", ", ends));
        Assert.True(ends.ContainsKey("denied") && ends.ContainsKey("not there"), "the race was not there: " + string.Join(", ", ends));
    }

    [Fact]
    [Trait("Probe", "E30.swap")]
    public void Without_the_policy_the_swapped_source_connects() => Assert.True(Swapped("run-no-policy", 20, SocketTests.Allowed).ContainsKey("open"));

    private static Dictionary<string, int> Swapped(string name, int rounds, string[] wrapper)
    {
        using var swap = new Swap(name, directory: true, Engine);
        var ends = new Dictionary<string, int>();
        for (int i = 0; i < rounds; i++)
        {
            using var workload = new Workload("--as-root", "--volume", swap.Point + ":/run") { Root = Root, Wrapper = wrapper };
            string end = SocketTests.End(workload.Run("/probe", Probe));
            ends[end] = ends.GetValueOrDefault(end) + 1;
        }
        TestContext.Current.SendDiagnosticMessage("E30.swap, {0}: {1}", name, string.Join(", ", ends));
        return ends;
    }

    private static string[] Words(string flags) => flags.Replace("{engine}", Engine, StringComparison.Ordinal).Split(' ');
}
