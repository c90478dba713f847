using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.Monitors;

/// <summary>A monitor that is killed, and the next command.</summary>
public sealed class KilledMonitorTests
{
    private const int Sigcont = 18, Sigstop = 19;
    private const string Counting = "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; touch /tmp/done; sleep 1000";

    [Fact]
    public void TheContainerLivesOnAndNothingOfItsOutputIsLost()
    {
        using var person = new Person();
        string id = person.Start("trap go=1 USR1; while [ -z \"$go\" ]; do sleep 0.05; done; " + Counting);
        int init = InitOf(id);
        string inside = $"/proc/{init}/root/tmp";
        Person.KillMonitor(id);
        // It writes without a monitor: 14 KB into a pipe.
        // Again and again: it may not have its trap yet.
        Poll.Until("it to write", () => Linux.Kill(init, 10) && File.Exists(inside + "/done")); // SIGUSR1
        Assert.Null(Person.Monitor(id));
        Assert.Equal("running", person.Status(id));
        Assert.NotNull(Person.Monitor(id));
        Poll.Until("the log", () => person.Log(id).EndsWith("2999\n", StringComparison.Ordinal));
        Assert.Equal(string.Concat(Enumerable.Range(0, 3000).Select(i => $"{i}\n")), person.Log(id));
    }

    [Fact]
    public void ItsExitStatusIsKnown()
    {
        using var person = new Person();
        string id = person.Start("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done");
        Poll.Until("it to be ready", () => person.Log(id) == "ready\n");
        Person.KillMonitor(id);
        person.Do("stop", id).Ok();
        Assert.Equal(7, person.Exit(id).GetProperty("status").GetInt32());
        Assert.Equal("exited", person.Status(id));
        Assert.Equal("7", person.Do("wait", id).Ok().Trim());
        person.Do("start", id).Ok();
        Assert.Equal("running", person.Status(id));
    }

    /// <summary>Both gone: the status is not made up.</summary>
    [Fact]
    public void AnEndThatNobodySawIsUnknown()
    {
        using var person = new Person();
        string id = person.Start("sleep 1000");
        int init = InitOf(id);
        Person.KillMonitor(id);
        Linux.Kill(init, Linux.SIGKILL);
        Poll.Until("its end", () => !Directory.Exists($"/proc/{init}"));
        Assert.Equal("exited", person.Status(id));
        Assert.Equal(255, person.Exit(id).GetProperty("status").GetInt32());
        Assert.True(person.Exit(id).GetProperty("statusUnknown").GetBoolean());
    }

    /// <summary>A command saw it running, and it ends before the new monitor looks: that is an end like any other, not an error of the command.</summary>
    [Fact]
    public void ItMayEndWhileItGetsANewMonitor()
    {
        using var person = new Person();
        string id = person.Start("sleep 1000");
        int init = InitOf(id);
        Person.KillMonitor(id);
        Linux.Kill(init, Linux.SIGKILL);
        Poll.Until("its end", () => !File.Exists($"/proc/{init}/exe"));
        // As the command starts it: 3 is the connection, over which it is told to run, and 4 the lock.
        const string Starter = "use Socket; use POSIX; socketpair(my $ours, my $theirs, AF_UNIX, SOCK_SEQPACKET, 0); send($ours, 'R', 0); open(my $lock, '<', $ARGV[1]); "
            + "flock($lock, 2) or die; POSIX::dup2(fileno $theirs, 13); POSIX::dup2(fileno $lock, 14); POSIX::dup2(13, 3); POSIX::dup2(14, 4); "
            + "exec $ARGV[0], 'root=/run/bulkhead', \"folder=$ARGV[1]\", \"id=$ARGV[2]\", 'log-max-size=0', 'log-max-files=1', 'adopt=true'";
        Command.Run("perl", "-e", Starter, Person.Program + "-monitor", person.Folder(id), id).Ok();
        JsonElement exit = person.Exit(id);
        // Known while nobody has reaped it.
        Assert.Equal(exit.TryGetProperty("statusUnknown", out JsonElement unknown) && unknown.GetBoolean() ? 255 : 137, exit.GetProperty("status").GetInt32());
        Assert.Equal("exited", person.Status(id));
    }

