using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>The runtime's own descriptors as a working directory (E2) and its program behind /proc/PID/exe (E1).</summary>
public sealed class ProgramTests
{
    public static TheoryData<int, Tier> Descriptors()
    {
        var data = new TheoryData<int, Tier>();
        foreach (int fd in Enumerable.Range(3, 28))
            data.Add(fd, Tier.Hardened);
        // The user kernel passes on none at all.
        foreach (int fd in new[] { 3, 4, 9 })
            data.Add(fd, Tier.UserKernel);
        return data;
    }

    /// <summary>CVE-2024-21626: a descriptor of a host directory that is open in the runtime must not become the working directory.</summary>
    [Theory]
    [MemberData(nameof(Descriptors))]
    [Trait("Probe", "E2.cwd")]
    public void No_descriptor_becomes_the_working_directory(int fd, Tier tier)
    {
        string link = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}");
        JsonObject config = Config.Profile("/bin/sh", "-c", "ls -a .; sleep 1000");
        config["process"]!["cwd"] = link;
        using var container = new Container(config) { Tier = tier, Wrapper = WithDirectory(fd) };
        Said init = container.Create();

        using var other = new Container(Config.Profile("/probe", "--wait")) { Tier = tier, Wrapper = WithDirectory(fd) };
        other.Begin();
        Said exec = other.ExecWith(["--cwd", link], "/bin/sh", "-c", "ls -a .");

        Assert.True(init.Status != 0 && init.All.Contains("directory", StringComparison.Ordinal), init.ToString());
        Assert.True(exec.Status != 0 && exec.All.Contains("directory", StringComparison.Ordinal), exec.ToString());
    }

    /// <summary>CVE-2019-5736: the container's program is the runtime's, by its name in /proc.</summary>
    [Theory]
    [InlineData("/trap", Tier.Hardened)]
    [InlineData("/proc/self/exe", Tier.Hardened)]
    [InlineData("/trap", Tier.UserKernel)]
    [InlineData("/proc/self/exe", Tier.UserKernel)]
    [Trait("Probe", "E1.self_exe")]
    public void Proc_self_exe_is_never_the_runtime(string program, Tier tier)
    {
        string hash = RuntimeHash(), root = Rootfs.Make($"self-exe-{program.Replace('/', '-')}-{tier}");
        File.WriteAllText(Path.Combine(root, "trap"), "#!/proc/self/exe\n");
        Host.Run("/bin/chmod", "755", Path.Combine(root, "trap")).MustSucceed();

        Said init = Run(tier, root, program);
        using var container = new Container(WithRoot(Config.Profile("/probe", "--wait"), root)) { Tier = tier };
        container.Begin();
        Said exec = container.Exec(program);

        // Whatever runs is no runtime: that one prints its usage and ends with 1, and knows its own version.
        Assert.NotEqual(0, init.Status);
        Assert.NotEqual(0, exec.Status);
        Assert.DoesNotContain("bulkhead-oci version", init.All + exec.All, StringComparison.Ordinal);
        Assert.Equal(hash, RuntimeHash());
    }

    /// <summary>A process inside catches the program of each exec and opens it for writing; all it gets is the sealed stub.</summary>
    [Theory]
    [InlineData(false, Tier.Hardened)]
    [InlineData(true, Tier.Hardened)]
    [InlineData(true, Tier.UserKernel)]
    [Trait("Probe", "E1.catch")]
    public void What_is_caught_behind_exe_cannot_be_written(bool everyCapability, Tier tier)
    {
        string hash = RuntimeHash();
        using var container = new Container(Config.Profile("/probe", "--wait").Without(everyCapability ? Layers.Capabilities | Layers.Seccomp : Layers.None)) { Tier = tier };
        container.Begin();
        using Process catcher = Host.Start(Host.Runtime, "--root", Path.Combine(Host.Work, "state"), "exec", container.Id, "/probe", "--exe", "catch", "4");
        Assert.Equal("ready", catcher.StandardOutput.ReadLine());

        for (int i = 0; i < 40; i++)
            container.Exec("/bin/sh", "-c", "true").MustSucceed();
        string without = Tally(catcher, "caught ");

        TestContext.Current.SendDiagnosticMessage("E1.catch, every capability {0}: {1}", everyCapability, without);
        Assert.EndsWith("written 0 file none", without, StringComparison.Ordinal);
        Assert.Equal(hash, RuntimeHash());
    }

    /// <summary>The control: the same catcher does write a program that nobody sealed.</summary>
    [Fact]
    [Trait("Probe", "E1.catch")]
    public void An_unsealed_program_is_caught_and_written()
    {
        using var container = new Container(Config.Profile("/probe", "--wait").Without(Layers.Capabilities | Layers.Seccomp));
        container.Begin();

        Said said = container.Exec("/bin/sh", "-c", "/probe --exe catch 6 & busybox sleep 1; for i in 1 2 3 4 5 6 7 8 9 10; do /probe --exe victim; busybox sleep 0.2; done; wait").MustSucceed();

        Assert.Contains("caught ", said.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("written 0", said.Output, StringComparison.Ordinal);
    }

    internal static string Tally(Process catcher, string start)
    {
        string? line = catcher.StandardOutput.ReadLine();
        catcher.WaitForExit();
        Assert.StartsWith(start, line ?? catcher.StandardError.ReadToEnd(), StringComparison.Ordinal);
        return line!;
    }

    private static string[] WithDirectory(int fd) =>
        [Host.Probe, "--tool", "with-directory", fd.ToString(CultureInfo.InvariantCulture), Host.Work];

    private static JsonObject WithRoot(JsonObject config, string root)
    {
        config["root"]!["path"] = root;
        return config;
    }

    private static Said Run(Tier tier, string root, params string[] command)
    {
        using var container = new Container(WithRoot(Config.Profile(command), root)) { Tier = tier };
        return container.Run();
    }

    private static string RuntimeHash() => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Host.Runtime)));
}
