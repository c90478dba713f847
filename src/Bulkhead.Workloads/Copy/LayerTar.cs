using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Copy;

/// <summary>What a container changed as a layer of an image (image-spec, layer.md): files as they are now, ".wh.NAME" for what is gone. Owners are the container's own ids.</summary>
public static class LayerTar
{
    private const uint WhiteoutMode = 0x1A4; // 0644

    /// <summary>XATTR_SIZE_MAX of xattr(7).</summary>
    private const int MaxAttribute = 1 << 16;

    private static readonly string[] s_internal = ["user.overlay.", "user.containers."];

    private const ulong Beneath = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_MAGICLINKS | Fcntl.RESOLVE_NO_SYMLINKS;

    /// <param name="upper">The layer of overlayfs that it wrote to.</param>
    /// <param name="changes">Of <see cref="LayerDiff"/>: directories come before what is in them.</param>
    /// <param name="output">The tar.</param>
    /// <param name="ids">Of the layer's files.</param>
    /// <param name="skipped">Hears of sockets, which no tar holds.</param>
    public static void Write(string upper, IReadOnlyList<LayerChange> changes, Stream output, IdView ids, Action<string> skipped)
    {
        var tar = new PaxWriter(output);
        if (changes.Count > 0)
            Write(upper, changes, tar, ids, skipped);
        tar.Finish();
    }

    private static void Write(string upper, IReadOnlyList<LayerChange> changes, PaxWriter tar, IdView ids, Action<string> skipped)
    {
        using Fd top = Sys.OpenAt(Fd.Cwd, upper, Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open", upper);
        foreach (LayerChange change in changes)
        {
            string path = change.Path[1..];
            if (change.Kind == 'D')
                tar.Write(new PaxEntry('0', Whiteout(path), "") { Mode = WhiteoutMode }, content: null);
            else
                Write(top, path, tar, ids, skipped);
        }
    }

    private static string Whiteout(string path)
    {
        int slash = path.LastIndexOf('/') + 1;
        return path[..slash] + ".wh." + path[slash..];
    }

    private static void Write(Fd top, string path, PaxWriter tar, IdView ids, Action<string> skipped)
    {
        using Fd node = Sys.OpenAt2(top, path, Fcntl.O_PATH | Fcntl.O_NOFOLLOW, Beneath).OrThrow("open", "/" + path);
        stat status = Sys.Fstat(node).OrThrow("look at", "/" + path);
        uint kind = status.st_mode & StatMode.S_IFMT;
        if (Type(kind) is not { } type)
        {
            skipped($"/{path} is a socket or a device: left out");
            return;
        }
        string target = kind == StatMode.S_IFLNK ? Sys.ReadLinkAt(node, "").OrThrow("read the link", "/" + path) : "";
        var entry = new PaxEntry(type, kind == StatMode.S_IFDIR ? path + "/" : path, target)
        {
            Mode = status.st_mode & 0xFFF,
            Uid = ids.User(status.st_uid),
            Gid = ids.Group(status.st_gid),
            Size = kind == StatMode.S_IFREG ? status.st_size : 0,
            Modified = status.st_mtime,
            ModifiedNanoseconds = status.st_mtime_nsec,
            Attributes = kind is StatMode.S_IFREG or StatMode.S_IFDIR ? Attributes(node, path) : [],
        };
        if (kind != StatMode.S_IFREG)
        {
            tar.Write(entry, content: null);
            return;
        }
        using Fd file = Sys.OpenAt2(top, path, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW | Fcntl.O_NONBLOCK, Beneath).OrThrow("open", "/" + path);
        using var content = new FixedLengthStream(new FdStream(file), status.st_size);
        tar.Write(entry, content);
    }

    /// <summary>
    /// What an unpacked layer may have: user.* but for overlayfs's and the runtimes' own, and file capabilities, which the kernel shows as of the layer's
    /// own root (capabilities(7), "File capability versioning").
    /// </summary>
    private static List<KeyValuePair<string, byte[]>> Attributes(Fd node, string path)
    {
        var found = new List<KeyValuePair<string, byte[]>>();
        string place = "/proc/self/fd/" + node.Value.ToString(CultureInfo.InvariantCulture);
        byte[] value = new byte[MaxAttribute];
        foreach (string name in Sys.ListExtendedAttributes(place).OrThrow("list the attributes of", "/" + path))
        {
            bool taken = name == "security.capability" || (name.StartsWith("user.", StringComparison.Ordinal) && !Array.Exists(s_internal, prefix => name.StartsWith(prefix, StringComparison.Ordinal)));
            if (taken && Sys.GetExtendedAttribute(place, name, value) is { Ok: true } length)
                found.Add(new(name, value[..length.Value]));
        }
        return found;
    }

    private static char? Type(uint kind) => kind switch
    {
        StatMode.S_IFREG => '0',
        StatMode.S_IFLNK => '2',
        StatMode.S_IFDIR => '5',
        StatMode.S_IFIFO => '6',
        _ => null,
    };
}
