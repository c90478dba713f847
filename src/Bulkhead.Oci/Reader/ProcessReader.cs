using System;

namespace Bulkhead.Oci;

/// <summary>The section `process`, and the file of `exec --process`.</summary>
public static class ProcessReader
{
    /// <summary>Parses a whole document. <paramref name="file"/> names it in errors.</summary>
    /// <exception cref="Bulkhead.Linux.StepException">Not JSON, or a value of the wrong kind: one line with the path.</exception>
    public static Process Parse(ReadOnlySpan<byte> json, string file)
    {
        var cursor = new JsonCursor(json, file);
        cursor.Start();
        Process document = ReadProcess(ref cursor, null)!;
        cursor.End();
        return document;
    }

    internal static Process? ReadProcess(ref JsonCursor json, Process? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new Process();
        while (json.NextField())
        {
            if (json.Is("terminal"u8))
                into.Terminal = json.Bool(into.Terminal);
            else if (json.Is("consoleSize"u8))
                into.ConsoleSize = ReadBox(ref json, into.ConsoleSize);
            else if (json.Is("user"u8))
                into.User = ReadUser(ref json, into.User) ?? into.User;
            else if (json.Is("args"u8))
                into.Args = json.Texts();
            else if (json.Is("env"u8))
                into.Env = json.Texts();
            else if (json.Is("cwd"u8))
                into.Cwd = json.Text(into.Cwd);
            else if (json.Is("capabilities"u8))
                into.Capabilities = ReadCapabilities(ref json, into.Capabilities);
            else if (json.Is("rlimits"u8))
                into.Rlimits = ReadPosixRlimitList(ref json);
            else if (json.Is("noNewPrivileges"u8))
                into.NoNewPrivileges = json.Bool(into.NoNewPrivileges);
            else if (json.Is("apparmorProfile"u8))
                into.ApparmorProfile = json.TextOrNull(into.ApparmorProfile);
            else if (json.Is("oomScoreAdj"u8))
                into.OomScoreAdj = json.Int32OrNull();
            else if (json.Is("scheduler"u8))
                into.Scheduler = ReadScheduler(ref json, into.Scheduler);
            else if (json.Is("selinuxLabel"u8))
                into.SelinuxLabel = json.TextOrNull(into.SelinuxLabel);
            else if (json.Is("ioPriority"u8))
                into.IoPriority = ReadIoPriority(ref json, into.IoPriority);
            else if (json.Is("execCPUAffinity"u8))
                into.ExecCpuAffinity = ReadCpuAffinity(ref json, into.ExecCpuAffinity);
            else
                json.Skip();
        }
        return into;
    }

    internal static Box? ReadBox(ref JsonCursor json, Box? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new Box();
        while (json.NextField())
        {
            if (json.Is("height"u8))
                into.Height = json.UInt32(into.Height);
            else if (json.Is("width"u8))
                into.Width = json.UInt32(into.Width);
            else
                json.Skip();
        }
        return into;
    }

    internal static User? ReadUser(ref JsonCursor json, User? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new User();
        while (json.NextField())
        {
            if (json.Is("uid"u8))
                into.Uid = json.UInt32(into.Uid);
            else if (json.Is("gid"u8))
                into.Gid = json.UInt32(into.Gid);
            else if (json.Is("umask"u8))
                into.Umask = json.UInt32OrNull();
            else if (json.Is("additionalGids"u8))
                into.AdditionalGids = json.UInt32s();
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxCapabilities? ReadCapabilities(ref JsonCursor json, LinuxCapabilities? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxCapabilities();
        while (json.NextField())
        {
            if (json.Is("bounding"u8))
                into.Bounding = json.Texts();
            else if (json.Is("effective"u8))
                into.Effective = json.Texts();
            else if (json.Is("inheritable"u8))
                into.Inheritable = json.Texts();
            else if (json.Is("permitted"u8))
                into.Permitted = json.Texts();
            else if (json.Is("ambient"u8))
                into.Ambient = json.Texts();
            else
                json.Skip();
        }
        return into;
    }

    internal static PosixRlimit? ReadPosixRlimit(ref JsonCursor json, PosixRlimit? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new PosixRlimit();
        while (json.NextField())
        {
            if (json.Is("type"u8))
                into.Type = json.Text(into.Type);
            else if (json.Is("hard"u8))
                into.Hard = json.UInt64(into.Hard);
            else if (json.Is("soft"u8))
                into.Soft = json.UInt64(into.Soft);
            else
                json.Skip();
        }
        return into;
    }

    internal static PosixRlimit[] ReadPosixRlimitList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadPosixRlimit(ref json, null) ?? new PosixRlimit());
        return json.EndArray<PosixRlimit>(mark);
    }

    internal static Scheduler? ReadScheduler(ref JsonCursor json, Scheduler? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new Scheduler();
        while (json.NextField())
        {
            if (json.Is("policy"u8))
                into.Policy = json.Text(into.Policy);
            else if (json.Is("nice"u8))
                into.Nice = json.Int32(into.Nice);
            else if (json.Is("priority"u8))
                into.Priority = json.Int32(into.Priority);
            else if (json.Is("flags"u8))
                into.Flags = json.Texts();
            else if (json.Is("runtime"u8))
                into.Runtime = json.UInt64(into.Runtime);
            else if (json.Is("deadline"u8))
                into.Deadline = json.UInt64(into.Deadline);
            else if (json.Is("period"u8))
                into.Period = json.UInt64(into.Period);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxIoPriority? ReadIoPriority(ref JsonCursor json, LinuxIoPriority? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxIoPriority();
        while (json.NextField())
        {
            if (json.Is("class"u8))
                into.Class = json.Text(into.Class);
            else if (json.Is("priority"u8))
                into.Priority = json.Int32(into.Priority);
            else
                json.Skip();
        }
        return into;
    }

    internal static CpuAffinity? ReadCpuAffinity(ref JsonCursor json, CpuAffinity? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new CpuAffinity();
        while (json.NextField())
        {
            if (json.Is("initial"u8))
                into.Initial = json.TextOrNull(into.Initial);
            else if (json.Is("final"u8))
                into.Final = json.TextOrNull(into.Final);
            else
                json.Skip();
        }
        return into;
    }
}
