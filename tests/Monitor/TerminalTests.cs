using System;
using Bulkhead.TestSupport;

namespace Bulkhead.Monitors;

/// <summary>A person's terminal at a container's.</summary>
public sealed class TerminalTests
{
    // Shows each byte that it gets as a number.
    private const string Echo = "stty raw -echo; echo ready; while :; do c=$(dd bs=1 count=1 2>/dev/null | hexdump -e '1/1 \"%02x\"'); echo \"<$c>\"; [ \"$c\" = 71 ] && exit 3; done";

    [Fact]
    public void TheDetachKeysAreHeldBackUntilTheyBreakOff()
    {
        using var person = new Person();
        using var terminal = new Pty(24, 80, person.Words(Echo, "-it", "--name", "term"), person.Environment);
        terminal.Expect("ready");
        terminal.Type("a\u0010");
        terminal.Expect("<61>");
        // Sent by itself, the key would have come before what another client types.
        using (var other = new Pty(24, 80, [Person.Program, "attach", "term"], person.Environment))
        {
            other.Type("b");
            terminal.Expect("<62>");
            terminal.Type("c");
            terminal.Expect("<10>");
            terminal.Expect("<63>");
            terminal.Type("\u0010\u0010d");
            terminal.Expect("<10>");
            terminal.Expect("<10>");
            terminal.Expect("<64>");
        }
        terminal.Type("\u0010");
        terminal.Type("\u0011");
        Assert.Equal(0, terminal.WaitForExit());
        Assert.Equal("running", person.Status("term"));
    }

    /// <summary>Keys that a person chose, of run and of start; what is no key is refused.</summary>
    [Fact]
    public void OtherDetachKeys()
    {
        using var person = new Person();
        using (var terminal = new Pty(24, 80, person.Words(Echo, "-it", "--detach-keys", "ctrl-a,d", "--name", "term"), person.Environment))
        {
            terminal.Expect("ready");
            terminal.Type("\u0010\u0011");
            terminal.Expect("<10>");
            terminal.Expect("<11>");
            terminal.Type("\u0001d");
            Assert.Equal(0, terminal.WaitForExit());
        }
        Assert.Equal("running", person.Status("term"));
        using (var terminal = new Pty(24, 80, [Person.Program, "start", "-ai", "--detach-keys", "z", "term"], person.Environment))
        {
            terminal.Type("a");
            terminal.Expect("<61>");
            terminal.Type("z");
            Assert.Equal(0, terminal.WaitForExit());
        }
        Assert.Equal("running", person.Status("term"));
        Assert.Contains("'ctrl-1' is no key", person.Do("attach", "--detach-keys", "ctrl-1", "term").Exits(1), StringComparison.Ordinal);
    }

    /// <summary>exec: its program goes on with its terminal, and what it writes stops it not.</summary>
    [Fact]
    public void AProgramOfExecIsLeftRunning()
    {
        using var person = new Person();
        string id = person.Start("sleep 1000");
        using (var terminal = new Pty(24, 80, [Person.Program, "exec", "-it", id, "/bin/sh", "-c", "stty raw -echo; echo ready; dd bs=1 count=5 2>/dev/null | hexdump -e '5/1 \"%02x\" \"-\"'; while [ ! -e /tmp/go ]; do sleep 0.05; done; "
            + "head -c 1000000 /dev/zero; [ -t 1 ] && touch /tmp/done; while [ ! -e /tmp/end ]; do sleep 0.05; done"], person.Environment))
        {
            terminal.Expect("ready");
            terminal.Type("a\u0010");
            terminal.Type("b\u0010\u0010c");
            terminal.Expect("6110621010-");
            terminal.Type("\u0010\u0011");
            Assert.Equal(0, terminal.WaitForExit());
        }
        string holder = Assert.Single(Leftovers.Processes("hold-terminal=" + id));
        person.Do("exec", id, "/bin/touch", "/tmp/go").Ok();
        Poll.Until("it to write a million bytes", () => person.Do("exec", id, "/bin/ls", "/tmp/done").ExitCode == 0);
        person.Do("exec", id, "/bin/touch", "/tmp/end").Ok();
        Poll.Until("who held its terminal to end", () => !System.IO.Directory.Exists("/proc/" + holder.Split(' ')[0]));
    }

    [Fact]
    public void OtherDetachKeysOfExec()
    {
        using var person = new Person();
        string id = person.Start("sleep 1000");
        using (var terminal = new Pty(24, 80, [Person.Program, "exec", "-it", "--detach-keys", "ctrl-a,d", id, "/bin/sh", "-c", Echo], person.Environment))
        {
            terminal.Expect("ready");
            terminal.Type("\u0010\u0011");
            terminal.Expect("<10>");
            terminal.Expect("<11>");
            terminal.Type("\u0001d");
            Assert.Equal(0, terminal.WaitForExit());
        }
        using (var terminal = new Pty(24, 80, [Person.Program, "exec", "-it", id, "/bin/sh", "-c", Echo], person.Environment))
        {
            terminal.Expect("ready");
            terminal.Type("q");
            Assert.Equal(3, terminal.WaitForExit());
        }
        Assert.Contains("'ctrl-1' is no key", person.Do("exec", "--detach-keys", "ctrl-1", id, "/bin/true").Fails(), StringComparison.Ordinal);
        person.Do("rm", "-f", id).Ok();
        Poll.Until("who held its terminal to end", () => Leftovers.Processes("hold-terminal=" + id).Length == 0);
    }

    [Fact]
    public void AContainerOutlivesTheTerminal()
    {
        using var person = new Person();
        using (var terminal = new Pty(24, 80, person.Words(Echo, "-it", "--name", "term"), person.Environment))
            terminal.Expect("ready");
        Poll.Until("the client to end", () => Array.TrueForAll(Leftovers.Processes(person.Root), line => !line.Contains(Person.Program + " run", StringComparison.Ordinal)));
        Assert.Equal("running", person.Status("term"));
        using var again = new Pty(24, 80, [Person.Program, "attach", "term"], person.Environment);
        again.Type("a");
        again.Expect("<61>");
        again.Type("q");
        Assert.Equal(3, again.WaitForExit());
    }
}
