using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Oci;

/// <summary>
/// The lines of `events`, field by field as runc's types/events.go: what it leaves out when zero is left out here. Objects are always
/// there, as in runc up to 1.2: Go reads an absent one and an empty one alike, others may not.
/// </summary>
public static class EventWriter
{
    public static void WriteOom(IBufferWriter<byte> output, string id)
    {
        using (var json = new Utf8JsonWriter(output, StateWriter.Options(indented: false)))
        {
            Begin(json, "oom"u8, id);
            json.WriteEndObject();
        }
        output.Write("\n"u8);
    }

    public static void WriteStats(IBufferWriter<byte> output, string id, CgroupStats stats)
    {
        using (var json = new Utf8JsonWriter(output, StateWriter.Options(indented: false)))
        {
            Begin(json, "stats"u8, id);
            json.WriteStartObject("data"u8);
            Cpu(json, stats.Cpu);
            Cpuset(json, stats.Cpuset);
            Memory(json, stats.Memory);
            json.WriteStartObject("pids"u8);
            Optional(json, "current"u8, stats.PidsCurrent);
            Optional(json, "limit"u8, stats.PidsLimit);
            json.WriteEndObject();
            Blkio(json, stats.Blkio);
            Hugetlb(json, stats.Hugetlb);
            json.WriteStartObject("intel_rdt"u8);
            json.WriteEndObject();
            // runc lists interfaces that it made itself, which no OCI configuration asks for.
            json.WriteNull("network_interfaces"u8);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        output.Write("\n"u8);
    }

    private static void Begin(Utf8JsonWriter json, ReadOnlySpan<byte> type, string id)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WriteString("id"u8, id);
    }

    private static void Cpu(Utf8JsonWriter json, CpuStats cpu)
    {
        json.WriteStartObject("cpu"u8);
        json.WriteStartObject("usage"u8);
        Optional(json, "total"u8, cpu.Total);
        Numbers(json, "percpu"u8, cpu.Percpu);
        Numbers(json, "percpu_kernel"u8, cpu.PercpuKernel);
        Numbers(json, "percpu_user"u8, cpu.PercpuUser);
        json.WriteNumber("kernel"u8, cpu.Kernel);
        json.WriteNumber("user"u8, cpu.User);
        json.WriteEndObject();
        json.WriteStartObject("throttling"u8);
        Optional(json, "periods"u8, cpu.Periods);
        Optional(json, "throttledPeriods"u8, cpu.ThrottledPeriods);
        Optional(json, "throttledTime"u8, cpu.ThrottledTime);
        json.WriteEndObject();
        Psi(json, cpu.Pressure);
        json.WriteEndObject();
    }

    private static void Cpuset(Utf8JsonWriter json, CpusetStats cpuset)
    {
        json.WriteStartObject("cpuset"u8);
        Numbers(json, "cpus"u8, cpuset.Cpus);
        json.WriteNumber("cpu_exclusive"u8, cpuset.CpuExclusive);
        Numbers(json, "mems"u8, cpuset.Mems);
        json.WriteNumber("mem_hardwall"u8, cpuset.MemHardwall);
        json.WriteNumber("mem_exclusive"u8, cpuset.MemExclusive);
        json.WriteNumber("memory_migrate"u8, cpuset.MemoryMigrate);
        json.WriteNumber("memory_spread_page"u8, cpuset.MemorySpreadPage);
        json.WriteNumber("memory_spread_slab"u8, cpuset.MemorySpreadSlab);
        json.WriteNumber("memory_pressure"u8, cpuset.MemoryPressure);
        json.WriteNumber("sched_load_balance"u8, cpuset.SchedLoadBalance);
        json.WriteNumber("sched_relax_domain_level"u8, cpuset.SchedRelaxDomainLevel);
        json.WriteEndObject();
    }

