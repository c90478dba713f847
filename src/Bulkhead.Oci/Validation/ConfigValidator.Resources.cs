using System;
using System.Collections.Generic;

namespace Bulkhead.Oci;

/// <summary>The section `linux.resources`.</summary>
public static partial class ConfigValidator
{
    private static void Resources(LinuxResources resources, string path, Scope scope)
    {
        DeviceRules(resources.Devices, path, scope);
        if (resources.Memory is not null)
            Memory(resources.Memory, path + ".memory", scope);
        if (resources.Cpu is not null)
            Cpu(resources.Cpu, path + ".cpu", scope);
        if (resources.BlockIo is not null)
            BlockIo(resources.BlockIo, path + ".blockIO", scope);
        HugePages(resources.HugepageLimits, path, scope);
        if (resources.Network is not null)
            Network(resources.Network, path + ".network", scope);
        foreach (var (device, _) in resources.Rdma)
        {
            if (device.Length == 0 || device.AsSpan().IndexOfAny(" \n\0") >= 0)
                throw scope.Refuse($"{path}.rdma", $"\"{device}\" is no name of an RDMA device");
        }
        Unified(resources.Unified, path, scope);
    }

    private static void DeviceRules(LinuxDeviceCgroup[] rules, string path, Scope scope)
    {
        for (int i = 0; i < rules.Length; i++)
        {
            LinuxDeviceCgroup rule = rules[i];
            if (rule.Type is not (null or "a" or "b" or "c"))
                throw scope.Refuse($"{path}.devices[{i}].type", $"\"{rule.Type}\" is not a, b or c");
            if (rule.Access is null)
                throw scope.Refuse($"{path}.devices[{i}].access", "is missing; give what is meant of r, w and m");
            if (rule.Access.AsSpan().IndexOfAnyExcept("rwm") >= 0)
                throw scope.Refuse($"{path}.devices[{i}].access", $"\"{rule.Access}\" has more than r, w and m");

            // -1 is runc's wildcard; an absent number means the same.
            if (rule.Major is < -1 or > uint.MaxValue)
                throw scope.Refuse($"{path}.devices[{i}].major", $"{rule.Major} is no device number");
            if (rule.Minor is < -1 or > uint.MaxValue)
                throw scope.Refuse($"{path}.devices[{i}].minor", $"{rule.Minor} is no device number");
        }
    }

    private static void Memory(LinuxMemory memory, string path, Scope scope)
    {
        NotBelowMinusOne(memory.Limit, path + ".limit", scope);
        NotBelowMinusOne(memory.Reservation, path + ".reservation", scope);
        NotBelowMinusOne(memory.Swap, path + ".swap", scope);
        NotBelowMinusOne(memory.Kernel, path + ".kernel", scope);
        NotBelowMinusOne(memory.KernelTcp, path + ".kernelTCP", scope);

        // swap is memory plus swap.
        if (memory.Swap > 0 && memory.Limit > 0 && memory.Swap < memory.Limit)
            throw scope.Refuse(path + ".swap", $"{memory.Swap} is below the limit {memory.Limit}; it is the sum of memory and swap");
        if (memory.Swap > 0 && memory.Limit == -1)
            throw scope.Refuse(path + ".swap", "limits the sum of memory and swap, so limit cannot be -1");
        if (memory.Swappiness > 100)
            throw scope.Refuse(path + ".swappiness", $"{memory.Swappiness} is not between 0 and 100");
    }

    private static void NotBelowMinusOne(long? value, string path, Scope scope)
    {
        if (value < -1)
            throw scope.Refuse(path, $"{value} is below -1, which means no limit");
    }

    private static void Cpu(LinuxCpu cpu, string path, Scope scope)
    {
        // kernel/sched/core.c: tg_set_cfs_bandwidth, 1 ms to 1 s. 0 means unset, as in runc.
        if (cpu.Period is not (null or 0) and (< 1000 or > 1_000_000))
            throw scope.Refuse(path + ".period", $"{cpu.Period} is not between 1000 and 1000000 us");
        if (cpu.Quota is < -1 or (> 0 and < 1000))
            throw scope.Refuse(path + ".quota", $"{cpu.Quota} is not -1 and below 1000 us");
        if (cpu.Idle is not (null or 0 or 1))
            throw scope.Refuse(path + ".idle", $"{cpu.Idle} is not 0 or 1");
        if (cpu.Burst > 0 && cpu.Quota > 0 && cpu.Burst > (ulong)cpu.Quota)
            throw scope.Refuse(path + ".burst", $"{cpu.Burst} is above the quota {cpu.Quota}");
        if (cpu.Cpus is not null && !CpuList.IsValid(cpu.Cpus))
            throw scope.Refuse(path + ".cpus", $"\"{cpu.Cpus}\" is not a list of CPUs, as 0-3,8");
        if (cpu.Mems is not null && !CpuList.IsValid(cpu.Mems))
            throw scope.Refuse(path + ".mems", $"\"{cpu.Mems}\" is not a list of nodes, as 0-1");
    }

