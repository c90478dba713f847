using System;
using System.IO;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

/// <summary>What run's flags do inside, and what is said of what cannot be.</summary>
public sealed class RunTests
{
    [Theory]
    [InlineData("--memory 64m", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max", "67108864")]
    [InlineData("--pids-limit 20", "cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max", "20")]
    [InlineData("--cpus 0.5", "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d ' ' -f 1 /sys/fs/cgroup/cpu.max", "50000")]
    [InlineData("--ulimit nofile=64:128", "ulimit -Sn; ulimit -Hn", "64\n128")]
    [InlineData("--hostname box --add-host db:10.0.0.1", "hostname; tail -n 1 /etc/hosts", "box\n10.0.0.1\tdb")]
    [InlineData("--sysctl net.core.somaxconn=77", "cat /proc/sys/net/core/somaxconn", "77")]
    [InlineData("--cap-add CHOWN", "grep CapEff /proc/self/status | cut -f 2", "0000000000000001")]
    [InlineData("--tmpfs /run/own:size=1m,mode=700", "touch /run/own/x && stat -c %a:%u /run/own", "700:65532")]
    [InlineData("-e A=b -w /tmp -u 7:8", "echo $A; pwd; id -u; id -g", "b\n/tmp\n7\n8")]
    [InlineData("--dns 10.0.0.1 --dns-search a.example --dns-option ndots:2", "cat /etc/resolv.conf", "search a.example\nnameserver 10.0.0.1\noptions ndots:2")]
    [InlineData("--group-add 44 --group-add app", "id -G", "65532 44 1000")]
    [InlineData("--umask 077", "umask; touch /tmp/x; stat -c %a /tmp/x", "0077\n600")]
    [InlineData("-e A=1 -e B=2 --unsetenv A --unsetenv HOME", "cat /proc/1/environ | tr '\\0' ' '", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin B=2 HOME=/ ")]
    [InlineData("-e PATH=/bin --unsetenv-all", "cat /proc/1/environ | tr '\\0' ' '", "PATH=/bin HOME=/ ")]
    [InlineData("--oom-score-adj 500", "cat /proc/self/oom_score_adj", "500")]
    [InlineData("--domainname example.org", "cat /proc/sys/kernel/domainname", "example.org")]
    [InlineData("--cpu-period 50000 --cpu-quota 20000", "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us 2>/dev/null | tr '\\n' ' ' | grep . || cat /sys/fs/cgroup/cpu.max", "20000 50000 ")]
    [InlineData("--security-opt no-new-privileges", "grep NoNewPrivs /proc/self/status | cut -f 2", "1")]
    [InlineData("--log-driver json-file", "echo x", "x")]
    [InlineData("--writable --as-root", "touch /made && echo made", "made")]
    public void AFlagIsSeenInside(string flags, string script, string wanted)
    {
        using var person = new Person();
        string[] words = ["run", "--rm", "--rootfs", SharedRoot.Path, .. flags.Split(' '), "/bin/sh", "-c", script];
        Assert.Equal(wanted, person.Type(words).Ok());
    }

    [Theory]
    [InlineData("--bogus", "there is no option --bogus")]
    [InlineData("--cap-add FOO", "there is no capability 'FOO'")]
    [InlineData("--security-opt apparmor=x", "'apparmor=x' is not one of")]
    [InlineData("--dns nowhere", "'nowhere' is no address")]
    [InlineData("--no-hosts --add-host a:1.2.3.4", "exclude each other")]
    [InlineData("--group-add nogroup-here", "--group-add nogroup-here")]
    [InlineData("--umask 999", "'999' is no octal")]
    [InlineData("--oom-score-adj 2000", "-1000 to 1000")]
    [InlineData("--cgroup-parent ../x", "not an absolute path")]
    [InlineData("--cpus 1 --cpu-quota 5000", "--cpus excludes")]
    [InlineData("--cpu-period 5", "not from 1000 to 1000000")]
    [InlineData("--volumes-from nobody", "no such container: nobody")]
    [InlineData("--log-driver syslog", "'syslog' is not known")]
    [InlineData("--uts other", "'other' is not private or host")]
    [InlineData("--memory lots", "'lots' is no size")]
    [InlineData("--ulimit nofile", "--ulimit: 'nofile'")]
    [InlineData("-v /no/such/folder:/x", "/no/such/folder: make it first")]
    [InlineData("--network bridge", "not none, host or container:NAME")]
    [InlineData("--user nobody-here", "--user nobody-here")]
    [InlineData("--writable --read-only", "exclude each other")]
    [InlineData("--name ../x", "not a name")]
    [InlineData("--env-file /no/such/file", "/no/such/file")]
    public void ABadFlagIsOneLineAnd125(string flags, string said)
    {
        using var person = new Person();
        string[] words = ["run", "--rm", "--rootfs", SharedRoot.Path, .. flags.Split(' '), "/bin/true"];
        string[] lines = person.Type(words).Exits(125).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // Loosenings that were asked for may be told before it.
        Assert.Contains(said, lines[^1], StringComparison.Ordinal);
        Assert.All(lines[..^1], line => Assert.StartsWith("loosening: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void AFolderOfAUsersIsWrittenAsThatUser()
    {
        using var person = new Person();
        string folder = Directory.CreateDirectory(person.Data + "/folder").FullName;
        Command.Run("chown", "1000:1000", folder).Ok();
        person.Type("run", "--rm", "--rootfs", SharedRoot.Path, "-v", folder + ":/data", "/bin/sh", "-c", "echo x >/data/made").Ok();
        Assert.Equal("1000:1000", Command.Run("stat", "-c", "%u:%g", folder + "/made").Ok());
        Assert.Contains("Read-only", person.Type("run", "--rm", "--rootfs", SharedRoot.Path, "-v", folder + ":/data:ro", "/bin/touch", "/data/more").Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderOfRootsIsExplainedAndCannotBeWritten()
    {
        using var person = new Person();
        string folder = Directory.CreateDirectory(person.Data + "/folder").FullName;
        string said = person.Type("run", "--rm", "--rootfs", SharedRoot.Path, "-v", folder + ":/data", "/bin/touch", "/data/made").Exits(1);
        Assert.Contains($"{folder} belongs to the host's root", said, StringComparison.Ordinal);
        Assert.False(File.Exists(folder + "/made"));
        Assert.DoesNotContain("belongs to", person.Type("run", "--rm", "--as-root", "--rootfs", SharedRoot.Path, "-v", folder + ":/data", "/bin/touch", "/data/made").Err, StringComparison.Ordinal);
        Assert.True(File.Exists(folder + "/made"));
    }

    [Fact]
    public void WhatTheKernelKilledForMemoryIsToldApart()
    {
        using var person = new Person();
        person.Ended("full", "x=x; while :; do x=$x$x; done", "--memory", "16m");
        person.Ended("killed", "kill -9 $$");
        Assert.Equal((137, true), Ending(person, "full"));
        Assert.False(Ending(person, "killed").OutOfMemory);
    }

    [Fact]
    public void ExecEntersANetworkThatIsShared()
    {
        using var person = new Person();
        person.Sleep("one");
        person.Sleep("two", "--network", "container:one");
        Assert.Equal(person.Type("exec", "one", "readlink", "/proc/self/ns/net").Ok(), person.Type("exec", "two", "readlink", "/proc/self/ns/net").Ok());
    }

    [Fact]
    public void AnEndThatNobodyKnowsIsNoNumber()
    {
        using var person = new Person();
        person.Type("create", "--name", "never", "--rootfs", SharedRoot.Path, "/bin/true").Ok();
        Assert.Contains("is not known", person.Type("wait", "never").Exits(1), StringComparison.Ordinal);
    }

    private static (int Status, bool OutOfMemory) Ending(Person person, string name)
    {
        JsonElement state = person.Inspect(name).GetProperty("State");
        return (state.GetProperty("ExitCode").GetInt32(), state.GetProperty("OOMKilled").GetBoolean());
    }
}
