using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups.Systemd;

/// <summary>
/// Limits as unit properties, named as runc names them. They repeat what goes to the files, so that systemd does not undo it when it
/// applies its own view (daemon-reload); what systemd cannot say is in the files alone.
/// </summary>
internal static class ResourceProperties
{
    private const ulong Infinity = ulong.MaxValue;
    private const ulong DefaultPeriod = 100_000;

    public static void Add(UnitProperties to, CgroupResources r, bool unified, int version)
    {
        if (r.Devices is not null)
            Devices(to, r.Devices, version);
        if (unified)
            Unified(to, r, version);
        else
            Legacy(to, r);
        Quota(to, r, version);
        if (r.PidsLimit is long pids)
            to.Add("TasksMax", pids < 0 ? Infinity : pids == 0 ? 1 : (ulong)pids);
        // AllowedCPUs came with systemd 244.
        if (version >= 244 && !string.IsNullOrEmpty(r.Cpus))
            to.AddBytes("AllowedCPUs", Bits(r.Cpus));
        if (version >= 244 && !string.IsNullOrEmpty(r.Mems))
            to.AddBytes("AllowedMemoryNodes", Bits(r.Mems));
    }

    /// <summary>"0,2-3" as little-endian bits, as systemd takes cpu sets.</summary>
    public static byte[] Bits(string ranges)
    {
        byte[] bits = [];
        foreach (string part in ranges.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int dash = part.IndexOf('-', StringComparison.Ordinal);
            if (!uint.TryParse(dash < 0 ? part : part[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out uint first)
                || !uint.TryParse(dash < 0 ? part : part[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out uint last)
                || first > last || last > 65535)
            {
                throw new StepException($"invalid CPU or memory node list: \"{ranges}\"");
            }
            if (bits.Length <= last / 8)
                Array.Resize(ref bits, (int)(last / 8) + 1);
            for (uint i = first; i <= last; i++)
                bits[i / 8] |= (byte)(1 << (int)(i % 8));
        }
        return bits.Length == 0 ? throw new StepException($"invalid CPU or memory node list: \"{ranges}\"") : bits;
    }

    private static void Legacy(UnitProperties to, CgroupResources r)
    {
        if ((r.MemoryLimit ?? 0) != 0)
            to.Add("MemoryLimit", (ulong)r.MemoryLimit!.Value);
        if ((r.CpuShares ?? 0) != 0)
            to.Add("CPUShares", r.CpuShares!.Value);
        if ((r.BlockWeight ?? 0) != 0)
            to.Add("BlockIOWeight", (ulong)r.BlockWeight!.Value);
    }

    private static void Unified(UnitProperties to, CgroupResources r, int version)
    {
        if ((r.MemoryLimit ?? 0) != 0)
            to.Add("MemoryMax", (ulong)r.MemoryLimit!.Value);
        if ((r.MemoryReservation ?? 0) != 0)
            to.Add("MemoryLow", (ulong)r.MemoryReservation!.Value);
        if (ResourcesV2.Swap(r.MemoryLimit ?? 0, r.MemorySwap ?? 0) is long swap)
            to.Add("MemorySwapMax", (ulong)swap);
        // CPUWeight 0 means cpu.idle since systemd 252.
        bool idle = r.CpuIdle == 1 && version >= 252;
        if (idle)
            to.Add("CPUWeight", 0UL);
        else if ((r.CpuShares ?? 0) != 0)
            to.Add("CPUWeight", ResourcesV2.CpuWeight(r.CpuShares!.Value));
        foreach ((string key, string value) in r.Unified)
            UnifiedFile(to, key, value.Trim(), version);
    }

    /// <summary>Keys that systemd has a property for; the others go to the files alone.</summary>
    private static void UnifiedFile(UnitProperties to, string key, string value, int version)
    {
        string? property = key switch
        {
            "memory.high" => "MemoryHigh",
            "memory.low" => "MemoryLow",
            "memory.min" => "MemoryMin",
            "memory.max" => "MemoryMax",
            "memory.swap.max" => "MemorySwapMax",
            "pids.max" => "TasksMax",
            "cpu.weight" => "CPUWeight",
            "cpuset.cpus" => "AllowedCPUs",
            "cpuset.mems" => "AllowedMemoryNodes",
            _ => null,
        };
        if (property is null)
        {
            if (key == "cpu.max")
                UnifiedCpuMax(to, value, version);
            return;
        }
        if (property.StartsWith("Allowed", StringComparison.Ordinal))
        {
            if (version >= 244)
                to.AddBytes(property, Bits(value));
            return;
        }
        ulong number = Infinity;
        if (value != "max" && !ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            throw new StepException($"unified resource \"{key}\" value conversion error: \"{value}\"");
        to.Add(property, key == "pids.max" && number == 0 ? 1 : number);
    }

    private static void UnifiedCpuMax(UnitProperties to, string value, int version)
    {
        string[] parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long quota = 0;
        ulong period = DefaultPeriod;
        if (parts.Length is < 1 or > 2 || (parts[0] != "max" && !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out quota))
            || (parts.Length == 2 && !ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out period)))
        {
            throw new StepException($"unified resource \"cpu.max\" value invalid: \"{value}\"");
        }
        Quota(to, new CgroupResources { CpuQuota = quota, CpuPeriod = period }, version);
    }

    /// <summary>
    /// systemd keeps CPUQuota in whole percents of a second: rounded up to 10 ms, and the quota for the files is rounded with it, so that
    /// both say the same.
    /// </summary>
    private static void Quota(UnitProperties to, CgroupResources r, int version)
    {
        long quota = r.CpuQuota ?? 0;
        ulong period = r.CpuPeriod ?? 0;
        if (period != 0 && version >= 242)
            to.Add("CPUQuotaPeriodUSec", period);
        if (quota == 0 && period == 0)
            return;
        ulong perSecond = Infinity;
        if (quota > 0)
        {
            period = period == 0 ? DefaultPeriod : period;
            perSecond = (ulong)quota * 1_000_000 / period;
            if (perSecond % 10_000 != 0)
            {
                perSecond = ((perSecond / 10_000) + 1) * 10_000;
                r.CpuQuota = (long)(perSecond * period / 1_000_000);
            }
        }
        to.Add("CPUQuotaPerSecUSec", perSecond);
    }

    /// <summary>systemd knows allow lists only: a deny list is enforced by our own rules alone, under an open unit.</summary>
    private static void Devices(UnitProperties to, IReadOnlyList<DeviceRule> rules, int version)
    {
        DeviceSet set = DeviceSet.Of(rules);
        var allowed = new List<(string, string)>();
        // An empty list first: DeviceAllow appends.
        to.AddPairs("DeviceAllow", allowed);
        to.Add("DevicePolicy", set.AllowByDefault ? "auto" : "strict");
        if (set.AllowByDefault)
            return;
        foreach (DeviceException device in set.Exceptions)
        {
            if (DevicePath(device, version) is { } path)
                allowed.Add((path, device.AccessText()));
        }
        to.AddPairs("DeviceAllow", allowed);
    }

    /// <summary>systemd.resource-control(5), DeviceAllow. Null for "*:n" (systemd cannot say it) and for "n:*" before systemd 240.</summary>
    private static string? DevicePath(DeviceException device, int version)
    {
        string kind = device.Type == BpfProg.BPF_DEVCG_DEV_CHAR ? "char" : "block";
        if (device.Major < 0)
            return device.Minor < 0 ? kind + "-*" : null;
        if (device.Minor < 0)
            return version >= 240 ? kind + "-" + CgroupIo.Text(device.Major) : null;
        return $"/dev/{kind}/{CgroupIo.Text(device.Major)}:{CgroupIo.Text(device.Minor)}";
    }
}
