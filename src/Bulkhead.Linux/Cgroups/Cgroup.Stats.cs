using System;
using System.Collections.Generic;
using System.Globalization;

namespace Bulkhead.Linux.Cgroups;

public sealed partial class Cgroup
{
    // The kernel's USER_HZ is 100 on every architecture that .NET runs on: one tick is 10 ms.
    private const ulong NanosecondsPerTick = 10_000_000;

    /// <summary>Reads all statistics. Files that the kernel lacks leave zeros.</summary>
    public CgroupStats Stats()
    {
        var stats = new CgroupStats();
        if (IsUnified)
        {
            UnifiedCpu(_entries[0], stats);
            UnifiedMemory(_entries[0], stats.Memory);
            UnifiedIo(_entries[0], stats.Blkio);
            PidsStats(_entries[0], stats);
            HugetlbStats(_entries[0], stats.Hugetlb);
            RdmaStats(_entries[0], stats);
            return stats;
        }
        foreach (CgroupEntry entry in _entries)
            LegacyStats(entry, stats);
        return stats;
    }

    private static void LegacyStats(CgroupEntry entry, CgroupStats stats)
    {
        CgroupControllers c = entry.Controllers;
        if ((c & CgroupControllers.Cpu) != 0 && entry.Read("cpu.stat") is { Ok: true } cpu)
        {
            stats.Cpu.Periods = CgroupIo.Keyed(cpu.Value, "nr_periods") ?? 0;
            stats.Cpu.ThrottledPeriods = CgroupIo.Keyed(cpu.Value, "nr_throttled") ?? 0;
            stats.Cpu.ThrottledTime = CgroupIo.Keyed(cpu.Value, "throttled_time") ?? 0;
        }
        if ((c & CgroupControllers.CpuAcct) != 0)
            LegacyCpuUsage(entry, stats.Cpu);
        if ((c & CgroupControllers.CpuSet) != 0)
            LegacyCpuset(entry, stats.Cpuset);
        if ((c & CgroupControllers.Memory) != 0)
            LegacyMemory(entry, stats.Memory);
        if ((c & CgroupControllers.Pids) != 0)
            PidsStats(entry, stats);
        if ((c & CgroupControllers.BlkIO) != 0)
            LegacyBlkio(entry, stats.Blkio);
        if ((c & (CgroupControllers.HugeTlb | CgroupControllers.Unified)) != 0)
            HugetlbStats(entry, stats.Hugetlb);
        if ((c & CgroupControllers.Rdma) != 0)
            RdmaStats(entry, stats);
    }

    private static void LegacyCpuUsage(CgroupEntry entry, CpuStats cpu)
    {
        cpu.Total = StatsReader.Number(entry, "cpuacct.usage");
        if (entry.Read("cpuacct.stat") is { Ok: true } stat)
        {
            cpu.User = (CgroupIo.Keyed(stat.Value, "user") ?? 0) * NanosecondsPerTick;
            cpu.Kernel = (CgroupIo.Keyed(stat.Value, "system") ?? 0) * NanosecondsPerTick;
        }
        // "cpu user system" and a line for each CPU.
        if (entry.Read("cpuacct.usage_all") is not { Ok: true } all)
            return;
        foreach (ReadOnlySpan<char> line in all.Value.AsSpan().EnumerateLines())
        {
            string[] fields = line.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length != 3 || !char.IsAsciiDigit(fields[0][0]))
                continue;
            ulong user = CgroupIo.ParseNumber(fields[1]), kernel = CgroupIo.ParseNumber(fields[2]);
            cpu.PercpuUser.Add(user);
            cpu.PercpuKernel.Add(kernel);
        }
        if (entry.Read("cpuacct.usage_percpu") is not { Ok: true } percpu)
            return;
        foreach (string field in percpu.Value.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
            cpu.Percpu.Add(CgroupIo.ParseNumber(field));
    }

