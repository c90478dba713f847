using System;
using Bulkhead.TestSupport;

namespace Bulkhead.Rootless;

/// <summary>Doors that must be shut although the program has the caller's own id on the host, by the first process and by exec alike.</summary>
public sealed class ProbeTests
{
    [Theory]
    [InlineData("a mount", "mount -t tmpfs none /tmp")]
    [InlineData("a user namespace", "unshare -U true")]
    [InlineData("the core pattern", "echo x >/proc/sys/kernel/core_pattern")]
    [InlineData("sysrq", "echo h >/proc/sysrq-trigger")]
    [InlineData("kernel messages", "dmesg")]
    [InlineData("a device node", "mknod /tmp/null c 1 3")]
    [InlineData("a memory device", "cat /dev/mem")]
    [InlineData("kernel timers", "grep . /proc/timer_list")]
    [InlineData("another user", "su -c true")]
    [InlineData("a write to the root", "touch /bin/made")]
    [InlineData("a cgroup", "mkdir /sys/fs/cgroup/made")]
    [InlineData("a network interface", "ip link add type dummy")]
    [InlineData("the host name", "hostname other")]
    public void ADoorIsShut(string door, string script)
    {
        using var person = new Person();
        Assert.NotEqual(0, person.Try(script + " 2>/dev/null").ExitCode);
        person.Sleep("box");
        Assert.True(person.Type("exec", "box", "/bin/sh", "-c", script).ExitCode != 0, door);
        // A control: the same script is run at all.
        Assert.Equal(0, person.Type("exec", "box", "/bin/sh", "-c", $"({script}) >/dev/null 2>&1; true").ExitCode);
    }

    [Fact]
    public void ProcessesOfTheCallerAreOutOfReach()
    {
        using var person = new Person();
        person.Sleep("other");
        int pid = person.Inspect("other").GetProperty("State").GetProperty("Pid").GetInt32();
        Assert.NotEqual(0, person.Try($"kill -0 {pid}").ExitCode);
        Assert.Equal("1", person.Script("ls /proc | grep -c '^[0-9]*$' >/dev/null; echo $$"));
        // The control: outside, the same caller may.
        Assert.Equal(0, person.Does("kill", "-0", $"{pid}").ExitCode);
    }

    [Fact]
    public void TheMonitorsSocketsAreOutOfReach()
    {
        using var person = new Person();
        person.Sleep("other");
        // An overlay's work directory is for nobody to list.
        string[] sockets = person.Does("find", person.Home, person.Run, "-type", "s").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(sockets);
        foreach (string socket in sockets)
            Assert.NotEqual(0, person.Try($"ls {socket}").ExitCode);
        Assert.Equal("700", person.Does("stat", "-c", "%a", person.Home + "/.local/share/bulkhead").Ok());
        Assert.Equal("700", person.Does("stat", "-c", "%a", person.Run + "/bulkhead").Ok());
    }

    [Fact]
    public void ASetuidProgramOfTheHostsRootGivesNothing()
    {
        using var person = new Person();
        string folder = person.Folder("data");
        // Busybox gives such rights up by itself; this one keeps them, and its effective id is looked at while it waits.
        Command.Run("cp", PlainUser.Root + "/bin/catatonit", folder + "/run").Ok();
        Command.Run("chown", "0:0", folder + "/run").Ok();
        Command.Run("chmod", "4755", folder + "/run").Ok();
        const string Look = "/data/run -- /bin/sleep 5 & until grep -q run /proc/$!/comm; do :; done; grep ^Uid: /proc/$!/status | cut -f 3; kill $!";
        Assert.Equal("65532", person.Script(Look, "-v", folder + ":/data"));
        Assert.Equal("0", person.Does(folder + "/run", "--", "/usr/bin/id", "-u").Ok());
    }

    [Fact]
    public void TheOrderOfTheUserNamespaceIsNotForTheProgram()
    {
        using var person = new Person();
        Assert.Equal("0", person.Script("env | grep -c BULKHEAD; true"));
        // An order of the caller's own makes it no more than the caller.
        Outcome outcome = person.Does("env", "BULKHEAD_USERS=alone;0 0 1;0 0 1", PlainUser.Programs + "/bulkhead-oci", "list");
        Assert.Contains("write /proc/self/uid_map: operation not permitted", outcome.Fails(), StringComparison.Ordinal);
        Assert.Equal(0, Command.Run("env", "BULKHEAD_USERS=nonsense", PlainUser.Programs + "/bulkhead-oci", "--version").ExitCode);
    }
}
