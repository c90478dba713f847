using System.Collections.Generic;
using System.Text.Json;

namespace Bulkhead.Oci;

/// <summary>The section `linux`.</summary>
public static partial class ConfigWriter
{
    private static void WriteLinux(Utf8JsonWriter json, LinuxConfig linux)
    {
        json.WriteStartObject("linux"u8);
        List(json, "uidMappings", linux.UidMappings, WriteIdMapping);
        List(json, "gidMappings", linux.GidMappings, WriteIdMapping);
        Map(json, "sysctl", linux.Sysctl);
        if (linux.Resources is { } resources)
            WriteResources(json, resources);
        Text(json, "cgroupsPath", linux.CgroupsPath);
        List(json, "namespaces", linux.Namespaces, WriteNamespace);
        List(json, "devices", linux.Devices, WriteDevice);
        WriteNetDevices(json, linux.NetDevices);
        if (linux.Seccomp is { } seccomp)
            WriteSeccomp(json, seccomp);
        Text(json, "rootfsPropagation", linux.RootfsPropagation);
        Texts(json, "maskedPaths", linux.MaskedPaths);
        Texts(json, "readonlyPaths", linux.ReadonlyPaths);
        Text(json, "mountLabel", linux.MountLabel);
        if (linux.IntelRdt is { } rdt)
            WriteIntelRdt(json, rdt);
        if (linux.MemoryPolicy is { } policy)
        {
            json.WriteStartObject("memoryPolicy"u8);
            json.WriteString("mode"u8, policy.Mode);
            Text(json, "nodes", policy.Nodes);
            Texts(json, "flags", policy.Flags);
            json.WriteEndObject();
        }
        if (linux.Personality is { } personality)
        {
            json.WriteStartObject("personality"u8);
            json.WriteString("domain"u8, personality.Domain);
            Texts(json, "flags", personality.Flags);
            json.WriteEndObject();
        }
        WriteTimeOffsets(json, linux.TimeOffsets);
        json.WriteEndObject();
    }

    private static void WriteNamespace(Utf8JsonWriter json, LinuxNamespace ns)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, ns.Type);
        Text(json, "path", ns.Path);
        json.WriteEndObject();
    }

    private static void WriteDevice(Utf8JsonWriter json, LinuxDevice device)
    {
        json.WriteStartObject();
        json.WriteString("path"u8, device.Path);
        json.WriteString("type"u8, device.Type);
        json.WriteNumber("major"u8, device.Major);
        json.WriteNumber("minor"u8, device.Minor);
        Number(json, "fileMode", device.FileMode);
        Number(json, "uid", device.Uid);
        Number(json, "gid", device.Gid);
        json.WriteEndObject();
    }

    private static void WriteNetDevices(Utf8JsonWriter json, KeyValuePair<string, LinuxNetDevice>[] devices)
    {
        if (devices.Length == 0)
            return;
        json.WriteStartObject("netDevices"u8);
        foreach ((string name, LinuxNetDevice device) in devices)
        {
            json.WriteStartObject(name);
            Text(json, "name", device.Name);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteTimeOffsets(Utf8JsonWriter json, KeyValuePair<string, LinuxTimeOffset>[] offsets)
    {
        if (offsets.Length == 0)
            return;
        json.WriteStartObject("timeOffsets"u8);
        foreach ((string clock, LinuxTimeOffset offset) in offsets)
        {
            json.WriteStartObject(clock);
            json.WriteNumber("secs"u8, offset.Secs);
            json.WriteNumber("nanosecs"u8, offset.Nanosecs);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteIntelRdt(Utf8JsonWriter json, LinuxIntelRdt rdt)
    {
        json.WriteStartObject("intelRdt"u8);
        Text(json, "closID", rdt.ClosId);
        Texts(json, "schemata", rdt.Schemata);
        Text(json, "l3CacheSchema", rdt.L3CacheSchema);
        Text(json, "memBwSchema", rdt.MemBwSchema);
        json.WriteBoolean("enableMonitoring"u8, rdt.EnableMonitoring);
        json.WriteEndObject();
    }

    private static void WriteSeccomp(Utf8JsonWriter json, LinuxSeccomp seccomp)
    {
        json.WriteStartObject("seccomp"u8);
        json.WriteString("defaultAction"u8, seccomp.DefaultAction);
        Number(json, "defaultErrnoRet", seccomp.DefaultErrnoRet);
        Texts(json, "architectures", seccomp.Architectures);
        Texts(json, "flags", seccomp.Flags);
        Text(json, "listenerPath", seccomp.ListenerPath);
        Text(json, "listenerMetadata", seccomp.ListenerMetadata);
        List(json, "syscalls", seccomp.Syscalls, WriteSyscall);
        json.WriteEndObject();
    }

    private static void WriteSyscall(Utf8JsonWriter json, LinuxSyscall rule)
    {
        json.WriteStartObject();
        Texts(json, "names", rule.Names);
        json.WriteString("action"u8, rule.Action);
        Number(json, "errnoRet", rule.ErrnoRet);
        List(json, "args", rule.Args, WriteSeccompArgument);
        json.WriteEndObject();
    }

    private static void WriteSeccompArgument(Utf8JsonWriter json, LinuxSeccompArg argument)
    {
        json.WriteStartObject();
        json.WriteNumber("index"u8, argument.Index);
        json.WriteNumber("value"u8, argument.Value);
        json.WriteNumber("valueTwo"u8, argument.ValueTwo);
        json.WriteString("op"u8, argument.Op);
        json.WriteEndObject();
    }
}
