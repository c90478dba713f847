using System;
using System.IO;
using System.Threading;
using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>Docker's and podman's containers on a kernel of our own: the runtime by the name bulkhead-userkernel.</summary>
public abstract class UserKernelTests
{
    private const string Runtime = "bulkhead-userkernel";

    /// <summary>The engine's command line.</summary>
    protected abstract string[] CommandLine(params string[] args);

    /// <summary>Words that run or create a container with that runtime, up to the flags.</summary>
    protected abstract string[] New(string runtime, string verb);

    protected abstract Pty Terminal(params string[] args);

    private Outcome Do(params string[] args) => Command.Run(CommandLine(args));

    private Outcome Once(params string[] args) => Do([.. New(Runtime, "run"), "--rm", .. args]);

    private string Start(params string[] command) => Do([.. New(Runtime, "run"), "-d", BusyboxImage.Shell, .. command]).Ok();

    private void Remove(string id) => Do("rm", "-f", id).Ok();

    private string Inspect(string id, string template) => Do("inspect", "--format", template, id).Ok();

    [Theory]
    [InlineData(0, "/bin/true")]
    [InlineData(3, "/bin/sh", "-c", "exit 3")]
    [InlineData(126, "/etc/not-executable")]
    [InlineData(127, "/bin/missing")]
    [InlineData(137, "/bin/sh", "-c", "sh -c 'kill -9 $$'; exit $?")]
    public void ExitCodeIsPassedOn(int code, params string[] command) => Once([BusyboxImage.Shell, .. command]).Exits(code);

    [Fact]
    public void ItsKernelIsOurs()
    {
        Assert.EndsWith("-bulkhead", Once(BusyboxImage.Shell, "uname", "-r").Ok(), StringComparison.Ordinal);
        Assert.Equal("0 2 ship /etc b", Once("--hostname", "ship", "--workdir", "/etc", "--env", "A=b", BusyboxImage.Shell, "sh", "-c", "echo $(id -u) $(sed -n 's/^Seccomp:\\s*//p' /proc/self/status) $(hostname) $(pwd) $A").Ok());
        Assert.Equal("1000", Once("--user", "app", BusyboxImage.Shell, "id", "-u").Ok());
    }