    private static void LegacyCpuset(CgroupEntry entry, CpusetStats cpuset)
    {
        StatsReader.Range(entry, "cpuset.cpus", cpuset.Cpus);
        StatsReader.Range(entry, "cpuset.mems", cpuset.Mems);
        cpuset.CpuExclusive = StatsReader.Number(entry, "cpuset.cpu_exclusive");
        cpuset.MemHardwall = StatsReader.Number(entry, "cpuset.mem_hardwall");
        cpuset.MemExclusive = StatsReader.Number(entry, "cpuset.mem_exclusive");
        cpuset.MemoryMigrate = StatsReader.Number(entry, "cpuset.memory_migrate");
        cpuset.MemorySpreadPage = StatsReader.Number(entry, "cpuset.memory_spread_page");
        cpuset.MemorySpreadSlab = StatsReader.Number(entry, "cpuset.memory_spread_slab");
        cpuset.MemoryPressure = StatsReader.Number(entry, "cpuset.memory_pressure");
        cpuset.SchedLoadBalance = StatsReader.Number(entry, "cpuset.sched_load_balance");
        if (entry.Read("cpuset.sched_relax_domain_level") is { Ok: true } level
            && long.TryParse(level.Value, NumberStyles.AllowLeadingSign | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long value))
        {
            cpuset.SchedRelaxDomainLevel = value;
        }
    }

    private static void LegacyMemory(CgroupEntry entry, MemoryStats memory)
    {
        StatsReader.Raw(entry, memory.Raw);
        memory.Cache = StatsReader.Value(memory.Raw, "cache");
        memory.Usage = LegacyUse(entry, "memory.");
        memory.Swap = LegacyUse(entry, "memory.memsw.");
        memory.Kernel = LegacyUse(entry, "memory.kmem.");
        memory.KernelTcp = LegacyUse(entry, "memory.kmem.tcp.");
    }

    private static MemoryUse LegacyUse(CgroupEntry entry, string prefix)
    {
        if (entry.ReadNumber(prefix + "usage_in_bytes") is not { Ok: true } usage)
            return default;
        return new MemoryUse(StatsReader.Number(entry, prefix + "limit_in_bytes"), usage.Value,
            StatsReader.Number(entry, prefix + "max_usage_in_bytes"), StatsReader.Number(entry, prefix + "failcnt"));
    }

    private static void PidsStats(CgroupEntry entry, CgroupStats stats)
    {
        if (entry.ReadNumber("pids.current") is { Ok: true } current)
        {
            stats.PidsCurrent = current.Value;
            ulong limit = StatsReader.Number(entry, "pids.max");
            stats.PidsLimit = limit == ulong.MaxValue ? 0 : limit;
        }
        else if (entry.IsUnified && entry.Read("cgroup.procs") is { Ok: true } procs)
        {
            stats.PidsCurrent = (ulong)procs.Value.AsSpan().Count('\n');
        }
    }

    /// <summary>The first table family that this kernel has: BFQ's, CFQ's (before 5.0), or the throttler's.</summary>
    private static void LegacyBlkio(CgroupEntry entry, BlkioStats blkio)
    {
        foreach (string prefix in (ReadOnlySpan<string>)["blkio.bfq.", "blkio.", "blkio.throttle."])
        {
            if (!StatsReader.Blocks(entry, prefix + "io_serviced_recursive", blkio.Serviced))
                continue;
            _ = StatsReader.Blocks(entry, prefix + "io_service_bytes_recursive", blkio.ServiceBytes);
            if (blkio.Serviced.Count == 0 && prefix != "blkio.throttle.")
            {
                // BFQ's tables are there but stay empty while no disk uses BFQ; the throttler's count always.
                blkio.ServiceBytes.Clear();
                continue;
            }
            _ = StatsReader.Blocks(entry, prefix + "io_queued_recursive", blkio.Queued);
            _ = StatsReader.Blocks(entry, prefix + "io_service_time_recursive", blkio.ServiceTime);
            _ = StatsReader.Blocks(entry, prefix + "io_wait_time_recursive", blkio.WaitTime);
            _ = StatsReader.Blocks(entry, prefix + "io_merged_recursive", blkio.Merged);
            _ = StatsReader.Blocks(entry, prefix + "time_recursive", blkio.Time);
            _ = StatsReader.Blocks(entry, prefix + "sectors_recursive", blkio.Sectors);
            return;
        }
    }

    private static void UnifiedCpu(CgroupEntry entry, CgroupStats stats)
    {
        if (entry.Read("cpu.stat") is { Ok: true } text)
        {
            stats.Cpu.Total = (CgroupIo.Keyed(text.Value, "usage_usec") ?? 0) * 1000;
            stats.Cpu.User = (CgroupIo.Keyed(text.Value, "user_usec") ?? 0) * 1000;
            stats.Cpu.Kernel = (CgroupIo.Keyed(text.Value, "system_usec") ?? 0) * 1000;
            stats.Cpu.Periods = CgroupIo.Keyed(text.Value, "nr_periods") ?? 0;
            stats.Cpu.ThrottledPeriods = CgroupIo.Keyed(text.Value, "nr_throttled") ?? 0;
            stats.Cpu.ThrottledTime = (CgroupIo.Keyed(text.Value, "throttled_usec") ?? 0) * 1000;
        }
        stats.Cpu.Pressure = StatsReader.Pressure(entry, "cpu.pressure");
        StatsReader.Range(entry, "cpuset.cpus.effective", stats.Cpuset.Cpus);
        StatsReader.Range(entry, "cpuset.mems.effective", stats.Cpuset.Mems);
    }

