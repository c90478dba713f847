using System.Collections.Generic;

namespace Bulkhead.Linux.Cgroups;

/// <summary>A weight for one block device.</summary>
public readonly record struct BlockWeight(long Major, long Minor, ushort Weight, ushort LeafWeight);

/// <summary>A throttle for one block device, in bytes or operations a second.</summary>
public readonly record struct BlockThrottle(long Major, long Minor, ulong Rate);

/// <summary>A limit for one huge page size as the kernel spells it: "2MB", "1GB".</summary>
public readonly record struct HugepageLimit(string PageSize, ulong Limit);

/// <summary>The priority of packets that leave by an interface.</summary>
public readonly record struct NetPriority(string Interface, uint Priority);

/// <summary>Limits for one RDMA device.</summary>
public readonly record struct RdmaLimit(string Device, uint? Handles, uint? Objects);

/// <summary>
/// Limits asked for. Null leaves a value untouched, and so does 0 for memory, shares, quota and period, as in runc; -1 means unlimited.
/// Cgroup v1 units: <see cref="MemorySwap"/> is memory plus swap, weights are v1's.
/// </summary>
public sealed class CgroupResources
{
    public long? MemoryLimit { get; set; }

    public long? MemoryReservation { get; set; }

    public long? MemorySwap { get; set; }

    /// <summary>v1 only.</summary>
    public long? KernelTcpMemory { get; set; }

    /// <summary>v1 only; 0 to 100.</summary>
    public ulong? Swappiness { get; set; }

    /// <summary>v1 only.</summary>
    public bool? DisableOomKiller { get; set; }

    /// <summary>v1 only; kernels since 5.11 know only true.</summary>
    public bool? UseHierarchy { get; set; }

    /// <summary>Refuse a limit below the current use instead of killing.</summary>
    public bool CheckBeforeUpdate { get; set; }

    public ulong? CpuShares { get; set; }

    public long? CpuQuota { get; set; }

    public ulong? CpuPeriod { get; set; }

    public ulong? CpuBurst { get; set; }

    /// <summary>v1 only.</summary>
    public long? RealtimeRuntime { get; set; }

    /// <summary>v1 only.</summary>
    public ulong? RealtimePeriod { get; set; }

    public string? Cpus { get; set; }

    public string? Mems { get; set; }

    public long? CpuIdle { get; set; }

    public long? PidsLimit { get; set; }

    public ushort? BlockWeight { get; set; }

    /// <summary>v1 only.</summary>
    public ushort? BlockLeafWeight { get; set; }

    public IReadOnlyList<BlockWeight> BlockWeightDevices { get; set; } = [];

    public IReadOnlyList<BlockThrottle> ReadBps { get; set; } = [];

    public IReadOnlyList<BlockThrottle> WriteBps { get; set; } = [];

    public IReadOnlyList<BlockThrottle> ReadIops { get; set; } = [];

    public IReadOnlyList<BlockThrottle> WriteIops { get; set; } = [];

    public IReadOnlyList<HugepageLimit> Hugepages { get; set; } = [];

    /// <summary>v1 only.</summary>
    public uint? NetClassId { get; set; }

    /// <summary>v1 only.</summary>
    public IReadOnlyList<NetPriority> NetPriorities { get; set; } = [];

    public IReadOnlyList<RdmaLimit> Rdma { get; set; } = [];

    /// <summary>Null leaves device access untouched; a list starts from "nothing allowed" and applies its rules in order.</summary>
    public IReadOnlyList<DeviceRule>? Devices { get; set; }

    /// <summary>v2 file name to value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Unified { get; set; } = [];
}
