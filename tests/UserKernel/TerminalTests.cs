using System.Threading;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>A person at a terminal, by run -it and by exec -it, on both tiers.</summary>
public sealed class TerminalTests
{
    private const int Settling = 500;
    private const char Interrupt = '\u0003', Quit = '\u001c', Suspend = '\u001a', EndOfInput = '\u0004';

    public static TheoryData<string, string> Ways => new() { { "hardened", "run" }, { "hardened", "exec" }, { "userkernel", "run" }, { "userkernel", "exec" } };

    /// <summary>A program of Debian's at a terminal of 33 by 99.</summary>
    private static Pty At(Person person, string tier, string way, params string[] words)
    {
        if (way == "run")
            return person.Sit(33, 99, ["run", "--rm", "-it", "-e", "PS1=$ ", "--isolation", tier, "--rootfs", Roots.Debian, .. words]);
        person.Do("run", "-d", "--name", "life", "-e", "PS1=$ ", "--isolation", tier, "--rootfs", Roots.Debian, "sleep", "1000").Ok();
        return person.Sit(33, 99, ["exec", "-it", "life", .. words]);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void TheWindowIsFollowed(string tier, string way)
    {
        using var person = new Person();
        // `wait`, as a SIGINT between bash's sigaction(2) for a program in front and its next line has bash send it to itself for ever.
        using Pty terminal = At(person, tier, way, "bash", "-c", "trap 'exit 7' INT; trap 'echo now $(stty size)' WINCH; tty; test -c \"$(tty)\" && echo a device; stty size; sleep 1000 & while :; do wait; done");
        terminal.Expect("/dev/pts/");
        terminal.Expect("a device");
        terminal.Expect("33 99");
        Thread.Sleep(Settling);
        terminal.Resize(40, 120);
        terminal.Expect("now 40 120");
        // bash forgets a signal that comes while it runs the trap of the same.
        Thread.Sleep(Settling);
        terminal.Resize(24, 80);
        terminal.Expect("now 24 80");
        terminal.Type(Interrupt.ToString());
        Assert.Equal(7, terminal.WaitForExit());
    }

    /// <summary>Modes that a program sets are the host's terminal's: a password is not shown, a key comes without its line.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public void ModesAreTheTerminals(string tier, string way)
    {
        using var person = new Person();
        using Pty terminal = At(person, tier, way, "bash", "-c", "echo word?; read -rs word; echo got $word; echo key?; read -rsn1 key; echo key $key; stty -a | grep -o '[-]*icanon'");
        terminal.Expect("word?");
        terminal.Type("secret\n");
        terminal.Expect("got secret");
        terminal.Expect("key?");
        terminal.Type("k");
        terminal.Expect("key k");
        terminal.Expect("icanon");
        Assert.Equal(0, terminal.WaitForExit());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void JobsAreControlled(string tier, string way)
    {
        using var person = new Person();
        using Pty terminal = At(person, tier, way, "bash", "--norc", "--noprofile", "-i");
        terminal.Expect("$ ");
        terminal.Type("sleep 1000\n");
        terminal.Expect("sleep 1000");
        Wait(terminal, Suspend, "Stopped");
        terminal.Type("bg; jobs\n");
        terminal.Expect("Running");
        terminal.Expect("sleep 1000 &");
        terminal.Type("fg\n");
        terminal.Expect("fg");
        terminal.Expect("sleep 1000");
        Wait(terminal, Interrupt, "$ ");
        terminal.Type("echo status $?\n");
        terminal.Expect("status 130");
        // In the background nobody reads the terminal; in the foreground it does.
        terminal.Type("cat &\n");
        terminal.Expect("[1]");
        terminal.Type("sleep 0.3; jobs\n");
        terminal.Expect("Stopped");
        terminal.Expect("cat");
        terminal.Type("fg\n");
        terminal.Expect("fg");
        terminal.Expect("cat");
        terminal.Type("a line\n");
        terminal.Expect("a line");
        terminal.Expect("a line");
        terminal.Type(EndOfInput.ToString());
        terminal.Expect("$ ");
        terminal.Type("sleep 1000 | cat\n");
        terminal.Expect("| cat");
        Wait(terminal, Quit, "Quit");
        terminal.Type("(sleep 1000; echo never) & kill %1; wait; echo all gone\n");
        terminal.Expect("all gone");
        terminal.Type("exit 5\n");
        Assert.Equal(5, terminal.WaitForExit());
    }

    /// <summary>A key whose effect the program may not be ready for yet: until the effect shows.</summary>
    private static void Wait(Pty terminal, char key, string effect)
    {
        Thread.Sleep(Settling);
        terminal.Type(key.ToString());
        terminal.Expect(effect);
    }
}
