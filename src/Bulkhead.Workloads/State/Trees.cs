using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads;

/// <summary>Removal of a tree that containers wrote into: by descriptors, no link is followed, no mount entered.</summary>
internal static class Trees
{
    public static void Remove(string path)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW);
        if (opened.Error == Errno.ENOENT)
            return;
        using (Fd root = opened.OrThrow("open", path))
            Empty(root, path);
        Errno error = Sys.UnlinkAt(Fd.Cwd, path, Fcntl.AT_REMOVEDIR);
        if (error is not (Errno.None or Errno.ENOENT))
            throw new StepException("remove", error, path);
    }

    private static void Empty(Fd directory, string path)
    {
        List<string> names = Sys.ReadDirectory(directory).OrThrow("list", path);
        foreach (string name in names)
        {
            Errno error = Sys.UnlinkAt(directory, name);
            if (error == Errno.EISDIR)
            {
                using (Fd below = Sys.OpenAt2(directory, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_XDEV)
                    .OrThrow("open", path + "/" + name))
                    Empty(below, path + "/" + name);
                error = Sys.UnlinkAt(directory, name, Fcntl.AT_REMOVEDIR);
            }
            if (error is not (Errno.None or Errno.ENOENT))
                throw new StepException("remove", error, path + "/" + name);
        }
    }
}
