using System;
using System.Globalization;

namespace Bulkhead.Oci;

/// <summary>Sizes on a command line: "512m", "1.5G", "64KiB", "4096", "-1". Units are powers of 1024, as in runc and docker.</summary>
public static class ByteSize
{
    private const int BitsAUnit = 10;
    private const string Units = "kmgtp";

    /// <summary>-1 is the only negative size: no limit.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = -1;
        if (text is "-1")
            return true;
        int end = text.LastIndexOfAnyInRange('0', '9') + 1;
        // A suffix: one space at most, a unit, and "b" or "ib" that add nothing.
        if (end == 0 || !TryShift(text[end..], out int shift))
            return false;
        if (!decimal.TryParse(text[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            return false;
        if (number > (decimal)(long.MaxValue >> shift))
            return false;
        bytes = (long)(number * (1L << shift));
        return true;
    }

    private static bool TryShift(ReadOnlySpan<char> suffix, out int shift)
    {
        shift = 0;
        if (!suffix.IsEmpty && suffix[0] == ' ')
            suffix = suffix[1..];
        if (suffix.IsEmpty)
            return true;
        int unit = Units.IndexOf(char.ToLowerInvariant(suffix[0]), StringComparison.Ordinal);
        shift = (unit + 1) * BitsAUnit;
        ReadOnlySpan<char> rest = unit < 0 ? suffix : suffix[1..];
        return rest.IsEmpty || rest.Equals("b", StringComparison.OrdinalIgnoreCase)
            || (unit >= 0 && rest.Equals("ib", StringComparison.OrdinalIgnoreCase));
    }
}
