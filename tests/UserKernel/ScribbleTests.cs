using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>
/// Guests that scribble over their gate, channel and registers and speak the channel's protocol wrongly (Hostile/scribble.c), while a neighbour in the
/// same sandbox checks its own results. BULKHEAD_SCRIBBLE_SECONDS says how long, else 20 s; BULKHEAD_SCRIBBLE_SEED with which seed to begin.
/// </summary>
public sealed class ScribbleTests
{
    private const int MostDescriptors = 4096, MostProcesses = 260, PartSeconds = 60, SeedsApart = 100_000;
    private const long MostKib = 128 << 10;

    [Fact]
    public void AScribblingGuestHarmsOnlyItself() => Scribble(Setting("BULKHEAD_SCRIBBLE_SECONDS", 20), Setting("BULKHEAD_SCRIBBLE_SEED", 1));

    [Fact]
    [Trait("Speed", "Long")]
    public void AScribblingGuestHarmsOnlyItselfForMinutes() => Scribble(Setting("BULKHEAD_SCRIBBLE_SECONDS", 300), Setting("BULKHEAD_SCRIBBLE_SEED", 1_000_000));

    private static int Setting(string name, int usual) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int given) ? given : usual;

    /// <summary>A sandbox for each minute: processes that the kernel does not know fill one with time.</summary>
    private static void Scribble(int seconds, int seed)
    {
        for (; seconds > 0; seconds -= PartSeconds, seed += SeedsApart)
            ScribbleInOne(Math.Min(seconds, PartSeconds), seed);
    }

    private static void ScribbleInOne(int seconds, int seed)
    {
        using var person = new Person();
        string root = Hostile.Root(person, "scribble");
        string[] before = Hostile.Snapshot(root);
        using var canary = new Canary();
        person.Do("run", "-d", "--name", "life", "--isolation", "userkernel", "--as-root", "--pids-limit", "250", "--memory", "1g", "--rootfs", root,
            "/bin/scribble", seed.ToString(CultureInfo.InvariantCulture), seconds.ToString(CultureInfo.InvariantCulture)).Ok();
        int kernel = Hostile.KernelOf(person, "life");
        using var space = new PidSpace(kernel);
        long end = Environment.TickCount64 + ((seconds + 60) * 1000L);
        long pss = 0;
        int descriptors = 0, processes = 0;
        while (person.Do("inspect", "--format", "{{.State.Status}}", "life").Ok() == "running")
        {
            Assert.True(Environment.TickCount64 < end, "it hangs; so far: " + person.Do("logs", "life").Ok());
            pss = Math.Max(pss, PssOf(kernel));
            descriptors = Math.Max(descriptors, Count($"/proc/{kernel}/fd"));
            processes = Math.Max(processes, space.Processes().Count);
            Thread.Sleep(500);
        }
        string told = person.Do("logs", "life").Ok();
        Assert.True(person.Do("wait", "life").Ok() == "0", $"seed {seed}: {told}");
        Assert.Contains("neighbour: ", told, StringComparison.Ordinal);
        Assert.Contains("seeds ", told, StringComparison.Ordinal);
        Assert.InRange(pss, 1, MostKib);
        Assert.InRange(descriptors, 1, MostDescriptors);
        Assert.InRange(processes, 1, MostProcesses);
        Poll.Until("the end of those that the kernel did not know", () => space.Processes().Count == 0);
        Assert.True(canary.Lives);
        Assert.Equal(before, Hostile.Snapshot(root));
        TestContext.Current.SendDiagnosticMessage("{0}; kernel at most {1} KiB PSS, {2} descriptors, {3} processes", told, pss, descriptors, processes);
    }

    private static int Count(string folder) => Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder).Length : 0;

    /// <summary>Proportional set size in KiB; 0 when it is gone.</summary>
    private static long PssOf(int pid)
    {
        try
        {
            string line = File.ReadLines($"/proc/{pid}/smaps_rollup").First(text => text.StartsWith("Pss:", StringComparison.Ordinal));
            return long.Parse(line[4..^2].Trim(), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
