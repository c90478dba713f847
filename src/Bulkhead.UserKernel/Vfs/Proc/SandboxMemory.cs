using System;
using System.Globalization;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>How much memory the sandbox has and uses, in bytes: its cgroup's limit where it can be read, else the machine's.</summary>
internal static class SandboxMemory
{
    private static string? directory;

    private static bool isVersion2;

    /// <summary>null: no limit is known.</summary>
    public static long? Limit(Kernel kernel)
    {
        Find(kernel);
        long limit = Number(kernel, isVersion2 ? "memory.max" : "memory.limit_in_bytes");
        return limit is > 0 and < 1L << 60 ? limit : null;
    }

    public static (long Total, long Free) Read(Kernel kernel)
    {
        string host = HostProcess.ReadFile(kernel, "/proc/meminfo");
        long total = Field(host, "MemTotal"), free = Field(host, "MemAvailable");
        if (total == 0)
            total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (Limit(kernel) is not { } limit || limit >= total)
            return (total, Math.Min(free, total));
        long used = Math.Max(0, Number(kernel, isVersion2 ? "memory.current" : "memory.usage_in_bytes"));
        return (limit, Math.Max(0, Math.Min(limit - used, free)));
    }

    public static long Used(Kernel kernel)
    {
        (long total, long free) = Read(kernel);
        return Math.Max(0, total - free);
    }

    private static long Field(string text, string name) =>
        StatusTexts.Value(text, name) is { } value && long.TryParse(value.AsSpan(0, Math.Max(0, value.IndexOf(' ', StringComparison.Ordinal))), CultureInfo.InvariantCulture, out long kilobytes) ? kilobytes << 10 : 0;

    private static long Number(Kernel kernel, string file)
    {
        string text = directory!.Length == 0 ? "" : HostProcess.ReadFile(kernel, directory + "/" + file).Trim();
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : -1;
    }

    /// <summary>Our own cgroup (cgroups(7)): the cells are in it or beneath it.</summary>
    private static void Find(Kernel kernel)
    {
        if (directory is not null)
            return;
        directory = "";
        foreach (string line in HostProcess.ReadFile(kernel, "/proc/self/cgroup").Split('\n'))
        {
            string[] parts = line.Split(':', 3);
            if (parts.Length < 3)
                continue;
            bool second = parts[1].Length == 0;
            if (!second && !(',' + parts[1] + ',').Contains(",memory,", StringComparison.Ordinal))
                continue;
            string top = second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
            // Without a cgroup namespace the path is the host's, and what is mounted here is our own group already.
            foreach (string path in (string[])[top + parts[2].TrimEnd('/'), top])
            {
                if (HostProcess.ReadFile(kernel, path + (second ? "/memory.current" : "/memory.usage_in_bytes")).Length == 0)
                    continue;
                (directory, isVersion2) = (path, second);
                return;
            }
        }
    }
}
