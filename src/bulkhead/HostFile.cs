using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Cli;

/// <summary>Small text files of the host's kernel.</summary>
internal static class HostFile
{
    private const int MaxSize = 1 << 20;

    /// <summary>Null: there is none, or it cannot be read.</summary>
    public static string? Read(string path)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY);
        if (!opened.Ok)
            return null;
        using (opened.Value)
            return Sys.ReadFile(opened.Value, MaxSize) is { Ok: true } bytes ? Encoding.UTF8.GetString(bytes.Value) : null;
    }

    public static bool Exists(string path) => Sys.StatAt(Fd.Cwd, path).Ok;

    /// <summary>The rest of the line of /proc/N/status and its like that begins with <paramref name="key"/>; null: there is none.</summary>
    public static string? Field(string text, string key)
    {
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith(key, System.StringComparison.Ordinal))
                return line[key.Length..].Trim();
        }
        return null;
    }
}
