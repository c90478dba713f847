using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Compose;

/// <summary>Reads text files of a root file system, whose every path is hostile: links stay inside, only regular files are read.</summary>
internal static class RootFiles
{
    private const int MaxSize = 4 << 20;

    /// <summary>Null when there is no such file.</summary>
    public static byte[]? Read(string rootfs, string path)
    {
        using Fd root = Sys.OpenAt(Fd.Cwd, rootfs, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open the root file system", rootfs);
        const ulong Resolve = Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS;
        // O_PATH first: opening a fifo or a device would wait, or do something.
        Result<Fd> place = Sys.OpenAt2(root, path, Fcntl.O_PATH, Resolve);
        if (!place.Ok)
            return null;
        using Fd node = place.Value;
        if ((Sys.Fstat(node).OrThrow("stat", path).st_mode & StatMode.S_IFMT) != StatMode.S_IFREG)
            return null;
        using Fd file = Sys.OpenAt2(root, path, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY, Resolve).OrThrow("open the root file system's", path);
        return Sys.ReadFile(file, MaxSize).OrThrow("read the root file system's", path);
    }

    /// <summary>What stands at a path: the type bits of its mode, 0 when there is nothing.</summary>
    public static uint Kind(string rootfs, string path)
    {
        using Fd root = Sys.OpenAt(Fd.Cwd, rootfs, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open the root file system", rootfs);
        Result<Fd> place = Sys.OpenAt2(root, path, Fcntl.O_PATH, Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS);
        if (!place.Ok)
            return 0;
        using Fd node = place.Value;
        return Sys.Fstat(node).OrThrow("stat", path).st_mode & StatMode.S_IFMT;
    }

    /// <summary>Names of the directories in a directory, links not followed, in order; none when there is no such directory.</summary>
    public static List<string> Directories(string rootfs, string path)
    {
        var found = new List<string>();
        using Fd root = Sys.OpenAt(Fd.Cwd, rootfs, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open the root file system", rootfs);
        Result<Fd> place = Sys.OpenAt2(root, path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS);
        if (!place.Ok)
            return found;
        using Fd directory = place.Value;
        foreach (string name in Sys.ReadDirectory(directory).OrThrow("read the root file system's", path))
        {
            Result<stat> entry = Sys.StatAt(directory, name, Fcntl.AT_SYMLINK_NOFOLLOW);
            if (entry.Ok && (entry.Value.st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR)
                found.Add(name);
        }
        found.Sort(System.StringComparer.Ordinal);
        return found;
    }
}