    /// <summary>Networks other than loopback are not there: what a user sees.</summary>
    [Fact]
    public void ThereIsLoopbackAlone()
    {
        Outcome seen = Once(BusyboxImage.Shell, "sh", "-c", "ls /sys/class/net; nc -w 1 10.9.8.7 80; echo $?; (echo hi | nc -l -p 7000 127.0.0.1 &); sleep 0.3; nc 127.0.0.1 7000 </dev/null");
        Assert.Equal("lo\n1\nhi", seen.Ok());
        Assert.Contains("unreachable", seen.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void ExecEntersTheContainer()
    {
        string id = Start("sleep", "1000");
        Assert.EndsWith("-bulkhead", Do("exec", id, "uname", "-r").Ok(), StringComparison.Ordinal);
        Do("exec", id, "sh", "-c", "exit 9").Exits(9);
        Do("exec", id, "/bin/missing").Exits(127);
        Do("exec", id, "/etc/not-executable").Exits(126);
        Assert.Equal("1000\n/etc\nb", Do("exec", "--user", "app", "--workdir", "/etc", "--env", "A=b", id, "sh", "-c", "id -u; pwd; echo $A").Ok());
        Assert.Equal("100000", Command.Run(CommandLine("exec", "-i", id, "wc", "-c"), new string('x', 100_000), null).Ok());
        using (Pty terminal = Terminal(["exec", "-it", id, .. Window.Shell]))
            Window.Follow(terminal);
        Remove(id);
    }

    [Fact]
    public void TerminalOfRunFollowsItsWindow()
    {
        using Pty terminal = Terminal([.. New(Runtime, "run"), "--rm", "-it", BusyboxImage.Shell, .. Window.Shell]);
        Window.Follow(terminal);
    }

    [Fact]
    public void LogsStopAndKill()
    {
        string id = Start("sh", "-c", "echo out; echo err >&2; trap 'exit 4' TERM; while :; do sleep 0.05; done");
        Poll.Until("the lines", () => Do("logs", id) is { Out: "out\n", Err: "err\n" });
        string pid = Inspect(id, "{{.State.Pid}}");
        Do("restart", id).Ok();
        Assert.NotEqual(pid, Inspect(id, "{{.State.Pid}}"));
        Poll.Until("the lines again", () => Do("logs", id).Out == "out\nout\n");
        Do("stop", id).Ok();
        Assert.Equal("exited 4", Inspect(id, "{{.State.Status}} {{.State.ExitCode}}"));
        Do("start", id).Ok();
        Do("kill", "--signal", "KILL", id).Ok();
        Assert.Equal("137", Do("wait", id).Ok());
        Remove(id);
    }

    [Fact]
    public void PauseStopsTheClock()
    {
        string id = Start("sh", "-c", "while :; do echo tick; sleep 0.05; done");
        Poll.Until("a tick", () => Do("logs", id).Out.Length > 0);
        Do("pause", id).Ok();
        Assert.Equal("paused", Inspect(id, "{{.State.Status}}"));
        int before = Do("logs", id).Out.Length;
        Thread.Sleep(300); // six ticks that must not come
        Assert.Equal(before, Do("logs", id).Out.Length);
        Do("unpause", id).Ok();
        Poll.Until("a tick after the pause", () => Do("logs", id).Out.Length > before);
        Remove(id);
    }

    /// <summary>Limits and numbers are the sandbox's cgroup's, kernel included.</summary>
    [Fact]
    public void UpdateAndStatsSeeTheSandbox()
    {
        string id = Start("sleep", "1000");
        Do("update", "--memory", "48m", "--memory-swap", "96m", "--cpus", "0.25", id).Ok();
        string[] stats = Do("stats", "--no-stream", "--format", "{{.PIDs}} {{.MemUsage}}", id).Ok().Split(' ');
        Assert.InRange(int.Parse(stats[0], System.Globalization.CultureInfo.InvariantCulture), 3, 20);
        Assert.Equal("50331648", Do("exec", id, "cat", "/sys/fs/cgroup/memory.max").Ok());
        Assert.Contains("bulkhead-kernel", Do("top", id).Ok(), StringComparison.Ordinal);
        Remove(id);
    }

    [Fact]
    public void VolumesAreTheHostsFolders()
    {
        using var folder = new TempFolder();
        folder.Write("file", "from the host\n");
        const string Script = "cat /volume/file; touch /volume/x; cp /volume/file /data/made; touch /scratch/y && df -k /scratch | awk '$6 == \"/scratch\" { print $2 }'";
        string data = folder.Make("data");
        Outcome outcome = Once("--volume", folder.FullPath + ":/volume:ro", "--volume", data + ":/data", "--tmpfs", "/scratch:size=1m", BusyboxImage.Shell, "sh", "-c", Script);
        Assert.Equal("from the host\n1024", outcome.Ok());
        Assert.Contains("Read-only file system", outcome.Err, StringComparison.Ordinal);
        Assert.Equal("from the host\n", File.ReadAllText(data + "/made"));
    }

    [Fact]
    public void HealthChecksRunInside()
    {
        string id = Do([.. New(Runtime, "run"), "-d", "--health-cmd", "test -e /tmp/well", "--health-interval", "1s", "--health-retries", "1", BusyboxImage.Shell, "sleep", "1000"]).Ok();
        CheckHealth(id);
        Poll.Until("it to be ill", () => Inspect(id, "{{.State.Health.Status}}") == "unhealthy");
        Do("exec", id, "touch", "/tmp/well").Ok();
        CheckHealth(id);
        Poll.Until("it to be well", () => Inspect(id, "{{.State.Health.Status}}") == "healthy");
        Remove(id);
    }

    /// <summary>Where no timer of the engine's does: podman's are systemd's.</summary>
    protected virtual void CheckHealth(string id)
    {
    }

    /// <summary>What the tier has no answer for reaches the engine's user by name.</summary>
    [Theory]
    [InlineData("pid namespace", "--pid", "host")]
    [InlineData("ipc namespace", "--ipc", "host")]
    [InlineData("devices of the host", "--device", "/dev/null:/dev/mine")]
    [InlineData("kernel.shm_rmid_forced", "--sysctl", "kernel.shm_rmid_forced=1")]
    public void WhatCannotBeIsRefusedByName(string word, params string[] flags)
    {
        Outcome outcome = Once([.. flags, BusyboxImage.Shell, "true"]);
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains(word, outcome.Err, StringComparison.Ordinal);
    }
}

[Collection(nameof(PodmanGroup))]
public sealed class PodmanUserKernelTests(PodmanEngine podman) : UserKernelTests, IClassFixture<CleanAfter<PodmanEngine>>
{
    protected override string[] CommandLine(params string[] args) => ["env", .. podman.Environment, .. podman.CommandLine(args)];

    protected override string[] New(string runtime, string verb) => ["--runtime", runtime, .. podman.Container(verb)];

    protected override Pty Terminal(params string[] args) => podman.Terminal(40, 100, args);

    protected override void CheckHealth(string id) => podman.Run("healthcheck", "run", id);
}

[Collection(nameof(DockerGroup))]
public sealed class DockerUserKernelTests(DockerEngine docker) : UserKernelTests, IClassFixture<CleanAfter<DockerEngine>>
{
    protected override string[] CommandLine(params string[] args) => docker.CommandLine(args);

    protected override string[] New(string runtime, string verb) => [verb, "--runtime", runtime, "--network", "none"];

    protected override Pty Terminal(params string[] args) => docker.Terminal(40, 100, args);

    [Fact]
    public void TheHostsNetworkIsRefusedByName() =>
        Assert.Contains("network namespace", docker.Run("run", "--rm", "--runtime", "bulkhead-userkernel", "--network", "host", BusyboxImage.Shell, "true").Fails(), StringComparison.Ordinal);
}
