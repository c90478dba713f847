using System;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Threading;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>The contract of a container, held by both tiers alike.</summary>
public sealed class TierTests
{
    public static TheoryData<string> Tiers => ["hardened", "userkernel"];

    [Theory]
    [MemberData(nameof(Tiers))]
    public void ExitStatusesAreTheShells(string tier)
    {
        using var person = new Person();
        person.Script(tier, "exit 0").Exits(0);
        person.Script(tier, "exit 7").Exits(7);
        person.Script(tier, "sh -c 'kill -9 $$'; exit $?").Exits(137);
        person.Run(tier, "--rootfs", Roots.Busybox, "/bin/nothing-of-that-name").Exits(127);
        person.Run(tier, "--rootfs", Roots.Busybox, "nothing-of-that-name").Exits(127);
        person.Run(tier, "--rootfs", Roots.Busybox, "/etc/passwd").Exits(126);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void ItGetsWhatItWasGiven(string tier)
    {
        using var person = new Person();
        Assert.Equal("in", person.Answer("in\n", "run", "--rm", "-i", "--isolation", tier, "--rootfs", Roots.Busybox, "cat").Ok());
        Assert.Equal("value", person.Script(tier, "echo $NAME", "-e", "NAME=value").Ok());
        Assert.Equal("/tmp", person.Script(tier, "pwd", "-w", "/tmp").Ok());
        Assert.Equal("other", person.Script(tier, "hostname; hostname | cat", "--hostname", "other").Ok().Split('\n')[0]);
        Assert.Equal("1234 4321", person.Script(tier, "echo $(id -u) $(id -g)", "-u", "1234:4321").Ok());
        Assert.Equal("65532", person.Script(tier, "id -u").Ok());
        Assert.Equal("0", person.Script(tier, "id -u", "--as-root").Ok());
        Assert.Equal("100", person.Script(tier, "ulimit -n", "--ulimit", "nofile=100:100").Ok());
        Outcome both = person.Script(tier, "echo out; echo err >&2");
        Assert.Equal(("out\n", "err\n"), (both.Out, both.Err));
    }

    /// <summary>df(1) compares them with those of the host's file systems, whose minors are small.</summary>
    [Fact]
    public void OwnTreesHaveNoDeviceNumberOfTheHosts()
    {
        const ulong First = 0xFFF00000;
        using var person = new Person();
        string[] devices = person.Script("userkernel", "stat -c %d /proc /sys /dev /dev/null /proc/self/ns/pid").Ok().Split('\n');
        Assert.Equal(5, devices.Length);
        Assert.All(devices, device => Assert.True(ulong.Parse(device, CultureInfo.InvariantCulture) >= First, device));
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void TheCallersNiceValueIsItsOwn(string tier)
    {
        using var person = new Person();
        string[] nice = ["nice", "-n"];
        Assert.Equal("5", Command.Run([.. nice, "5", Person.Program, "run", "--rm", "--isolation", tier, "--rootfs", Roots.Debian, "nice"], "", person.Environment).Ok());
        person.Run(tier, "-d", "--name", "it", "--rootfs", Roots.Debian, "sleep", "1000").Ok();
        Assert.Equal("3", Command.Run([.. nice, "3", Person.Program, "exec", "it", "nice"], "", person.Environment).Ok());
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void ItWritesWhereItMay(string tier)
    {
        using var person = new Person();
        Assert.Contains("Read-only file system", person.Script(tier, "echo x > /etc/new").Exits(1), StringComparison.Ordinal);
        Assert.Equal("x", person.Script(tier, "echo x > /tmp/new && cat /tmp/new").Ok());
        Assert.Equal("x", person.Script(tier, "echo x > /etc/new && cat /etc/new", "--writable", "--as-root").Ok());
        string folder = person.Make("folder");
        Command.Run("chown", "1000:1000", folder).Ok();
        person.Script(tier, "echo x > /data/new; mkdir /data/sub; mv /data/new /data/sub/moved; ln -s sub /data/link; cat /data/link/moved", "-v", folder + ":/data").Ok();
        Assert.Equal("x\n", File.ReadAllText(folder + "/sub/moved"));
        Assert.Equal("1000 1000", Command.Run("stat", "-c", "%u %g", folder + "/sub/moved").Ok());
        Assert.Contains("Read-only", person.Script(tier, "echo y > /data/other", "-v", folder + ":/data:ro").Exits(1), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void ALifeInTheBackground(string tier)
    {
        using var person = new Person();
        string id = person.Do("run", "-d", "--name", "life", "--isolation", tier, "--rootfs", Roots.Busybox, "/bin/sh", "-c", "trap 'echo term; exit 9' TERM; echo up; while :; do sleep 0.05; done").Ok();
        Poll.Until("its first line", () => person.Do("logs", "life").Ok() == "up");
        person.Do("pause", "life").Ok();
        Assert.Equal("paused", Status(person));
        person.Do("unpause", "life").Ok();
        person.Do("stop", "life").Ok();
        Assert.Equal("up\nterm", person.Do("logs", "life").Ok());
        JsonElement state = Inspect(person).GetProperty("State");
        Assert.Equal(("exited", 9), (state.GetProperty("Status").GetString(), state.GetProperty("ExitCode").GetInt32()));
        person.Do("start", "life").Ok();
        Poll.Until("its first line again", () => person.Do("logs", "life").Ok().EndsWith("up", StringComparison.Ordinal));
        person.Do("kill", "life").Ok();
        Assert.Equal("137", person.Do("wait", "life").Ok());
        person.Do("rm", "life").Ok();
        Assert.False(Directory.Exists("/run/bulkhead/" + id));
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void ExecAddsAProcess(string tier)
    {
        using var person = new Person();
        person.Do("run", "-d", "--name", "life", "--isolation", tier, "-e", "A=1", "--rootfs", Roots.Busybox, "/bin/sh", "-c", "echo x > /tmp/mine; sleep 1000").Ok();
        Poll.Until("its file", () => person.Do("exec", "life", "cat", "/tmp/mine").Out == "x\n");
        Assert.Equal("1 2 /tmp", person.Do("exec", "-e", "B=2", "-w", "/tmp", "life", "sh", "-c", "echo $A $B $(pwd)").Ok());
        Assert.Equal("in", person.Answer("in", "exec", "-i", "life", "cat").Ok());
        Outcome both = person.Do("exec", "life", "sh", "-c", "echo out; echo err >&2; exit 5");
        Assert.Equal(("out\n", "err\n", 5), (both.Out, both.Err, both.ExitCode));
        person.Do("exec", "life", "sh", "-c", "kill -TERM $$").Exits(143);
        Assert.Equal(person.Do("exec", "life", "uname", "-r").Ok().EndsWith("-bulkhead", StringComparison.Ordinal), tier == "userkernel");
        person.Do("exec", "life", "/bin/nothing-of-that-name").Fails();
        person.Do("exec", "life", "/tmp/mine").Fails();
        Assert.Equal("7", person.Do("exec", "-u", "7:8", "life", "id", "-u").Ok());
        // Its processes see each other; the first is still there, and ends all.
        Assert.Contains("sleep 1000", person.Do("exec", "life", "ps").Ok(), StringComparison.Ordinal);
        person.Do("exec", "-d", "life", "sleep", "1234").Ok();
        Poll.Until("the other", () => person.Do("exec", "life", "ps").Ok().Contains("sleep 1234", StringComparison.Ordinal));
        person.Do("kill", "life").Ok();
        Assert.Equal("137", person.Do("wait", "life").Ok());
        person.Do("exec", "life", "true").Fails();
    }

    /// <summary>What waits when the sandbox is frozen goes on waiting: timed futexes (of python's events) in init and in an exec, and what stands for the exec on the host.</summary>
    [Theory]
    [MemberData(nameof(Tiers))]
    public void APauseIsNotSeen(string tier)
    {
        const string Wait = "import threading, time; print('up', flush=True); begin = time.monotonic(); print(threading.Event().wait(1.5), time.monotonic() - begin >= 1.5, flush=True)";
        using var person = new Person();
        person.Do("run", "-d", "--name", "life", "--isolation", tier, "--rootfs", Roots.Workloads, "python3", "-c", Wait + "; threading.Event().wait(1000)").Ok();
        Poll.Until("its first line", () => person.Do("logs", "life").Ok() == "up");
        Outcome? told = null;
        // A thread of its own: what awaits a task goes on when no other test runs.
        var other = new Thread(() => told = person.Do("exec", "life", "python3", "-c", "open('/tmp/begun', 'w'); " + Wait));
        other.Start();
        Poll.Until("the other's wait", () => person.Do("exec", "life", "test", "-e", "/tmp/begun").ExitCode == 0);
        for (int i = 0; i < 3; i++)
        {
            person.Do("pause", "life").Ok();
            person.Do("unpause", "life").Ok();
        }
        other.Join();
        Assert.Equal("up\nFalse True", told!.Ok());
        Poll.Until("its second line", () => person.Do("logs", "life").Ok() == "up\nFalse True");
        Assert.Equal("running", Status(person));
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void HealthChecksRunInside(string tier)
    {
        using var person = new Person();
        person.Do("run", "-d", "--name", "life", "--isolation", tier, "--health-cmd", "test -e /tmp/well", "--health-interval", "50ms", "--health-retries", "2", "--rootfs", Roots.Busybox, "/bin/sh", "-c", "sleep 1; touch /tmp/well; sleep 1000").Ok();
        Poll.Until("it to be ill", () => Health(person) == "unhealthy");
        Poll.Until("it to be well", () => Health(person) == "healthy");
    }

    [Fact]
    public void ItSaysWhichKernelItHas()
    {
        using var person = new Person();
        Assert.Equal("Linux 6.1.0-bulkhead x86_64", person.Script("userkernel", "uname -srm").Ok());
        Assert.DoesNotContain("bulkhead", person.Script("hardened", "uname -r").Ok(), StringComparison.Ordinal);
        person.Do("run", "-d", "--name", "life", "--isolation", "userkernel", "--rootfs", Roots.Busybox, "sleep", "1000").Ok();
        Assert.Equal("userkernel", Inspect(person).GetProperty("isolation").GetProperty("tier").GetString());
    }

    /// <summary>More events from the host than it asked for: its kernel breaks an index, which is a defect like any other.</summary>
    [Fact]
    public void ACrashOfTheKernelEndsThatSandboxOnlyWithAReport()
    {
        using var person = new Person();
        string tracer = person.Make("tools") + "/tracer";
        Hostile.Compile("tracer", tracer);
        foreach (string name in (string[])["life", "neighbour"])
            person.Do("run", "-d", "--name", name, "--isolation", "userkernel", "--rootfs", Roots.Busybox, "sleep", "1000").Ok();
        int kernel = Hostile.KernelOf(person, "life");
        using var space = new PidSpace(kernel);
        Poll.Until("it to sleep", () => File.ReadAllText($"/proc/{kernel}/wchan").Contains("epoll", StringComparison.Ordinal));
        Command.Run(tracer, "upset", kernel.ToString(CultureInfo.InvariantCulture)).Ok();
        Assert.Equal("139", person.Do("wait", "life").Ok());
        Assert.Contains("Bulkhead.UserKernel.Kernel.TakeEvents", person.Do("logs", "life").Err, StringComparison.Ordinal);
        Poll.Until("the end of its processes", () => space.Processes().Count == 0);
        Assert.Equal("well", person.Do("exec", "neighbour", "echo", "well").Ok());
    }

    /// <summary>What is not there is refused by name: it must not run on the host's kernel instead.</summary>
    [Fact]
    public void WhatIsNotThereIsRefusedByName()
    {
        using var person = new Person();
        Assert.Contains("isolation userkernel", person.Script("userkernel", "true", "--device", "/dev/kmsg").Exits(125), StringComparison.Ordinal);
        Assert.Contains("microvm", person.Script("microvm", "true").Exits(125), StringComparison.Ordinal);
        Assert.Contains("is no tier", person.Script("paper", "true").Exits(125), StringComparison.Ordinal);
    }

    /// <summary>A process of the guest's that is killed by the host, as by its memory limit, ends alone.</summary>
    [Fact]
    public void AMemoryLimitEndsTheGuestsProcessNotItsKernel()
    {
        using var person = new Person();
        Outcome all = person.Run("userkernel", "--memory", "64m", "--rootfs", Roots.Workloads, "/bin/sh", "-c",
            "python3 -c 'x = bytearray(200 << 20); print(len(x))'; echo status $?");
        Assert.Equal("status 137", all.Ok());
    }

    /// <summary>Memory files are filled by the kernel's own process: it must not be the one that goes.</summary>
    [Theory]
    [InlineData("[os.write(f, b'x' * 1000000) for _ in range(200)]")]
    [InlineData("os.posix_fallocate(f, 0, 1 << 30)")]
    public void AMemoryFileBeyondTheLimitEndsNoKernel(string filling)
    {
        using var person = new Person();
        Outcome all = person.Run("userkernel", "--memory", "96m", "--rootfs", Roots.Workloads, "/bin/sh", "-c", $"python3 -c \"import os; f = os.memfd_create('x'); {filling}\" 2>/dev/null || echo no; echo alive");
        Assert.Equal("no\nalive", all.Ok());
    }

    [Fact]
    public void CrowdsAreHeld()
    {
        using var person = new Person();
        Assert.EndsWith("alive", person.Run("userkernel", "--pids-limit", "200", "--rootfs", Roots.Debian, "bash", "-c", "f() { f | f & }; f; sleep 2; echo alive").Ok(), StringComparison.Ordinal);
        Assert.Equal("10000\n0", person.Script("userkernel", "cd /tmp; i=0; while [ $i -lt 10000 ]; do : > f$i; i=$((i+1)); done; ls | wc -l; rm -f f*; ls | wc -l").Ok());
        Assert.Equal("1001", person.Run("userkernel", "--pids-limit", "3000", "--rootfs", Roots.Workloads, "python3", "-c",
            "import threading\ne = threading.Event()\nts = [threading.Thread(target=e.wait) for _ in range(1000)]\n[t.start() for t in ts]\nprint(threading.active_count())\ne.set()\n[t.join() for t in ts]").Ok());
        Assert.Contains("No space left", person.Script("userkernel", "dd if=/dev/zero of=/tmp/full bs=1M count=100; ls -l /tmp", "--tmpfs", "/tmp:size=8m").Err, StringComparison.Ordinal);
    }

    private static JsonElement Inspect(Person person) => JsonDocument.Parse(person.Do("inspect", "life").Ok()).RootElement[0];

    private static string Health(Person person) => Inspect(person).GetProperty("State").GetProperty("Health").GetProperty("Status").GetString()!;

    private static string Status(Person person) => Inspect(person).GetProperty("State").GetProperty("Status").GetString()!;
}
