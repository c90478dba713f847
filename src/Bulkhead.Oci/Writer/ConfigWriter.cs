using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;

namespace Bulkhead.Oci;

/// <summary>A config.json from its model: the inverse of <see cref="RuntimeConfigReader"/>. What is empty or absent is not written.</summary>
public static partial class ConfigWriter
{
    public static void Write(IBufferWriter<byte> output, RuntimeConfig config)
    {
        using var json = new Utf8JsonWriter(output, StateWriter.Options(indented: true));
        json.WriteStartObject();
        json.WriteString("ociVersion"u8, config.OciVersion);
        if (config.Process is { } process)
            WriteProcess(json, process);
        if (config.Root is { } root)
        {
            json.WriteStartObject("root"u8);
            json.WriteString("path"u8, root.Path);
            json.WriteBoolean("readonly"u8, root.Readonly);
            json.WriteEndObject();
        }
        Text(json, "hostname", config.Hostname);
        Text(json, "domainname", config.Domainname);
        List(json, "mounts", config.Mounts, WriteMount);
        if (config.Hooks is { } hooks)
            WriteHooks(json, hooks);
        Map(json, "annotations", config.Annotations);
        if (config.Linux is { } linux)
            WriteLinux(json, linux);
        json.WriteEndObject();
    }

    /// <summary>The process alone: the file of `exec --process`.</summary>
    public static void Write(IBufferWriter<byte> output, Process process)
    {
        using var json = new Utf8JsonWriter(output, StateWriter.Options(indented: true));
        json.WriteStartObject();
        WriteProcessFields(json, process);
        json.WriteEndObject();
    }

    private static void WriteProcess(Utf8JsonWriter json, Process process)
    {
        json.WriteStartObject("process"u8);
        WriteProcessFields(json, process);
        json.WriteEndObject();
    }

    private static void WriteProcessFields(Utf8JsonWriter json, Process process)
    {
        json.WriteBoolean("terminal"u8, process.Terminal);
        if (process.ConsoleSize is { } box)
        {
            json.WriteStartObject("consoleSize"u8);
            json.WriteNumber("height"u8, box.Height);
            json.WriteNumber("width"u8, box.Width);
            json.WriteEndObject();
        }
        json.WriteStartObject("user"u8);
        json.WriteNumber("uid"u8, process.User.Uid);
        json.WriteNumber("gid"u8, process.User.Gid);
        Number(json, "umask", process.User.Umask);
        List(json, "additionalGids", process.User.AdditionalGids, static (writer, id) => writer.WriteNumberValue(id));
        json.WriteEndObject();
        Texts(json, "args", process.Args);
        Texts(json, "env", process.Env);
        json.WriteString("cwd"u8, process.Cwd);
        if (process.Capabilities is { } sets)
            WriteCapabilities(json, sets);
        List(json, "rlimits", process.Rlimits, WriteRlimit);
        json.WriteBoolean("noNewPrivileges"u8, process.NoNewPrivileges);
        Text(json, "apparmorProfile", process.ApparmorProfile);
        Number(json, "oomScoreAdj", process.OomScoreAdj);
        Text(json, "selinuxLabel", process.SelinuxLabel);
        WriteScheduling(json, process);
    }

    private static void WriteScheduling(Utf8JsonWriter json, Process process)
    {
        if (process.Scheduler is { } scheduler)
        {
            json.WriteStartObject("scheduler"u8);
            json.WriteString("policy"u8, scheduler.Policy);
            json.WriteNumber("nice"u8, scheduler.Nice);
            json.WriteNumber("priority"u8, scheduler.Priority);
            Texts(json, "flags", scheduler.Flags);
            json.WriteNumber("runtime"u8, scheduler.Runtime);
            json.WriteNumber("deadline"u8, scheduler.Deadline);
            json.WriteNumber("period"u8, scheduler.Period);
            json.WriteEndObject();
        }
        if (process.IoPriority is { } io)
        {
            json.WriteStartObject("ioPriority"u8);
            json.WriteString("class"u8, io.Class);
            json.WriteNumber("priority"u8, io.Priority);
            json.WriteEndObject();
        }
        if (process.ExecCpuAffinity is not { } affinity)
            return;
        json.WriteStartObject("execCPUAffinity"u8);
        Text(json, "initial", affinity.Initial);
        Text(json, "final", affinity.Final);
        json.WriteEndObject();
    }

