using System;
using System.Globalization;

namespace Bulkhead.Workloads.Compose;

internal static class HostMemory
{
    /// <summary>Bytes: four fifths of MemTotal (proc_meminfo(5)), so that one container cannot take the machine down.</summary>
    public static long FourFifths()
    {
        foreach (string line in TextFile.Lines("/proc/meminfo"))
        {
            if (line.StartsWith("MemTotal:", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(9).Trim().TrimEnd("kB ").ToString(), CultureInfo.InvariantCulture) * 1024 / 5 * 4;
        }
        return -1;
    }
}