    /// <summary>Killed between the container's state and the folder that it was in: that folder is the next command's to remove.</summary>
    [Theory]
    [InlineData("ps", "-a")]
    [InlineData("rm", "-f", "NAME")]
    public void AnEmptyStateFolderGoesToo(params string[] words)
    {
        using var person = new Person();
        string name = person.Name + "c", id = person.Do("create", "--rm", "--name", name, "--rootfs", person.Root, "/bin/true").Ok().Trim(), state = "/run/bulkhead/" + id;
        File.WriteAllText(person.Folder(id) + "/exit.json", """{"status":0,"started":"2026-01-01T00:00:00Z","finished":"2026-01-01T00:00:01Z"}""");
        Directory.CreateDirectory(state);
        person.Do(Array.ConvertAll(words, word => word == "NAME" ? name : word)).Ok();
        Assert.False(Directory.Exists(person.Folder(id)));
        Assert.False(Directory.Exists(state));
    }

    /// <summary>The same without --rm: it is started again.</summary>
    [Fact]
    public void AnEmptyStateFolderKeepsNobodyFromStarting()
    {
        using var person = new Person();
        string id = person.Do("create", "--rootfs", person.Root, "/bin/sleep", "1000").Ok().Trim();
        Directory.CreateDirectory("/run/bulkhead/" + id);
        person.Do("start", id).Ok();
        Assert.Equal("running", person.Status(id));
    }

    [Theory]
    [InlineData("rm", "-f")]
    [InlineData("stop", "-t", "0")]
    public void RmAndStopCleanAsEver(params string[] words)
    {
        using var person = new Person();
        string id = person.Start("sleep 1000", "--rm", "--name", person.Name + "c");
        Person.KillMonitor(id);
        person.Do([.. words, person.Name + "c"]).Ok();
        Poll.Until("the folder to go", () => !Directory.Exists(person.Folder(id)));
        Assert.Empty(person.Leftover());
    }

    /// <summary>The next command that looks takes it up again, with its count.</summary>
    [Theory]
    [InlineData("ps")]
    [InlineData("inspect")]
    [InlineData("start")]
    public void InThePauseBetweenTwoRunsItIsTakenUpAgain(string verb)
    {
        using var person = new Person();
        using var volume = new TempFolder("mv");
        string id = person.Start(Failing, "--restart", "always", "--volume", volume.FullPath + ":/v");
        (int restarts, string log) = KillInThePause(person, id);
        volume.Write("stay", "");
        person.Do(verb == "ps" ? ["ps"] : [verb, id]).Ok();
        Assert.NotNull(Person.Monitor(id));
        Poll.Until("it to run", () => person.Log(id) == log + "run\n");
        Assert.Equal("running", person.Status(id));
        Assert.Equal(restarts + 1, person.Inspect(id).GetProperty("RestartCount").GetInt32());
    }

    [Fact]
    public void TheLimitOfThePolicyStays()
    {
        using var person = new Person();
        string id = person.Start(Failing, "--restart", "on-failure:4");
        KillInThePause(person, id);
        Assert.Equal("3", person.Do("wait", id).Ok().Trim());
        Assert.Equal(string.Concat(Enumerable.Repeat("run\n", 5)), person.Log(id));
        Assert.Equal(4, person.Exit(id).GetProperty("restarts").GetInt32());
        Assert.Equal("exited", person.Status(id));
    }

    /// <summary>It is not run only to be stopped.</summary>
    [Theory]
    [InlineData("stop")]
    [InlineData("rm", "-f")]
    public void WhatIsStoppedInThePauseStaysDown(params string[] words)
    {
        using var person = new Person();
        using var volume = new TempFolder("mv");
        string id = person.Start("echo run >>/v/runs; " + Failing, "--as-root", "--restart", "always", "--volume", volume.FullPath + ":/v");
        KillInThePause(person, id);
        string runs = File.ReadAllText(volume["runs"]);
        person.Do([.. words, id]).Ok();
        Assert.Equal(words[0] == "stop" ? "exited" : "", person.Status(id));
        Assert.Null(Person.Monitor(id));
        Assert.Empty(person.Leftover());
        Assert.Equal(runs, File.ReadAllText(volume["runs"]));
    }

    /// <summary>Not once to be stopped, and once more.</summary>
    [Fact]
    public void WhatIsRestartedInThePauseRunsOnce()
    {
        using var person = new Person();
        using var volume = new TempFolder("mv");
        string id = person.Start("echo run >>/v/runs; [ -e /v/stay ] && sleep 1000; exit 3", "--as-root", "--restart", "always", "--volume", volume.FullPath + ":/v");
        KillInThePause(person, id);
        string runs = File.ReadAllText(volume["runs"]);
        volume.Write("stay", "");
        person.Do("restart", "-t", "0", id).Ok();
        Poll.Until("its program", () => File.ReadAllText(volume["runs"]) != runs);
        Assert.Equal("running", person.Status(id));
        Assert.Equal(runs + "run\n", File.ReadAllText(volume["runs"]));
        Assert.Equal(0, person.Inspect(id).GetProperty("RestartCount").GetInt32());
    }

