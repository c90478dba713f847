using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.Plan;

/// <summary>Device nodes of the host as detached mounts, checked to be what their names say.</summary>
public static class HostDevices
{
    /// <summary>/dev/null: what stands over masked files (CVE-2025-31133: its inode is checked, it is never the image's).</summary>
    public static Fd CloneNull() => Clone("/dev/null", StatMode.S_IFCHR, 1, 3);

    public static Fd Clone(string path, uint mode, uint major, uint minor)
    {
        Fd tree = Sys.OpenTree(Fd.Cwd, path, Mount.OPEN_TREE_CLONE | Fcntl.AT_SYMLINK_NOFOLLOW).OrThrow("open the host's device", path);
        stat node = Sys.Fstat(tree).OrThrow("stat", path);
        ulong number = (minor & 0xff) | ((ulong)major << 8) | ((ulong)(minor & 0xfff00) << 12);
        bool right = (node.st_mode & StatMode.S_IFMT) == (mode & StatMode.S_IFMT) && node.st_rdev == number;
        if (right)
            return tree;
        tree.Dispose();
        throw new StepException($"the host's {path} is not device {major}:{minor}");
    }
}
