using System;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

/// <summary>Removal of a tree that strangers wrote into: by descriptors, no link is followed, no mount entered, however deep it is.</summary>
public static class Trees
{
    /// <summary>A stranger nests directories without end, at no cost: what lies deeper than this is moved up, so that neither descriptors nor the stack run out.</summary>
    private const int Deepest = 64;
    private const uint OwnerMode = 0x1C0; // 0700

    /// <summary>What has this name and all below it; nothing when there is none.</summary>
    public static void Remove(string path) => RemoveAt(Fd.Cwd, Sys.Z(path), path);

    /// <param name="parent">The directory that holds the name.</param>
    /// <param name="name">With its NUL.</param>
    /// <param name="shown">Its path, for messages.</param>
    public static void RemoveAt(Fd parent, ReadOnlySpan<byte> name, string shown)
    {
        Errno error = Sys.UnlinkAt(parent, name);
        if (error == Errno.EISDIR)
        {
            if (Sys.GetEuid() != 0)
                Sys.ChmodNoFollow(parent, name, OwnerMode);
            Result<Fd> opened = Sys.OpenAt(parent, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW);
            if (opened.Error == Errno.ENOENT)
                return;
            using (Fd root = opened.OrThrow("open", shown))
            {
                while (!Empty(root, root, shown, 1))
                    continue;
            }
            error = Sys.UnlinkAt(parent, name, Fcntl.AT_REMOVEDIR);
        }
        if (error is not (Errno.None or Errno.ENOENT))
            throw new StepException("remove", error, shown);
    }

    /// <summary>False: something of it was moved up to the root.</summary>
    private static bool Empty(Fd root, Fd directory, string path, int depth)
    {
        bool whole = true;
        foreach (byte[] name in Sys.ReadNames(directory).OrThrow("list", path))
        {
            Errno error = Sys.UnlinkAt(directory, name);
            if (error == Errno.EISDIR && depth == Deepest)
            {
                error = Sys.RenameAt(directory, name, root, Sys.Z(".deep-" + Guid.NewGuid().ToString("N")));
                whole = false;
            }
            else if (error == Errno.EISDIR)
            {
                // A plain user's own directory may forbid even its owner.
                if (Sys.GetEuid() != 0)
                    Sys.ChmodNoFollow(directory, name, OwnerMode);
                Result<Fd> below = Sys.OpenAt2(directory, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_XDEV);
                // Another removes the same tree.
                if (below.Error == Errno.ENOENT)
                    continue;
                using (Fd opened = below.OrThrow("open", Shown(path, name)))
                    whole &= Empty(root, opened, Shown(path, name), depth + 1);
                error = Sys.UnlinkAt(directory, name, Fcntl.AT_REMOVEDIR);
            }
            if (error is not (Errno.None or Errno.ENOENT))
                throw new StepException("remove", error, Shown(path, name));
        }
        return whole;
    }

    private static string Shown(string path, byte[] name) => path + "/" + Encoding.UTF8.GetString(name.AsSpan(0, name.Length - 1));
}
