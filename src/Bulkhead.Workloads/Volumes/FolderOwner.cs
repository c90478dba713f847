using System;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Volumes;

/// <summary>
/// Whose files a bind-mounted folder's are to be: the caller's. Who calls as root (also by sudo) means the folder's owner, but never the host's
/// root: a container that may write as uid 0 into a host folder can leave a setuid program there. That needs --as-root.
/// </summary>
/// <param name="Uid">On the disk.</param>
/// <param name="Gid">On the disk.</param>
/// <param name="IsHostRoot">A root-owned folder that nobody else was named for: its files are readable as others may read them, and cannot be written.</param>
public readonly record struct FolderOwner(uint Uid, uint Gid, bool IsHostRoot = false)
{
    /// <summary>/proc/self, /dev/fd and their like lead each process elsewhere: this one that looks, and the monitor that mounts.</summary>
    public static void RefuseMagicLinks(string path)
    {
        Result<Fd> place = Sys.OpenAt2(Fd.Cwd, path, Fcntl.O_PATH, Fcntl.RESOLVE_NO_MAGICLINKS);
        if (place.Ok)
            place.Value.Dispose();
        else if (place.Error == Errno.ELOOP && Sys.StatAt(Fd.Cwd, path).Ok)
            throw new StepException($"the folder to mount is behind a link of /proc that means another one to each process: {path}: name it by its own path");
    }

    public static FolderOwner Of(string path, bool asRoot)
    {
        Result<stat> found = Sys.StatAt(Fd.Cwd, path);
        // Not made, as Docker does: it would be root's, and its container could not write to it.
        if (found.Error == Errno.ENOENT)
            throw new StepException($"the folder to mount does not exist: {path}: make it first (mkdir -p)");
        stat status = found.OrThrow("look at the folder to mount", path);
        uint caller = Sys.GetEuid();
        if (caller != 0)
            return new FolderOwner(caller, Sys.GetEgid());
        if (status.st_uid != 0 || asRoot)
            return new FolderOwner(status.st_uid, status.st_gid != 0 || asRoot ? status.st_gid : status.st_uid);
        if (Sudo("SUDO_UID") is { } uid)
            return new FolderOwner(uid, Sudo("SUDO_GID") ?? uid);
        return new FolderOwner(0, 0, IsHostRoot: true);
    }

    private static uint? Sudo(string variable) =>
        uint.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id != 0 ? id : null;
}
