using System.Collections.Generic;
using System.IO;

namespace Bulkhead.Oci.Tests.Generated;

/// <summary>Our verdict beside runc's on the same configs: equal, or a difference that docs/compatibility.md lists.</summary>
public sealed class RuncComparisonTests
{
    [Fact]
    public void A_sample_differs_only_where_it_is_listed() => Compare(0, 60);

    [Fact]
    [Trait("Speed", "Long")]
    public void Ten_thousand_differ_only_where_it_is_listed() => Compare(0, 10_000);

    private static void Compare(int first, int count)
    {
        string[] known = File.ReadAllLines(Path.Combine(System.AppContext.BaseDirectory, "Generated", "known-differences.txt"));
        var unknown = new SortedDictionary<string, int>(System.StringComparer.Ordinal);
        using var comparison = new RuncComparison();
        for (int i = first; i < first + count; i++)
        {
            if (comparison.Difference(i) is string difference && !IsKnown(difference, known))
                unknown.TryAdd(difference, i);
        }
        Assert.Empty(unknown);
    }

    private static bool IsKnown(string difference, string[] known)
    {
        foreach (string line in known)
        {
            if (line.Length != 0 && line[0] != '#' && difference.StartsWith(line, System.StringComparison.Ordinal))
                return true;
        }
        return false;
    }
}
