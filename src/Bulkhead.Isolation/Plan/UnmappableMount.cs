using System;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using AbiMount = Bulkhead.Linux.Abi.Mount;

namespace Bulkhead.Isolation.Plan;

/// <summary>Which mount could not be idmapped: mount_setattr(2) fails as a whole and does not tell.</summary>
internal static class UnmappableMount
{
    private const int MaxSize = 16 << 20;

    /// <param name="source">The folder.</param>
    /// <param name="recursive">Mounts below it were to be mapped too.</param>
    /// <param name="attributes">What failed.</param>
    /// <returns>In words: the mount, its file system, and what mends it.</returns>
    public static string Explain(string source, bool recursive, in mount_attr attributes)
    {
        string? path = RealPath(source), around = null, type = null;
        if (path is null)
            return "";
        foreach (string line in Mounts())
        {
            // mountinfo: id parent device root point options [fields] - type source options (proc(5)).
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (dash < 0 || dash + 1 >= fields.Length)
                continue;
            string point = Unescape(fields[4]);
            if (recursive && IsBelow(point, path) && !CanMap(point, attributes))
                return $"{point}, which is mounted below, is a {fields[dash + 1]} that cannot be idmapped: unmount it, or leave out what is mounted below (bind-recursive=disabled) for";
            // The last of several mounts at a place is the one that is seen.
            if ((point == path || IsBelow(path, point)) && point.Length >= (around?.Length ?? 0))
                (around, type) = (point, fields[dash + 1]);
        }
        return $"its file system, {type ?? "unknown"}, cannot be idmapped, and its files are not chowned instead: use a folder on ext4, xfs, btrfs or tmpfs (Linux 6.3) in place of";
    }

    private static bool IsBelow(string path, string folder) => path.StartsWith(folder == "/" ? folder : folder + "/", StringComparison.Ordinal) && path != folder;

    private static bool CanMap(string point, in mount_attr attributes)
    {
        Result<Fd> tree = Sys.OpenTree(Fd.Cwd, point, AbiMount.OPEN_TREE_CLONE | Fcntl.AT_SYMLINK_NOFOLLOW);
        // Covered by another mount, or of another user: the next one tells.
        if (!tree.Ok)
            return true;
        using Fd clone = tree.Value;
        return Sys.MountSetAttr(clone, attributes, recursive: false) == Errno.None;
    }

    private static string? RealPath(string path)
    {
        Result<Fd> place = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_PATH);
        if (!place.Ok)
            return null;
        using Fd fd = place.Value;
        Result<string> real = Sys.ReadLinkAt(Fd.Cwd, $"/proc/self/fd/{fd.Value}");
        return real.Ok ? real.Value : null;
    }

    private static string[] Mounts()
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, "/proc/self/mountinfo", Fcntl.O_RDONLY);
        if (!opened.Ok)
            return [];
        using Fd file = opened.Value;
        Result<byte[]> bytes = Sys.ReadFile(file, MaxSize);
        return bytes.Ok ? Encoding.UTF8.GetString(bytes.Value).Split('\n') : [];
    }

    /// <summary>Space, tab, newline and backslash are octal there.</summary>
    private static string Unescape(string text) =>
        text.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
            .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
