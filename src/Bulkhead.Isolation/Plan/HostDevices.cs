using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.Plan;

/// <summary>Device nodes of the host as detached mounts, checked to be what their names say.</summary>
public static class HostDevices
{
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
