using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.Monitors;

/// <summary>stop and rm -f of containers that do not want to end: each returns, the exit status is right, and nothing stays.</summary>
public sealed class StopTests
{
    private const int Sigstop = 19;

    private const string Ready = "touch /tmp/ready; ";
    private const string Wait = "while :; do sleep 0.05; done";

    private const string Bomb = "b() { b & b & }; for i in 1 2 3; do (while :; do (b) 2>/dev/null; done) 2>/dev/null & done; ";
    private const string Cgroups = "for d in /sys/fs/cgroup /sys/fs/cgroup/*; do mkdir $d/inner $d/inner/deep && sleep 1000 & echo $! >$d/inner/deep/cgroup.procs; echo $$ >$d/inner/cgroup.procs; done 2>/dev/null; ";

    /// <summary>Name, flags, script; {T}: its first process is stopped by the host; {P}: it is paused.</summary>
    private static readonly (string Name, string Flags, string Script)[] Cases =
    [
        ("sleeps", "", Ready + "sleep 1000"),
        ("ignores", "", "trap '' TERM INT HUP QUIT USR1; " + Ready + Wait),
        ("ignores with an init", "--init", "trap '' TERM; " + Ready + Wait),
        ("paused", "{P}", Ready + "sleep 1000"),
        ("paused and ignores", "{P}", "trap '' TERM; " + Ready + Wait),
        ("stopped", "{T}", Ready + Wait),
        ("stopped and paused", "{T} {P}", Ready + Wait),
        ("its children are stopped", "", "for i in 1 2 3 4; do sleep 1000 & kill -STOP $!; done; " + Ready + Wait),
        ("forks", "--pids-limit 300", Bomb + Ready + "exec sleep 1000"),
        ("forks as root", "--pids-limit 300 --as-root", "trap '' TERM; " + Bomb + Ready + "exec sleep 1000"),
        ("forks and is paused", "--pids-limit 300 {P}", Bomb + Ready + "exec sleep 1000"),
        ("floods its output", "", Ready + "yes & yes >&2"),
        ("mounts", "--as-root --cap-add ALL", "i=0; while [ $i -lt 200 ]; do mkdir /tmp/m$i && mount -t tmpfs t /tmp/m$i && mount --bind /tmp/m$i /run; i=$((i+1)); done; cd /tmp/m7; " + Ready + "sleep 1000"),
        ("mounts as the host's root", "--privileged --writable", "i=0; while [ $i -lt 200 ]; do mkdir /tmp/m$i && mount -t tmpfs t /tmp/m$i && mount --bind /tmp/m$i /run; i=$((i+1)); done; cd /tmp/m7; " + Ready + "sleep 1000"),
        ("cgroups of its own", "--privileged --writable", Cgroups + Ready + "sleep 1000"),
        ("frozen in a cgroup of its own", "--privileged --writable", Cgroups + Ready + "for d in /sys/fs/cgroup/freezer /sys/fs/cgroup; do echo FROZEN >$d/inner/freezer.state; echo 1 >$d/inner/cgroup.freeze; done 2>/dev/null; " + Wait),
        ("files everywhere", "--as-root --writable", "for d in $(find / -xdev -type d) /dev/shm /dev/mqueue /run /tmp; do echo x >$d/left; mkdir $d/left.d; done 2>/dev/null; " + Ready + "sleep 1000"),
        ("namespaces", "--as-root --cap-add ALL --security-opt seccomp=unconfined", "unshare -mpf sh -c 'sleep 1000' & unshare -n sleep 1000 & " + Ready + "sleep 1000"),
    ];

    public static TheoryData<string> Every() => new(Cases.Select(c => c.Name));

