using System;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>How much memory the sandbox has and uses, in bytes: its cgroup's limit where it can be read, else the machine's.</summary>
internal static class SandboxMemory
{
    private const int MostText = 4096;

    private static bool isFound;

    /// <summary>With a NUL at the end; empty: there is none.</summary>
    private static byte[] limitPath = [], usedPath = [];

    /// <summary>null: no limit is known.</summary>
    public static long? Limit(Kernel kernel)
    {
        Find(kernel);
        kernel.Identity.AssumeOwn();
        long limit = Number(limitPath);
        return limit is > 0 and < 1L << 60 ? limit : null;
    }

    public static (long Total, long Free) Read(Kernel kernel)
    {
        kernel.Identity.AssumeOwn();
        ReadOnlySpan<byte> host = HostText.Read("/proc/meminfo\0"u8, stackalloc byte[MostText]);
        long total = HostText.Field(host, "MemTotal:"u8) << 10, free = Math.Max(0, HostText.Field(host, "MemAvailable:"u8)) << 10;
        if (total <= 0)
            total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (Limit(kernel) is not { } limit || limit >= total)
            return (total, Math.Min(free, total));
        long used = Math.Max(0, Number(usedPath));
        return (limit, Math.Max(0, Math.Min(limit - used, free)));
    }

    public static long Used(Kernel kernel)
    {
        (long total, long free) = Read(kernel);
        return Math.Max(0, total - free);
    }

    private static long Number(ReadOnlySpan<byte> path) => path.IsEmpty ? -1 : HostText.Number(HostText.Read(path, stackalloc byte[64]));

    /// <summary>Our own cgroup (cgroups(7)): the cells are in it or beneath it.</summary>
    private static void Find(Kernel kernel)
    {
        if (isFound)
            return;
        isFound = true;
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
                limitPath = HostFiles.Z(path + (second ? "/memory.max" : "/memory.limit_in_bytes"));
                usedPath = HostFiles.Z(path + (second ? "/memory.current" : "/memory.usage_in_bytes"));
                return;
            }
        }
    }
}
