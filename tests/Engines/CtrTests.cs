using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>containerd's own client: its daemon, runc's shim, our runtime.</summary>
[Collection(nameof(ContainerdGroup))]
public sealed class CtrTests(ContainerdEngine containerd) : IClassFixture<CleanAfter<ContainerdEngine>>
{
    private const string Ticker = "while :; do echo tick; sleep 0.1; done";

    [Fact]
    public void ExitCodeIsPassedOn()
    {
        containerd.RunContainer([], "zero", "/bin/true").Exits(0);
        containerd.RunContainer([], "three", "/bin/sh", "-c", "exit 3").Exits(3);
        string missing = containerd.RunContainer([], "missing", "/bin/missing").Fails();
        Assert.Contains("no such file or directory", missing);
        Assert.Contains("permission denied", containerd.RunContainer([], "text", "/etc/not-executable").Fails());
    }

    [Fact]
    public void DefaultsAreConfined()
    {
        Dictionary<string, string> inside = Inside.Read(containerd.RunContainer(["--seccomp"], "defaults", "sh", "-c", Inside.Probe).Ok());
        Assert.Equal("0", inside["uid"]);
        Assert.Equal("2", inside["seccomp"]);
        Assert.Equal("1", inside["nnp"]);
        Assert.Equal(Capability.Default, inside["capeff"]);
        Assert.Equal("1024:1024", inside["nofile"]);
    }

    [Fact]
    public void EveryLimitArrives()
    {
        using var volume = new TempFolder();
        volume.Write("file", "from the host\n");
        string[] flags =
        [
            "--read-only", "--memory-limit", "67108864", "--cpus", "0.5", "--cap-drop", "CAP_MKNOD", "--cap-add", "CAP_SYS_PTRACE", "--env", "COLOUR=red", "--cwd", "/etc",
            "--mount", $"type=bind,src={volume.FullPath},dst=/tmp,options=rbind:ro", "--allow-new-privs",
        ];
        Dictionary<string, string> inside = Inside.Read(containerd.RunContainer(flags, "limits", "sh", "-c", Inside.Probe + """

            echo "cgroup=$(sed -n 's/.*[:]memory:\|^0:://p' /proc/self/cgroup | head -n1)"; echo "volume=$(cat /tmp/file)"; echo "write=$(touch /tmp/x 2>&1)"; echo "env=$COLOUR"
            """).Ok());
        Assert.StartsWith("ro", inside["root"]);
        Assert.Equal("00000000a00c25fb", inside["capeff"]);
        Assert.Equal("0", inside["nnp"]);
        Assert.Equal("0", inside["seccomp"]);
        Assert.Equal("/etc", inside["cwd"]);
        Assert.Equal("red", inside["env"]);
        Assert.Equal("from the host", inside["volume"]);
        Assert.Contains("Read-only file system", inside["write"]);
        Assert.Equal($"/{containerd.Namespace}/limits", inside["cgroup"]);
    }

    [Fact]
    public void LimitsAreTheCgroups()
    {
        Start("limited", ["--memory-limit", "67108864", "--cpus", "0.5"], "sleep", "1000");
        using JsonDocument metrics = JsonDocument.Parse(containerd.Run("tasks", "metrics", "--format", "json", "limited").Ok());
        JsonElement memory = metrics.RootElement.GetProperty("memory");
        ulong limit = memory.TryGetProperty("usage_limit", out JsonElement v2) ? v2.GetUInt64() : memory.GetProperty("usage").GetProperty("limit").GetUInt64();
        Assert.Equal(67108864UL, limit);
        Assert.Equal(1UL, metrics.RootElement.GetProperty("pids").GetProperty("current").GetUInt64());
        Remove("limited");
    }

    [Fact]
    public void UserNamespaceMapsIds()
    {
        // ctr gives the snapshot's owner to the mapped root only with --remap-labels and a snapshotter that can; reading is enough here.
        string output = containerd.RunContainer(
            ["--uidmap", "0:200000:65536", "--gidmap", "0:300000:65536"], "userns", "sh", "-c", "awk '{ print $1, $2, $3 }' /proc/self/uid_map /proc/self/gid_map; id -u").Ok();
        Assert.Equal("0 200000 65536\n0 300000 65536\n0", output);
    }

    [Fact]
    public void ExecEntersTheContainer()
    {
        Start("exec", ["--seccomp"], "sleep", "1000");
        Outcome inside = containerd.Exec("e1", ["--user", "1000", "--cwd", "/etc"], "exec", "sh", "-c", "id -u; pwd; grep Seccomp: /proc/self/status; echo err >&2; sleep 0.5; exit 9");
        inside.Exits(9);

        // The shim copies the two streams into one file, each when it comes, and stops copying soon after the end: hence the sleep.
        Assert.Equal("1000\n/etc\nSeccomp:\t2\n", inside.Out.Replace("err\n", "", StringComparison.Ordinal));
        Assert.Contains("err\n", inside.Out);
        Assert.Contains("no such file or directory", containerd.Run("tasks", "exec", "--exec-id", "e2", "exec", "/bin/missing").Fails());
        using (Pty terminal = containerd.Terminal(40, 100, ["tasks", "exec", "-t", "--exec-id", "e3", "exec", .. Window.Shell]))
        {
            Window.Follow(terminal);
        }

        Remove("exec");
    }

