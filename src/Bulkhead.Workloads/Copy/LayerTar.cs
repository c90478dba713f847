using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Copy;

/// <summary>What a container changed as a layer of an image (image-spec, layer.md): files as they are now, ".wh.NAME" for what is gone. Owners are the container's own ids.</summary>
public static class LayerTar
{
    private const ulong Beneath = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_MAGICLINKS | Fcntl.RESOLVE_NO_SYMLINKS;

    /// <param name="upper">The layer of overlayfs that it wrote to.</param>
    /// <param name="changes">Of <see cref="LayerDiff"/>: directories come before what is in them.</param>
    /// <param name="output">The tar.</param>
    /// <param name="ids">Of the layer's files.</param>
    /// <param name="skipped">Hears of sockets, which no tar holds.</param>
    public static void Write(string upper, IReadOnlyList<LayerChange> changes, Stream output, IdView ids, Action<string> skipped)
    {
        using var tar = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
        if (changes.Count == 0)
            return;
        using Fd top = Sys.OpenAt(Fd.Cwd, upper, Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open", upper);
        foreach (LayerChange change in changes)
        {
            string path = change.Path[1..];
            if (change.Kind == 'D')
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, Whiteout(path)));
            else
                Write(top, path, tar, ids, skipped);
        }
    }

    private static string Whiteout(string path)
    {
        int slash = path.LastIndexOf('/') + 1;
        return path[..slash] + ".wh." + path[slash..];
    }

    private static void Write(Fd top, string path, TarWriter tar, IdView ids, Action<string> skipped)
    {
        using Fd node = Sys.OpenAt2(top, path, Fcntl.O_PATH | Fcntl.O_NOFOLLOW, Beneath).OrThrow("open", "/" + path);
        stat status = Sys.Fstat(node).OrThrow("look at", "/" + path);
        uint kind = status.st_mode & StatMode.S_IFMT;
        if (Type(kind) is not { } type)
        {
            skipped($"/{path} is a socket or a device: left out");
            return;
        }
        var entry = new PaxTarEntry(type, kind == StatMode.S_IFDIR ? path + "/" : path)
        {
            Mode = (UnixFileMode)(status.st_mode & 0xFFF),
            Uid = (int)ids.User(status.st_uid),
            Gid = (int)ids.Group(status.st_gid),
            ModificationTime = DateTimeOffset.FromUnixTimeSeconds(status.st_mtime),
        };
        if (kind == StatMode.S_IFLNK)
            entry.LinkName = Sys.ReadLinkAt(node, "").OrThrow("read the link", "/" + path);
        if (kind != StatMode.S_IFREG)
        {
            tar.WriteEntry(entry);
            return;
        }
        using Fd file = Sys.OpenAt2(top, path, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW | Fcntl.O_NONBLOCK, Beneath).OrThrow("open", "/" + path);
        entry.DataStream = new FixedLengthStream(new FdStream(file), status.st_size);
        tar.WriteEntry(entry);
    }

    private static TarEntryType? Type(uint kind) => kind switch
    {
        StatMode.S_IFREG => TarEntryType.RegularFile,
        StatMode.S_IFDIR => TarEntryType.Directory,
        StatMode.S_IFLNK => TarEntryType.SymbolicLink,
        StatMode.S_IFIFO => TarEntryType.Fifo,
        _ => null,
    };
}