    /// <summary>A removal that was killed after its rename: the next command finishes it, and knows whether the anonymous volume goes too.</summary>
    [Theory]
    [InlineData("create --rm", false, false)]
    [InlineData("create", true, false)]
    [InlineData("create", false, true)]
    public void TheNextCommandRemovesAnonymousVolumes(string create, bool asked, bool stays)
    {
        using var person = new Person();
        string id = person.Do([.. create.Split(' '), "--rootfs", person.Root, "-v", "/anonymous", "/bin/true"]).Ok().Trim();
        // The first start makes it.
        person.Do("volume", "create", person.Inspect(id).GetProperty("Mounts")[0].GetProperty("Name").GetString()!).Ok();
        if (asked)
            File.WriteAllText(person.Folder(id) + "/volumes", "");
        Directory.Move(person.Folder(id), person.Folder(id) + ".gone");
        Assert.Empty(person.Do("ps", "-aq").Ok());
        Assert.Equal(stays, person.Do("volume", "ls", "-q").Ok().Length > 0);
        Assert.False(Directory.Exists(person.Folder(id) + ".gone"));
    }

    /// <summary>What it needs is gone: that is told as its end, and the command that only looks works.</summary>
    [Fact]
    public void WhatCannotRunAgainHasEnded()
    {
        using var person = new Person();
        using var volume = new TempFolder("mv");
        string inner = volume.Make("inner"), id = person.Start(Failing, "--restart", "always", "--volume", inner + ":/v");
        KillInThePause(person, id);
        Directory.Delete(inner);
        person.Do("ps").Ok();
        Assert.Equal("exited", person.Status(id));
        Assert.Contains(inner, person.Inspect(id).GetProperty("State").GetProperty("Error").GetString(), StringComparison.Ordinal);
    }

    /// <summary>The end of a later run is not the one that the monitor had written down before it.</summary>
    [Theory]
    [InlineData("on-failure:1", "exited")]
    [InlineData("always", "running")]
    public void ALaterEndThatNobodySawIsUnknownToo(string policy, string status)
    {
        using var person = new Person();
        using var volume = new TempFolder("mv");
        string id = person.Start("[ -e /v/stay ] && sleep 1000; touch /v/stay; exit 3", "--as-root", "--restart", policy, "--volume", volume.FullPath + ":/v");
        Poll.Until("its second run", () => File.Exists(person.Folder(id) + "/exit.json") && person.Status(id) == "running" && person.Exit(id).GetProperty("restarting").GetBoolean());
        int init = InitOf(id);
        Person.KillMonitor(id);
        Linux.Kill(init, Linux.SIGKILL);
        Poll.Until("its end", () => !Directory.Exists($"/proc/{init}"));
        Assert.Equal(status, person.Status(id));
        Assert.Equal(255, person.Exit(id).GetProperty("status").GetInt32());
        Assert.True(person.Exit(id).GetProperty("statusUnknown").GetBoolean());
        Assert.Equal(policy == "always" ? 2 : 1, person.Inspect(id).GetProperty("RestartCount").GetInt32());
    }

    private const string Failing = "echo run; [ -e /v/stay ] && sleep 1000; exit 3";

    /// <summary>How often it had been run again, and its log.</summary>
    private static (int Restarts, string Log) KillInThePause(Person person, string id)
    {
        int monitor = Person.Monitor(id)!.Value;
        Poll.Until("the pause", () =>
        {
            // It must not go on between the look and the end.
            Linux.Kill(monitor, Sigstop);
            if (File.Exists(person.Folder(id) + "/exit.json") && !Directory.Exists("/run/bulkhead/" + id) && person.Exit(id).GetProperty("restarting").GetBoolean())
                return true;
            Linux.Kill(monitor, Sigcont);
            return false;
        });
        Person.KillMonitor(id);
        return (person.Exit(id).GetProperty("restarts").GetInt32(), person.Log(id));
    }

    internal static int InitOf(string id)
    {
        string path = Directory.GetDirectories("/sys/fs/cgroup").Select(h => $"{h}/bulkhead/{id}/cgroup.procs").Append($"/sys/fs/cgroup/bulkhead/{id}/cgroup.procs").First(File.Exists);
        return File.ReadAllLines(path).Select(line => int.Parse(line, System.Globalization.CultureInfo.InvariantCulture)).Min();
    }
}
