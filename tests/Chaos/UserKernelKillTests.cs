using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace Bulkhead.Chaos;

/// <summary>SIGKILL of cells, of the template and of the kernel itself while guests fork and end: no orphan, no leftover, no lie.</summary>
public sealed class UserKernelKillTests : IDisposable
{
    private const string Work = "while :; do for i in 1 2 3; do (echo $i | sh -c 'read x; echo $x; exit 3' >/dev/null) & done; sleep 0.01; wait; done";
    private const int MostMilliseconds = 60, MostKills = 4, MostTries = 20;
    private readonly OciPlace place = new();

    [Fact]
    public void KilledAtRandom() => Check(seed: 1, containers: 25);

    [Fact]
    [Trait("Speed", "Long")]
    public void KilledAtRandomForLong() => Check(seed: 2, containers: 1000);

    public void Dispose() => place.Dispose();

    private void Check(int seed, int containers)
    {
        var random = new Random(seed);
        place.UseUserKernel();
        place.Begin("/bin/sh", "-c", Work);
        var failures = new List<string>();
        int kills = 0, kernels = 0;
        for (int i = 0; i < containers; i++)
        {
            place.Prepare("running");
            var seen = new HashSet<int>();
            var killed = new List<string>();
            // Who has ended by itself meanwhile is no kill: another one is tried.
            int wanted = random.Next(1, MostKills + 1), tries = MostTries;
            while (wanted > 0 && tries-- > 0)
            {
                Thread.Sleep(random.Next(MostMilliseconds));
                (int init, int[] all) = place.Processes();
                seen.UnionWith(all);
                if (all.Length == 0)
                    break;
                // The first is the kernel: as likely as all others together are its template and cells.
                int victim = random.Next(3) == 0 ? init : all[random.Next(all.Length)];
                if (Ran.Run("kill", "-9", victim.ToString(System.Globalization.CultureInfo.InvariantCulture)).Status != 0)
                    continue;
                killed.Add($"{victim} of {all.Length}{(victim == init ? ", the kernel" : "")}");
                kernels += victim == init ? 1 : 0;
                kills++;
                wanted--;
            }
            string? lie = place.ListLiesForLong(), left = place.CleanUp(seen);
            if ((lie ?? left) is not null)
                failures.Add($"container {i}, killed {string.Join("; ", killed)}: {lie} {left}");
        }
        string text = $"{kills} kills in {containers} containers, {kernels} of kernels; {failures.Count} failures\n" + string.Join('\n', failures.Take(20));
        TestContext.Current.TestOutputHelper!.WriteLine(text);
        Assert.True(failures.Count == 0, text);
        Assert.True(kills >= containers && kernels >= containers / 4, text);
    }
}
