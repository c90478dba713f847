using System;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>What docker does with a container that runs.</summary>
[Collection(nameof(DockerGroup))]
public sealed class DockerLifeTests(DockerEngine docker) : IClassFixture<CleanAfter<DockerEngine>>
{
    // The shim loses the event if it comes before the shim watches or when the container ends with it.
    private const string OutOfMemory = "sleep 0.5; tail /dev/zero; code=$?; sleep 0.5; exit $code";

    [Fact]
    public void ExecEntersTheContainer()
    {
        string id = Start("sleep", "1000");
        docker.Run("exec", id, "sh", "-c", "exit 9").Exits(9);

        // docker 20.10 says 126 of every exec that the runtime refuses, later versions 127 of a missing program.
        string missing = docker.Run("exec", id, "missing-from-path").Fails();
        Assert.Contains("executable file not found in $PATH", missing);
        docker.Run("exec", id, "/etc/not-executable").Exits(126);
        string output = docker.Run("exec", "--user", "app", "--workdir", "/etc", "--env", "A=b", id, "sh", "-c", "id -u; pwd; echo $A; grep Seccomp: /proc/self/status; grep CapEff /proc/self/status").Ok();
        Assert.Equal($"1000\n/etc\nb\nSeccomp:\t2\nCapEff:\t{Capability.None}", output);
        Assert.EndsWith(Capability.Default, docker.Run("exec", id, "grep", "CapEff", "/proc/self/status").Ok());
        string[] lines = docker.Run("exec", id, "sh", "-c", "for n in pid ipc uts net mnt cgroup; do readlink /proc/self/ns/$n; readlink /proc/1/ns/$n; done; cat /proc/self/cgroup /proc/1/cgroup").Ok().Split('\n');
        Assert.All(lines[..12].Chunk(2), pair => Assert.Equal(pair[0], pair[1]));
        string[] cgroups = lines[12..];
        Assert.Equal(cgroups[..(cgroups.Length / 2)], cgroups[(cgroups.Length / 2)..]);
        string input = Command.Run(docker.CommandLine("exec", "-i", id, "wc", "-c"), new string('x', 100_000), null).Ok();
        Assert.Equal("100000", input);
        Remove(id);
    }

    [Fact]
    public void TerminalOfRunFollowsItsWindow()
    {
        using Pty terminal = docker.Terminal(40, 100, ["run", "--rm", "-it", "--network", "none", BusyboxImage.Shell, .. Window.Shell]);
        Window.Follow(terminal);
    }

    [Fact]
    public void TerminalOfExecFollowsItsWindow()
    {
        string id = Start("sleep", "1000");
        using (Pty terminal = docker.Terminal(40, 100, ["exec", "-it", id, .. Window.Shell]))
        {
            Window.Follow(terminal);
        }

        Remove(id);
    }

    [Fact]
    public void LogsAndExitCodeAreKept()
    {
        string id = Start("sh", "-c", "echo out; echo err >&2; exit 5");
        Assert.Equal("5", docker.Run("wait", id).Ok());
        Outcome logs = docker.Run("logs", id);
        Assert.Equal("out\n", logs.Out);
        Assert.Equal("err\n", logs.Err);
        Assert.Equal("exited 5 false", docker.Inspect(id, "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}"));
        Remove(id);
    }

    [Fact]
    public void PauseStopsTheClock()
    {
        string id = Start("sh", "-c", "while :; do echo tick; sleep 0.05; done");
        Poll.Until("a tick", () => docker.Run("logs", id).Out.Length > 0);
        docker.Run("pause", id).Ok();
        Assert.Equal("paused", docker.Inspect(id, "{{.State.Status}}"));
        int before = docker.Run("logs", id).Out.Length;
        Thread.Sleep(300);
        Assert.Equal(before, docker.Run("logs", id).Out.Length);
        docker.Run("unpause", id).Ok();
        Poll.Until("a tick after the pause", () => docker.Run("logs", id).Out.Length > before);
        Remove(id);
    }

    [Fact]
    public void UpdateStatsAndTopSeeTheSameContainer()
    {
        string id = Start("sleep", "1000");
        docker.Run("update", "--memory", "48m", "--memory-swap", "96m", "--cpus", "0.25", "--pids-limit", "77", id).Ok();
        string[] limits = docker.Run("exec", id, "sh", "-c", Inside.Probe).Ok().Split('\n');
        Assert.Contains("memory=50331648", limits);
        Assert.Contains("quota=25000", limits);
        Assert.Contains("pids=77", limits);
        string stats = docker.Run("stats", "--no-stream", "--format", "{{.PIDs}} {{.MemUsage}}", id).Ok();
        Assert.StartsWith("1 ", stats);
        Assert.EndsWith("48MiB", stats);
        Assert.Contains("sleep 1000", docker.Run("top", id).Ok());
        Remove(id);
    }

