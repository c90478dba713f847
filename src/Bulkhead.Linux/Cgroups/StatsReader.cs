using System;
using System.Collections.Generic;
using System.Globalization;

namespace Bulkhead.Linux.Cgroups;

/// <summary>Parsers that v1 and v2 statistics share.</summary>
internal static class StatsReader
{
    public static void Raw(CgroupEntry entry, List<KeyValuePair<string, ulong>> into)
    {
        if (entry.Read("memory.stat") is not { Ok: true } text)
            return;
        foreach (ReadOnlySpan<char> line in text.Value.AsSpan().EnumerateLines())
        {
            int space = line.IndexOf(' ');
            if (space > 0)
                into.Add(new KeyValuePair<string, ulong>(line[..space].ToString(), CgroupIo.ParseNumber(line[(space + 1)..])));
        }
    }

    public static ulong Value(List<KeyValuePair<string, ulong>> list, string key)
    {
        foreach (KeyValuePair<string, ulong> pair in list)
        {
            if (pair.Key == key)
                return pair.Value;
        }
        return 0;
    }

    /// <summary>The number, or 0 where the kernel lacks the file.</summary>
    public static ulong Number(CgroupEntry entry, string file) => entry.ReadNumber(file) is { Ok: true } number ? number.Value : 0;

    /// <summary>"0-2,5" as single numbers.</summary>
    public static void Range(CgroupEntry entry, string file, List<ushort> into)
    {
        if (entry.Read(file) is not { Ok: true } text)
            return;
        ReadOnlySpan<char> all = text.Value.AsSpan().Trim();
        foreach (Range part in all.Split(','))
        {
            ReadOnlySpan<char> range = all[part];
            if (range.IsEmpty)
                continue;
            int dash = range.IndexOf('-');
            ulong first = CgroupIo.ParseNumber(dash < 0 ? range : range[..dash]);
            ulong last = dash < 0 ? first : CgroupIo.ParseNumber(range[(dash + 1)..]);
            for (ulong i = first; i <= last && i <= ushort.MaxValue; i++)
                into.Add((ushort)i);
        }
    }

    /// <summary>Lines "MAJ:MIN [OP] VALUE"; "Total" lines are left out. False when the file is missing.</summary>
    public static bool Blocks(CgroupEntry entry, string file, List<BlockStat> into)
    {
        if (entry.Read(file) is not { Ok: true } text)
            return false;
        foreach (ReadOnlySpan<char> line in text.Value.AsSpan().EnumerateLines())
        {
            string[] fields = line.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length is < 2 or > 3 || !Device(fields[0], out ulong major, out ulong minor))
                continue;
            into.Add(new BlockStat(major, minor, fields.Length == 3 ? fields[1] : "", CgroupIo.ParseNumber(fields[^1])));
        }
        return true;
    }

    public static bool Device(ReadOnlySpan<char> text, out ulong major, out ulong minor)
    {
        int colon = text.IndexOf(':');
        minor = 0;
        return ulong.TryParse(colon < 0 ? text : text[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out major)
            && colon > 0 && ulong.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out minor);
    }

    /// <summary>"mlx4_0 hca_handle=2 hca_object=2000" a line.</summary>
    public static void Rdma(CgroupEntry entry, string file, List<RdmaUse> into)
    {
        if (entry.Read(file) is not { Ok: true } text)
            return;
        foreach (ReadOnlySpan<char> line in text.Value.AsSpan().EnumerateLines())
        {
            ulong handles = 0, objects = 0;
            string[] fields = line.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            for (int i = 1; i < fields.Length; i++)
            {
                if (fields[i].StartsWith("hca_handle=", StringComparison.Ordinal))
                    handles = CgroupIo.ParseNumber(fields[i].AsSpan(11));
                else if (fields[i].StartsWith("hca_object=", StringComparison.Ordinal))
                    objects = CgroupIo.ParseNumber(fields[i].AsSpan(11));
            }
            if (fields.Length > 0)
                into.Add(new RdmaUse(fields[0], handles, objects));
        }
    }

    /// <summary>Page sizes as cgroup files name them ("2MB"), from /sys/kernel/mm/hugepages/hugepages-2048kB.</summary>
    public static List<string> HugepageSizes()
    {
        var sizes = new List<string>();
        Result<Fd> dir = Sys.OpenAt(Fd.Cwd, "/sys/kernel/mm/hugepages", Abi.Fcntl.O_RDONLY | Abi.Fcntl.O_DIRECTORY);
        if (!dir.Ok)
            return sizes;
        using Fd fd = dir.Value;
        Result<List<string>> names = Sys.ListDirectories(fd);
        for (int i = 0; names.Ok && i < names.Value.Count; i++)
        {
            string name = names.Value[i];
            if (!name.StartsWith("hugepages-", StringComparison.Ordinal) || !name.EndsWith("kB", StringComparison.Ordinal))
                continue;
            ulong kib = CgroupIo.ParseNumber(name.AsSpan(10, name.Length - 12));
            sizes.Add(kib >= 1 << 20 ? CgroupIo.Text(kib >> 20) + "GB" : kib >= 1 << 10 ? CgroupIo.Text(kib >> 10) + "MB" : CgroupIo.Text(kib) + "KB");
        }
        return sizes;
    }

    /// <summary>"some avg10=0.00 avg60=0.00 avg300=0.00 total=0", then "full" likewise; null when PSI is off.</summary>
    public static Pressure? Pressure(CgroupEntry entry, string file)
    {
        if (entry.Read(file) is not { Ok: true } text)
            return null;
        PressureLine some = default, full = default;
        foreach (ReadOnlySpan<char> line in text.Value.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("some ", StringComparison.Ordinal))
                some = Line(line);
            else if (line.StartsWith("full ", StringComparison.Ordinal))
                full = Line(line);
        }
        return new Pressure(some, full);
    }

    private static PressureLine Line(ReadOnlySpan<char> line) =>
        new(Average(line, "avg10="), Average(line, "avg60="), Average(line, "avg300="), CgroupIo.ParseNumber(After(line, "total=")));

    private static double Average(ReadOnlySpan<char> line, string key) =>
        double.TryParse(After(line, key), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) ? value : 0;

    private static ReadOnlySpan<char> After(ReadOnlySpan<char> line, string key)
    {
        int start = line.IndexOf(key, StringComparison.Ordinal);
        if (start < 0)
            return default;
        line = line[(start + key.Length)..];
        int end = line.IndexOf(' ');
        return end < 0 ? line : line[..end];
    }
}
