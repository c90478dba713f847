using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Bulkhead.TestSupport;

namespace Bulkhead.Monitors;

/// <summary>Commands at the same time as each other and as the monitor's own doing.</summary>
public sealed class RaceTests
{
    [Fact]
    public async Task OfManyThatWantOneNameOneGetsIt()
    {
        const int Many = 64;
        using var person = new Person();
        Outcome[] all = await Task.WhenAll(Enumerable.Range(0, Many).Select(_ =>
            Task.Run(() => Command.Run(person.Words("sleep 1000", "-d", "--name", "same"), null, person.Environment))));
        Assert.Single(all, outcome => outcome.ExitCode == 0);
        Assert.All(all.Where(outcome => outcome.ExitCode != 0), outcome => Assert.Contains("the name 'same' is in use", outcome.Exits(125), StringComparison.Ordinal));
        Assert.Single(Directory.GetFileSystemEntries(person.Data + "/containers"));
        Assert.Single(person.Do("ps", "-aq").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The monitor writes into the folder that is being removed.</summary>
    [Theory]
    [InlineData]
    [InlineData("--rm")]
    public void RmWaitsForTheMonitor(params string[] flags)
    {
        using var person = new Person();
        for (int round = 0; round < 5; round++)
        {
            string id = person.Start("yes", flags);
            person.Do("rm", "-f", id).Ok();
            Assert.False(Directory.Exists(person.Folder(id)));
        }
        Assert.Empty(person.Leftover());
    }

    /// <summary>It ends while it is being stopped and removed.</summary>
    [Fact]
    public void AnEndOfItsOwnDisturbsNoCommand()
    {
        using var person = new Person();
        for (int round = 0; round < 10; round++)
        {
            string id = person.Start($"sleep 0.0{round}");
            person.Do("stop", id).Ok();
            Assert.Equal("exited", person.Status(id));
            person.Do("start", id).Ok();
            Outcome[] removed = Enumerable.Range(0, 3).AsParallel().Select(_ => person.Do("rm", "-f", id)).ToArray();
            Assert.Contains(removed, outcome => outcome.ExitCode == 0);
            Assert.All(removed.Where(outcome => outcome.ExitCode != 0), outcome => Assert.Contains("no such container", outcome.Err, StringComparison.Ordinal));
            Assert.False(Directory.Exists(person.Folder(id)));
        }
    }

    /// <summary>A command and the monitor that it started, killed at any moment: one rm -f later nothing is there.</summary>
    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("run")]
    [InlineData("stop")]
    [InlineData("rm")]
    public void KilledAtAnyMomentNothingStays(string verb)
    {
        const int Rounds = 60;
        using var person = new Person();
        for (int round = 0; round < Rounds; round++)
        {
            string name = $"n{round}";
            if (verb != "run")
                person.Start("sleep 1000", "--name", name);
            string[] words = verb switch
            {
                "run" => ["run", "-d", "--rootfs", person.Root, "--name", name, "/bin/sleep", "1000"],
                "stop" => ["stop", "-t", "0", name],
                _ => ["rm", "-f", name],
            };
            using Process command = person.Begin(words);
            // Commands take up to 60 ms: spread over that.
            Thread.Sleep(round);
            IEnumerable<string> victims = Leftovers.Processes(person.Name).Where(line => line.Contains("bulkhead", StringComparison.Ordinal));
            if (round % 3 != 0)
                KillAll(victims.Where(line => line.Contains("bulkhead-monitor", StringComparison.Ordinal)));
            if (round % 3 != 1)
                Linux.Kill(command.Id, Linux.SIGKILL);
            command.WaitForExit();
            person.Do("rm", "-f", name);
            string[] left = person.Leftover();
            Assert.True(left.Length == 0, $"{verb}, round {round}: {string.Join(", ", left)}");
        }
    }

    private static void KillAll(IEnumerable<string> processes)
    {
        foreach (string process in processes)
            Linux.Kill(int.Parse(process.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), Linux.SIGKILL);
    }
}
