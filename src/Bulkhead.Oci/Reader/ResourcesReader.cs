using System;
using System.Collections.Generic;

namespace Bulkhead.Oci;

/// <summary>The section `linux.resources`, and the file of `update --resources`.</summary>
public static class ResourcesReader
{
    /// <summary>Parses a whole document. <paramref name="file"/> names it in errors.</summary>
    /// <exception cref="Bulkhead.Linux.StepException">Not JSON, or a value of the wrong kind: one line with the path.</exception>
    public static LinuxResources Parse(ReadOnlySpan<byte> json, string file)
    {
        var cursor = new JsonCursor(json, file);
        cursor.Start();
        LinuxResources document = ReadResources(ref cursor, null)!;
        cursor.End();
        return document;
    }

    internal static LinuxResources? ReadResources(ref JsonCursor json, LinuxResources? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxResources();
        while (json.NextField())
        {
            if (json.Is("devices"u8))
                into.Devices = ReadDeviceCgroupList(ref json);
            else if (json.Is("memory"u8))
                into.Memory = ReadMemory(ref json, into.Memory);
            else if (json.Is("cpu"u8))
                into.Cpu = ReadCpu(ref json, into.Cpu);
            else if (json.Is("pids"u8))
                into.Pids = ReadPids(ref json, into.Pids);
            else if (json.Is("blockIO"u8))
                into.BlockIo = BlockIoReader.ReadBlockIo(ref json, into.BlockIo);
            else if (json.Is("hugepageLimits"u8))
                into.HugepageLimits = ReadHugepageLimitList(ref json);
            else if (json.Is("network"u8))
                into.Network = ReadNetwork(ref json, into.Network);
            else if (json.Is("rdma"u8))
                into.Rdma = ReadRdmaMap(ref json, into.Rdma);
            else if (json.Is("unified"u8))
                into.Unified = json.TextMap(into.Unified);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxDeviceCgroup? ReadDeviceCgroup(ref JsonCursor json, LinuxDeviceCgroup? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxDeviceCgroup();
        while (json.NextField())
        {
            if (json.Is("allow"u8))
                into.Allow = json.Bool(into.Allow);
            else if (json.Is("type"u8))
                into.Type = json.TextOrNull(into.Type);
            else if (json.Is("major"u8))
                into.Major = json.Int64OrNull();
            else if (json.Is("minor"u8))
                into.Minor = json.Int64OrNull();
            else if (json.Is("access"u8))
                into.Access = json.TextOrNull(into.Access);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxDeviceCgroup[] ReadDeviceCgroupList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadDeviceCgroup(ref json, null) ?? new LinuxDeviceCgroup());
        return json.EndArray<LinuxDeviceCgroup>(mark);
    }

    internal static LinuxMemory? ReadMemory(ref JsonCursor json, LinuxMemory? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxMemory();
        while (json.NextField())
        {
            if (json.Is("limit"u8))
                into.Limit = json.Int64OrNull();
            else if (json.Is("reservation"u8))
                into.Reservation = json.Int64OrNull();
            else if (json.Is("swap"u8))
                into.Swap = json.Int64OrNull();
            else if (json.Is("kernel"u8))
                into.Kernel = json.Int64OrNull();
            else if (json.Is("kernelTCP"u8))
                into.KernelTcp = json.Int64OrNull();
            else if (json.Is("swappiness"u8))
                into.Swappiness = json.UInt64OrNull();
            else if (json.Is("disableOOMKiller"u8))
                into.DisableOomKiller = json.BoolOrNull();
            else if (json.Is("useHierarchy"u8))
                into.UseHierarchy = json.BoolOrNull();
            else if (json.Is("checkBeforeUpdate"u8))
                into.CheckBeforeUpdate = json.BoolOrNull();
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxCpu? ReadCpu(ref JsonCursor json, LinuxCpu? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxCpu();
        while (json.NextField())
        {
            if (json.Is("shares"u8))
                into.Shares = json.UInt64OrNull();
            else if (json.Is("quota"u8))
                into.Quota = json.Int64OrNull();
            else if (json.Is("burst"u8))
                into.Burst = json.UInt64OrNull();
            else if (json.Is("period"u8))
                into.Period = json.UInt64OrNull();
            else if (json.Is("realtimeRuntime"u8))
                into.RealtimeRuntime = json.Int64OrNull();
            else if (json.Is("realtimePeriod"u8))
                into.RealtimePeriod = json.UInt64OrNull();
            else if (json.Is("cpus"u8))
                into.Cpus = json.TextOrNull(into.Cpus);
            else if (json.Is("mems"u8))
                into.Mems = json.TextOrNull(into.Mems);
            else if (json.Is("idle"u8))
                into.Idle = json.Int64OrNull();
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxPids? ReadPids(ref JsonCursor json, LinuxPids? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxPids();
        while (json.NextField())
        {
            if (json.Is("limit"u8))
                into.Limit = json.Int64OrNull();
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxHugepageLimit? ReadHugepageLimit(ref JsonCursor json, LinuxHugepageLimit? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxHugepageLimit();
        while (json.NextField())
        {
            if (json.Is("pageSize"u8))
                into.PageSize = json.Text(into.PageSize);
            else if (json.Is("limit"u8))
                into.Limit = json.UInt64(into.Limit);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxHugepageLimit[] ReadHugepageLimitList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadHugepageLimit(ref json, null) ?? new LinuxHugepageLimit());
        return json.EndArray<LinuxHugepageLimit>(mark);
    }

    internal static LinuxNetwork? ReadNetwork(ref JsonCursor json, LinuxNetwork? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxNetwork();
        while (json.NextField())
        {
            if (json.Is("classID"u8))
                into.ClassId = json.UInt32OrNull();
            else if (json.Is("priorities"u8))
                into.Priorities = ReadInterfacePriorityList(ref json);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxInterfacePriority? ReadInterfacePriority(ref JsonCursor json, LinuxInterfacePriority? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxInterfacePriority();
        while (json.NextField())
        {
            if (json.Is("name"u8))
                into.Name = json.Text(into.Name);
            else if (json.Is("priority"u8))
                into.Priority = json.UInt32(into.Priority);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxInterfacePriority[] ReadInterfacePriorityList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadInterfacePriority(ref json, null) ?? new LinuxInterfacePriority());
        return json.EndArray<LinuxInterfacePriority>(mark);
    }

    internal static LinuxRdma? ReadRdma(ref JsonCursor json, LinuxRdma? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxRdma();
        while (json.NextField())
        {
            if (json.Is("hcaHandles"u8))
                into.HcaHandles = json.UInt32OrNull();
            else if (json.Is("hcaObjects"u8))
                into.HcaObjects = json.UInt32OrNull();
            else
                json.Skip();
        }
        return into;
    }

    internal static KeyValuePair<string, LinuxRdma>[] ReadRdmaMap(ref JsonCursor json, KeyValuePair<string, LinuxRdma>[] current)
    {
        if (!json.BeginObject())
            return [];
        var map = new MapBuilder<LinuxRdma>(current);
        while (json.NextField())
        {
            string key = json.Key();
            map.Set(key, ReadRdma(ref json, null) ?? new LinuxRdma());
        }
        return map.ToArray();
    }
}
