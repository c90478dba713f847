using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.State;

/// <summary>The directory of all containers (--root): one folder each, no daemon.</summary>
public sealed class StateStore(string root)
{
    private const uint PrivateMode = 0x1C0; // 0700
    private const uint OthersWrite = 0x12; // 0022

    public string Root => root;

    /// <summary>runc's rule: letters, digits and _+-. ; not "." or "..".</summary>
    public static void CheckId(string id)
    {
        bool good = id.Length is > 0 and <= 1024 && id is not ("." or "..");
        foreach (char c in id)
            good &= char.IsAsciiLetterOrDigit(c) || c is '_' or '+' or '-' or '.';
        if (!good)
            throw new StepException($"invalid container ID format: '{id}' (letters, digits and _+-. are allowed)");
    }

    /// <summary>Makes and locks the container's folder. EEXIST becomes runc's message.</summary>
    public StateFolder Create(string id)
    {
        CheckId(id);
        MakeRoot();
        string path = root + "/" + id;
        Errno error = Sys.MkdirAt(Fd.Cwd, path, PrivateMode);
        if (error == Errno.EEXIST)
            throw new StepException($"container with id exists: {id}");
        if (error != Errno.None)
            throw Failure("make the container's state folder", error, path);
        return OpenFolder(id, path, Fcntl.LOCK_EX);
    }

    /// <summary>Opens a container's folder and locks it for a change; waits for another command that changes it.</summary>
    public StateFolder Open(string id) => OpenExisting(id, Fcntl.LOCK_EX);

    /// <summary>For reading: state.json is replaced by rename, so no lock is needed.</summary>
    public StateFolder OpenUnlocked(string id) => OpenExisting(id, 0);

    /// <summary>Ids of all folders, sorted.</summary>
    public List<string> List()
    {
        var ids = new List<string>();
        Result<Fd> directory = Sys.OpenAt(Fd.Cwd, root, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        if (directory.Error == Errno.ENOENT)
            return ids;
        using Fd fd = directory.OrThrow("open the state directory", root);
        foreach (string name in Sys.ReadDirectory(fd).OrThrow("list the state directory", root))
            ids.Add(name);
        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    private StateFolder OpenExisting(string id, int lockMode)
    {
        CheckId(id);
        return OpenFolder(id, root + "/" + id, lockMode);
    }

    private static StateFolder OpenFolder(string id, string path, int lockMode)
    {
        for (; ; )
        {
            Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW);
            if (opened.Error is Errno.ENOENT or Errno.ENOTDIR)
                throw new ContainerMissingException(id);
            Fd fd = opened.OrThrow("open the container's state folder", path);
            stat status = Sys.Fstat(fd).OrThrow("stat the container's state folder", path);
            if (!IsOurs(status))
            {
                fd.Dispose();
                throw new StepException($"{path} can be written by others than user {Sys.GetEuid()}: what it says of a container is not trusted; remove it by hand");
            }
            if (lockMode == 0)
                return new StateFolder(id, path, fd, locked: false);
            Errno error = Sys.Flock(fd, lockMode);
            // Deleted, or deleted and made again, while we waited for the lock?
            bool same = error == Errno.None && Sys.StatAt(Fd.Cwd, path) is { Ok: true } now && now.Value.st_ino == status.st_ino;
            if (same)
                return new StateFolder(id, path, fd, locked: true);
            fd.Dispose();
            if (error != Errno.None)
                throw new StepException("lock the container's state folder", error, path);
        }
    }

    /// <summary>A state names cgroups to kill and hooks to run: where --root is writable by all, anyone could plant one for us.</summary>
    private static bool IsOurs(in stat folder) => folder.st_uid == Sys.GetEuid() && (folder.st_mode & OthersWrite) == 0;

    /// <summary>With the mend, where there is one.</summary>
    internal static StepException Failure(string step, Errno error, string path)
    {
        string? mend = error switch
        {
            Errno.ENOSPC or Errno.EDQUOT => "free space there",
            Errno.EROFS => "make it writable",
            Errno.EFBIG => "raise RLIMIT_FSIZE (ulimit -f)",
            Errno.EACCES or Errno.ENOTDIR or Errno.ENOENT => "give a directory of yours",
            _ => null,
        };
        return mend is null
            ? new StepException(step, error, path)
            : new StepException($"{step} {path}: {error.Describe()}: {mend}, or name another state directory with --root");
    }

    private void MakeRoot()
    {
        Errno error = Sys.MkdirAt(Fd.Cwd, root, PrivateMode);
        if (error == Errno.ENOENT)
        {
            for (int i = root.IndexOf('/', 1); i > 0; i = root.IndexOf('/', i + 1))
                Sys.MkdirAt(Fd.Cwd, root[..i], 0x1ED);
            error = Sys.MkdirAt(Fd.Cwd, root, PrivateMode);
        }
        if (error is not (Errno.None or Errno.EEXIST))
            throw Failure("make the state directory", error, root);
    }
}