    [Fact]
    public void TerminalOfRunFollowsItsWindow()
    {
        using Pty terminal = containerd.Terminal(40, 100, ContainerdEngine.Container(["--rm", "-t"], "terminal", Window.Shell));
        Window.Follow(terminal);
    }

    [Fact]
    public void PauseStopsTheClock()
    {
        using var log = new TempFolder();
        Start("paused", ["--log-uri", "file://" + log["log"]], "sh", "-c", Ticker);
        Poll.Until("a tick", () => new FileInfo(log["log"]).Length > 0);
        containerd.Run("tasks", "pause", "paused").Ok();
        Assert.EndsWith("PAUSED", Task("paused"));
        long before = new FileInfo(log["log"]).Length;
        Thread.Sleep(300);
        Assert.Equal(before, new FileInfo(log["log"]).Length);
        containerd.Run("tasks", "resume", "paused").Ok();
        Poll.Until("a tick after the pause", () => new FileInfo(log["log"]).Length > before);
        Remove("paused");
    }

    [Fact]
    public void ListPsKillAndDelete()
    {
        Start("killed", [], "sh", "-c", "sleep 1000 & wait");
        string pid = Pid("killed");
        Poll.Until("both processes", () => containerd.Run("tasks", "ps", "killed").Ok().Split('\n').Length == 3);
        Assert.Contains(pid, containerd.Run("tasks", "ps", "killed").Ok());
        containerd.Run("tasks", "delete", "killed").Fails();
        containerd.Run("tasks", "kill", "--all", "--signal", "SIGKILL", "killed").Ok();
        Poll.Until("the death", () => Task("killed").EndsWith("STOPPED", StringComparison.Ordinal));
        Assert.Contains("exit code 137", containerd.Run("tasks", "delete", "killed").Err);
        containerd.Run("containers", "rm", "killed").Ok();
        Assert.Contains("not found", containerd.Run("tasks", "kill", "killed").Fails());
    }

    [Fact]
    public void KilledInitIsSeen()
    {
        Start("dead", [], "sleep", "1000");
        Assert.True(Linux.Kill(int.Parse(Pid("dead"), CultureInfo.InvariantCulture), Linux.SIGKILL));
        Poll.Until("the death", () => Task("dead").EndsWith("STOPPED", StringComparison.Ordinal));
        Remove("dead");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ContainersOutliveTheDaemon(bool crash)
    {
        string id = "outlives" + crash;
        using var log = new TempFolder();
        Start(id, ["--log-uri", "file://" + log["log"]], "sh", "-c", Ticker);
        string before = Task(id);
        containerd.Restart(crash);
        Assert.Equal(before, Task(id));
        Assert.Equal("entered", containerd.Exec("again", [], id, "echo", "entered").Ok());
        long ticks = new FileInfo(log["log"]).Length;
        Poll.Until("more of its log", () => new FileInfo(log["log"]).Length > ticks);
        containerd.Run("tasks", "pause", id).Ok();
        containerd.Run("tasks", "resume", id).Ok();
        Remove(id);
    }

    [Fact]
    public void CheckpointIsRefused()
    {
        Start("checkpoint", [], "sleep", "1000");
        containerd.Run("tasks", "checkpoint", "checkpoint").Fails();
        Assert.EndsWith("RUNNING", Task("checkpoint"));
        Remove("checkpoint");
    }

    [Fact]
    public void TwentyContainersAtOnce()
    {
        Parallel.For(0, 20, i => Start($"many{i}", [], "sleep", "1000"));
        Assert.Equal(20, containerd.Run("tasks", "ls").Ok().Split('\n').Count(l => l.StartsWith("many", StringComparison.Ordinal) && l.TrimEnd().EndsWith("RUNNING", StringComparison.Ordinal)));
        Parallel.For(0, 20, i => Remove($"many{i}"));
    }

    private void Start(string id, string[] flags, params string[] command) => containerd.Run(ContainerdEngine.Container(["-d", .. flags], id, command)).Ok();

    private void Remove(string id)
    {
        // --force kills; its exit code is then the task's.
        containerd.Run("tasks", "delete", "--force", id);
        containerd.Run("containers", "rm", id).Ok();
    }

    private string Task(string id) => containerd.Run("tasks", "ls").Ok().Split('\n').First(l => l.StartsWith(id + " ", StringComparison.Ordinal)).TrimEnd();

    private string Pid(string id) => Task(id).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
}