    /// <summary>Empty sets too: their absence would mean the runtime's own.</summary>
    private static void WriteCapabilities(Utf8JsonWriter json, LinuxCapabilities sets)
    {
        json.WriteStartObject("capabilities"u8);
        Texts(json, "bounding", sets.Bounding);
        Texts(json, "effective", sets.Effective);
        Texts(json, "inheritable", sets.Inheritable);
        Texts(json, "permitted", sets.Permitted);
        Texts(json, "ambient", sets.Ambient);
        json.WriteEndObject();
    }

    private static void WriteRlimit(Utf8JsonWriter json, PosixRlimit limit)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, limit.Type);
        json.WriteNumber("soft"u8, limit.Soft);
        json.WriteNumber("hard"u8, limit.Hard);
        json.WriteEndObject();
    }

    private static void WriteMount(Utf8JsonWriter json, Mount mount)
    {
        json.WriteStartObject();
        json.WriteString("destination"u8, mount.Destination);
        Text(json, "type", mount.Type);
        Text(json, "source", mount.Source);
        Texts(json, "options", mount.Options);
        List(json, "uidMappings", mount.UidMappings, WriteIdMapping);
        List(json, "gidMappings", mount.GidMappings, WriteIdMapping);
        json.WriteEndObject();
    }

    private static void WriteIdMapping(Utf8JsonWriter json, LinuxIdMapping mapping)
    {
        json.WriteStartObject();
        json.WriteNumber("containerID"u8, mapping.ContainerId);
        json.WriteNumber("hostID"u8, mapping.HostId);
        json.WriteNumber("size"u8, mapping.Size);
        json.WriteEndObject();
    }

    private static void WriteHooks(Utf8JsonWriter json, Hooks hooks)
    {
        json.WriteStartObject("hooks"u8);
        List(json, "prestart", hooks.Prestart, WriteHook);
        List(json, "createRuntime", hooks.CreateRuntime, WriteHook);
        List(json, "createContainer", hooks.CreateContainer, WriteHook);
        List(json, "startContainer", hooks.StartContainer, WriteHook);
        List(json, "poststart", hooks.Poststart, WriteHook);
        List(json, "poststop", hooks.Poststop, WriteHook);
        json.WriteEndObject();
    }

    private static void WriteHook(Utf8JsonWriter json, Hook hook)
    {
        json.WriteStartObject();
        json.WriteString("path"u8, hook.Path);
        Texts(json, "args", hook.Args);
        Texts(json, "env", hook.Env);
        Number(json, "timeout", hook.Timeout);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is { Length: > 0 })
            json.WriteString(name, value);
    }

    private static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
    }

    private static void Unsigned(Utf8JsonWriter json, string name, ulong? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
    }

    private static void Bool(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } truth)
            json.WriteBoolean(name, truth);
    }

    private static void Texts(Utf8JsonWriter json, string name, string[] values) =>
        List(json, name, values, static (writer, value) => writer.WriteStringValue(value));

    private static void List<T>(Utf8JsonWriter json, string name, T[] values, Action<Utf8JsonWriter, T> write)
    {
        if (values.Length == 0)
            return;
        json.WriteStartArray(name);
        foreach (T value in values)
            write(json, value);
        json.WriteEndArray();
    }

    private static void Map(Utf8JsonWriter json, string name, KeyValuePair<string, string>[] values)
    {
        if (values.Length == 0)
            return;
        json.WriteStartObject(name);
        foreach ((string key, string value) in values)
            json.WriteString(key, value);
        json.WriteEndObject();
    }
}
