using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;

namespace Bulkhead.Security;

/// <summary>The programs of `bulkhead run`, exec and the monitor's checks: what of them is seen inside (E1), and what of the image they load (E35).</summary>
public sealed class WorkloadProgramTests
{
    /// <summary>A process inside catches the programs of execs, a person's and the monitor's, and opens them for writing.</summary>
    [Theory]
    [InlineData("", Tier.Hardened)]
    [InlineData("--as-root", Tier.Hardened)]
    [InlineData("--as-root --cap-add ALL --security-opt seccomp=unconfined", Tier.Hardened)]
    [InlineData("--privileged", Tier.Hardened)]
    [InlineData("", Tier.UserKernel)]
    [InlineData("--as-root --cap-add ALL --security-opt seccomp=unconfined", Tier.UserKernel)]
    [Trait("Probe", "E1.catch")]
    public void What_is_caught_behind_exe_cannot_be_written(string flags, Tier tier)
    {
        string[] before = Hashes();
        using var workload = new Workload([.. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--health-cmd", "true", "--health-interval", "20ms"]) { Tier = tier };
        workload.Begin("/probe", "--wait");
        using Process catcher = Host.Start("/usr/bin/env", "BULKHEAD_DATA=" + Host.Work + "/data", Host.Command, "exec", workload.Name, "/probe", "--exe", "catch", "4");
        Assert.Equal("ready", catcher.StandardOutput.ReadLine());

        for (int i = 0; i < 20; i++)
            workload.Exec("/bin/sh", "-c", "true").MustSucceed();
        string tally = ProgramTests.Tally(catcher, "caught ");

        TestContext.Current.SendDiagnosticMessage("E1.catch under run {0}: {1}", flags, tally);
        Assert.EndsWith("written 0 file none", tally, StringComparison.Ordinal);
        Assert.Equal(before, Hashes());
    }

    /// <summary>The library in the image's ld.so.preload, and by the environment of container, exec and caller: neither command nor monitor nor check loads it.</summary>
    [Theory]
    [InlineData("", Tier.Hardened)]
    [InlineData("--init", Tier.Hardened)]
    [InlineData("--as-root --writable", Tier.Hardened)]
    [InlineData("--privileged", Tier.Hardened)]
    [InlineData("", Tier.UserKernel)]
    [InlineData("--as-root --writable", Tier.UserKernel)]
    [Trait("Probe", "E35.preload")]
    public void No_process_of_the_host_loads_it(string flags, Tier tier)
    {
        (string library, string mark) = PreloadTests.Make($"run-preload{flags.Replace(' ', '-')}-{tier}");
        string variable = PreloadTests.Variable(library);
        using (var workload = new Workload([.. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--env", variable, "--env", "LD_LIBRARY_PATH=.", "--workdir", "/", "--restart", "always",
            "--health-cmd", "true", "--health-interval", "20ms"])
        { Tier = tier, Root = Path.GetDirectoryName(library)!, Wrapper = ["/usr/bin/env", variable] })
        {
            workload.Begin("/probe", "--wait");
            workload.Call("exec", "--env", variable, workload.Name, "/bin/sh", "-c", "true").MustSucceed();
            workload.Call("cp", workload.Name + ":/etc", "-").MustSucceed();
            workload.Call("restart", "-t", "0", workload.Name).MustSucceed();
            workload.Call("top", workload.Name).MustSucceed();
        }

        // The control: the two env before each command do.
        Assert.Equal(["/usr/bin/env"], File.ReadAllLines(mark).Distinct());
    }

    private static string[] Hashes() =>
        [.. new[] { "bulkhead", "bulkhead-monitor", "bulkhead-oci", "bulkhead-kernel" }.Select(name => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(Host.Root, "out", name)))))];
}
