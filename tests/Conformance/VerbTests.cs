using System;
using System.IO;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>Every verb: what it does, what it prints, how it ends.</summary>
public class VerbTests(RootFs root) : IClassFixture<RootFs>
{
    private const string Sleep = "trap 'exit 7' TERM; while :; do sleep 0.1; done";

    [Fact]
    public void ALifeFromCreateToDelete()
    {
        using var bundle = new Bundle(root, Sleep, """{"annotations":{"a.b":"c"}}""");
        bundle.Create("--pid-file", bundle["pid"]).Ok();
        JsonObject state = bundle.State();
        Assert.Equal("created", (string)state["status"]!);
        Assert.Equal(bundle.Id, (string)state["id"]!);
        Assert.Equal(bundle.Path, (string)state["bundle"]!);
        Assert.Equal(root.Path, (string)state["rootfs"]!);
        Assert.Equal("c", (string)state["annotations"]!["a.b"]!);
        Assert.Equal("root", (string)state["owner"]!);
        Assert.Equal(File.ReadAllText(bundle["pid"]), bundle.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(DateTimeOffset.TryParse((string)state["created"]!, System.Globalization.CultureInfo.InvariantCulture, out _));
        bundle.Start().Ok();
        Assert.Equal("running", bundle.Status);
        bundle.Start().Exits(1);
        Assert.Contains("not stopped", bundle.Run("delete", bundle.Id).Exits(1), StringComparison.Ordinal);
        bundle.Run("kill", bundle.Id, "KILL").Ok();
        bundle.WaitStopped();
        Assert.Contains("container not running", bundle.Run("kill", bundle.Id).Exits(1), StringComparison.Ordinal);
        bundle.Run("delete", bundle.Id).Ok();
        Assert.Contains("does not exist", bundle.Run("state", bundle.Id).Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void NoProcessOfTheRuntimeStaysAfterCreateAndStart()
    {
        using var bundle = new Bundle(root, Sleep);
        bundle.Create().Ok();
        Assert.Empty(ProcessesThatName(bundle.Id));
        bundle.Start().Ok();
        Assert.Empty(ProcessesThatName(bundle.Id));
        // The look itself: a process with the id on its command line is found.
        using var seen = System.Diagnostics.Process.Start("/bin/sh", ["-c", "sleep 60; :", bundle.Id]);
        Assert.Equal([seen.Id], ProcessesThatName(bundle.Id));
        seen.Kill(entireProcessTree: true);
        seen.WaitForExit();
    }

    /// <summary>The runtime has the id of its container on its command line, whatever it does.</summary>
    private static int[] ProcessesThatName(string id)
    {
        var found = new System.Collections.Generic.List<int>();
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out int pid))
                continue;
            try
            {
                if (File.ReadAllText(folder + "/cmdline").Contains(id, StringComparison.Ordinal))
                    found.Add(pid);
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }
        return found.ToArray();
    }

    [Theory]
    [InlineData("state")]
    [InlineData("start")]
    [InlineData("kill")]
    [InlineData("delete")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("ps")]
    [InlineData("update")]
    [InlineData("events")]
    public void AMissingContainerIsAnError(string verb)
    {
        using var bundle = new Bundle(root, "true");
        Assert.Contains("does not exist", bundle.Run(verb, "nobody").Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void DeleteByForceOfAMissingOneSucceeds()
    {
        using var bundle = new Bundle(root, "true");
        bundle.Run("delete", "--force", "nobody").Ok();
    }

    [Fact]
    public void AnIdIsTakenOnce()
    {
        using var bundle = new Bundle(root, Sleep);
        bundle.Create().Ok();
        bundle.Create().Exits(1);
        Assert.Equal("created", bundle.Status);
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 3", 3)]
    [InlineData("kill -9 $$; sleep 1; kill -9 0; exit 1", 1)]
    public void RunEndsAsItsProgram(string script, int status)
    {
        // Pid 1 of a pid namespace is not killed by its own signals: the third script goes on to its exit.
        using var bundle = new Bundle(root, script);
        bundle.RunToEnd().Exits(status);
        Assert.Contains("does not exist", bundle.Run("state", bundle.Id).Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void KeepLeavesTheContainerAfterRun()
    {
        using var bundle = new Bundle(root, "true");
        bundle.RunToEnd("--keep").Ok();
        Assert.Equal("stopped", bundle.Status);
    }

    [Theory]
    [InlineData("/bin/nothing", 127)]
    [InlineData("/etc/not-executable", 126)]
    public void AProgramThatCannotRun(string program, int status)
    {
        using var bundle = new Bundle(root, "true", "{\"process\":{\"args\":[\"" + program + "\"]}}");
        bundle.RunToEnd().Exits(status);
    }

    [Fact]
    public void WithoutAProcessItCanBeCreatedOnly()
    {
        using var bundle = new Bundle(root, "true", """{"process":null}""");
        bundle.Create().Ok();
        Assert.Equal("created", bundle.Status);
        Assert.Contains("no process", bundle.Start().Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void ExecRunsBesideTheFirstProcess()
    {
        using var bundle = new Bundle(root, Sleep);
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        Assert.Equal("x y\n1000\n/tmp", bundle.Run("exec", "--env", "A=x y", "--user", "1000:1000", "--cwd", "/tmp", bundle.Id, "/bin/sh", "-c", "echo $A; id -u; pwd").Ok());
        bundle.Run("exec", bundle.Id, "/bin/sh", "-c", "exit 5").Exits(5);
        bundle.Run("exec", bundle.Id, "/bin/nothing").Exits(root.Instead("VerbTests.ExecRunsBesideTheFirstProcess") is null ? 255 : 127);
        Assert.Equal("in", bundle.RunWith("in\n", "exec", bundle.Id, "/bin/cat").Ok());
        string pids = bundle.Run("ps", "--format", "json", bundle.Id).Ok();
        Assert.Contains(bundle.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture), pids, StringComparison.Ordinal);
        bundle.Run("exec", bundle.Id, "/bin/sh", "-c", "kill -TERM 1").Ok();
        bundle.WaitStopped();
        Assert.Contains("container not running", bundle.Run("exec", bundle.Id, "/bin/true").Exits(255), StringComparison.Ordinal);
    }

    [Fact]
    public void ExecTakesAProcessDocument()
    {
        using var bundle = new Bundle(root, Sleep);
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        File.WriteAllText(bundle["p.json"], """{"args":["/bin/sh","-c","echo $B; grep CapEff /proc/self/status"],"cwd":"/","env":["PATH=/bin","B=1"],"user":{"uid":0,"gid":0},"capabilities":{}}""");
        Assert.Equal("1\nCapEff:\t0000000000000000", bundle.Run("exec", "--process", bundle["p.json"], bundle.Id).Ok());
    }

    [Fact]
    public void ListShowsWhatLives()
    {
        using var bundle = new Bundle(root, Sleep);
        Assert.Equal("null", bundle.Run("list", "--format", "json").Ok());
        bundle.Create().Ok();
        JsonArray list = JsonNode.Parse(bundle.Run("list", "--format", "json").Ok())!.AsArray();
        Assert.Equal(bundle.Id, (string)Assert.Single(list)!["id"]!);
        Assert.Equal(bundle.Id, bundle.Run("list", "--quiet").Ok());
        Assert.Contains("created", bundle.Run("list").Ok(), StringComparison.Ordinal);
    }

    [Fact]
    public void PauseAndResume()
    {
        using var bundle = new Bundle(root, Sleep);
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        bundle.Run("resume", bundle.Id).Exits(1);
        bundle.Run("pause", bundle.Id).Ok();
        Assert.Equal("paused", bundle.Status);
        Assert.Contains("paused", bundle.Run("exec", bundle.Id, "/bin/true").Exits(255), StringComparison.Ordinal);
        bundle.Run("resume", bundle.Id).Ok();
        Assert.Equal("running", bundle.Status);
    }

    [Fact]
    public void KillAllReachesEveryProcess()
    {
        using var bundle = new Bundle(root, Sleep);
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        bundle.Detached("exec", "--detach", bundle.Id, "/bin/sleep", "100").Ok();
        bundle.Run("kill", "--all", bundle.Id, "KILL").Ok();
        bundle.WaitStopped();
        bundle.Run("delete", bundle.Id).Ok();
    }

    [Fact]
    public void UpdateWritesTheCgroup()
    {
        using var bundle = new Bundle(root, Sleep);
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        bundle.Run("update", "--memory", "64m", "--pids-limit", "33", "--cpu-share", "512", bundle.Id).Ok();
        Assert.Equal("33", bundle.Cgroup("pids", "pids.max"));
        Assert.Equal("67108864", bundle.Cgroup("memory", File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "memory.max" : "memory.limit_in_bytes"));
        bundle.RunWith("""{"pids":{"limit":44}}""", "update", "--resources=-", bundle.Id).Ok();
        Assert.Equal("44", bundle.Cgroup("pids", "pids.max"));
        bundle.RunWith("""{"pids":{"limit":45}}""", "update", "--resources", "-", bundle.Id).Ok();
        Assert.Equal("45", bundle.Cgroup("pids", "pids.max"));
        Assert.Contains("memory", bundle.Run("update", "--memory", "12q", bundle.Id).Exits(1), StringComparison.Ordinal);
        Assert.Contains("resctrl", bundle.Run("update", "--mem-bw-schema", "x", bundle.Id).Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void EventsShowStatisticsUntilTheEnd()
    {
        using var bundle = new Bundle(root, "sleep 2");
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        JsonNode stats = JsonNode.Parse(bundle.Run("events", "--stats", bundle.Id).Ok())!;
        Assert.Equal("stats", (string)stats["type"]!);
        Assert.Equal(bundle.Id, (string)stats["id"]!);
        Assert.True((ulong)stats["data"]!["memory"]!["usage"]!["usage"]! > 0);
        Assert.Equal(root.Instead("VerbTests.EventsShowStatisticsUntilTheEnd") is null, (ulong)stats["data"]!["pids"]!["current"]! == 1);
        string[] lines = bundle.Run("events", "--interval", "200ms", bundle.Id).Ok().Split('\n');
        Assert.All(lines, line => Assert.Equal("stats", (string)JsonNode.Parse(line)!["type"]!));
        bundle.Run("events", "--interval", "soon", bundle.Id).Exits(1);
    }

    [Fact]
    public void EventsTellOfOutOfMemory()
    {
        using var bundle = new Bundle(root, "read x </tmp/go; head -c 200m /dev/zero | tail; sleep 1",
            """{"mounts+":[{"destination":"/tmp","type":"tmpfs","source":"tmpfs"}],"linux":{"resources":{"memory":{"limit":8388608}}}}""");
        bundle.Config["process"]!["args"] = new JsonArray("/bin/sh", "-c", "sleep 1; head -c 200m /dev/zero | tail; sleep 1");
        bundle.Save();
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        Assert.Contains("""{"type":"oom","id":""", bundle.Run("events", "--interval", "1h", bundle.Id).Ok(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("restore")]
    public void CheckpointsAreRefusedByName(string verb)
    {
        using var bundle = new Bundle(root, "true");
        Assert.Contains("not supported", bundle.Run(verb, bundle.Id).Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void FeaturesAreJson()
    {
        using var bundle = new Bundle(root, "true");
        JsonNode features = JsonNode.Parse(bundle.Run("features").Ok())!;
        Assert.Equal("1.0.0", (string)features["ociVersionMin"]!);
        Assert.Equal(6, features["hooks"]!.AsArray().Count);
        Assert.True((bool)features["linux"]!["seccomp"]!["enabled"]!);
    }

    [Fact]
    public void ErrorsGoToTheLogAsJson()
    {
        using var bundle = new Bundle(root, "true");
        bundle.Run("--log", bundle["log"], "--log-format", "json", "state", "nobody").Exits(1);
        JsonNode line = JsonNode.Parse(File.ReadAllText(bundle["log"]))!;
        Assert.Equal("error", (string)line["level"]!);
        Assert.Contains("does not exist", (string)line["msg"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void RunAndExecWithATerminal()
    {
        using var bundle = new Bundle(root, "tty; stty size; read line; echo got-$line; exit 4", """{"process":{"terminal":true}}""");
        using var run = new Pty(31, 87, bundle.CommandLine("run", "--bundle", bundle.Path, bundle.Id));
        run.Expect("/dev/pts/0");
        run.Expect("31 87");
        using (var exec = new Pty(20, 60, bundle.CommandLine("exec", "-t", bundle.Id, "/bin/sh", "-c", "stty size; read x; stty size; exit 6")))
        {
            exec.Expect("20 60");
            exec.Resize(22, 66);
            exec.Type("go\n");
            exec.Expect("22 66");
            Assert.Equal(6, exec.WaitForExit());
        }
        run.Type("word\n");
        run.Expect("got-word");
        Assert.Equal(4, run.WaitForExit());
    }
}
