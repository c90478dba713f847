using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Bulkhead.Workloads.Monitor;

namespace Bulkhead.Workloads;

/// <summary>Removal of a tree that containers wrote into: by descriptors, no link is followed, no mount entered, however deep it is.</summary>
internal static class Trees
{
    /// <summary>A container nests directories without end, at no cost: what lies deeper than this is moved up, so that neither descriptors nor the stack run out.</summary>
    private const int Deepest = 64;

    public static void Remove(string path)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW);
        if (opened.Error == Errno.ENOENT)
            return;
        using (Fd root = opened.OrThrow("open", path))
        {
            while (!Empty(root, root, path, 1))
                continue;
        }
        Errno error = Sys.UnlinkAt(Fd.Cwd, path, Fcntl.AT_REMOVEDIR);
        if (error is not (Errno.None or Errno.ENOENT))
            throw new StepException("remove", error, path);
    }

    /// <summary>The same for what a plain user's container may have written under other ids than its caller's.</summary>
    public static void RemoveAsOwner(string path)
    {
        try
        {
            Remove(path);
        }
        catch (StepException error) when (error.Errno is Errno.EACCES or Errno.EPERM && UserEntry.IsRootless && !UserEntry.IsPrivileged)
        {
            MonitorLauncher.Remove(path);
        }
    }

    /// <summary>False: something of it was moved up to the root.</summary>
    private static bool Empty(Fd root, Fd directory, string path, int depth)
    {
        bool whole = true;
        foreach (string name in Sys.ReadDirectory(directory).OrThrow("list", path))
        {
            Errno error = Sys.UnlinkAt(directory, name);
            if (error == Errno.EISDIR && depth == Deepest)
            {
                error = Sys.RenameAt(directory, name, root, ".deep-" + WorkloadStore.NewId());
                whole = false;
            }
            else if (error == Errno.EISDIR)
            {
                Result<Fd> below = Sys.OpenAt2(directory, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_XDEV);
                // Another removes the same tree.
                if (below.Error == Errno.ENOENT)
                    continue;
                using (Fd opened = below.OrThrow("open", path + "/" + name))
                    whole &= Empty(root, opened, path + "/" + name, depth + 1);
                error = Sys.UnlinkAt(directory, name, Fcntl.AT_REMOVEDIR);
            }
            if (error is not (Errno.None or Errno.ENOENT))
                throw new StepException("remove", error, path + "/" + name);
        }
        return whole;
    }
}
