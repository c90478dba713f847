using System.IO;
using System.Threading;

namespace Bulkhead.GuestV2;

/// <summary>Small C programs that cases need and busybox has not, linked static; built once per change.</summary>
internal static class Tools
{
    // Test classes boot side by side: one must not pack what the other is still linking.
    private static readonly Lock s_building = new();

    public static string Build()
    {
        lock (s_building)
            return BuildAlone();
    }

    private static string BuildAlone()
    {
        string target = Path.Combine(Repository.Work, "tools");
        Directory.CreateDirectory(target);
        foreach (string source in Directory.EnumerateFiles(Path.Combine(Repository.Here, "tools"), "*.c"))
        {
            string program = Path.Combine(target, Path.GetFileNameWithoutExtension(source));
            if (!File.Exists(program) || File.GetLastWriteTimeUtc(program) < File.GetLastWriteTimeUtc(source))
            {
                Repository.Run("gcc", "-static", "-O1", "-Wall", "-Werror", "-o", program, source);
            }
        }
        return target;
    }
}
