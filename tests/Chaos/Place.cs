using System;
using System.IO;

namespace Bulkhead.Chaos;

/// <summary>Where things are.</summary>
internal static class Place
{
    public static string Repository { get; } = FindRepository();

    /// <summary>The runtime under test.</summary>
    public static string Runtime { get; } = Environment.GetEnvironmentVariable("BULKHEAD_OCI") is { Length: > 0 } path ? path : Repository + "/out/bulkhead-oci";

    private static string FindRepository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Bulkhead.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("no Bulkhead.slnx above " + AppContext.BaseDirectory);
    }
}
