using System;
using System.Globalization;

namespace Bulkhead.Oci;

/// <summary>Times as Go's RFC3339Nano writes them: UTC, the fraction without trailing zeros.</summary>
public static class Rfc3339
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The text of a CLOCK_REALTIME value.</summary>
    public static string Format(long unixNanoseconds)
    {
        long seconds = Math.DivRem(unixNanoseconds, NanosecondsPerSecond, out long nanoseconds);
        if (nanoseconds < 0)
        {
            seconds--;
            nanoseconds += NanosecondsPerSecond;
        }
        string text = DateTime.UnixEpoch.AddSeconds(seconds).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        if (nanoseconds == 0)
            return text + "Z";
        return text + "." + nanoseconds.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0') + "Z";
    }
}
