using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Copy;

/// <summary>What a container changed in its root file system.</summary>
/// <param name="Kind">A added, C changed, D deleted: Docker's letters.</param>
/// <param name="Path">Absolute, inside.</param>
public readonly record struct LayerChange(char Kind, string Path);

/// <summary>
/// The changes that a layer of overlayfs holds over the root file system (Documentation/filesystems/overlayfs.rst): a character device 0:0 is a whiteout, a
/// directory with the attribute "opaque" hides what is below it. Mount points that the runtime made are left out.
/// </summary>
public sealed class LayerDiff
{
    private const ulong Beneath = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_MAGICLINKS | Fcntl.RESOLVE_NO_SYMLINKS;

    private static readonly string[] OpaqueNames = ["trusted.overlay.opaque", "user.overlay.opaque"];

    private readonly List<LayerChange> _changes = [];
    private readonly HashSet<string> _mountPoints;

    private LayerDiff(HashSet<string> mountPoints) => _mountPoints = mountPoints;

    /// <param name="upper">The layer; empty when there is none.</param>
    /// <param name="rootfs">What it lies over.</param>
    /// <param name="mountPoints">Destinations of mounts.</param>
    public static List<LayerChange> Of(string upper, string rootfs, HashSet<string> mountPoints)
    {
        var diff = new LayerDiff(mountPoints);
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, upper, Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW);
        if (opened.Error == Errno.ENOENT)
            return diff._changes;
        using Fd top = opened.OrThrow("open", upper);
        using Fd lower = Sys.OpenAt(Fd.Cwd, rootfs, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open", rootfs);
        diff.Walk(top, lower, "");
        diff._changes.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return diff._changes;
    }

    /// <summary>False: there is nothing but mount points in it.</summary>
    private bool Walk(Fd upper, Fd? lower, string path)
    {
        TreeReader.RequireDepth(path, path);
        List<string> names = List(upper, path);
        if (lower is not null && IsOpaque(upper))
        {
            foreach (string name in List(lower, path))
            {
                if (!names.Contains(name))
                    _changes.Add(new LayerChange('D', path + "/" + name));
            }
        }
        bool own = names.Count == 0;
        foreach (string name in names)
        {
            Result<Fd> opened = Sys.OpenAt2(upper, name, Fcntl.O_PATH | Fcntl.O_NOFOLLOW, Beneath);
            // The container is at work meanwhile.
            if (!opened.Ok)
                continue;
            using Fd node = opened.Value;
            own |= Visit(node, lower, name, path + "/" + name);
        }
        return own;
    }

    private bool Visit(Fd node, Fd? lowerParent, string name, string path)
    {
        stat status = Sys.Fstat(node).OrThrow("look at", path);
        uint kind = status.st_mode & StatMode.S_IFMT;
        uint below = lowerParent is not null && Sys.StatAt(lowerParent, name, Fcntl.AT_SYMLINK_NOFOLLOW) is { Ok: true } found ? found.Value.st_mode & StatMode.S_IFMT : 0;
        if (kind == StatMode.S_IFCHR && status.st_rdev == 0)
        {
            _changes.Add(new LayerChange('D', path));
            return true;
        }
        int before = _changes.Count;
        if (kind == StatMode.S_IFDIR)
        {
            using Fd? lower = below == StatMode.S_IFDIR ? Sys.OpenAt2(lowerParent!, name, Fcntl.O_PATH | Fcntl.O_DIRECTORY, Beneath).OrThrow("open", path) : null;
            bool own = Walk(node, lower, path);
            if (_changes.Count == before && (!own || _mountPoints.Contains(path)))
                return false;
        }
        else if (status.st_size == 0 && _mountPoints.Contains(path))
            return false;
        _changes.Add(new LayerChange(below == 0 ? 'A' : 'C', path));
        return true;
    }

    private static List<string> List(Fd node, string path)
    {
        using Fd directory = Sys.OpenAt(node, ".", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY).OrThrow("open", path);
        return Sys.ReadDirectory(directory).OrThrow("list", path);
    }

    private static bool IsOpaque(Fd directory)
    {
        Span<byte> value = stackalloc byte[8];
        string path = "/proc/self/fd/" + directory.Value.ToString(CultureInfo.InvariantCulture);
        foreach (string name in OpaqueNames)
        {
            if (Sys.GetExtendedAttribute(path, name, value) is { Ok: true, Value: 1 } && value[0] == (byte)'y')
                return true;
        }
        return false;
    }
}
