namespace Bulkhead.Oci;

/// <summary>Rarer sections of `linux`.</summary>
internal static class LinuxExtrasReader
{
    internal static LinuxIntelRdt? ReadIntelRdt(ref JsonCursor json, LinuxIntelRdt? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxIntelRdt();
        while (json.NextField())
        {
            if (json.Is("closID"u8))
                into.ClosId = json.TextOrNull(into.ClosId);
            else if (json.Is("schemata"u8))
                into.Schemata = json.Texts();
            else if (json.Is("l3CacheSchema"u8))
                into.L3CacheSchema = json.TextOrNull(into.L3CacheSchema);
            else if (json.Is("memBwSchema"u8))
                into.MemBwSchema = json.TextOrNull(into.MemBwSchema);
            else if (json.Is("enableMonitoring"u8))
                into.EnableMonitoring = json.Bool(into.EnableMonitoring);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxMemoryPolicy? ReadMemoryPolicy(ref JsonCursor json, LinuxMemoryPolicy? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxMemoryPolicy();
        while (json.NextField())
        {
            if (json.Is("mode"u8))
                into.Mode = json.Text(into.Mode);
            else if (json.Is("nodes"u8))
                into.Nodes = json.TextOrNull(into.Nodes);
            else if (json.Is("flags"u8))
                into.Flags = json.Texts();
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxPersonality? ReadPersonality(ref JsonCursor json, LinuxPersonality? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxPersonality();
        while (json.NextField())
        {
            if (json.Is("domain"u8))
                into.Domain = json.Text(into.Domain);
            else if (json.Is("flags"u8))
                into.Flags = json.Texts();
            else
                json.Skip();
        }
        return into;
    }
}
