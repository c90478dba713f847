using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.Rootless;

/// <summary>What a plain user gets of run, with the helpers of shadow-utils and without.</summary>
public sealed class RunTests
{
    private static readonly string Own = PlainUser.Uid.ToString(CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheProcessIsTheFixedUserWithTheCallersIdBehindIt(bool helpers)
    {
        using var person = new Person(helpers);
        Assert.Equal("65532 65532", person.Script("echo $(id -u) $(id -g)"));
        Assert.Equal($"65532 {Own} 1 65532 {Own} 1", person.Script("echo $(cat /proc/self/uid_map) $(cat /proc/self/gid_map)"));
    }

    [Theory]
    [InlineData("-u 7:8", "echo $(id -u) $(id -g)", "7 8")]
    [InlineData("-e A=b -w /tmp --hostname box", "echo $A; pwd; hostname", "b\n/tmp\nbox")]
    [InlineData("--add-host db:10.0.0.1", "tail -n 1 /etc/hosts", "10.0.0.1\tdb")]
    [InlineData("--tmpfs /run/own:size=1m,mode=700", "touch /run/own/x && stat -c %a:%u /run/own", "700:65532")]
    [InlineData("--shm-size 1m", "df -k /dev/shm | tail -n 1 | tr -s ' ' | cut -d ' ' -f 2", "1024")]
    [InlineData("--ulimit nofile=64:128", "ulimit -Sn; ulimit -Hn", "64\n128")]
    [InlineData("--sysctl net.core.somaxconn=77", "cat /proc/sys/net/core/somaxconn", "77")]
    [InlineData("--cap-add NET_ADMIN", "ip link set lo down && grep -c LOOPBACK,UP /dev/null; grep CapEff /proc/self/status | cut -f 2", "0\n0000000000001000")]
    [InlineData("--writable", "echo x >/made && ls -n /made | cut -c 1-10", "-rw-r--r--")]
    [InlineData("--security-opt landlock=off", "echo here", "here")]
    [InlineData("--network host", "readlink /proc/self/ns/net >/dev/null; ls /sys/class/net | grep -c lo", "1")]
    [InlineData("-u 0 --cap-drop ALL", "id -u; grep CapEff /proc/self/status | cut -f 2", "0\n0000000000000000")]
    public void AFlagWorksWithoutHelpers(string flags, string script, string wanted)
    {
        using var person = new Person(helpers: false);
        Assert.Equal(wanted, person.Script(script, flags.Split(' ')));
    }

    [Fact]
    public void TheWallsAreThoseOfContainersOfRoot()
    {
        using var person = new Person();
        string script = "grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status | cut -f 2 | sort -u | tr '\\n' ' '";
        const string Walls = "0000000000000000 1 2";
        Assert.Equal(Walls, person.Script(script).Trim());
        person.Sleep("box");
        Assert.Equal(Walls, person.Type("exec", "box", "/bin/sh", "-c", script).Ok().Trim());
    }

    [Fact]
    public void OwnNamespacesAreMadeAndTheHostsCgroupsAreNotShown()
    {
        using var person = new Person();
        string[] names = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];
        string[] inside = person.Script("for n in cgroup ipc mnt net pid time user uts; do readlink /proc/self/ns/$n; done").Split('\n');
        string[] outside = [.. names.Select(name => new FileInfo("/proc/self/ns/" + name).LinkTarget!)];
        Assert.Empty(inside.Intersect(outside));
        Assert.Equal("", person.Script("ls /sys/fs/cgroup"));
        Assert.Equal("", person.Script("ls /sys/fs/cgroup", "--network", "host"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AFolderOfTheCallersJustWorks(bool helpers)
    {
        using var person = new Person(helpers);
        string folder = person.Folder("data");
        person.Script("echo x >/data/made && mkdir /data/more", "-v", folder + ":/data");
        Assert.Equal($"{Own}:{Own}\n{Own}:{Own}", Command.Run("stat", "-c", "%u:%g", folder + "/made", folder + "/more").Ok());
        Assert.Contains("Read-only", person.Try("echo x >/data/other", "-v", folder + ":/data:ro").Fails(), StringComparison.Ordinal);
    }

    [Fact]
    public void AForeignFolderIsExplainedAndStaysForeign()
    {
        using var person = new Person();
        using var foreign = new TempFolder("rf");
        foreign.Write("secret", "x");
        Command.Run("chmod", "600", foreign["secret"]).Ok();
        Command.Run("chmod", "755", foreign.FullPath).Ok();
        Outcome outcome = person.Try("cat /data/secret; echo x >/data/made; stat -c %u /data/secret", "-v", foreign.FullPath + ":/data");
        Assert.Contains($"bulkhead: {foreign.FullPath} belongs to user 0, not to you: it shows as nobody's in the container", outcome.Err, StringComparison.Ordinal);
        Assert.Equal("65534", outcome.Ok());
        Assert.False(File.Exists(foreign["made"]));
    }

    [Fact]
    public void RootOfItsOwnUsersHasTheCallersSubordinateIds()
    {
        using var person = new Person();
        Assert.Equal("0 5:6 65534", person.Script("touch /tmp/a /tmp/b; chown 5:6 /tmp/a; chown 65534 /tmp/b; echo $(id -u) $(stat -c %u:%g /tmp/a) $(stat -c %u /tmp/b)", "--as-root"));
        string folder = person.Folder("data");
        person.Script("touch /data/own /data/other; chown 5 /data/other", "--as-root", "-v", folder + ":/data");
        Assert.Equal($"{Own}", Command.Run("stat", "-c", "%u", folder + "/own").Ok());
        long other = long.Parse(Command.Run("stat", "-c", "%u", folder + "/other").Ok(), CultureInfo.InvariantCulture);
        Assert.InRange(other, PlainUser.FirstSubordinate, PlainUser.FirstSubordinate + 65535L);
    }

    [Fact]
    public void RangesOfContainersAreDisjointAndGivenBack()
    {
        using var person = new Person();
        string[] maps = [.. Enumerable.Range(0, 8).Select(i =>
        {
            person.Sleep($"box{i}", "--as-root");
            return person.Type("exec", $"box{i}", "/bin/sh", "-c", "tail -n +2 /proc/self/uid_map | head -n 1 | tr -s ' ' | cut -d ' ' -f 3").Ok();
        })];
        Assert.Equal(8, maps.Distinct().Count());
        Assert.Contains("all ranges of user ids are in use (8 containers)", person.Try("true", "--as-root").Exits(125), StringComparison.Ordinal);
        person.Type("rm", "-f", "box3").Ok();
        Assert.Equal("0", person.Script("id -u", "--as-root"));
    }

    [Fact]
    public void WhatItsRootWroteIsRemovedWithIt()
    {
        using var person = new Person();
        person.Type("run", "--name", "box", "--as-root", "--writable", "--rootfs", PlainUser.Root, "/bin/sh", "-c", "mkdir -m 700 /var/x && touch /var/x/y && chown -R 7:7 /var/x").Ok();
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 };
        Assert.NotEmpty(Directory.GetFiles(person.Home, "y", everything));
        person.Type("rm", "box").Ok();
        Assert.Empty(Directory.GetFiles(person.Home, "y", everything));
    }

    [Fact]
    public void BothSidesAreShown()
    {
        using var person = new Person();
        person.Sleep("box");
        Assert.Contains($"65532:65532   {Own}:{Own}", person.Type("ps").Ok(), StringComparison.Ordinal);
        JsonElement[] loosened = [.. person.Inspect("box").GetProperty("loosenings").EnumerateArray()];
        Assert.StartsWith("no limits: it can use all memory and processes that its caller can", loosened[^1].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ATerminalIsItsOwn()
    {
        using var person = new Person(helpers: false);
        using var terminal = new Pty(24, 80, person.As(PlainUser.Programs + "/bulkhead", "run", "--rm", "-it", "--rootfs", PlainUser.Root, "/bin/sh"));
        terminal.Type("tty; stat -c %u:%g $(tty)\n");
        terminal.Expect("/dev/pts/0");
        terminal.Expect("65532:65532");
        terminal.Type("exit 3\n");
        Assert.Equal(3, terminal.WaitForExit());
    }
}
