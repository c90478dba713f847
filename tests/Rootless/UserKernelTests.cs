using System;
using System.Globalization;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.Rootless;

/// <summary>A kernel of our own for a plain user, with the helpers of shadow-utils and without.</summary>
public sealed class UserKernelTests
{
    private static readonly string Own = PlainUser.Uid.ToString(CultureInfo.InvariantCulture);

    private static readonly string[] Tier = ["--isolation", "userkernel"];

    public static TheoryData<bool> Helpers => [true, false];

    [Theory]
    [MemberData(nameof(Helpers))]
    public void ARunToItsEnd(bool helpers)
    {
        using var person = new Person(helpers);
        Assert.Equal("6.1.0-bulkhead 65532", person.Script("echo $(uname -r) $(id -u)", Tier));
        Assert.Equal($"65532 {Own} 1 65532 {Own} 1", person.Script("echo $(cat /proc/self/uid_map) $(cat /proc/self/gid_map)", Tier));
        Assert.Equal("1,2,3", person.Script("for i in 1 2 3; do echo $i | cat | cat; done | paste -sd,", Tier));
        Outcome outcome = person.Try("echo out; echo err >&2; exit 7", Tier);
        Assert.Equal(("out\n", 7), (outcome.Out, outcome.ExitCode));
        Assert.EndsWith("\nerr\n", outcome.Err, StringComparison.Ordinal);
        Assert.Equal(127, person.Type(["run", "--rm", .. Tier, "--rootfs", PlainUser.Root, "/no/such"]).ExitCode);
    }

    [Theory]
    [MemberData(nameof(Helpers))]
    public void AFolderOfTheCallersJustWorks(bool helpers)
    {
        using var person = new Person(helpers);
        string folder = person.Folder("data");
        person.Script("echo x >/data/made && mkdir /data/more && chmod 700 /data/more && mv /data/made /data/more/moved", [.. Tier, "-v", folder + ":/data"]);
        Assert.Equal($"{Own}:{Own}\n{Own}:{Own}", Command.Run("stat", "-c", "%u:%g", folder + "/more", folder + "/more/moved").Ok());
        Assert.Contains("Read-only", person.Try("echo x >/data/other", [.. Tier, "-v", folder + ":/data:ro"]).Fails(), StringComparison.Ordinal);
        Assert.Equal("x", person.Script("echo x >/made && cat /made", [.. Tier, "--writable"]));
        Assert.Equal("700:65532", person.Script("touch /run/own/x && stat -c %a:%u /run/own", [.. Tier, "--tmpfs", "/run/own:size=1m,mode=700"]));
    }

    [Theory]
    [MemberData(nameof(Helpers))]
    public void ALifeFromCreateToRemove(bool helpers)
    {
        using var person = new Person(helpers);
        person.Type(["create", "--name", "box", .. Tier, "--rootfs", PlainUser.Root, "/bin/sh", "-c", "trap 'exit 9' TERM; echo started; while :; do sleep 0.05; done"]).Ok();
        Assert.Equal("box", person.Type("start", "box").Ok());
        Poll.Until("the first line", () => person.Type("logs", "box").Ok() == "started");
        Assert.Equal("uid=65532(nonroot) gid=65532(nonroot)", person.Type("exec", "box", "id").Ok());
        Assert.EndsWith("-bulkhead", person.Type("exec", "box", "uname", "-r").Ok(), StringComparison.Ordinal);
        Assert.Equal(7, person.Type("exec", "box", "/bin/sh", "-c", "exit 7").ExitCode);
        Assert.Contains("bulkhead-kernel", person.Type("top", "box").Ok(), StringComparison.Ordinal);
        person.Type("restart", "-t", "10", "box").Ok();
        // As its first process a shell is deaf to signals until it has its trap.
        Poll.Until("the second start", () => person.Type("logs", "box").Ok() == "started\nstarted");
        person.Type("stop", "-t", "10", "box").Ok();
        Assert.Equal("9", person.Type("wait", "box").Ok());
        person.Type("start", "box").Ok();
        person.Type("kill", "box").Ok();
        Assert.Equal("137", person.Type("wait", "box").Ok());
        person.Type("rm", "box").Ok();
        Assert.Equal("", person.Type("ps", "-aq").Ok());
    }

    /// <summary>Its root has the caller's subordinate ids; the guests' kernel acts with them.</summary>
    [Fact]
    public void RootOfItsOwnUsersHasTheCallersSubordinateIds()
    {
        using var person = new Person();
        Assert.Equal("0 5:6 65534", person.Script("touch /tmp/a /tmp/b; chown 5:6 /tmp/a; chown 65534 /tmp/b; echo $(id -u) $(stat -c %u:%g /tmp/a) $(stat -c %u /tmp/b)", [.. Tier, "--as-root"]));
        string folder = person.Folder("data");
        person.Script("touch /data/own /data/other; chown 5 /data/other", [.. Tier, "--as-root", "-v", folder + ":/data"]);
        Assert.Equal(Own, Command.Run("stat", "-c", "%u", folder + "/own").Ok());
        long other = long.Parse(Command.Run("stat", "-c", "%u", folder + "/other").Ok(), CultureInfo.InvariantCulture);
        Assert.InRange(other, PlainUser.FirstSubordinate, PlainUser.FirstSubordinate + 65535L);
    }

    [Theory]
    [MemberData(nameof(Helpers))]
    public void ATerminalIsItsOwn(bool helpers)
    {
        using var person = new Person(helpers);
        using var terminal = new Pty(24, 80, person.As([PlainUser.Programs + "/bulkhead", "run", "--rm", "-it", .. Tier, "--rootfs", PlainUser.Root, "/bin/sh"]));
        terminal.Type("tty; stat -c %u $(tty); stty size\n");
        terminal.Expect("/dev/pts/0");
        terminal.Expect("65532");
        terminal.Expect("24 80");
        terminal.Type("exit 3\n");
        Assert.Equal(3, terminal.WaitForExit());
    }

    /// <summary>Killed with all it has made: nothing of the user's runs on (PlainUser looks at the end of all tests too).</summary>
    [Fact]
    public void TheEndOfTheKernelEndsAllThatItMade()
    {
        using var person = new Person();
        person.Type(["run", "-d", "--name", "box", .. Tier, "--rootfs", PlainUser.Root, "/bin/sh", "-c", "sleep 1000 & sleep 1000 & exec sleep 1000"]).Ok();
        int kernel = person.Inspect("box").GetProperty("State").GetProperty("Pid").GetInt32();
        Poll.Until("all of them", () => person.Type("exec", "box", "ps").Ok().Split('\n').Count(line => line.Contains("sleep 1000", StringComparison.Ordinal)) >= 3);
        Assert.True(Linux.Kill(kernel, Linux.SIGKILL));
        Assert.Equal("137", person.Type("wait", "box").Ok());
        person.Type("rm", "box").Ok();
        Assert.DoesNotContain(Leftovers.Processes("bulkhead-kernel"), line => line.Contains(PlainUser.Programs, StringComparison.Ordinal));
    }
}
