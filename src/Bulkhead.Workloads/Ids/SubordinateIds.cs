using System;
using System.Collections.Generic;
using System.Globalization;

namespace Bulkhead.Workloads.Ids;

/// <summary>/etc/subuid and /etc/subgid: lines of user:first:count (subuid(5)).</summary>
internal static class SubordinateIds
{
    /// <summary>The ranges of any of <paramref name="names"/>, a user's name or number; none when the file is not there.</summary>
    public static List<IdRange> Read(string file, params ReadOnlySpan<string> names)
    {
        var ranges = new List<IdRange>();
        foreach (string line in TextFile.Lines(file))
        {
            string[] fields = line.Split(':');
            if (fields.Length == 3 && names.Contains(fields[0])
                && uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint first)
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint size)
                && size > 0 && first + (ulong)size <= uint.MaxValue)
                ranges.Add(new IdRange(first, size));
        }
        return ranges;
    }
}
