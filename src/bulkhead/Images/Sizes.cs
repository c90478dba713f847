using System.Globalization;

namespace Bulkhead.Cli.Images;

/// <summary>Bytes as docker shows them: four digits at most, powers of 1000.</summary>
internal static class Sizes
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];

    public static string Of(long bytes)
    {
        double value = bytes;
        int unit = 0;
        for (; value >= 1000 && unit + 1 < Units.Length; unit++)
            value /= 1000;
        return value.ToString("G4", CultureInfo.InvariantCulture) + Units[unit];
    }
}
