using System;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>What podman does with a container that runs.</summary>
[Collection(nameof(PodmanGroup))]
public sealed class PodmanLifeTests(PodmanEngine podman) : IClassFixture<CleanAfter<PodmanEngine>>
{
    [Fact]
    public void ExecEntersTheContainer()
    {
        string id = Start("sleep", "1000");
        Assert.Equal("7", podman.Run("exec", id, "sh", "-c", "echo 7").Ok());
        podman.Run("exec", id, "sh", "-c", "exit 9").Exits(9);
        podman.Run("exec", id, "/bin/missing").Exits(127);
        podman.Run("exec", id, "/etc/not-executable").Exits(126);
        string output = podman.Run("exec", "--user", "app", "--workdir", "/etc", "--env", "A=b", id, "sh", "-c", "id -u; pwd; echo $A; grep Seccomp: /proc/self/status; grep CapEff /proc/self/status").Ok();
        Assert.Equal($"1000\n/etc\nb\nSeccomp:\t2\nCapEff:\t{Capability.None}", output);
        string namespaces = "for n in pid ipc uts net mnt cgroup; do readlink /proc/self/ns/$n; readlink /proc/1/ns/$n; done; cat /proc/self/cgroup /proc/1/cgroup";
        string[] lines = podman.Run("exec", id, "sh", "-c", namespaces).Ok().Split('\n');
        Assert.All(lines[..12].Chunk(2), pair => Assert.Equal(pair[0], pair[1]));
        string[] cgroups = lines[12..];
        Assert.Equal(cgroups[..(cgroups.Length / 2)], cgroups[(cgroups.Length / 2)..]);
        Assert.Equal("", podman.Run("exec", id, "cat").Ok());
        Remove(id);
    }

    [Fact]
    public void TerminalOfRunFollowsItsWindow()
    {
        using Pty terminal = podman.Terminal(40, 100, podman.Container("run", ["--rm", "-it", BusyboxImage.Shell, .. Window.Shell]));
        Window.Follow(terminal);
    }

    [Fact]
    public void TerminalOfExecFollowsItsWindow()
    {
        string id = Start("sleep", "1000");
        using (Pty terminal = podman.Terminal(40, 100, ["exec", "-it", id, .. Window.Shell]))
        {
            Window.Follow(terminal);
        }

        Remove(id);
    }

    [Fact]
    public void LogsAndExitCodeAreKept()
    {
        string id = Start("sh", "-c", "echo out; echo err >&2; exit 5");
        Assert.Equal("5", podman.Run("wait", id).Ok());
        Outcome logs = podman.Run("logs", id);
        Assert.Equal("out\n", logs.Out);
        Assert.Equal("err\n", logs.Err);
        Assert.Equal("exited 5", podman.Inspect(id, "{{.State.Status}} {{.State.ExitCode}}"));
        Remove(id);
    }

    [Fact]
    public void PauseStopsTheClock()
    {
        string id = Start("sh", "-c", "while :; do echo tick; sleep 0.05; done");
        Poll.Until("a tick", () => Ticks(id) > 0);
        podman.Run("pause", id).Ok();
        Assert.Equal("paused", podman.Inspect(id, "{{.State.Status}}"));
        int before = Ticks(id);
        System.Threading.Thread.Sleep(300);
        Assert.Equal(before, Ticks(id));
        podman.Run("unpause", id).Ok();
        Poll.Until("a tick after the pause", () => Ticks(id) > before);
        Remove(id);
    }

    [Fact]
    public void UpdateStatsAndTopSeeTheSameContainer()
    {
        string id = Start("sleep", "1000");
        podman.Run("update", "--memory", "48m", "--cpus", "0.25", id).Ok();
        string[] limits = podman.Run("exec", id, "sh", "-c", Inside.Probe).Ok().Split('\n');
        Assert.Contains("memory=50331648", limits);
        Assert.Contains("quota=25000", limits);
        Assert.Matches("^1 [0-9.]+(KiB|MiB) / ", podman.Run("stats", "--no-stream", "--format", "{{.PIDs}} {{.MemUsageBytes}}", id).Ok());
        Assert.Contains("sleep 1000", podman.Run("top", id, "args").Ok());
        Remove(id);
    }

    [Fact]
    public void RestartAndStopKeepTheContainer()
    {
        string id = Start("sh", "-c", "echo started; trap 'exit 4' TERM; while :; do sleep 0.05; done");
        Poll.Until("the first start", () => podman.Run("logs", id).Out.Length > 0);
        string pid = podman.Inspect(id, "{{.State.Pid}}");
        podman.Run("restart", id).Ok();
        Assert.NotEqual(pid, podman.Inspect(id, "{{.State.Pid}}"));
        Poll.Until("the second start", () => podman.Run("logs", id).Out == "started\nstarted\n");
        podman.Run("stop", id).Ok();
        Assert.Equal("exited 4", podman.Inspect(id, "{{.State.Status}} {{.State.ExitCode}}"));
        Remove(id);
    }

    [Fact]
    public void KilledInitIsSeen()
    {
        string id = Start("sleep", "1000");
        Assert.True(Linux.Kill(int.Parse(podman.Inspect(id, "{{.State.Pid}}"), CultureInfo.InvariantCulture), Linux.SIGKILL));
        Assert.Equal("137", podman.Run("wait", id).Ok());
        Assert.Equal("exited 137", podman.Inspect(id, "{{.State.Status}} {{.State.ExitCode}}"));
        podman.Run("start", id).Ok();
        Assert.Equal("running", podman.Inspect(id, "{{.State.Status}}"));
        podman.Run("kill", "--signal", "KILL", id).Ok();
        Assert.Equal("137", podman.Run("wait", id).Ok());
        Remove(id);
    }

    [Fact]
    public void CheckpointIsRefusedByName()
    {
        string id = Start("sleep", "1000");

        // podman itself wants CRIU and, where that is there, asks the runtime whether it can.
        Assert.Contains("checkpoint", podman.Run("container", "checkpoint", id).Fails(), StringComparison.OrdinalIgnoreCase);
        string runtime = Command.Run(Repository.Runtime, "checkpoint", "--image-path", "/nonexistent", id).Fails();
        if (!Repository.RuntimeIsRunc)
        {
            Assert.Contains("not supported", runtime);
        }

        Assert.Equal("running", podman.Inspect(id, "{{.State.Status}}"));
        Remove(id);
    }

    [Fact]
    public void TwentyContainersAtOnce()
    {
        string[] ids = new string[20];
        Parallel.For(0, ids.Length, i => ids[i] = Start("sh", "-c", $"echo {i}; exec sleep 1000"));
        Assert.Equal(ids.Length, podman.Run("ps", "-q", "--no-trunc").Ok().Split('\n').Intersect(ids).Count());
        for (int i = 0; i < ids.Length; i++)
        {
            Assert.Equal($"{i}\n", podman.Run("logs", ids[i]).Out);
        }

        podman.Run(["rm", "-f", "-t", "0", .. ids]).Ok();
    }

    private string Start(params string[] command) => podman.Run(podman.Container("run", ["-d", BusyboxImage.Shell, .. command])).Ok();

    private void Remove(string id) => podman.Run("rm", "-f", "-t", "0", id).Ok();

    private int Ticks(string id) => podman.Run("logs", id).Out.Length;
}
