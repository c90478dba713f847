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
        Runs(bash, "sleep 100");
        AtKey(bash, Suspend, "Stopped");
        Runs(bash, "sleep 200 | cat");
        AtKey(bash, Suspend, "[2]+  Stopped");
        Says(bash, "jobs", "[1]-  Stopped");
        bash.Expect("[2]+  Stopped");
        Says(bash, "bg %1", "[1]- sleep 100 &");
        Says(bash, "jobs -r", "Running");
        Says(bash, "fg %1", "sleep 100");
        AtKey(bash, Interrupt, "$ ");
        Says(bash, "echo status $?", "status 130");
        // The shell tells how its job ended when it has waited for another program: `wait` would tell of the stop if it came first.
        Says(bash, "kill -9 %2; command sleep 0.5", "Killed                  sleep 200 | cat");
        Says(bash, "jobs; echo none", "\nnone");
        Runs(bash, "sleep 300");
        AtKey(bash, Quit, "Quit");
        Says(bash, "echo status $?", "status 131");
        // Who reads in the background is stopped, and who writes where that is asked for.
        Says(bash, "cat &", "[1] ");
        WaitForStop(bash);
        Says(bash, "fg", "\ncat");
        Says(bash, "typed", "typed");
        bash.Expect("typed");
        bash.Type(End);
        Says(bash, "echo status $?", "status 0");
        Says(bash, "stty tostop; echo loud &", "[1] ");
        WaitForStop(bash);
        Says(bash, "fg; stty -tostop", "\nloud");
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
        Runs(bash, "sleep 100");
        AtKey(bash, Suspend, "Stopped");
        // The inner shell stops itself; both have jobs of their own.
        Says(bash, "suspend", "Stopped");
        Says(bash, "jobs", "bash --norc");
        bash.Type("fg\n");
        bash.Expect("bash --norc");
        Says(bash, "jobs", "sleep 100");
        Says(bash, "echo between", "\nbetween"); // behind `jobs` bash does not warn
        Says(bash, "exit", "There are stopped jobs");
        bash.Type("exit 4\n");
        Says(bash, "echo status $?", "status 4");
        // Groups, sessions and the terminal's foreground, as ps shows them.
        Says(bash, "ps -o tpgid= -o pgid= -p $(sh -c 'echo $PPID') | awk '{ print $1 != $2 ? \"behind\" : \"front\" }'", "\nfront");
        Runs(bash, "sh -c 'trap \"echo inside; exit 3\" INT; sleep 100 & wait'");
        AtKey(bash, Interrupt, "inside");
        Says(bash, "setsid sh -c 'echo x > /dev/tty' 2>&1 | grep -c /dev/tty", "\n1");
        bash.Type("exit 0\n");
        Assert.Equal(0, bash.WaitForExit());
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
        Runs(bash, "read -n 1 key; echo key=$key");
        AtKey(bash, "k", "key=k");
        Runs(bash, "read -s secret; echo length ${#secret}");
        AtKey(bash, "hidden\n", "length 6");
        Runs(bash, "cat > /tmp/typed");
        AtKey(bash, "one\u007f\u007fther\ngone\u0015last\n" + End, "$ ");
        Says(bash, "paste -sd, /tmp/typed", "other,last");
        Says(bash, "script -qec 'tty; stty size' /dev/null", "/dev/pts/");
        bash.Expect("30 100");
        bash.Expect("$ "); // what is typed before that is read, and thrown away, by `script`
        bash.Type("exit\n");
        Assert.Equal(0, bash.WaitForExit());
    }

    private static Pty Bash(Person person, string tier)
    {
        var bash = new Pty(24, 80, [Person.Program, "run", "-it", "--isolation", tier, "-e", "TERM=dumb", "-e", "PS1=$ ", "--rootfs", Roots.Debian, "/bin/bash", "--norc", "--noprofile", "-i"], person.Environment);
        bash.Expect("$ ");
        return bash;
    }

    /// <summary>A line is typed, and the terminal shows <paramref name="text"/>.</summary>
    private static void Says(Pty bash, string line, string text)
    {
        bash.Type(line + "\n");
        bash.Expect(text);
    }

    /// <summary>A command in front: the shell has given it the terminal by the time that its first word is there.</summary>
    private static void Runs(Pty bash, string command) => Says(bash, "echo go; " + command, "\ngo");

    private static void WaitForStop(Pty bash) => Says(bash, "until jobs | grep -q Stopped; do sleep 0.1; done; echo so", "\nso");

    /// <summary>What is typed reaches what runs in front, which had a moment to begin.</summary>
    private static void AtKey(Pty bash, string key, string text)
    {
        System.Threading.Thread.Sleep(300);
        bash.Type(key);
        bash.Expect(text);
    }
}
