using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>
/// Random calls (Random/, one C program) by threads and processes at once: the kernel outlives all of them, and the host sees none.
/// BULKHEAD_FUZZ_SECONDS (make fuzz) says how long, else 60 s.
/// </summary>
public sealed class RandomCallTests
{
    private const int PartSeconds = 20, Parts = 3, SeedsApart = 100_000;

    /// <summary>Whose calls: a plain user's, a container root's, a plain user's with a layer for writes. Each part takes the next.</summary>
    private static readonly string[][] s_callers = [[], ["--as-root"], ["--writable"]];

    [Fact]
    public void TheKernelOutlivesRandomCalls()
    {
        bool isLong = int.TryParse(Environment.GetEnvironmentVariable("BULKHEAD_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out int seconds);
        int parts = isLong ? (seconds + PartSeconds - 1) / PartSeconds : Parts;
        using var person = new Person();
        string root = person.Make("root");
        Command.Run("chmod", "755", root).Ok();
        foreach (string name in (string[])["bin", "tmp", "proc", "dev", "sys", "etc", "run"])
            Directory.CreateDirectory(Path.Combine(root, name));
        string[] sources = Directory.GetFiles(Path.Combine(Repository.Root, "tests/UserKernel/Random"), "*.c");
        Command.Run(["gcc", "-O1", "-static", "-pthread", "-o", root + "/bin/random", .. sources], null, null).Ok();
        List<string> before = SeenByTheHost(root);
        // An hour goes on where CI's minute ends.
        for (int part = 0, first = isLong ? Parts : 0; part < parts; part++)
        {
            string seed = (1 + ((first + part) * SeedsApart)).ToString(CultureInfo.InvariantCulture);
            Outcome run = person.Run("userkernel", ["--security-opt", "seccomp=unconfined", "--memory", "512m", "--pids-limit", "400", "--tmpfs", "/tmp:exec,size=64m", "--tmpfs", "/run:size=16m", .. s_callers[part % s_callers.Length], "--rootfs", root, "/bin/random", seed, PartSeconds.ToString(CultureInfo.InvariantCulture)]);
            Assert.StartsWith("next seed", run.Ok(), StringComparison.Ordinal);
            if (isLong)
                Console.WriteLine($"{DateTime.UtcNow:HH:mm:ss} seed {seed} {string.Join(' ', s_callers[part % s_callers.Length])}: {run.Out.Trim()}");
        }
        Assert.Equal(before, SeenByTheHost(root));
        Assert.DoesNotContain(Directory.GetDirectories("/proc", "*"), IsRandom);
    }

    /// <summary>What a call that reached the host would change.</summary>
    private static List<string> SeenByTheHost(string root)
    {
        string[] settings = ["hostname", "domainname", "core_pattern", "pid_max", "threads-max", "randomize_va_space"];
        List<string> seen = [.. settings.Select(name => File.ReadAllText("/proc/sys/kernel/" + name)), File.ReadAllText("/proc/swaps")];
        seen.Add(Command.Run("find", root, "-printf", "%p %y %m %U %G %s %T@ %l\n").Ok());
        return seen;
    }

    private static bool IsRandom(string process)
    {
        try
        {
            return File.ReadAllText(process + "/comm") == "random\n";
        }
        catch (IOException)
        {
            return false; // no process, or gone since the listing
        }
    }
}
