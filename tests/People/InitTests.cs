using System;
using System.Globalization;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

public sealed class InitTests
{
    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("kill -9 $$", 137)]
    [InlineData("exec nosuch-program", 127)]
    public void EndsAsItsProgram(string script, int status)
    {
        using var person = new Person();
        person.Type("run", "--rm", "--init", "--rootfs", SharedRoot.Path, "sh", "-c", script).Exits(status);
    }

    [Fact]
    public void AProgramThatIsMissingIs127()
    {
        using var person = new Person();
        Assert.Contains("cannot be executed", person.Type("run", "--rm", "--init", "--rootfs", SharedRoot.Path, "nosuch").Exits(127), StringComparison.Ordinal);
        person.Type("run", "--rm", "--init", "--rootfs", SharedRoot.Path, "/etc/not-executable").Exits(126);
    }

    /// <summary>What nobody waits for is reaped: with a shell alone it stays as a zombie.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void Reaps(bool init, int zombies)
    {
        using var person = new Person();
        string[] flags = init ? ["--init"] : [];
        person.Run("c1", "(sleep 0.05 & echo $! >/tmp/orphan); touch /tmp/ready; exec sleep 1000", flags);
        Poll.Until("the orphan to end", () => person.Type("exec", "c1", "/bin/sh", "-c", "[ -e /tmp/ready ] && ! grep -q 'State:.*[RSD]' /proc/$(cat /tmp/orphan)/status").ExitCode == 0);
        Assert.Equal(zombies, int.Parse(person.Type("exec", "c1", "/bin/sh", "-c", "cat /proc/[0-9]*/status 2>/dev/null | grep -c 'State:.Z'; true").Ok(), CultureInfo.InvariantCulture));
        Assert.Equal(init, person.Inspect("c1").GetProperty("HostConfig").GetProperty("Init").GetBoolean());
        Assert.Equal(init ? "/dev/init" : "sleep", person.Type("exec", "c1", "/bin/sh", "-c", "tr '\\0' '\\n' </proc/1/cmdline | head -n 1").Ok());
    }

    /// <summary>As the first process a program without a handler does not get TERM; under an init it does.</summary>
    [Fact]
    public void PassesSignals()
    {
        using var person = new Person();
        person.Sleep("c1", "--init", "--stop-timeout", "30");
        // The kernel drops a signal for a first process that has not blocked it yet: in its first microseconds an init is one, too.
        Poll.Until("the program", () => person.Type("exec", "c1", "/bin/sh", "-c", "grep -q ^/bin/sleep /proc/[0-9]*/cmdline").ExitCode == 0);
        person.Type("stop", "c1").Ok();
        Assert.Equal(143, person.Inspect("c1").GetProperty("State").GetProperty("ExitCode").GetInt32());
    }

    [Fact]
    public void NothingOfItCanBeWritten()
    {
        using var person = new Person();
        person.Type("run", "--rm", "--init", "--as-root", "--writable", "--rootfs", SharedRoot.Path, "/bin/sh", "-c", "echo x >/dev/init").Fails();
        person.Type("run", "--rm", "--init", "--as-root", "--writable", "--rootfs", SharedRoot.Path, "/bin/sh", "-c", "echo x >/proc/1/exe").Fails();
        // A terminal belongs to the program, not to the init.
        Assert.Contains("tty", person.Type("run", "--rm", "-t", "--init", "--rootfs", SharedRoot.Path, "/bin/sh", "-c", "read a <&1 & [ -t 1 ] && echo tty").Ok(), StringComparison.Ordinal);
    }
}
