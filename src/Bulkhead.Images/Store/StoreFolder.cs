using System;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Store;

/// <summary>
/// The directory of all images and what is in it: version, blobs/sha256/HEX (content by digest), ingest/HEX (content that is not whole), names/HEX (a reference each), layers/HEX
/// (unpacked), lock. Many processes use it at once; every change is one rename, and what a killed one leaves has a name of its own.
/// </summary>
internal static class StoreFolder
{
    public const int CurrentVersion = 1;

    private const string VersionFile = "version", Mend = "free space there (bulkhead image prune removes what nothing uses), or name another place by BULKHEAD_DATA";
    private const uint PrivateMode = 0x1C0, FileMode = 0x180; // 0700, 0600
    private const uint OthersWrite = 0x12; // 0022
    private const int MaxFile = 16 << 20;

    /// <summary>Opens a folder of the store, made if it is not there; a store of a later version is refused.</summary>
    public static Fd Open(string root, string name)
    {
        CheckRoot(root);
        string path = root + "/" + name;
        MakeAll(path, root.Length);
        return Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open", path);
    }

    /// <summary>Null: there is none, or nothing of it came to the disk before a loss of power.</summary>
    public static byte[]? Read(Fd folder, string name, string shown)
    {
        Result<Fd> opened = Sys.OpenAt(folder, name, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW | Fcntl.O_NONBLOCK);
        if (opened.Error == Errno.ENOENT)
            return null;
        using Fd file = opened.OrThrow("open", shown + "/" + name);
        byte[] content = Sys.ReadFile(file, MaxFile).OrThrow("read", shown + "/" + name);
        return content.Length == 0 ? null : content;
    }

    /// <summary>
    /// By rename: whole or not at all, whoever is killed. Nothing is synchronised: on ext4 that would bring every layer that was just unpacked to the disk first, at several times the cost of
    /// a pull; after a loss of power an image that had just come may have to be pulled again, as with Docker and podman.
    /// </summary>
    public static void Write(Fd folder, string name, ReadOnlySpan<byte> content, string shown)
    {
        string fresh = ".new-" + Guid.NewGuid().ToString("N");
        try
        {
            Result<Fd> made = Sys.OpenAt(folder, fresh, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, FileMode);
            if (!made.Ok)
                throw Failure("write", made.Error, shown + "/" + name);
            using (Fd file = made.Value)
            {
                Errno written = Sys.WriteAll(file, content);
                if (written != Errno.None)
                    throw Failure("write", written, shown + "/" + name);
            }
            Errno error = Sys.RenameAt(folder, fresh, folder, name);
            if (error != Errno.None)
                throw Failure("write", error, shown + "/" + name);
        }
        catch
        {
            Sys.UnlinkAt(folder, fresh);
            throw;
        }
    }

    /// <summary>With the mend, where there is one.</summary>
    public static StepException Failure(string step, Errno error, string path) =>
        error is Errno.ENOSPC or Errno.EDQUOT ? new StepException($"{step} {path}: {error.Describe()}: {Mend}") : new StepException(step, error, path);

    /// <summary>Open and locked, or null when the name stands for another file by now; the caller looks again.</summary>
    /// <param name="file">Opened; disposed on null.</param>
    /// <param name="folder">Where it was found.</param>
    /// <param name="name">Under which name.</param>
    /// <param name="shown">For messages.</param>
    public static Fd? LockSame(Fd file, Fd folder, string name, string shown)
    {
        Errno error = Sys.Flock(file, Fcntl.LOCK_EX);
        bool same = error == Errno.None && Sys.StatAt(folder, name, Fcntl.AT_SYMLINK_NOFOLLOW) is { Ok: true } now && now.Value.st_ino == Sys.Fstat(file).Value.st_ino;
        if (same)
            return file;
        file.Dispose();
        return error == Errno.None ? null : throw new StepException("lock", error, shown);
    }

    private static void CheckRoot(string root)
    {
        Result<stat> found = Sys.StatAt(Fd.Cwd, root);
        if (found.Error == Errno.ENOENT)
        {
            MakeAll(root, 0);
            found = Sys.StatAt(Fd.Cwd, root);
        }
        stat status = found.OrThrow("look at the store of images", root);
        // Its setuid files are for containers only, and what it says of a layer is believed.
        if (status.st_uid != Sys.GetEuid() || (status.st_mode & OthersWrite) != 0)
            throw new StepException($"{root} can be written by others than user {Sys.GetEuid()}: images there are not trusted; name another place by BULKHEAD_DATA");
        using Fd folder = Sys.OpenAt(Fd.Cwd, root, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY).OrThrow("open", root);
        byte[]? version = Read(folder, VersionFile, root);
        if (version is null)
        {
            Write(folder, VersionFile, Encoding.UTF8.GetBytes(CurrentVersion.ToString(CultureInfo.InvariantCulture) + "\n"), root);
            return;
        }
        string text = Encoding.UTF8.GetString(version).Trim();
        if (text != CurrentVersion.ToString(CultureInfo.InvariantCulture))
            throw new StepException($"{root} is a store of version '{text}', and this program knows {CurrentVersion} only: use a newer one, or name another place by BULKHEAD_DATA");
    }

    private static void MakeAll(string path, int from)
    {
        for (int i = path.IndexOf('/', from + 1); i > 0; i = path.IndexOf('/', i + 1))
            Sys.MkdirAt(Fd.Cwd, path[..i], PrivateMode);
        Errno error = Sys.MkdirAt(Fd.Cwd, path, PrivateMode);
        if (error is not (Errno.None or Errno.EEXIST))
            throw Failure("make the directory", error, path);
    }
}
