using System.Collections.Generic;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>The resources object of the runtime specification in the terms of the cgroup room.</summary>
public static class ResourceMapper
{
    /// <summary>A new container may use the default devices and what its rules add, nothing else: also when it has no rules at all.</summary>
    public static CgroupResources ForCreate(LinuxResources? resources)
    {
        CgroupResources result = Map(resources ?? new LinuxResources());
        result.Devices ??= DeviceRule.Default;
        return result;
    }

    public static CgroupResources Map(LinuxResources resources)
    {
        var result = new CgroupResources
        {
            PidsLimit = resources.Pids?.Limit,
            Hugepages = Hugepages(resources.HugepageLimits),
            Rdma = Rdma(resources.Rdma),
            Devices = resources.Devices.Length == 0 ? null : Devices(resources.Devices),
            Unified = resources.Unified,
            NetClassId = resources.Network?.ClassId,
            NetPriorities = Priorities(resources.Network),
        };
        MapMemory(resources.Memory, result);
        MapCpu(resources.Cpu, result);
        MapBlock(resources.BlockIo, result);
        return result;
    }

    private static void MapMemory(LinuxMemory? memory, CgroupResources result)
    {
        if (memory is null)
            return;
        result.MemoryLimit = memory.Limit;
        result.MemoryReservation = memory.Reservation;
        result.MemorySwap = memory.Swap;
        result.KernelTcpMemory = memory.KernelTcp;
        result.Swappiness = memory.Swappiness;
        result.DisableOomKiller = memory.DisableOomKiller;
        result.UseHierarchy = memory.UseHierarchy;
        result.CheckBeforeUpdate = memory.CheckBeforeUpdate ?? false;
    }

    private static void MapCpu(LinuxCpu? cpu, CgroupResources result)
    {
        if (cpu is null)
            return;
        result.CpuShares = cpu.Shares;
        result.CpuQuota = cpu.Quota;
        result.CpuPeriod = cpu.Period;
        result.CpuBurst = cpu.Burst;
        result.RealtimeRuntime = cpu.RealtimeRuntime;
        result.RealtimePeriod = cpu.RealtimePeriod;
        result.Cpus = cpu.Cpus;
        result.Mems = cpu.Mems;
        result.CpuIdle = cpu.Idle;
    }

    private static void MapBlock(LinuxBlockIo? block, CgroupResources result)
    {
        if (block is null)
            return;
        result.BlockWeight = block.Weight;
        result.BlockLeafWeight = block.LeafWeight;
        var weights = new List<BlockWeight>();
        foreach (LinuxWeightDevice device in block.WeightDevice)
            weights.Add(new BlockWeight(device.Major, device.Minor, device.Weight ?? 0, device.LeafWeight ?? 0));
        result.BlockWeightDevices = weights;
        result.ReadBps = Throttles(block.ThrottleReadBpsDevice);
        result.WriteBps = Throttles(block.ThrottleWriteBpsDevice);
        result.ReadIops = Throttles(block.ThrottleReadIopsDevice);
        result.WriteIops = Throttles(block.ThrottleWriteIopsDevice);
    }

    private static BlockThrottle[] Throttles(LinuxThrottleDevice[] devices)
    {
        var result = new BlockThrottle[devices.Length];
        for (int i = 0; i < devices.Length; i++)
            result[i] = new BlockThrottle(devices[i].Major, devices[i].Minor, devices[i].Rate);
        return result;
    }

    private static HugepageLimit[] Hugepages(LinuxHugepageLimit[] limits)
    {
        var result = new HugepageLimit[limits.Length];
        for (int i = 0; i < limits.Length; i++)
            result[i] = new HugepageLimit(limits[i].PageSize, limits[i].Limit);
        return result;
    }

    private static RdmaLimit[] Rdma(KeyValuePair<string, LinuxRdma>[] limits)
    {
        var result = new RdmaLimit[limits.Length];
        for (int i = 0; i < limits.Length; i++)
            result[i] = new RdmaLimit(limits[i].Key, limits[i].Value.HcaHandles, limits[i].Value.HcaObjects);
        return result;
    }

    private static NetPriority[] Priorities(LinuxNetwork? network)
    {
        if (network is null)
            return [];
        var result = new NetPriority[network.Priorities.Length];
        for (int i = 0; i < result.Length; i++)
            result[i] = new NetPriority(network.Priorities[i].Name, network.Priorities[i].Priority);
        return result;
    }

    /// <summary>The caller's rules, then those for the devices that every container has: they cannot be taken away (runtime-spec).</summary>
    private static List<DeviceRule> Devices(LinuxDeviceCgroup[] rules)
    {
        var result = new List<DeviceRule>(rules.Length + DeviceRule.Default.Count);
        foreach (LinuxDeviceCgroup rule in rules)
        {
            char type = rule.Type is { Length: > 0 } text ? text[0] : 'a';
            result.Add(new DeviceRule(rule.Allow, type, Wildcard(rule.Major), Wildcard(rule.Minor), rule.Access is { Length: > 0 } access ? access : "rwm"));
        }
        result.AddRange(DeviceRule.Default);
        return result;
    }

    /// <summary>-1 means all, as in runc.</summary>
    private static long? Wildcard(long? number) => number is -1 ? null : number;
}
