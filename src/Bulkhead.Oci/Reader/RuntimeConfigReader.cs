using System;

namespace Bulkhead.Oci;

/// <summary>config.json.</summary>
public static class RuntimeConfigReader
{
    /// <summary>Parses a whole document. <paramref name="file"/> names it in errors.</summary>
    /// <exception cref="Bulkhead.Linux.StepException">Not JSON, or a value of the wrong kind: one line with the path.</exception>
    public static RuntimeConfig Parse(ReadOnlySpan<byte> json, string file)
    {
        var cursor = new JsonCursor(json, file);
        cursor.Start();
        RuntimeConfig document = ReadRuntimeConfig(ref cursor, null)!;
        cursor.End();
        return document;
    }

    internal static RuntimeConfig? ReadRuntimeConfig(ref JsonCursor json, RuntimeConfig? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new RuntimeConfig();
        while (json.NextField())
        {
            if (json.Is("ociVersion"u8))
                into.OciVersion = json.Text(into.OciVersion);
            else if (json.Is("process"u8))
                into.Process = ProcessReader.ReadProcess(ref json, into.Process);
            else if (json.Is("root"u8))
                into.Root = ReadRoot(ref json, into.Root);
            else if (json.Is("hostname"u8))
                into.Hostname = json.TextOrNull(into.Hostname);
            else if (json.Is("domainname"u8))
                into.Domainname = json.TextOrNull(into.Domainname);
            else if (json.Is("mounts"u8))
                into.Mounts = ReadMountList(ref json);
            else if (json.Is("hooks"u8))
                into.Hooks = ReadHooks(ref json, into.Hooks);
            else if (json.Is("annotations"u8))
                into.Annotations = json.TextMap(into.Annotations);
            else if (json.Is("linux"u8))
                into.Linux = LinuxReader.ReadLinuxConfig(ref json, into.Linux);
            else
                json.Skip();
        }
        return into;
    }

    internal static Root? ReadRoot(ref JsonCursor json, Root? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new Root();
        while (json.NextField())
        {
            if (json.Is("path"u8))
                into.Path = json.Text(into.Path);
            else if (json.Is("readonly"u8))
                into.Readonly = json.Bool(into.Readonly);
            else
                json.Skip();
        }
        return into;
    }

    internal static Mount? ReadMount(ref JsonCursor json, Mount? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new Mount();
        while (json.NextField())
        {
            if (json.Is("destination"u8))
                into.Destination = json.Text(into.Destination);
            else if (json.Is("type"u8))
                into.Type = json.TextOrNull(into.Type);
            else if (json.Is("source"u8))
                into.Source = json.TextOrNull(into.Source);
            else if (json.Is("options"u8))
                into.Options = json.Texts();
            else if (json.Is("uidMappings"u8))
                into.UidMappings = LinuxReader.ReadIdMappingList(ref json);
            else if (json.Is("gidMappings"u8))
                into.GidMappings = LinuxReader.ReadIdMappingList(ref json);
            else
                json.Skip();
        }
        return into;
    }

    internal static Mount[] ReadMountList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadMount(ref json, null) ?? new Mount());
        return json.EndArray<Mount>(mark);
    }

    internal static Hooks? ReadHooks(ref JsonCursor json, Hooks? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new Hooks();
        while (json.NextField())
        {
            if (json.Is("prestart"u8))
                into.Prestart = ReadHookList(ref json);
            else if (json.Is("createRuntime"u8))
                into.CreateRuntime = ReadHookList(ref json);
            else if (json.Is("createContainer"u8))
                into.CreateContainer = ReadHookList(ref json);
            else if (json.Is("startContainer"u8))
                into.StartContainer = ReadHookList(ref json);
            else if (json.Is("poststart"u8))
                into.Poststart = ReadHookList(ref json);
            else if (json.Is("poststop"u8))
                into.Poststop = ReadHookList(ref json);
            else
                json.Skip();
        }
        return into;
    }

    internal static Hook? ReadHook(ref JsonCursor json, Hook? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new Hook();
        while (json.NextField())
        {
            if (json.Is("path"u8))
                into.Path = json.Text(into.Path);
            else if (json.Is("args"u8))
                into.Args = json.Texts();
            else if (json.Is("env"u8))
                into.Env = json.Texts();
            else if (json.Is("timeout"u8))
                into.Timeout = json.Int32OrNull();
            else
                json.Skip();
        }
        return into;
    }

    internal static Hook[] ReadHookList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadHook(ref json, null) ?? new Hook());
        return json.EndArray<Hook>(mark);
    }
}
