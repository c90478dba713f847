using System;
using System.Collections.Generic;
using System.IO;

namespace Bulkhead.Oci.Tests.Generated;

/// <summary>known-differences.txt: a class a line, "CLASS | REASON". A class is the begin of a difference, "*" in it stands for anything.</summary>
internal static class KnownDifferences
{
    public static readonly IReadOnlyList<(string Class, string Reason)> All = Read();

    /// <summary>The listed class that a difference belongs to, or null.</summary>
    public static string? Find(string difference)
    {
        foreach ((string known, _) in All)
        {
            if (Matches(difference, known.Split('*')))
                return known;
        }
        return null;
    }

    private static bool Matches(string difference, string[] parts)
    {
        if (!difference.StartsWith(parts[0], StringComparison.Ordinal))
            return false;
        int at = parts[0].Length;
        foreach (string part in parts.AsSpan(1))
        {
            int found = difference.IndexOf(part, at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + part.Length;
        }
        return true;
    }

    private static List<(string Class, string Reason)> Read()
    {
        var all = new List<(string Class, string Reason)>();
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Generated", "known-differences.txt")))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] columns = line.Split(" | ");
            Assert.True(columns.Length == 2 && columns[1].Length > 0, "no reason: " + line);
            all.Add((columns[0].TrimEnd(), columns[1]));
        }
        return all;
    }
}