    [Fact]
    public void RestartAndStopKeepTheContainer()
    {
        string id = Start("sh", "-c", "echo started; trap 'exit 4' TERM; while :; do sleep 0.05; done");
        Poll.Until("the first start", () => docker.Run("logs", id).Out.Length > 0);
        string pid = docker.Inspect(id, "{{.State.Pid}}");
        docker.Run("restart", id).Ok();
        Assert.NotEqual(pid, docker.Inspect(id, "{{.State.Pid}}"));
        Poll.Until("the second start", () => docker.Run("logs", id).Out == "started\nstarted\n");
        docker.Run("stop", id).Ok();
        Assert.Equal("exited 4", docker.Inspect(id, "{{.State.Status}} {{.State.ExitCode}}"));
        Remove(id);
    }

    [Fact]
    public void KilledInitIsSeen()
    {
        string id = Start("sleep", "1000");
        Assert.True(Linux.Kill(int.Parse(docker.Inspect(id, "{{.State.Pid}}"), CultureInfo.InvariantCulture), Linux.SIGKILL));
        Assert.Equal("137", docker.Run("wait", id).Ok());
        docker.Run("start", id).Ok();
        docker.Run("kill", "--signal", "KILL", id).Ok();
        Assert.Equal("137", docker.Run("wait", id).Ok());
        Remove(id);
    }

    [Fact]
    public void RestartPolicyStartsAgain()
    {
        string id = docker.Run("run", "-d", "--network", "none", "--restart", "on-failure:2", BusyboxImage.Shell, "sh", "-c", "echo started; exit 1").Ok();
        Poll.Until("the last start", () => docker.Inspect(id, "{{.RestartCount}} {{.State.Status}}") == "2 exited");
        Assert.Equal("started\nstarted\nstarted\n", docker.Run("logs", id).Out);
        Remove(id);
    }

    [Fact]
    public void HealthCheckRunsInside()
    {
        string[] health = ["--health-cmd", "test -f /tmp/healthy", "--health-interval", "200ms", "--health-retries", "1"];
        string id = docker.Run(["run", "-d", "--network", "none", .. health, BusyboxImage.Shell, "sleep", "1000"]).Ok();
        Poll.Until("unhealthy", () => docker.Inspect(id, "{{.State.Health.Status}}") == "unhealthy");
        docker.Run("exec", id, "touch", "/tmp/healthy").Ok();
        Poll.Until("healthy", () => docker.Inspect(id, "{{.State.Health.Status}}") == "healthy");
        Remove(id);
    }

    [Fact]
    public void OutOfMemoryIsReported()
    {
        string id = docker.Run("run", "-d", "--network", "none", "--memory", "16m", "--memory-swap", "16m", BusyboxImage.Shell, "sh", "-c", OutOfMemory).Ok();
        Assert.Equal("137", docker.Run("wait", id).Ok());
        Poll.Until("the event", () => docker.Inspect(id, "{{.State.OOMKilled}}") == "true");
        Remove(id);
    }

    [Fact]
    public void FilesAreCopiedInAndOut()
    {
        using var folder = new TempFolder();
        folder.Write("in", "copied");
        string id = Start("sleep", "1000");
        docker.Run("cp", folder["in"], id + ":/tmp/file").Ok();
        Assert.Equal("copied", docker.Run("exec", id, "cat", "/tmp/file").Ok());
        docker.Run("cp", id + ":/tmp/file", folder["out"]).Ok();
        Assert.Equal("copied", System.IO.File.ReadAllText(folder["out"]));
        Remove(id);
    }

    [Fact]
    public void TwentyContainersAtOnce()
    {
        string[] ids = new string[20];
        Parallel.For(0, ids.Length, i => ids[i] = Start("sh", "-c", $"echo {i}; exec sleep 1000"));
        Assert.Equal(ids.Length, docker.Run("ps", "-q", "--no-trunc").Ok().Split('\n').Intersect(ids).Count());
        for (int i = 0; i < ids.Length; i++)
        {
            Assert.Equal($"{i}\n", docker.Run("logs", ids[i]).Out);
        }

        docker.Run(["rm", "-f", .. ids]).Ok();
    }

    private string Start(params string[] command) => docker.Run(["run", "-d", "--network", "none", BusyboxImage.Shell, .. command]).Ok();

    private void Remove(string id) => docker.Run("rm", "-f", id).Ok();
}
