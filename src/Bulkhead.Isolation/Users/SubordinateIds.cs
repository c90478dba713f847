using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;

namespace Bulkhead.Isolation.Users;

/// <summary>/etc/subuid and /etc/subgid: lines of user:first:count (subuid(5)).</summary>
public static class SubordinateIds
{
    private const int MaxSize = 1 << 20;

    /// <summary>The caller's, by name or number.</summary>
    public static List<IdExtent> OfCaller(string file)
    {
        uint uid = Sys.GetEuid();
        return Read(file, Owners.Name(uid), uid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The ranges of any of <paramref name="names"/>, a user's name or number; none when the file is not there.</summary>
    public static List<IdExtent> Read(string file, params ReadOnlySpan<string> names)
    {
        var ranges = new List<IdExtent>();
        foreach (string line in Lines(file))
        {
            string[] fields = line.Split(':');
            if (fields.Length == 3 && names.Contains(fields[0])
                && uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint first)
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint size)
                && size > 0 && first + (ulong)size <= uint.MaxValue)
                ranges.Add(new IdExtent(first, size));
        }
        return ranges;
    }

    private static string[] Lines(string path)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY);
        if (opened.Error == Errno.ENOENT)
            return [];
        using Fd file = opened.OrThrow("open", path);
        return Encoding.UTF8.GetString(Sys.ReadFile(file, MaxSize).OrThrow("read", path)).Split('\n');
    }
}
