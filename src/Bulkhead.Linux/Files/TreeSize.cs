using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

/// <summary>How much room the files of a tree take, which strangers wrote: by descriptors, no link followed, no mount entered.</summary>
public static class TreeSize
{
    /// <summary>Deeper directories are not counted: neither descriptors nor the stack run out.</summary>
    private const int Deepest = 256;

    /// <summary>Bytes of blocks, as du(1) counts; a file with several names in the tree counts for each. 0 when it is not there.</summary>
    public static long Of(string path)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW);
        if (!opened.Ok)
            return 0;
        using Fd root = opened.Value;
        return Of(root, 1);
    }

    private static long Of(Fd directory, int depth)
    {
        const int BlockSize = 512;
        long size = 0;
        if (Sys.ReadNames(directory) is not { Ok: true } names)
            return 0;
        foreach (byte[] name in names.Value)
        {
            if (Sys.StatAt(directory, name, Fcntl.AT_SYMLINK_NOFOLLOW) is not { Ok: true } found)
                continue;
            size += found.Value.st_blocks * BlockSize;
            if ((found.Value.st_mode & StatMode.S_IFMT) != StatMode.S_IFDIR || depth == Deepest)
                continue;
            Result<Fd> below = Sys.OpenAt2(directory, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_XDEV);
            if (!below.Ok)
                continue;
            using Fd opened = below.Value;
            size += Of(opened, depth + 1);
        }
        return size;
    }
}