    [Theory]
    [MemberData(nameof(Every))]
    public void StopEndsIt(string name)
    {
        using var person = new Person();
        string id = Begin(person, name);
        person.Do("stop", "-t", "1", id).Ok();
        Assert.Equal("exited", person.Status(id));
        // A program without a handler for it is the first of its pid namespace: SIGTERM is not delivered. The init passes it on.
        Assert.Equal(137, person.Exit(id).GetProperty("status").GetInt32());
        Assert.Equal("137", person.Do("wait", id).Ok().Trim());
        person.Do("rm", id).Ok();
        AssertNothingStays(person, id);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void RmRemovesIt(string name)
    {
        using var person = new Person();
        string id = Begin(person, name);
        person.Do("rm", "-f", id).Ok();
        AssertNothingStays(person, id);
    }

    /// <summary>With a handler the stop signal is heard, also by one that was paused or stopped before.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("{P}")]
    public void TheProgramMayEndByItself(string state)
    {
        using var person = new Person();
        string id = person.Start("trap 'exit 7' TERM; " + Ready + Wait);
        int init = AwaitReady(person, id);
        if (state == "{P}")
            person.Do("pause", id).Ok();
        person.Do("stop", "-t", "20", id).Ok();
        Assert.Equal(7, person.Exit(id).GetProperty("status").GetInt32());
        Assert.False(Directory.Exists($"/proc/{init}"));
    }

    /// <summary>Clients that have stopped reading: a pager, a terminal after ctrl-s.</summary>
    [Theory]
    [InlineData("run")]
    [InlineData("attach")]
    [InlineData("exec")]
    [InlineData("exec and kill")]
    [InlineData("logs")]
    public void AClientThatDoesNotReadKeepsNothingAlive(string verb)
    {
        using var person = new Person();
        string name = person.Name + "c", script = verb.StartsWith("exec", StringComparison.Ordinal) ? Ready + "sleep 1000" : Ready + "cat /dev/zero";
        string? id = verb == "run" ? null : person.Start(script, "--name", name);
        using Process client = verb switch
        {
            "run" => person.Begin(["run", "--name", name, "--rootfs", person.Root, "/bin/sh", "-c", script]),
            "logs" => person.Begin("logs", "-f", name),
            "attach" => person.Begin("attach", name),
            _ => person.Begin("exec", name, "/bin/cat", "/dev/zero"),
        };
        Poll.Until("its pipe to be full", () => IsBlocked(client.Id));
        person.Do(verb == "exec and kill" ? ["rm", "-f", name] : ["stop", "-t", "0", name]).Ok();
        if (verb != "exec and kill")
            Assert.Equal(137, person.Inspect(name).GetProperty("State").GetProperty("ExitCode").GetInt32());
        Linux.Kill(client.Id, Linux.SIGKILL);
        client.WaitForExit();
        person.Do("rm", "-f", id ?? name);
        Assert.Empty(person.Leftover());
    }

    /// <summary>In write(2) to a pipe.</summary>
    private static bool IsBlocked(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/wchan").Contains("pipe_write", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string Begin(Person person, string name)
    {
        (_, string flags, string script) = Cases.Single(c => c.Name == name);
        string[] words = flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string id = person.Start(script, words.Where(word => word[0] != '{').ToArray());
        int init = AwaitReady(person, id);
        if (words.Contains("{T}"))
            Linux.Kill(init, Sigstop);
        if (words.Contains("{P}"))
            person.Do("pause", id).Ok();
        return id;
    }

    private static int AwaitReady(Person person, string id)
    {
        int init = person.Inspect(id).GetProperty("State").GetProperty("Pid").GetInt32();
        Poll.Until("it to be ready", () => File.Exists($"/proc/{init}/root/tmp/ready"));
        return init;
    }

    private static void AssertNothingStays(Person person, string id)
    {
        Assert.False(Directory.Exists(person.Folder(id)));
        Assert.Empty(person.Leftover());
        Assert.Empty(Directory.GetFiles(person.Root, "left", SearchOption.AllDirectories));
        Assert.DoesNotContain(id, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }
}
