using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Unpack;

/// <summary>
/// Directories of a layer by descriptor. A name is resolved with the layer's directory as root (RESOLVE_IN_ROOT, Linux 5.6): links on the way lead nowhere else, as in the container.
/// </summary>
/// <param name="root">The layer's directory.</param>
internal sealed class LayerTree(Fd root) : IDisposable
{
    private const ulong InRoot = Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS | Fcntl.RESOLVE_NO_XDEV;
    private const uint ParentMode = 0x1ED; // 0755

    /// <summary>The last few: entries of one directory follow each other, and hard links lead to others.</summary>
    private readonly (byte[]? Path, Fd Directory)[] _known = new (byte[]?, Fd)[8];
    private int _next;
    private bool _stale;

    /// <summary>The directory of that path, made with its parents where the tar has not named it. It stays open until <see cref="Refresh"/>, beside that of one more call.</summary>
    public Fd Directory(ReadOnlySpan<byte> path)
    {
        if (Existing(path) is { } found)
            return found;
        MakeAll(path);
        return Existing(path) ?? throw new StepException($"{EntryName.Show(path)} is no directory");
    }

    /// <summary>The same without making it; null: there is none.</summary>
    public Fd? Existing(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
            return root;
        for (int i = 0; i < _known.Length; i++)
        {
            if (_known[i].Path is not { } known || !path.SequenceEqual(known))
                continue;
            if (i == _next)
                _next = (i + 1) % _known.Length;
            return _known[i].Directory;
        }
        Result<Fd> opened = Find(path);
        if (opened.Error is Errno.ENOENT or Errno.ENOTDIR)
            return null;
        _known[_next].Directory?.Dispose();
        _known[_next] = (path.ToArray(), opened.OrThrow("open the directory", EntryName.Show(path)));
        Fd directory = _known[_next].Directory;
        _next = (_next + 1) % _known.Length;
        return directory;
    }

    /// <summary>An open one to read or to give attributes to.</summary>
    /// <param name="path">Empty: the root.</param>
    /// <param name="flags">O_NOFOLLOW.</param>
    public Result<Fd> Open(ReadOnlySpan<byte> path, int flags = 0) =>
        Sys.OpenAt2(root, path.IsEmpty ? ".\0"u8 : EntryName.Ended(path), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | flags, InRoot);

    /// <summary>Something that was there has gone: a path may lead elsewhere from now on.</summary>
    public void Stale() => _stale = true;

    /// <summary>Between two entries: what <see cref="Stale"/> said takes effect.</summary>
    public void Refresh()
    {
        if (_stale)
            Dispose();
        _stale = false;
    }

    public void Dispose()
    {
        for (int i = 0; i < _known.Length; i++)
        {
            _known[i].Directory?.Dispose();
            _known[i] = default;
        }
    }

    /// <summary>Hides what lower layers have in a directory. Both forms: a mount by a plain user reads user.* (overlayfs, "userxattr"), and trusted.* is root's.</summary>
    public static void MakeOpaque(Fd directory, string shown)
    {
        Errno trusted = Sys.SetExtendedAttribute(directory, "trusted.overlay.opaque\0"u8, "y"u8);
        Errno user = Sys.SetExtendedAttribute(directory, "user.overlay.opaque\0"u8, "y"u8);
        if (trusted != Errno.None && user != Errno.None)
            throw new StepException("mark a directory as opaque (overlayfs), which needs a file system with extended attributes:", user, shown);
    }

    public static bool IsWhiteout(in stat status) => (status.st_mode & StatMode.S_IFMT) == StatMode.S_IFCHR && status.st_rdev == 0;

    private Result<Fd> Find(ReadOnlySpan<byte> path) => Sys.OpenAt2(root, EntryName.Ended(path), Fcntl.O_PATH | Fcntl.O_DIRECTORY, InRoot);

    private void MakeAll(ReadOnlySpan<byte> path)
    {
        for (int end = 0; end < path.Length;)
        {
            int start = end == 0 ? 0 : end + 1, slash = path[start..].IndexOf((byte)'/');
            ReadOnlySpan<byte> above = path[..end];
            end = slash < 0 ? path.Length : start + slash;
            using Fd parent = above.IsEmpty ? Sys.OpenAt(root, ".\0"u8, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open", ".") : Find(above).OrThrow("open the directory", EntryName.Show(above));
            Make(parent, path[start..end], path[..end]);
        }
    }

    /// <summary>A whiteout gives way: the entry is of the same layer, and hides what lies below it all the same.</summary>
    private void Make(Fd parent, ReadOnlySpan<byte> last, ReadOnlySpan<byte> path)
    {
        byte[] name = EntryName.Ended(last);
        string shown = EntryName.Show(path);
        bool hides = false;
        Errno error = Sys.MkdirAt(parent, name, ParentMode);
        if (error == Errno.EEXIST)
        {
            stat found = Sys.StatAt(parent, name, Fcntl.AT_SYMLINK_NOFOLLOW).OrThrow("look at", shown);
            hides = IsWhiteout(found);
            if (!hides)
            {
                using Fd? below = Find(path) is { Ok: true } there ? there.Value : throw NoDirectory(found, shown);
                return;
            }
            Sys.UnlinkAt(parent, name);
            error = Sys.MkdirAt(parent, name, ParentMode);
        }
        if (error == Errno.None)
            error = Sys.ChmodAt(parent, name, ParentMode);
        if (error != Errno.None)
            throw new StepException("make the directory", error, shown);
        if (!hides)
            return;
        using Fd made = Sys.OpenAt(parent, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open", shown);
        MakeOpaque(made, shown);
    }

    private static StepException NoDirectory(in stat found, string shown) => (found.st_mode & StatMode.S_IFMT) == StatMode.S_IFLNK
        ? new($"{shown} is a link to no directory of this layer, and an entry lies below it")
        : new($"{shown} is no directory, and an entry lies below it");
}
