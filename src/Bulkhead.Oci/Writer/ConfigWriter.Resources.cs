using System.Collections.Generic;
using System.Text.Json;

namespace Bulkhead.Oci;

/// <summary>The section `linux.resources`.</summary>
public static partial class ConfigWriter
{
    private static void WriteResources(Utf8JsonWriter json, LinuxResources resources)
    {
        json.WriteStartObject("resources"u8);
        List(json, "devices", resources.Devices, WriteDeviceRule);
        if (resources.Memory is { } memory)
            WriteMemory(json, memory);
        if (resources.Cpu is { } cpu)
            WriteCpu(json, cpu);
        if (resources.Pids is { } pids)
        {
            json.WriteStartObject("pids"u8);
            Number(json, "limit", pids.Limit);
            json.WriteEndObject();
        }
        if (resources.BlockIo is { } io)
            WriteBlockIo(json, io);
        List(json, "hugepageLimits", resources.HugepageLimits, static (writer, limit) =>
        {
            writer.WriteStartObject();
            writer.WriteString("pageSize"u8, limit.PageSize);
            writer.WriteNumber("limit"u8, limit.Limit);
            writer.WriteEndObject();
        });
        if (resources.Network is { } network)
            WriteNetwork(json, network);
        WriteRdma(json, resources.Rdma);
        Map(json, "unified", resources.Unified);
        json.WriteEndObject();
    }

    private static void WriteDeviceRule(Utf8JsonWriter json, LinuxDeviceCgroup rule)
    {
        json.WriteStartObject();
        json.WriteBoolean("allow"u8, rule.Allow);
        Text(json, "type", rule.Type);
        Number(json, "major", rule.Major);
        Number(json, "minor", rule.Minor);
        Text(json, "access", rule.Access);
        json.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter json, LinuxMemory memory)
    {
        json.WriteStartObject("memory"u8);
        Number(json, "limit", memory.Limit);
        Number(json, "reservation", memory.Reservation);
        Number(json, "swap", memory.Swap);
        Number(json, "kernel", memory.Kernel);
        Number(json, "kernelTCP", memory.KernelTcp);
        Unsigned(json, "swappiness", memory.Swappiness);
        Bool(json, "disableOOMKiller", memory.DisableOomKiller);
        Bool(json, "useHierarchy", memory.UseHierarchy);
        Bool(json, "checkBeforeUpdate", memory.CheckBeforeUpdate);
        json.WriteEndObject();
    }

    private static void WriteCpu(Utf8JsonWriter json, LinuxCpu cpu)
    {
        json.WriteStartObject("cpu"u8);
        Unsigned(json, "shares", cpu.Shares);
        Number(json, "quota", cpu.Quota);
        Unsigned(json, "burst", cpu.Burst);
        Unsigned(json, "period", cpu.Period);
        Number(json, "realtimeRuntime", cpu.RealtimeRuntime);
        Unsigned(json, "realtimePeriod", cpu.RealtimePeriod);
        Text(json, "cpus", cpu.Cpus);
        Text(json, "mems", cpu.Mems);
        Number(json, "idle", cpu.Idle);
        json.WriteEndObject();
    }

    private static void WriteBlockIo(Utf8JsonWriter json, LinuxBlockIo io)
    {
        json.WriteStartObject("blockIO"u8);
        Number(json, "weight", io.Weight);
        Number(json, "leafWeight", io.LeafWeight);
        List(json, "weightDevice", io.WeightDevice, static (writer, device) =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("major"u8, device.Major);
            writer.WriteNumber("minor"u8, device.Minor);
            Number(writer, "weight", device.Weight);
            Number(writer, "leafWeight", device.LeafWeight);
            writer.WriteEndObject();
        });
        List(json, "throttleReadBpsDevice", io.ThrottleReadBpsDevice, WriteThrottle);
        List(json, "throttleWriteBpsDevice", io.ThrottleWriteBpsDevice, WriteThrottle);
        List(json, "throttleReadIOPSDevice", io.ThrottleReadIopsDevice, WriteThrottle);
        List(json, "throttleWriteIOPSDevice", io.ThrottleWriteIopsDevice, WriteThrottle);
        json.WriteEndObject();
    }

    private static void WriteThrottle(Utf8JsonWriter json, LinuxThrottleDevice device)
    {
        json.WriteStartObject();
        json.WriteNumber("major"u8, device.Major);
        json.WriteNumber("minor"u8, device.Minor);
        json.WriteNumber("rate"u8, device.Rate);
        json.WriteEndObject();
    }

    private static void WriteNetwork(Utf8JsonWriter json, LinuxNetwork network)
    {
        json.WriteStartObject("network"u8);
        Number(json, "classID", network.ClassId);
        List(json, "priorities", network.Priorities, static (writer, priority) =>
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, priority.Name);
            writer.WriteNumber("priority"u8, priority.Priority);
            writer.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static void WriteRdma(Utf8JsonWriter json, KeyValuePair<string, LinuxRdma>[] devices)
    {
        if (devices.Length == 0)
            return;
        json.WriteStartObject("rdma"u8);
        foreach ((string name, LinuxRdma device) in devices)
        {
            json.WriteStartObject(name);
            Number(json, "hcaHandles", device.HcaHandles);
            Number(json, "hcaObjects", device.HcaObjects);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
