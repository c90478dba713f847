using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Bulkhead.Chaos;

/// <summary>Many kills, one at a time in each place, side by side in all.</summary>
internal static class Kills
{
    /// <summary>What failed, each with its point.</summary>
    /// <param name="points">Where to kill.</param>
    /// <param name="places">Each has its own containers.</param>
    /// <param name="kill">Null: all is well after it.</param>
    public static List<string> Each<T>(IReadOnlyList<KillPoint> points, IReadOnlyList<T> places, Func<KillPoint, T, string?> kill)
    {
        var failures = new ConcurrentQueue<string>();
        ITestOutputHelper output = TestContext.Current.TestOutputHelper!;
        int taken = 0;
        Parallel.For(0, places.Count, new ParallelOptions { MaxDegreeOfParallelism = places.Count }, place =>
        {
            for (int i; (i = Interlocked.Increment(ref taken) - 1) < points.Count;)
            {
                if (kill(points[i], places[place]) is not { } failure)
                    continue;
                failures.Enqueue($"{points[i]}: {failure}");
                // At once: whoever watches a long run need not wait for its end.
                output.WriteLine($"{points[i]}: {failure}");
            }
        });
        return [.. failures];
    }

    /// <summary>What each of several runs does: how often one looks for what is about to come is up to the kernel.</summary>
    public static List<KillPoint> Common(Func<List<KillPoint>> record)
    {
        const int Runs = 3;
        List<KillPoint> common = record();
        for (int i = 1; i < Runs; i++)
        {
            var points = new HashSet<KillPoint>(record());
            common.RemoveAll(point => !points.Contains(point));
        }
        return common;
    }
}
