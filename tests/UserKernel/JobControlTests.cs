using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>A person at an interactive bash: job control by keys, on both tiers alike.</summary>
public sealed class JobControlTests
{
    private const string Interrupt = "\u0003", End = "\u0004", Suspend = "\u001a", Quit = "\u001c";

    public static TheoryData<string> Tiers => ["hardened", "userkernel"];

    [Theory]
    [MemberData(nameof(Tiers))]
    public void JobsStopAndGoOnByKeys(string tier)
    {
        using var person = new Person();
        using Pty bash = Bash(person, tier);
        bash.Type("sleep 100\n");
        AtKey(bash, Suspend, "Stopped");
        bash.Type("sleep 200 | cat\n");
        AtKey(bash, Suspend, "[2]+  Stopped");
        Says(bash, "jobs", "[1]-  Stopped");
        bash.Expect("[2]+  Stopped");
        Says(bash, "bg %1", "[1]- sleep 100 &");
        Says(bash, "jobs -r", "Running");
        Says(bash, "fg %1", "sleep 100");
        AtKey(bash, Interrupt, "$ ");
        Says(bash, "echo status $?", "status 130");
        Says(bash, "kill %2; wait %2 2>/dev/null; echo status $?", "status 143");
        Says(bash, "jobs; echo none", "\nnone");
        bash.Type("sleep 300\n");
        AtKey(bash, Quit, "Quit");
        Says(bash, "echo status $?", "status 131");
        Says(bash, "cat &", "[1] ");
        Says(bash, "", "[1]+  Stopped");
        bash.Type("fg\n");
        bash.Expect("cat\r\n");
        Says(bash, "typed", "typed\r\ntyped");
        bash.Type(End);
        Says(bash, "echo status $?", "status 0");
        Says(bash, "stty tostop; echo loud &", "[1] ");
        Says(bash, "", "Stopped");
        Says(bash, "fg; stty -tostop", "loud\r\n");
        bash.Type("exit 7\n");
        Assert.Equal(7, bash.WaitForExit());
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void ShellsWithinShells(string tier)
    {
        using var person = new Person();
        using Pty bash = Bash(person, tier);
        Says(bash, "PS1='inner> ' bash --norc --noprofile -i", "inner> ");
        bash.Type("sleep 100\n");
        AtKey(bash, Suspend, "Stopped");
        // The inner shell stops itself; both have jobs of their own.
        Says(bash, "suspend", "Stopped");
        Says(bash, "jobs", "bash --norc");
        bash.Type("fg\n");
        bash.Expect("bash --norc");
        Says(bash, "jobs", "sleep 100");
        Says(bash, "exit", "There are stopped jobs");
        bash.Type("exit 4\n");
        Says(bash, "echo status $?", "status 4");
        // Groups, sessions and the terminal's foreground, as ps shows them.
        Says(bash, "ps -o tpgid= -o pgid= -p $(sh -c 'echo $PPID') | awk '{ print $1 != $2 ? \"behind\" : \"front\" }'", "front");
        Says(bash, "trap 'echo caught' INT; sh -c 'trap \"echo inside; exit 3\" INT; echo armed; sleep 100'", "\narmed");
        AtKey(bash, Interrupt, "inside");
        bash.Expect("caught");
        Says(bash, "setsid sh -c 'echo x > /dev/tty' 2>&1 | grep -c /dev/tty", "\n1\r");
        bash.Type(End);
        bash.WaitForExit();
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void LinesAndWindows(string tier)
    {
        using var person = new Person();
        using Pty bash = Bash(person, tier);
        Says(bash, "stty size", "24 80");
        Says(bash, "trap 'echo now $(stty size)' WINCH; echo set", "\nset");
        bash.Resize(30, 100);
        bash.Expect("now 30 100");
        bash.Type("ho edited\u0001ec\n");
        bash.Expect("\nedited");
        bash.Type("read -n 1 key; echo key=$key\n");
        bash.Expect("\r\n");
        bash.Type("k");
        bash.Expect("key=k");
        bash.Type("read -s secret; echo length ${#secret}\n");
        bash.Expect("\r\n");
        bash.Type("hidden\n");
        bash.Expect("length 6");
        bash.Type("cat > /tmp/typed\n");
        bash.Expect("\r\n");
        bash.Type("one\u007f\u007fther\ngone\u0015last\n" + End);
        Says(bash, "paste -sd, /tmp/typed", "other,last");
        Says(bash, "script -qec 'tty; stty size' /dev/null", "/dev/pts/");
        bash.Expect("30 100");
        bash.Type("exit\n");
        Assert.Equal(0, bash.WaitForExit());
    }

    private static Pty Bash(Person person, string tier)
    {
        var bash = new Pty(24, 80, [Person.Program, "run", "--rm", "-it", "--isolation", tier, "-e", "TERM=dumb", "-e", "PS1=$ ", "--rootfs", Roots.Debian, "/bin/bash", "--norc", "--noprofile", "-i"], person.Environment);
        bash.Expect("$ ");
        return bash;
    }

    /// <summary>A line is typed, and the terminal shows <paramref name="text"/>.</summary>
    private static void Says(Pty bash, string line, string text)
    {
        bash.Type(line + "\n");
        bash.Expect(text);
    }

    /// <summary>The key reaches what runs in front: its line was echoed and the shell had time to put it there.</summary>
    private static void AtKey(Pty bash, string key, string text)
    {
        System.Threading.Thread.Sleep(300);
        bash.Type(key);
        bash.Expect(text);
    }
}
