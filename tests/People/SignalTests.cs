using System;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

/// <summary>Signals that come while run composes, so before there is a container: it ends as the shells have it, and leaves nothing.</summary>
public sealed class SignalTests
{
    /// <summary>The test holds a lock that the command waits for, on its name or on its volumes, until the signal is there.</summary>
    [Theory]
    [InlineData("INT", 130, "names", "")]
    [InlineData("TERM", 143, "names", "")]
    [InlineData("HUP", 129, "names", "")]
    [InlineData("TERM", 143, "names", "-d")]
    [InlineData("INT", 130, "volumes/.lock", "-v /data")]
    [InlineData("TERM", 143, "volumes/.lock", "-d -v named:/data")]
    [InlineData("TERM", 143, "volumes/.lock", "-d --rm -v /data")]
    public void BeforeTheContainer(string signal, int status, string held, string flags)
    {
        using var person = new Person();
        Outcome outcome = Signalled(person, signal, held, flags, "/bin/sleep 1000");
        Assert.Equal((status, "", ""), (outcome.ExitCode, outcome.Out, outcome.Err));
        Assert.Empty(Directory.GetDirectories(person.Data + "/containers"));
        Assert.Empty(Directory.GetFileSystemEntries(person.Data + "/names"));
        Assert.Equal(flags.Contains("named", StringComparison.Ordinal) ? "named" : "", person.Type("volume", "ls", "-q").Ok());
        Assert.DoesNotContain("\"start\"", File.ReadAllText(person.Data + "/events.json"), StringComparison.Ordinal);
    }

    /// <summary>Others are the program's, as before.</summary>
    [Theory]
    [InlineData("hardened")]
    [InlineData("userkernel")]
    public void AnotherSignalWaitsForTheProgram(string tier)
    {
        using var person = new Person();
        // Its default action is the end; a first process has none, so it has a handler, and says when.
        Outcome outcome = Signalled(person, "USR1", "names", "--init --isolation " + tier, "/bin/sleep 1000");
        Assert.Equal(138, outcome.ExitCode);
    }

    private static Outcome Signalled(Person person, string signal, string held, string flags, string words)
    {
        string path = person.Data + "/" + held;
        Directory.CreateDirectory(held == "names" ? path : Path.GetDirectoryName(path)!);
        if (held != "names")
            File.WriteAllText(path, "");
        // A shell gives what it starts in the background an ignored SIGINT.
        string script = $$"""
            exec 9<{{path}}
            flock 9
            BULKHEAD_DATA={{person.Data}} env --default-signal=INT {{Person.Program}} run {{flags}} --rootfs {{SharedRoot.Path}} {{words}} 9<&- </dev/null &
            pid=$!
            until grep -q -- "-> FLOCK.* $pid " /proc/locks; do kill -0 $pid || exit 99; done
            kill -{{signal}} $pid
            flock -u 9
            wait $pid
            """;
        return Command.Run("bash", "-c", script);
    }
}
