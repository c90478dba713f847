using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Unpack;

/// <summary>Marks of what a layer takes away from those below it (image-spec, layer.md, "Whiteouts"), as overlayfs has them.</summary>
internal static class Whiteouts
{
    public static ReadOnlySpan<byte> Prefix => ".wh."u8;

    private static ReadOnlySpan<byte> Opaque => ".wh..wh..opq"u8;

    private static ReadOnlySpan<byte> Reserved => ".wh..wh."u8;

    /// <summary>What this layer itself has of that name stays, whichever came first: a directory of it then hides what is below.</summary>
    public static void Put(Fd parent, ReadOnlySpan<byte> last, TarEntry entry)
    {
        string shown = EntryName.Show(entry.Name);
        if (last.SequenceEqual(Opaque))
        {
            MakeOpaque(parent, ".\0"u8, shown);
            return;
        }
        // AUFS kept its own files under such names; they mean nothing to anybody else.
        if (last.StartsWith(Reserved))
            return;
        ReadOnlySpan<byte> hidden = last[Prefix.Length..];
        if (hidden.IsEmpty || hidden.SequenceEqual("."u8) || hidden.SequenceEqual(".."u8))
            throw new StepException($"{shown}: a whiteout of nothing");
        byte[] name = EntryName.Ended(hidden);
        // A character device 0:0 may be made by anybody (Linux 5.8); overlayfs needs 5.11 for plain users.
        Errno error = Sys.MknodAt(parent, name, StatMode.S_IFCHR, 0);
        if (error == Errno.EEXIST)
        {
            stat found = Sys.StatAt(parent, name, Fcntl.AT_SYMLINK_NOFOLLOW).OrThrow("look at", shown);
            if ((found.st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR)
                MakeOpaque(parent, name, shown);
            return;
        }
        if (error != Errno.None)
            throw new StepException("make a whiteout (a character device 0:0):", error, shown);
    }

    private static void MakeOpaque(Fd parent, ReadOnlySpan<byte> name, string shown)
    {
        using Fd directory = Sys.OpenAt(parent, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open the directory of", shown);
        LayerTree.MakeOpaque(directory, shown);
    }
}
