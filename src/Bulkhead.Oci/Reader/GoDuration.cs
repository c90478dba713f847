using System;
using System.Globalization;

namespace Bulkhead.Oci;

/// <summary>Durations as Go writes them, for callers of runc: "5s", "1m30s", "500ms", "1.5h".</summary>
public static class GoDuration
{
    /// <summary>Whole milliseconds. False for other text, and for what is less than a millisecond or more than int can hold.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out int milliseconds)
    {
        decimal sum = 0;
        milliseconds = 0;
        if (text.IsEmpty)
            return false;
        while (!text.IsEmpty)
        {
            int end = 0;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.'))
                end++;
            if (end == 0 || !decimal.TryParse(text[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
                return false;
            text = text[end..];
            int next = text.IndexOfAnyInRange('0', '9');
            decimal unit = Milliseconds(next < 0 ? text : text[..next]);
            if (unit == 0 || number > int.MaxValue)
                return false;
            sum += number * unit;
            text = next < 0 ? default : text[next..];
        }
        if (sum is < 1 or > int.MaxValue)
            return false;
        milliseconds = (int)sum;
        return true;
    }

    private static decimal Milliseconds(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 0.000001m,
        "us" or "µs" or "μs" => 0.001m,
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
}