    private static void Memory(Utf8JsonWriter json, MemoryStats memory)
    {
        json.WriteStartObject("memory"u8);
        Optional(json, "cache"u8, memory.Cache);
        Use(json, "usage"u8, memory.Usage);
        Use(json, "swap"u8, memory.Swap);
        Use(json, "kernel"u8, memory.Kernel);
        Use(json, "kernelTCP"u8, memory.KernelTcp);
        if (memory.Raw.Count > 0)
        {
            // Go writes maps by key.
            var sorted = new List<KeyValuePair<string, ulong>>(memory.Raw);
            sorted.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
            json.WriteStartObject("raw"u8);
            foreach ((string key, ulong value) in sorted)
                json.WriteNumber(key, value);
            json.WriteEndObject();
        }
        Psi(json, memory.Pressure);
        json.WriteEndObject();
    }

    private static void Use(Utf8JsonWriter json, ReadOnlySpan<byte> name, MemoryUse use)
    {
        json.WriteStartObject(name);
        json.WriteNumber("limit"u8, use.Limit);
        Optional(json, "usage"u8, use.Usage);
        Optional(json, "max"u8, use.Max);
        json.WriteNumber("failcnt"u8, use.Failcnt);
        json.WriteEndObject();
    }

    private static void Blkio(Utf8JsonWriter json, BlkioStats blkio)
    {
        json.WriteStartObject("blkio"u8);
        Blocks(json, "ioServiceBytesRecursive"u8, blkio.ServiceBytes);
        Blocks(json, "ioServicedRecursive"u8, blkio.Serviced);
        Blocks(json, "ioQueueRecursive"u8, blkio.Queued);
        Blocks(json, "ioServiceTimeRecursive"u8, blkio.ServiceTime);
        Blocks(json, "ioWaitTimeRecursive"u8, blkio.WaitTime);
        Blocks(json, "ioMergedRecursive"u8, blkio.Merged);
        Blocks(json, "ioTimeRecursive"u8, blkio.Time);
        Blocks(json, "sectorsRecursive"u8, blkio.Sectors);
        Psi(json, blkio.Pressure);
        json.WriteEndObject();
    }

    private static void Blocks(Utf8JsonWriter json, ReadOnlySpan<byte> name, List<BlockStat> table)
    {
        if (table.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (BlockStat entry in table)
        {
            json.WriteStartObject();
            Optional(json, "major"u8, entry.Major);
            Optional(json, "minor"u8, entry.Minor);
            if (entry.Op.Length > 0)
                json.WriteString("op"u8, entry.Op);
            Optional(json, "value"u8, entry.Value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Hugetlb(Utf8JsonWriter json, List<HugetlbUse> uses)
    {
        var sorted = new List<HugetlbUse>(uses);
        sorted.Sort(static (a, b) => string.CompareOrdinal(a.PageSize, b.PageSize));
        json.WriteStartObject("hugetlb"u8);
        foreach (HugetlbUse use in sorted)
        {
            json.WriteStartObject(use.PageSize);
            Optional(json, "usage"u8, use.Usage);
            Optional(json, "max"u8, use.Max);
            json.WriteNumber("failcnt"u8, use.Failcnt);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Psi(Utf8JsonWriter json, Pressure? pressure)
    {
        if (pressure is null)
            return;
        json.WriteStartObject("psi"u8);
        PsiLine(json, "some"u8, pressure.Some);
        PsiLine(json, "full"u8, pressure.Full);
        json.WriteEndObject();
    }

    private static void PsiLine(Utf8JsonWriter json, ReadOnlySpan<byte> name, PressureLine line)
    {
        json.WriteStartObject(name);
        json.WriteNumber("avg10"u8, line.Avg10);
        json.WriteNumber("avg60"u8, line.Avg60);
        json.WriteNumber("avg300"u8, line.Avg300);
        json.WriteNumber("total"u8, line.Total);
        json.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong value)
    {
        if (value != 0)
            json.WriteNumber(name, value);
    }

    private static void Numbers(Utf8JsonWriter json, ReadOnlySpan<byte> name, List<ulong> values)
    {
        if (values.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (ulong value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static void Numbers(Utf8JsonWriter json, ReadOnlySpan<byte> name, List<ushort> values)
    {
        if (values.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (ushort value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
