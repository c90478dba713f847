using System;
using System.Collections.Generic;

namespace Bulkhead.Linux.Cgroups;

/// <summary>Limits as files of the unified hierarchy, converted from v1's units as runc and crun do.</summary>
public static class ResourcesV2
{
    /// <summary>
    /// v1 shares [2..262144, default 1024] to v2 weight [1..10000, default 100]: the quadratic curve through all three points, which runc
    /// and crun took up in 2025 (before, 1024 shares gave weight 39).
    /// </summary>
    public static ulong CpuWeight(ulong shares)
    {
        if (shares == 0)
            return 0;
        if (shares <= 2)
            return 1;
        if (shares >= 262144)
            return 10000;
        double l = Math.Log2(shares);
        return (ulong)Math.Ceiling(Math.Pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
    }

    /// <summary>v1 blkio weight [10..1000] to io.weight [1..10000].</summary>
    public static ulong IoWeight(ushort weight) => weight == 0 ? 0 : 1 + (ulong)Math.Max(weight - 10, 0) * 9999 / 990;

    /// <summary>v1's memory+swap to v2's swap alone; null leaves it, -1 is "max".</summary>
    public static long? Swap(long memory, long memoryAndSwap)
    {
        if (memoryAndSwap == 0)
            return memory == -1 ? -1 : null;
        if (memoryAndSwap == -1 || memory == -1)
            return memoryAndSwap;
        if (memory == 0)
            throw new StepException("unable to set swap limit without memory limit");
        if (memoryAndSwap < memory)
            throw new StepException("memory+swap limit should be >= memory limit");
        return memoryAndSwap - memory;
    }

    internal static void RefuseForeign(CgroupResources r)
    {
        string? what = (r.KernelTcpMemory ?? 0) > 0 ? "kernelTCP memory limit"
            : r.Swappiness is ulong s && s != ulong.MaxValue ? "memory swappiness"
            : r.DisableOomKiller == true ? "disableOOMKiller"
            : (r.RealtimeRuntime ?? 0) != 0 || (r.RealtimePeriod ?? 0) != 0 ? "realtime CPU limits"
            : (r.BlockLeafWeight ?? 0) != 0 ? "blockIO leafWeight"
            : r.NetClassId is not null ? "network classID"
            : r.NetPriorities.Count > 0 ? "network priorities"
            : null;
        if (what is not null)
            throw new StepException($"{what} cannot be set: cgroup v2 has no such control");
    }

    internal static void SetMemory(CgroupEntry entry, CgroupResources r)
    {
        long limit = r.MemoryLimit ?? 0;
        if (r.CheckBeforeUpdate)
            RefuseBelowUse(entry, r);
        if (Swap(LimitBesideSwap(entry, r), r.MemorySwap ?? 0) is long swap)
        {
            // A kernel without swap has no such file: "none" and "max" hold there anyhow.
            Errno error = entry.TryWrite("memory.swap.max", Max(swap));
            if (error != Errno.None && !(error == Errno.ENOENT && swap <= 0 && entry.IsEnabled("memory")))
                throw entry.Failed("memory.swap.max", Max(swap), error);
        }
        if (limit != 0)
            entry.Write("memory.max", Max(limit));
        if ((r.MemoryReservation ?? 0) != 0)
            entry.Write("memory.low", Max(r.MemoryReservation!.Value));
    }

    /// <summary>An update of the sum alone stands beside the limit that is there, which runc takes from its saved config.</summary>
    internal static long LimitBesideSwap(CgroupEntry entry, CgroupResources r)
    {
        long limit = r.MemoryLimit ?? 0;
        bool sumAlone = limit == 0 && r.MemorySwap > 0;
        return sumAlone && entry.ReadNumber("memory.max") is { Ok: true, Value: <= long.MaxValue and var present } ? (long)present : limit;
    }

    internal static void RefuseBelowUse(CgroupEntry entry, CgroupResources r)
    {
        (long limit, long swap) = (r.MemoryLimit ?? 0, r.MemorySwap ?? 0);
        if (entry.ReadNumber("memory.current") is not { Ok: true } usage)
            return;
        if (swap > 0 && (ulong)swap <= usage.Value)
            throw new StepException($"rejecting memory+swap limit {swap} <= usage {usage.Value}");
        if (limit > 0 && (ulong)limit <= usage.Value)
            throw new StepException($"rejecting memory limit {limit} <= usage {usage.Value}");
    }

    internal static void SetCpu(CgroupEntry entry, CgroupResources r)
    {
        if (r.CpuIdle is long idle)
            entry.Write("cpu.idle", idle);
        if ((r.CpuShares ?? 0) != 0)
            entry.Write("cpu.weight", CpuWeight(r.CpuShares!.Value));
        long quota = r.CpuQuota ?? 0;
        ulong period = r.CpuPeriod ?? 0;
        bool maxComes = quota != 0 || period != 0, burstLeft = false;
        if (r.CpuBurst is ulong burst)
        {
            // More than the present quota is refused; after the new quota it may fit.
            Errno error = entry.TryWrite("cpu.max.burst", CgroupIo.Text(burst));
            burstLeft = error == Errno.EINVAL && maxComes;
            if (error != Errno.None && !burstLeft)
                throw entry.Failed("cpu.max.burst", CgroupIo.Text(burst), error);
        }
        if (maxComes)
            entry.Write("cpu.max", CpuMax(entry, quota, period));
        if (burstLeft)
            entry.Write("cpu.max.burst", r.CpuBurst!.Value);
    }

    /// <summary>A half that is not asked for stays: a quota written alone leaves the period; a period alone would lift the quota.</summary>
    private static string CpuMax(CgroupEntry entry, long quota, ulong period)
    {
        string time = quota > 0 ? CgroupIo.Text(quota) : "max";
        if (quota == 0)
        {
            string present = entry.Read("cpu.max").OrThrow("read", entry.Path + "/cpu.max");
            time = present[..present.IndexOf(' ', StringComparison.Ordinal)];
        }
        return period == 0 ? time : time + " " + CgroupIo.Text(period);
    }

    internal static void SetIo(CgroupEntry entry, CgroupResources r)
    {
        if ((r.BlockWeight ?? 0) != 0)
        {
            ushort weight = r.BlockWeight!.Value;
            // BFQ has v1's scale; io.weight belongs to io.cost.
            if (entry.TryWrite("io.bfq.weight", CgroupIo.Text((long)weight)) != Errno.None)
                entry.Write("io.weight", IoWeight(weight));
        }
        foreach (BlockWeight device in r.BlockWeightDevices)
        {
            if (device.LeafWeight != 0)
                throw new StepException("blockIO leafWeight cannot be set: cgroup v2 has no such control");
            if (device.Weight != 0 && entry.TryWrite("io.bfq.weight", $"{device.Major}:{device.Minor} {device.Weight}") != Errno.None)
                entry.Write("io.weight", $"{device.Major}:{device.Minor} {IoWeight(device.Weight)}");
        }
        Throttle(entry, "rbps", r.ReadBps);
        Throttle(entry, "wbps", r.WriteBps);
        Throttle(entry, "riops", r.ReadIops);
        Throttle(entry, "wiops", r.WriteIops);
    }

    private static void Throttle(CgroupEntry entry, string key, IReadOnlyList<BlockThrottle> devices)
    {
        for (int i = 0; i < devices.Count; i++)
            entry.Write("io.max", $"{devices[i].Major}:{devices[i].Minor} {key}={(devices[i].Rate == 0 ? "max" : CgroupIo.Text(devices[i].Rate))}");
    }

    internal static void SetUnified(CgroupEntry entry, IReadOnlyList<KeyValuePair<string, string>> values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            (string key, string value) = (values[i].Key, values[i].Value);
            if (key.Contains('/', StringComparison.Ordinal))
                throw new StepException($"unified resource \"{key}\" must be a file name (no slashes)");
            int dot = key.IndexOf('.', StringComparison.Ordinal);
            if (dot <= 0)
                throw new StepException($"unified resource \"{key}\" must be in the form CONTROLLER.PARAMETER");
            // Files like io.max take one line a write.
            foreach (string line in value.Split('\n'))
            {
                if (line.Length == 0 && value.Length > 0)
                    continue;
                Errno error = entry.TryWrite(key, line);
                if (error is Errno.EPERM or Errno.EACCES or Errno.ENOENT && !entry.IsEnabled(key[..dot]))
                    throw new StepException($"unified resource \"{key}\" can't be set: controller \"{key[..dot]}\" not available");
                if (error != Errno.None)
                    throw new StepException($"unable to set unified resource \"{key}\" in", error, entry.Path);
            }
        }
    }

    private static string Max(long value) => value < 0 ? "max" : CgroupIo.Text(value);
}