    private static void UnifiedMemory(CgroupEntry entry, MemoryStats memory)
    {
        StatsReader.Raw(entry, memory.Raw);
        memory.Cache = StatsReader.Value(memory.Raw, "file");
        memory.Pressure = StatsReader.Pressure(entry, "memory.pressure");
        if (entry.ReadNumber("memory.current") is not { Ok: true } usage)
            return;
        ulong limit = StatsReader.Number(entry, "memory.max");
        string events = entry.Read("memory.events") is { Ok: true } text ? text.Value : "";
        memory.Usage = new MemoryUse(limit, usage.Value, StatsReader.Number(entry, "memory.peak"), CgroupIo.Keyed(events, "max") ?? 0);
        memory.Kernel = new MemoryUse(0, StatsReader.Value(memory.Raw, "kernel"), 0, 0);
        if (entry.ReadNumber("memory.swap.current") is not { Ok: true } swap)
            return;
        // As v1 reports it: memory and swap together.
        ulong swapLimit = StatsReader.Number(entry, "memory.swap.max");
        ulong both = swapLimit == ulong.MaxValue || limit == ulong.MaxValue ? ulong.MaxValue : swapLimit + limit;
        memory.Swap = new MemoryUse(both, swap.Value + usage.Value, 0, 0);
    }

    /// <summary>io.stat lines "MAJ:MIN rbytes=1 wbytes=2 rios=3 wios=4 ..." as v1's two tables.</summary>
    private static void UnifiedIo(CgroupEntry entry, BlkioStats blkio)
    {
        blkio.Pressure = StatsReader.Pressure(entry, "io.pressure");
        if (entry.Read("io.stat") is not { Ok: true } text)
            return;
        foreach (ReadOnlySpan<char> line in text.Value.AsSpan().EnumerateLines())
        {
            string[] fields = line.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 2 || !StatsReader.Device(fields[0], out ulong major, out ulong minor))
                continue;
            for (int i = 1; i < fields.Length; i++)
            {
                int equals = fields[i].IndexOf('=', StringComparison.Ordinal);
                (List<BlockStat>? table, string op) = (equals < 0 ? "" : fields[i][..equals]) switch
                {
                    "rbytes" => (blkio.ServiceBytes, "Read"),
                    "wbytes" => (blkio.ServiceBytes, "Write"),
                    "rios" => (blkio.Serviced, "Read"),
                    "wios" => (blkio.Serviced, "Write"),
                    _ => ((List<BlockStat>?)null, ""),
                };
                table?.Add(new BlockStat(major, minor, op, CgroupIo.ParseNumber(fields[i].AsSpan(equals + 1))));
            }
        }
    }

    private static void HugetlbStats(CgroupEntry entry, List<HugetlbUse> into)
    {
        foreach (string size in StatsReader.HugepageSizes())
        {
            string prefix = "hugetlb." + size;
            string kind = entry.ReadNumber(prefix + ".rsvd" + (entry.IsUnified ? ".current" : ".usage_in_bytes")).Ok ? ".rsvd" : "";
            if (entry.ReadNumber(prefix + kind + (entry.IsUnified ? ".current" : ".usage_in_bytes")) is not { Ok: true } usage)
                continue;
            ulong failures = entry.IsUnified
                ? (entry.Read(prefix + ".events") is { Ok: true } events ? CgroupIo.Keyed(events.Value, "max") ?? 0 : 0)
                : StatsReader.Number(entry, prefix + kind + ".failcnt");
            into.Add(new HugetlbUse(size, usage.Value, entry.IsUnified ? 0 : StatsReader.Number(entry, prefix + kind + ".max_usage_in_bytes"), failures));
        }
    }

    private static void RdmaStats(CgroupEntry entry, CgroupStats stats)
    {
        StatsReader.Rdma(entry, "rdma.current", stats.RdmaCurrent);
        StatsReader.Rdma(entry, "rdma.max", stats.RdmaLimit);
    }
}
