using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using Bulkhead.Linux;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Isolation.State;

/// <summary>state.json: hand-read and hand-written, for the price of source generation at start-up (docs/decisions/0001).</summary>
internal static class StateDocument
{
    public static byte[] Write(ContainerRecord state)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version"u8, state.Version);
            json.WriteString("id"u8, state.Id);
            json.WriteString("ociVersion"u8, state.OciVersion);
            json.WriteString("bundle"u8, state.Bundle);
            json.WriteString("rootfs"u8, state.Rootfs);
            json.WriteString("isolation"u8, state.Isolation);
            json.WriteString("created"u8, state.Created);
            json.WriteNumber("ownerUid"u8, state.OwnerUid);
            WriteMap(json, "annotations"u8, state.Annotations);
            json.WriteNumber("pid"u8, state.Pid);
            json.WriteNumber("startTime"u8, state.StartTime);
            json.WriteNumber("stubDevice"u8, state.StubDevice);
            json.WriteNumber("stubInode"u8, state.StubInode);
            json.WriteNumber("namespaces"u8, state.Namespaces);
            json.WriteBoolean("hasProcess"u8, state.HasProcess);
            json.WriteNumber("hooks"u8, (int)state.Hooks);
            WriteCgroup(json, state.Cgroup);
            if (state.PolicyFile is { } policy)
                json.WriteString("policyFile"u8, policy);
            foreach (KeyValuePair<string, byte[]> property in state.Unknown)
            {
                json.WritePropertyName(property.Key);
                json.WriteRawValue(property.Value, skipInputValidation: true);
            }
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMap(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<KeyValuePair<string, string>> map)
    {
        json.WriteStartObject(name);
        for (int i = 0; i < map.Count; i++)
            json.WriteString(map[i].Key, map[i].Value);
        json.WriteEndObject();
    }

    private static void WriteCgroup(Utf8JsonWriter json, CgroupPaths? cgroup)
    {
        if (cgroup is null)
            return;
        WriteMap(json, "cgroup"u8, cgroup.Entries);
        if (cgroup.Unit is { } unit)
            json.WriteString("systemdUnit"u8, unit);
        json.WriteBoolean("systemdUser"u8, cgroup.UserManager);
    }

    /// <summary>Null with the reason in <paramref name="damage"/>: not a state document.</summary>
    public static ContainerRecord? Read(ReadOnlySpan<byte> bytes, string file, out string? damage)
    {
        damage = null;
        try
        {
            return new StateReader().Read(bytes, file);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            string why = error is JsonException { BytePositionInLine: { } position } ? $"not JSON from byte {position} on" : "a value of the wrong kind";
            damage = $"{file}: the container's state is damaged ({why})";
            return null;
        }
    }
}

/// <summary>One pass over state.json; properties it does not know are kept.</summary>
internal sealed class StateReader
{
    private readonly List<KeyValuePair<string, byte[]>> unknown = [];
    private KeyValuePair<string, string>[] annotations = [];
    private KeyValuePair<string, string>[]? cgroup;
    private string id = "", ociVersion = "", bundle = "", rootfs = "", isolation = "", created = "";
    private string? unit, policyFile;
    private bool hasProcess, userManager;
    private int version, pid, hooks;
    private uint owner;
    private ulong startTime, stubDevice, stubInode, namespaces;

    public ContainerRecord Read(ReadOnlySpan<byte> bytes, string file)
    {
        var reader = new Utf8JsonReader(bytes);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            ReadProperty(ref reader, bytes);
        if (version != ContainerRecord.CurrentVersion)
            throw new StepException($"{file}: state version {version} is not known to this version of bulkhead; use the one that made the container");
        return Build();
    }

    private ContainerRecord Build()
    {
        var state = new ContainerRecord
        {
            Version = version,
            Id = id,
            OciVersion = ociVersion,
            Bundle = bundle,
            Rootfs = rootfs,
            Isolation = isolation,
            Created = created,
            OwnerUid = owner,
            Annotations = annotations,
            Pid = pid,
            StartTime = startTime,
            StubDevice = stubDevice,
            StubInode = stubInode,
            Namespaces = namespaces,
            HasProcess = hasProcess,
            Hooks = (LaterHooks)hooks,
            Cgroup = cgroup is null ? null : new CgroupPaths(cgroup, unit, userManager),
            PolicyFile = policyFile,
        };
        state.Unknown.AddRange(unknown);
        return state;
    }

    private void ReadProperty(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        string name = reader.GetString()!;
        reader.Read();
        switch (name)
        {
            case "version": version = reader.GetInt32(); break;
            case "id": id = Text(ref reader); break;
            case "ociVersion": ociVersion = Text(ref reader); break;
            case "bundle": bundle = Text(ref reader); break;
            case "rootfs": rootfs = Text(ref reader); break;
            case "isolation": isolation = Text(ref reader); break;
            case "created": created = Text(ref reader); break;
            case "ownerUid": owner = reader.GetUInt32(); break;
            case "annotations": annotations = ReadMap(ref reader); break;
            case "pid": pid = reader.GetInt32(); break;
            case "startTime": startTime = reader.GetUInt64(); break;
            case "stubDevice": stubDevice = reader.GetUInt64(); break;
            case "stubInode": stubInode = reader.GetUInt64(); break;
            case "namespaces": namespaces = reader.GetUInt64(); break;
            case "hasProcess": hasProcess = reader.GetBoolean(); break;
            case "hooks": hooks = reader.GetInt32(); break;
            case "cgroup": cgroup = ReadMap(ref reader); break;
            case "systemdUnit": unit = reader.GetString(); break;
            case "systemdUser": userManager = reader.GetBoolean(); break;
            case "policyFile": policyFile = reader.GetString(); break;
            default: Keep(name, ref reader, bytes); break;
        }
    }

    private void Keep(string name, ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        unknown.Add(new(name, bytes[start..(int)reader.BytesConsumed].ToArray()));
    }

    private static string Text(ref Utf8JsonReader reader) => reader.GetString() ?? throw new JsonException("null in place of a text");

    private static KeyValuePair<string, string>[] ReadMap(ref Utf8JsonReader reader)
    {
        var map = new List<KeyValuePair<string, string>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            map.Add(new(key, Text(ref reader)));
        }
        return map.ToArray();
    }
}
