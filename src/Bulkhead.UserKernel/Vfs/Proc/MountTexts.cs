using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>
/// /proc/PID/mounts and mountinfo (proc_pid_mountinfo(5)): the sandbox's own mounts as the host has them, with the kernel's trees in place of the
/// host's. What tells of the host (roots of bind mounts, devices' names, layers' options) is left out.
/// </summary>
internal static class MountTexts
{
    public const int RootId = 20;

    private const int DeviceField = 2, PointField = 4, FirstOptional = 6, LeastFields = 10;

    /// <summary>Of a file system: what all have, which comes first in mounts, and what tells of it alone.</summary>
    private static readonly string[] CommonOptions = ["ro", "rw", "sync", "dirsync", "mand", "lazytime"], KeptOptions = [.. CommonOptions, "size=", "nr_inodes=", "mode="];

    private static readonly Line[] Own =
    [
        new("/proc", "0:21", "proc", "proc", "rw,nosuid,nodev,noexec,relatime", "rw"),
        new("/sys", "0:22", "sysfs", "sysfs", "ro,nosuid,nodev,noexec,relatime", "ro"),
        new("/sys/fs/cgroup", "0:23", "cgroup", "cgroup2", "ro,nosuid,nodev,noexec,relatime", "ro"),
        new("/dev", "0:24", "devtmpfs", "tmpfs", "rw,nosuid,noexec", "rw,mode=755"),
        new("/dev/pts", "0:25", "devpts", "devpts", "rw,nosuid,noexec,relatime", "rw,mode=620"),
    ];

    /// <summary>A mount. <paramref name="Point"/>: as mountinfo writes it, with octal escapes.</summary>
    private readonly record struct Line(string Point, string Device, string Source, string Type, string Options, string Super, string Optional = "");

    public static string Table(Kernel kernel)
    {
        var text = new StringBuilder();
        foreach (Line line in Lines(kernel))
            text.Append(CultureInfo.InvariantCulture, $"{line.Source} {line.Point} {line.Type} {Options(line)} 0 0\n");
        return text.ToString();
    }

    /// <summary>As mounts joins them (fs/proc_namespace.c, show_vfsmnt).</summary>
    private static string Options(Line line)
    {
        string[] own = line.Options.Split(','), super = line.Super.Split(',');
        bool isReadOnly = own[0] == "ro" || super[0] == "ro";
        return string.Join(',', [isReadOnly ? "ro" : "rw", .. Array.FindAll(super[1..], IsCommon), .. own[1..], .. Array.FindAll(super[1..], option => !IsCommon(option))]);
    }

    private static bool IsCommon(string option) => Array.IndexOf(CommonOptions, option) >= 0;

    /// <summary>Points and types of the sandbox's mounts, by the host's names.</summary>
    public static IEnumerable<(string Point, string Type)> Points(Kernel kernel)
    {
        foreach (string text in HostProcess.ReadFile(kernel, "/proc/self/mountinfo").Split('\n'))
        {
            string[] fields = text.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (fields.Length >= LeastFields && dash > 0)
                yield return (fields[PointField], fields[dash + 1]);
        }
    }

    /// <summary>Points and devices of the sandbox's mounts, as mountinfo writes them, and whether nobody may write there by the mount's or the file system's options.</summary>
    public static IEnumerable<(string Point, string Device, bool IsReadOnly)> Accesses(Kernel kernel)
    {
        foreach (string text in HostProcess.ReadFile(kernel, "/proc/self/mountinfo").Split('\n'))
        {
            string[] fields = text.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (fields.Length >= LeastFields && dash > 0 && dash + 3 < fields.Length)
                yield return (fields[PointField], fields[DeviceField], fields[PointField + 1].Split(',')[0] == "ro" || fields[dash + 3].Split(',')[0] == "ro");
        }
    }

    public static string Info(Kernel kernel)
    {
        var text = new StringBuilder();
        List<Line> lines = Lines(kernel);
        for (int i = 0; i < lines.Count; i++)
        {
            Line line = lines[i];
            text.Append(CultureInfo.InvariantCulture, $"{RootId + i} {Parent(lines, i)} {line.Device} / {line.Point} {line.Options} {line.Optional}- {line.Type} {line.Source} {line.Super}\n");
        }
        return text.ToString();
    }

    /// <summary>The mount that the point of number <paramref name="at"/> lies in.</summary>
    private static int Parent(List<Line> lines, int at)
    {
        int parent = at == 0 ? -1 : 0;
        for (int i = 1; i < lines.Count; i++)
        {
            bool isBelow = i != at && lines[at].Point.StartsWith(lines[i].Point + "/", StringComparison.Ordinal);
            if (isBelow && lines[i].Point.Length > lines[parent].Point.Length)
                parent = i;
        }
        return RootId + parent;
    }

    private static List<Line> Lines(Kernel kernel)
    {
        List<Line> lines = [.. Own];
        Line root = new("/", "0:20", "root", "rootfs", "rw", "rw");
        foreach (string text in HostProcess.ReadFile(kernel, "/proc/self/mountinfo").Split('\n'))
        {
            if (Read(kernel, text) is not { } line)
                continue;
            if (line.Point == "/")
                root = line;
            else if (!kernel.FileSystem.IsOwn(line.Point))
                lines.Add(line);
        }
        lines.Insert(0, root);
        return lines;
    }

    /// <summary>Null: outside of the guest's root, or no line.</summary>
    private static Line? Read(Kernel kernel, string text)
    {
        string[] fields = text.Split(' ');
        int dash = Array.IndexOf(fields, "-");
        if (fields.Length < LeastFields || dash < 0 || dash + 3 >= fields.Length || kernel.FileSystem.Inside(fields[PointField]) is not { } point)
            return null;
        string type = fields[dash + 1];
        string super = string.Join(',', Array.FindAll(fields[dash + 3].Split(','), option => Array.Exists(KeptOptions, kept => kept[^1] == '=' ? option.StartsWith(kept, StringComparison.Ordinal) : option == kept)));
        string optional = string.Concat(Array.ConvertAll(fields[FirstOptional..dash], field => field + " "));
        return new Line(point, fields[2], type, type, fields[PointField + 1], super, optional);
    }
}
