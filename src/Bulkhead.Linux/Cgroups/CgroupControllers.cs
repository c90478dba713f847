using System;

namespace Bulkhead.Linux.Cgroups;

/// <summary>The controllers of one hierarchy, and two markers: systemd's named v1 hierarchy and the unified (v2) one.</summary>
[Flags]
public enum CgroupControllers
{
    None = 0,
    Cpu = 1 << 0,
    CpuAcct = 1 << 1,
    CpuSet = 1 << 2,
    Memory = 1 << 3,
    Devices = 1 << 4,
    Freezer = 1 << 5,
    BlkIO = 1 << 6,
    Pids = 1 << 7,
    HugeTlb = 1 << 8,
    NetCls = 1 << 9,
    NetPrio = 1 << 10,
    PerfEvent = 1 << 11,
    Rdma = 1 << 12,
    Misc = 1 << 13,
    SystemdName = 1 << 14,
    Unified = 1 << 15,
}

internal static class ControllerNames
{
    /// <summary>The flags of a comma list as /proc/self/cgroup and mount options spell it; unknown names add nothing.</summary>
    public static CgroupControllers Parse(ReadOnlySpan<char> list)
    {
        CgroupControllers found = CgroupControllers.None;
        while (!list.IsEmpty)
        {
            int comma = list.IndexOf(',');
            found |= One(comma < 0 ? list : list[..comma]);
            list = comma < 0 ? default : list[(comma + 1)..];
        }
        return found;
    }

    public static string Name(CgroupControllers one) => one switch
    {
        CgroupControllers.Cpu => "cpu",
        CgroupControllers.CpuAcct => "cpuacct",
        CgroupControllers.CpuSet => "cpuset",
        CgroupControllers.Memory => "memory",
        CgroupControllers.Devices => "devices",
        CgroupControllers.Freezer => "freezer",
        CgroupControllers.BlkIO => "blkio",
        CgroupControllers.Pids => "pids",
        CgroupControllers.HugeTlb => "hugetlb",
        CgroupControllers.NetCls => "net_cls",
        CgroupControllers.NetPrio => "net_prio",
        CgroupControllers.PerfEvent => "perf_event",
        CgroupControllers.Rdma => "rdma",
        CgroupControllers.Misc => "misc",
        CgroupControllers.SystemdName => "name=systemd",
        _ => "unified",
    };

    private static CgroupControllers One(ReadOnlySpan<char> name) => name switch
    {
        "cpu" => CgroupControllers.Cpu,
        "cpuacct" => CgroupControllers.CpuAcct,
        "cpuset" => CgroupControllers.CpuSet,
        "memory" => CgroupControllers.Memory,
        "devices" => CgroupControllers.Devices,
        "freezer" => CgroupControllers.Freezer,
        "blkio" => CgroupControllers.BlkIO,
        "pids" => CgroupControllers.Pids,
        "hugetlb" => CgroupControllers.HugeTlb,
        "net_cls" => CgroupControllers.NetCls,
        "net_prio" => CgroupControllers.NetPrio,
        "perf_event" => CgroupControllers.PerfEvent,
        "rdma" => CgroupControllers.Rdma,
        "misc" => CgroupControllers.Misc,
        "name=systemd" => CgroupControllers.SystemdName,
        _ => CgroupControllers.None,
    };
}
