using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.Versioning;
using System.Threading;
using System.Threading.Tasks;

namespace Bulkhead.Oci.Tests.Generated;

/// <summary>
/// Generated configs given to `create` of bulkhead-oci and of runc: the verdict is the same, or the difference is listed with its reason
/// in known-differences.txt; and whatever the config, nothing crashes, hangs or stays behind.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class CreateComparisonTests
{
    private const int AtATime = 2;
    private const int Round = 500;

    private static readonly int Many = Environment.GetEnvironmentVariable("BULKHEAD_GENERATED_COUNT") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 10_000;

    [Fact]
    public void A_sample_differs_only_where_it_is_listed() => Compare(150);

    [Fact]
    [Trait("Speed", "Long")]
    public void Ten_thousand_differ_only_where_it_is_listed()
    {
        SortedDictionary<string, int> seen = Compare(Many);
        if (Many < 10_000)
            return;
        // What no config shows any more is no difference: the list says what is, not what was.
        Assert.Empty(KnownDifferences.All.Where(known => !seen.ContainsKey(known.Class)).Select(known => known.Class));
    }

    /// <summary>How often each listed class was seen.</summary>
    private static SortedDictionary<string, int> Compare(int count)
    {
        var results = new ConcurrentBag<Compared>();
        BothRuntimes[] runtimes = [.. Enumerable.Range(0, AtATime).Select(_ => new BothRuntimes())];
        try
        {
            for (int first = 0; first < count; first += Round)
            {
                int last = Math.Min(first + Round, count), next = first - 1;
                Parallel.ForEach(runtimes, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, both =>
                {
                    for (int number; (number = Interlocked.Increment(ref next)) < last;)
                        results.Add(both.Compare(number));
                });
                Console.Error.WriteLine(Progress(last, count, results));
                Assert.Empty(runtimes.SelectMany(both => both.OnHost()));
            }
        }
        finally
        {
            foreach (BothRuntimes both in runtimes)
                both.Dispose();
        }
        return Judge(results, count);
    }

    private static SortedDictionary<string, int> Judge(ConcurrentBag<Compared> results, int count)
    {
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var wrong = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (Compared one in results.OrderBy(r => r.Number))
        {
            foreach (string defect in one.Defects)
                wrong.TryAdd("defect: " + defect, At(one.Number));
            if (one.Difference is not string difference)
                continue;
            if (KnownDifferences.Find(difference) is string known)
                seen[known] = seen.GetValueOrDefault(known) + 1;
            else
                wrong.TryAdd(difference, At(one.Number));
        }
        foreach ((string known, int times) in seen)
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times,6} {known}"));
        Assert.Equal(count, results.Count);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Select(pair => pair.Value + pair.Key)));
        // Both verdicts must be common, else the generator tests nothing.
        Assert.InRange(results.Count(r => r.Ours is null), count / 5, count * 4 / 5);
        return seen;
    }

    private static string Progress(int done, int count, ConcurrentBag<Compared> results) => string.Create(CultureInfo.InvariantCulture,
        $"{DateTime.Now:T} {done} of {count} configs (seed {ConfigGenerator.Seed}): accepted by us {results.Count(r => r.Ours is null)}, by runc {results.Count(r => r.Runc is null)}, different {results.Count(r => r.Difference is not null)}, defects {results.Count(r => r.Defects.Count > 0)}");

    private static string At(int number) => string.Create(CultureInfo.InvariantCulture, $"seed {ConfigGenerator.Seed}, config {number}: {BothRuntimes.Config(number)}\n    ");
}
