namespace Bulkhead.Oci;

/// <summary>The section `linux.seccomp`.</summary>
internal static class SeccompReader
{
    internal static LinuxSeccomp? ReadSeccomp(ref JsonCursor json, LinuxSeccomp? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxSeccomp();
        while (json.NextField())
        {
            if (json.Is("defaultAction"u8))
                into.DefaultAction = json.Text(into.DefaultAction);
            else if (json.Is("defaultErrnoRet"u8))
                into.DefaultErrnoRet = json.UInt32OrNull();
            else if (json.Is("architectures"u8))
                into.Architectures = json.Texts();
            else if (json.Is("flags"u8))
                into.Flags = json.Texts();
            else if (json.Is("listenerPath"u8))
                into.ListenerPath = json.TextOrNull(into.ListenerPath);
            else if (json.Is("listenerMetadata"u8))
                into.ListenerMetadata = json.TextOrNull(into.ListenerMetadata);
            else if (json.Is("syscalls"u8))
                into.Syscalls = ReadSyscallList(ref json);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxSyscall? ReadSyscall(ref JsonCursor json, LinuxSyscall? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxSyscall();
        while (json.NextField())
        {
            if (json.Is("names"u8))
                into.Names = json.Texts();
            else if (json.Is("action"u8))
                into.Action = json.Text(into.Action);
            else if (json.Is("errnoRet"u8))
                into.ErrnoRet = json.UInt32OrNull();
            else if (json.Is("args"u8))
                into.Args = ReadSeccompArgList(ref json);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxSyscall[] ReadSyscallList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadSyscall(ref json, null) ?? new LinuxSyscall());
        return json.EndArray<LinuxSyscall>(mark);
    }

    internal static LinuxSeccompArg? ReadSeccompArg(ref JsonCursor json, LinuxSeccompArg? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxSeccompArg();
        while (json.NextField())
        {
            if (json.Is("index"u8))
                into.Index = json.UInt32(into.Index);
            else if (json.Is("value"u8))
                into.Value = json.UInt64(into.Value);
            else if (json.Is("valueTwo"u8))
                into.ValueTwo = json.UInt64(into.ValueTwo);
            else if (json.Is("op"u8))
                into.Op = json.Text(into.Op);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxSeccompArg[] ReadSeccompArgList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadSeccompArg(ref json, null) ?? new LinuxSeccompArg());
        return json.EndArray<LinuxSeccompArg>(mark);
    }
}
