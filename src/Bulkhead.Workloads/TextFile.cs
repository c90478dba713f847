using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads;

/// <summary>Small text files of the host.</summary>
internal static class TextFile
{
    private const int MaxSize = 1 << 20;

    /// <summary>Its lines; none when there is no such file.</summary>
    public static string[] Lines(string path)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY);
        if (opened.Error == Errno.ENOENT)
            return [];
        using Fd file = opened.OrThrow("open", path);
        return Encoding.UTF8.GetString(Sys.ReadFile(file, MaxSize).OrThrow("read", path)).Split('\n');
    }
}
