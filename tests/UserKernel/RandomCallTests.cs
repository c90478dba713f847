using System;
using System.Globalization;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>Random calls with random arguments (random.c): the kernel outlives all of them. BULKHEAD_FUZZ_SECONDS (make fuzz) says how long, else 20 s.</summary>
public sealed class RandomCallTests
{
    private const int PartSeconds = 10, SeedsApart = 100_000;

    [Fact]
    public void TheKernelOutlivesRandomCalls()
    {
        int seconds = int.TryParse(Environment.GetEnvironmentVariable("BULKHEAD_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out int given) ? given : 2 * PartSeconds;
        using var person = new Person();
        string root = person.Make("root");
        Command.Run("chmod", "755", root).Ok();
        foreach (string name in (string[])["bin", "tmp", "proc", "dev", "sys", "etc", "run"])
            Directory.CreateDirectory(Path.Combine(root, name));
        Command.Run("gcc", "-O1", "-static", "-o", root + "/bin/random", Path.Combine(Repository.Root, "tests/UserKernel/random.c")).Ok();
        for (int part = 0; part * PartSeconds < seconds; part++)
        {
            string seed = (1 + (part * SeedsApart)).ToString(CultureInfo.InvariantCulture);
            Outcome run = person.Run("userkernel", "--security-opt", "seccomp=unconfined", "--memory", "512m", "--rootfs", root, "/bin/random", seed, PartSeconds.ToString(CultureInfo.InvariantCulture));
            Assert.StartsWith("next seed", run.Ok(), StringComparison.Ordinal);
        }
    }
}
