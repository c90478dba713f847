using System.Collections.Generic;

namespace Bulkhead.Oci;

/// <summary>The section `linux`.</summary>
internal static class LinuxReader
{
    internal static LinuxConfig? ReadLinuxConfig(ref JsonCursor json, LinuxConfig? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxConfig();
        while (json.NextField())
        {
            if (json.Is("uidMappings"u8))
                into.UidMappings = ReadIdMappingList(ref json);
            else if (json.Is("gidMappings"u8))
                into.GidMappings = ReadIdMappingList(ref json);
            else if (json.Is("sysctl"u8))
                into.Sysctl = json.TextMap(into.Sysctl);
            else if (json.Is("resources"u8))
                into.Resources = ResourcesReader.ReadResources(ref json, into.Resources);
            else if (json.Is("cgroupsPath"u8))
                into.CgroupsPath = json.TextOrNull(into.CgroupsPath);
            else if (json.Is("namespaces"u8))
                into.Namespaces = ReadNamespaceList(ref json);
            else if (json.Is("devices"u8))
                into.Devices = ReadDeviceList(ref json);
            else if (json.Is("netDevices"u8))
                into.NetDevices = ReadNetDeviceMap(ref json, into.NetDevices);
            else if (json.Is("seccomp"u8))
                into.Seccomp = SeccompReader.ReadSeccomp(ref json, into.Seccomp);
            else if (json.Is("rootfsPropagation"u8))
                into.RootfsPropagation = json.TextOrNull(into.RootfsPropagation);
            else if (json.Is("maskedPaths"u8))
                into.MaskedPaths = json.Texts();
            else if (json.Is("readonlyPaths"u8))
                into.ReadonlyPaths = json.Texts();
            else if (json.Is("mountLabel"u8))
                into.MountLabel = json.TextOrNull(into.MountLabel);
            else if (json.Is("intelRdt"u8))
                into.IntelRdt = LinuxExtrasReader.ReadIntelRdt(ref json, into.IntelRdt);
            else if (json.Is("memoryPolicy"u8))
                into.MemoryPolicy = LinuxExtrasReader.ReadMemoryPolicy(ref json, into.MemoryPolicy);
            else if (json.Is("personality"u8))
                into.Personality = LinuxExtrasReader.ReadPersonality(ref json, into.Personality);
            else if (json.Is("timeOffsets"u8))
                into.TimeOffsets = ReadTimeOffsetMap(ref json, into.TimeOffsets);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxNamespace? ReadNamespace(ref JsonCursor json, LinuxNamespace? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxNamespace();
        while (json.NextField())
        {
            if (json.Is("type"u8))
                into.Type = json.Text(into.Type);
            else if (json.Is("path"u8))
                into.Path = json.TextOrNull(into.Path);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxNamespace[] ReadNamespaceList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadNamespace(ref json, null) ?? new LinuxNamespace());
        return json.EndArray<LinuxNamespace>(mark);
    }

    internal static LinuxIdMapping? ReadIdMapping(ref JsonCursor json, LinuxIdMapping? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxIdMapping();
        while (json.NextField())
        {
            if (json.Is("containerID"u8))
                into.ContainerId = json.UInt32(into.ContainerId);
            else if (json.Is("hostID"u8))
                into.HostId = json.UInt32(into.HostId);
            else if (json.Is("size"u8))
                into.Size = json.UInt32(into.Size);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxIdMapping[] ReadIdMappingList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadIdMapping(ref json, null) ?? new LinuxIdMapping());
        return json.EndArray<LinuxIdMapping>(mark);
    }

    internal static LinuxTimeOffset? ReadTimeOffset(ref JsonCursor json, LinuxTimeOffset? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxTimeOffset();
        while (json.NextField())
        {
            if (json.Is("secs"u8))
                into.Secs = json.Int64(into.Secs);
            else if (json.Is("nanosecs"u8))
                into.Nanosecs = json.UInt32(into.Nanosecs);
            else
                json.Skip();
        }
        return into;
    }

    internal static KeyValuePair<string, LinuxTimeOffset>[] ReadTimeOffsetMap(ref JsonCursor json, KeyValuePair<string, LinuxTimeOffset>[] current)
    {
        if (!json.BeginObject())
            return [];
        var map = new MapBuilder<LinuxTimeOffset>(current);
        while (json.NextField())
        {
            string key = json.Key();
            map.Set(key, ReadTimeOffset(ref json, null) ?? new LinuxTimeOffset());
        }
        return map.ToArray();
    }

    internal static LinuxDevice? ReadDevice(ref JsonCursor json, LinuxDevice? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxDevice();
        while (json.NextField())
        {
            if (json.Is("path"u8))
                into.Path = json.Text(into.Path);
            else if (json.Is("type"u8))
                into.Type = json.Text(into.Type);
            else if (json.Is("major"u8))
                into.Major = json.Int64(into.Major);
            else if (json.Is("minor"u8))
                into.Minor = json.Int64(into.Minor);
            else if (json.Is("fileMode"u8))
                into.FileMode = json.UInt32OrNull();
            else if (json.Is("uid"u8))
                into.Uid = json.UInt32OrNull();
            else if (json.Is("gid"u8))
                into.Gid = json.UInt32OrNull();
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxDevice[] ReadDeviceList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadDevice(ref json, null) ?? new LinuxDevice());
        return json.EndArray<LinuxDevice>(mark);
    }

    internal static LinuxNetDevice? ReadNetDevice(ref JsonCursor json, LinuxNetDevice? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxNetDevice();
        while (json.NextField())
        {
            if (json.Is("name"u8))
                into.Name = json.TextOrNull(into.Name);
            else
                json.Skip();
        }
        return into;
    }

    internal static KeyValuePair<string, LinuxNetDevice>[] ReadNetDeviceMap(ref JsonCursor json, KeyValuePair<string, LinuxNetDevice>[] current)
    {
        if (!json.BeginObject())
            return [];
        var map = new MapBuilder<LinuxNetDevice>(current);
        while (json.NextField())
        {
            string key = json.Key();
            map.Set(key, ReadNetDevice(ref json, null) ?? new LinuxNetDevice());
        }
        return map.ToArray();
    }
}