    private static void BlockIo(LinuxBlockIo io, string path, Scope scope)
    {
        Weight(io.Weight, path + ".weight", scope);
        Weight(io.LeafWeight, path + ".leafWeight", scope);
        for (int i = 0; i < io.WeightDevice.Length; i++)
        {
            LinuxWeightDevice device = io.WeightDevice[i];
            BlockDevice(device.Major, device.Minor, $"{path}.weightDevice[{i}]", scope);
            Weight(device.Weight, $"{path}.weightDevice[{i}].weight", scope);
            Weight(device.LeafWeight, $"{path}.weightDevice[{i}].leafWeight", scope);
        }
        Throttle(io.ThrottleReadBpsDevice, path + ".throttleReadBpsDevice", scope);
        Throttle(io.ThrottleWriteBpsDevice, path + ".throttleWriteBpsDevice", scope);
        Throttle(io.ThrottleReadIopsDevice, path + ".throttleReadIOPSDevice", scope);
        Throttle(io.ThrottleWriteIopsDevice, path + ".throttleWriteIOPSDevice", scope);
    }

    private static void Throttle(LinuxThrottleDevice[] devices, string path, Scope scope)
    {
        for (int i = 0; i < devices.Length; i++)
            BlockDevice(devices[i].Major, devices[i].Minor, $"{path}[{i}]", scope);
    }

    private static void BlockDevice(long major, long minor, string path, Scope scope)
    {
        if (major is < 0 or > 4095)
            throw scope.Refuse(path + ".major", $"{major} is not between 0 and 4095");
        if (minor is < 0 or > 1048575)
            throw scope.Refuse(path + ".minor", $"{minor} is not between 0 and 1048575");
    }

    private static void Weight(ushort? weight, string path, Scope scope)
    {
        if (weight is not (null or 0) and (< 10 or > 1000))
            throw scope.Refuse(path, $"{weight} is not between 10 and 1000");
    }

    private static void HugePages(LinuxHugepageLimit[] limits, string path, Scope scope)
    {
        for (int i = 0; i < limits.Length; i++)
        {
            // The size is part of a file's name in the cgroup: nothing but the documented form may get there.
            if (!IsPageSize(limits[i].PageSize))
                throw scope.Refuse($"{path}.hugepageLimits[{i}].pageSize", $"\"{limits[i].PageSize}\" is not a size, as 2MB");
            for (int j = 0; j < i; j++)
            {
                if (limits[j].PageSize == limits[i].PageSize)
                    throw scope.Refuse($"{path}.hugepageLimits[{i}].pageSize", $"{limits[i].PageSize} stands twice");
            }
        }
    }

    private static bool IsPageSize(ReadOnlySpan<char> text) =>
        text.Length is > 2 and < 16 && text[0] != '0' && text[^1] == 'B' && text[^2] is 'K' or 'M' or 'G' && text[..^2].IndexOfAnyExceptInRange('0', '9') < 0;

    private static void Network(LinuxNetwork network, string path, Scope scope)
    {
        for (int i = 0; i < network.Priorities.Length; i++)
        {
            if (!Names.IsNetworkDevice(network.Priorities[i].Name))
                throw scope.Refuse($"{path}.priorities[{i}].name", $"\"{network.Priorities[i].Name}\" is no name of a network device");
        }
    }

    private static void Unified(KeyValuePair<string, string>[] unified, string path, Scope scope)
    {
        if (unified.Length != 0 && scope.Is(ValidateOptions.CgroupV1))
            throw scope.Refuse(path + ".unified", "is for cgroup v2; this host has v1");
        foreach (var (key, value) in unified)
        {
            int dot = key.IndexOf('.');
            if (dot <= 0 || dot == key.Length - 1 || key.AsSpan().IndexOfAny("/\0\n") >= 0)
                throw scope.Refuse($"{path}.unified[\"{key}\"]", "is no name of a cgroup file, as memory.high");
            if (value.Contains('\0'))
                throw scope.Refuse($"{path}.unified[\"{key}\"]", "has a NUL byte");
        }
    }
}
