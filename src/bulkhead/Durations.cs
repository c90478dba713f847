using System;
using System.Globalization;

namespace Bulkhead.Cli;

/// <summary>How long ago, in Docker's words.</summary>
internal static class Durations
{
    private static readonly (double Seconds, double Unit, string Name)[] Steps =
    [
        (60, 1, "seconds"), (120, 60, "a minute"), (3600, 60, "minutes"), (7200, 3600, "an hour"), (48 * 3600, 3600, "hours"),
        (14 * 86400, 86400, "days"), (60 * 86400, 7 * 86400, "weeks"), (730 * 86400, 30 * 86400, "months"), (double.MaxValue, 365 * 86400, "years"),
    ];

    public static string Since(string rfc3339)
    {
        if (!DateTimeOffset.TryParse(rfc3339, CultureInfo.InvariantCulture, out DateTimeOffset then))
            return "some time";
        double seconds = Math.Max((DateTimeOffset.UtcNow - then).TotalSeconds, 0);
        if (seconds < 1)
            return "Less than a second";
        foreach ((double below, double unit, string name) in Steps)
        {
            if (seconds < below)
                return name.StartsWith('a') ? "About " + name : string.Create(CultureInfo.InvariantCulture, $"{(long)(seconds / unit)} {((long)(seconds / unit) == 1 ? name[..^1] : name)}");
        }
        return "some time";
    }
}
