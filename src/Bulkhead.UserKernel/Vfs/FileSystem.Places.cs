using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>Where paths begin, and what open files and working directories are called now.</summary>
internal sealed partial class FileSystem
{
    /// <summary>Grows with every rename and removal by a guest: what names of directories were noted may be old then.</summary>
    public long Changes { get; set; }

    /// <summary>Where a path begins, and that directory where it is the host's; <paramref name="isGone"/>: it was removed.</summary>
    private long Base(GuestTask task, int dirfd, string path, out string start, out OpenFile? directory, out bool isGone)
    {
        directory = null;
        isGone = false;
        FileSystemState place = task.Process.Place;
        start = place.Root.Length == 1 ? "" : place.Root;
        if (path[0] == '/')
            return 0;
        if (dirfd == AtCwd)
        {
            start = Refresh(place, out isGone);
            directory = place.Directory;
            return 0;
        }
        OpenFile? file = task.Process.Files[dirfd];
        switch (file)
        {
            case HostFile { IsDirectory: true } or PathFile { IsDirectory: true, HostFd: >= 0 }:
                Refresh(file);
                start = file.CurrentName ?? file.Name;
                isGone = file.IsRemoved;
                directory = file;
                return 0;
            case NodeDirectory or PathFile { IsDirectory: true }:
                start = file.Name;
                return 0;
            case null:
                return Fail.EBADF;
            default:
                return Fail.ENOTDIR;
        }
    }

    /// <summary>The working directory's name now.</summary>
    private string Refresh(FileSystemState place, out bool isGone)
    {
        isGone = false;
        if (place.Directory is not { } directory || place.SeenChanges == Changes)
            return place.Cwd;
        isGone = IsRemoved(directory);
        if (isGone)
            return place.Cwd;
        place.Cwd = NameOf(directory);
        place.SeenChanges = Changes;
        return place.Cwd;
    }

    private void Refresh(OpenFile directory)
    {
        if (directory.SeenChanges == Changes)
            return;
        directory.SeenChanges = Changes;
        directory.IsRemoved = IsRemoved(directory);
        if (!directory.IsRemoved)
            directory.CurrentName = NameOf(directory);
    }

    private static bool IsRemoved(OpenFile directory) => directory.Stat(out stat status) == 0 && status.st_nlink == 0;

    /// <summary>getcwd(2): null when it was removed.</summary>
    public string? WorkingPath(FileSystemState place)
    {
        string path = Refresh(place, out bool isGone);
        return isGone ? null : Outside(path, place.Root);
    }

    /// <summary>As /proc/PID/cwd shows it.</summary>
    public string WorkingDirectory(FileSystemState place) => place.Directory is { } directory && Changes != place.SeenChanges ? NameOf(directory) : place.Cwd;

    /// <summary>A path as a process with another root sees it.</summary>
    private static string Outside(string path, string root)
    {
        if (root.Length == 1)
            return path;
        if (!path.StartsWith(root, StringComparison.Ordinal) || (path.Length > root.Length && path[root.Length] != '/'))
            return "(unreachable)" + path;
        return path.Length == root.Length ? "/" : path[root.Length..];
    }

    /// <summary>Of a removed directory only itself and its parent can be reached.</summary>
    private static long FromGone(OpenFile directory, ref string start, ref string path, ref Target target)
    {
        string rest = Normal("/" + path);
        if (rest.Length == 1)
        {
            (target.Open, target.Path, target.IsResolved) = (directory, start, true);
            return 0;
        }
        const int AccessExecute = 1, EffectiveIds = 0x200;
        long may = HostFiles.Named(SysNr.faccessat2, directory.HostFd, "", AccessExecute, EffectiveIds | Fcntl.AT_EMPTY_PATH);
        if (may < 0 || (rest != "/.." && !rest.StartsWith("/../", StringComparison.Ordinal)))
            return may < 0 ? may : Fail.ENOENT;
        const string Mark = " (deleted)";
        if (start.EndsWith(Mark, StringComparison.Ordinal))
            start = start[..^Mark.Length];
        start = start[..Math.Max(0, start.LastIndexOf('/'))];
        path = "." + rest[3..];
        return 0;
    }

    /// <summary>Where an open file is now, as /proc/PID/fd shows it: renames are seen, "(deleted)" is said.</summary>
    public string NameOf(OpenFile file)
    {
        if (file.HostFd < 0 || !file.Name.StartsWith('/') || file.Name.StartsWith("/memfd:", StringComparison.Ordinal))
            return file.Name;
        return HostFiles.DescriptorName(file.HostFd, out string name) < 0 ? file.Name : Inside(name) ?? file.Name;
    }

    /// <summary>A path of the host's as the guest knows it; null: outside of its root.</summary>
    public string? Inside(string name)
    {
        if (rootName.Length == 1)
            return name;
        if (!name.StartsWith(rootName, StringComparison.Ordinal))
            return null;
        return name.Length == rootName.Length ? "/" : name[rootName.Length] == '/' ? name[rootName.Length..] : null;
    }
}
