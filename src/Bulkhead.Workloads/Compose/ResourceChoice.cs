using System.Globalization;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose;

/// <summary>Limits of the cgroup and of the process.</summary>
internal static class ResourceChoice
{
    /// <summary>Enough for a build or a database, far from what makes a host unusable.</summary>
    private const long DefaultPids = 2048;

    private const ulong Period = 100_000;

    public static LinuxResources Of(WorkloadOptions options)
    {
        LimitOptions limits = options.Limits;
        long memory = limits.Memory ?? HostMemory.FourFifths();
        return new LinuxResources
        {
            Devices = DeviceChoice.Rules(options),
            Memory = new LinuxMemory { Limit = memory, Swap = limits.MemorySwap ?? memory, Reservation = limits.MemoryReservation, Swappiness = limits.MemorySwappiness },
            Pids = new LinuxPids { Limit = limits.Pids ?? DefaultPids },
            Cpu = new LinuxCpu
            {
                Shares = limits.CpuShares,
                Period = limits.Cpus is null ? limits.CpuPeriod : Period,
                Quota = limits.Cpus is { } cpus ? (long)(cpus * Period) : limits.CpuQuota,
                Cpus = limits.CpusetCpus,
                Mems = limits.CpusetMems,
            },
        };
    }

    public static PosixRlimit[] Rlimits(WorkloadOptions options)
    {
        var result = new PosixRlimit[options.Limits.Ulimits.Length];
        for (int i = 0; i < result.Length; i++)
        {
            UlimitOption limit = options.Limits.Ulimits[i];
            result[i] = new PosixRlimit { Type = "RLIMIT_" + limit.Name.ToUpper(CultureInfo.InvariantCulture), Soft = limit.Soft, Hard = limit.Hard };
        }
        return result;
    }
}
