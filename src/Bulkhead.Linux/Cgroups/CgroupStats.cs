using System.Collections.Generic;

namespace Bulkhead.Linux.Cgroups;

/// <summary>One line of a block I/O table; <see cref="Op"/> is empty where the kernel gives none.</summary>
public readonly record struct BlockStat(ulong Major, ulong Minor, string Op, ulong Value);

/// <summary>Use of one kind of memory: `events` names the fields limit, usage, max, failcnt.</summary>
public readonly record struct MemoryUse(ulong Limit, ulong Usage, ulong Max, ulong Failcnt);

/// <summary>Use of one huge page size: usage, max, failcnt.</summary>
public readonly record struct HugetlbUse(string PageSize, ulong Usage, ulong Max, ulong Failcnt);

/// <summary>Use and limit of one RDMA device.</summary>
public readonly record struct RdmaUse(string Device, ulong Handles, ulong Objects);

/// <summary>One line of a pressure file (PSI), avg in percent, total in microseconds.</summary>
public readonly record struct PressureLine(double Avg10, double Avg60, double Avg300, ulong Total);

/// <summary>A pressure file; null where the kernel keeps none.</summary>
public sealed record Pressure(PressureLine Some, PressureLine Full);

/// <summary>Raw numbers of a cgroup, named after runc's `events` JSON. Times are nanoseconds.</summary>
public sealed class CgroupStats
{
    public CpuStats Cpu { get; } = new();

    public CpusetStats Cpuset { get; } = new();

    public MemoryStats Memory { get; } = new();

    public ulong PidsCurrent { get; set; }

    /// <summary>0: no limit.</summary>
    public ulong PidsLimit { get; set; }

    public BlkioStats Blkio { get; } = new();

    public List<HugetlbUse> Hugetlb { get; } = [];

    public List<RdmaUse> RdmaCurrent { get; } = [];

    public List<RdmaUse> RdmaLimit { get; } = [];
}

public sealed class CpuStats
{
    public ulong Total { get; set; }

    public List<ulong> Percpu { get; } = [];

    public List<ulong> PercpuKernel { get; } = [];

    public List<ulong> PercpuUser { get; } = [];

    public ulong Kernel { get; set; }

    public ulong User { get; set; }

    public ulong Periods { get; set; }

    public ulong ThrottledPeriods { get; set; }

    public ulong ThrottledTime { get; set; }

    public Pressure? Pressure { get; set; }
}

public sealed class CpusetStats
{
    public List<ushort> Cpus { get; } = [];

    public ulong CpuExclusive { get; set; }

    public List<ushort> Mems { get; } = [];

    public ulong MemHardwall { get; set; }

    public ulong MemExclusive { get; set; }

    public ulong MemoryMigrate { get; set; }

    public ulong MemorySpreadPage { get; set; }

    public ulong MemorySpreadSlab { get; set; }

    public ulong MemoryPressure { get; set; }

    public ulong SchedLoadBalance { get; set; }

    public long SchedRelaxDomainLevel { get; set; }
}

public sealed class MemoryStats
{
    public ulong Cache { get; set; }

    public MemoryUse Usage { get; set; }

    /// <summary>Memory plus swap, on v2 too.</summary>
    public MemoryUse Swap { get; set; }

    public MemoryUse Kernel { get; set; }

    public MemoryUse KernelTcp { get; set; }

    /// <summary>memory.stat, in the kernel's order.</summary>
    public List<KeyValuePair<string, ulong>> Raw { get; } = [];

    public Pressure? Pressure { get; set; }
}

public sealed class BlkioStats
{
    public List<BlockStat> ServiceBytes { get; } = [];

    public List<BlockStat> Serviced { get; } = [];

    public List<BlockStat> Queued { get; } = [];

    public List<BlockStat> ServiceTime { get; } = [];

    public List<BlockStat> WaitTime { get; } = [];

    public List<BlockStat> Merged { get; } = [];

    public List<BlockStat> Time { get; } = [];

    public List<BlockStat> Sectors { get; } = [];

    public Pressure? Pressure { get; set; }
}
