using System;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;

namespace Bulkhead.Cli;

/// <summary>A root file system that is odd where something is mounted, or that its container cannot reach: what is odd there, and the mend.</summary>
internal static class RootExplanation
{
    private const uint Passable = 1; // o+x

    /// <summary>Null: the error is about something else.</summary>
    public static string? Of(string message, WorkloadOptions options)
    {
        if (message.StartsWith("mount the root file system ", StringComparison.Ordinal) || message.StartsWith("change directory to /: ", StringComparison.Ordinal))
            return Closed(options.Rootfs) is { } why ? $"{message}: {why}" : null;
        int at = message.IndexOf(" at /", StringComparison.Ordinal), end = message.LastIndexOf(": ", StringComparison.Ordinal);
        if (!message.StartsWith("mount ", StringComparison.Ordinal) || at < 0 || end < at)
            return null;
        string path = message[(at + " at ".Length)..end];
        (string Flag, bool IsFile)? asked = Asked(path, options);
        bool follows = !message.StartsWith("mount proc ", StringComparison.Ordinal) && !message.StartsWith("mount sysfs ", StringComparison.Ordinal);
        string rootfs = RootPath.Of(options);
        string? found = Odd(rootfs, path, asked?.IsFile ?? path.StartsWith("/etc/", StringComparison.Ordinal), follows) ?? Link(rootfs, path);
        found = found?.Replace(rootfs, options.Image?.Name ?? options.Rootfs, StringComparison.Ordinal);
        if (asked is { } flag)
            return $"{flag.Flag}: {message}: {(found is null ? "give another target" : found + ": give another target, or mend the root file system")}";
        return found is null ? null : $"{message}: {found}: remove it there (a mount point that is missing is made){(found.Contains("/etc/hosts", StringComparison.Ordinal) || path == "/etc/hosts" ? ", or use --no-hosts" : "")}";
    }

    /// <summary>The flag that mounts at a path, and whether that is a file.</summary>
    private static (string Flag, bool IsFile)? Asked(string path, WorkloadOptions options)
    {
        if (Array.Find(options.Mounts, mount => mount.Target == path) is { } found)
            return found.Kind == VolumeKind.Tmpfs ? ("--tmpfs " + path, false) : ($"--volume or --mount {found.Source}:{path}", found.Kind == VolumeKind.Bind && IsFile(found.Source));
        if (Array.Find(options.Devices, device => device.Target == path) is { } device)
            return ($"--device {device.Source}:{path}", true);
        return Array.Find(options.Secrets, secret => secret.Target == path) is { } secret ? ($"--secret {secret.Name}", true) : null;
    }

    private static bool IsFile(string path) => Sys.StatAt(Fd.Cwd, path) is { Ok: true } status && (status.Value.st_mode & StatMode.S_IFMT) != StatMode.S_IFDIR;

    /// <summary>The first part of a path that is not what it must be: directories, and at the end what is mounted there.</summary>
    private static string? Odd(string rootfs, string path, bool wantsFile, bool follows)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, rootfs, Fcntl.O_PATH | Fcntl.O_DIRECTORY);
        if (!opened.Ok)
            return null;
        using Fd root = opened.Value;
        for (int slash = path.IndexOf('/', 1); ; slash = path.IndexOf('/', slash + 1))
        {
            string part = slash < 0 ? path : path[..slash];
            bool file = slash < 0 && wantsFile;
            if (Look(root, part) is { } kind && (kind.Leads is not { } leads || (leads == StatMode.S_IFDIR) == file || (kind.IsLink && !follows)))
                return $"the root file system {rootfs} has {kind.Text} at {part}, where {(file ? "a file" : "a directory")} is needed";
            if (slash < 0)
                return null;
        }
    }

    /// <summary>A file of /etc that is a link to where nothing can be made: the runtime names the end of the link.</summary>
    private static string? Link(string rootfs, string path)
    {
        using Fd root = Sys.OpenAt(Fd.Cwd, rootfs, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open the root file system", rootfs);
        foreach (string name in (string[])["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"])
        {
            if (Look(root, name) is { Leads: null } found && found.Text.EndsWith(path + "'", StringComparison.Ordinal))
                return $"the root file system {rootfs} has {found.Text} at {name}, where a file is needed";
        }
        return null;
    }

    /// <summary>What stands there and where it leads to: the type bits of its mode, null for a link to nowhere. Null: nothing stands there.</summary>
    private static (string Text, uint? Leads, bool IsLink)? Look(Fd root, string path)
    {
        const ulong Resolve = Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS;
        Result<Fd> node = Sys.OpenAt2(root, path, Fcntl.O_PATH | Fcntl.O_NOFOLLOW, Resolve);
        if (!node.Ok)
            return null;
        using Fd own = node.Value;
        uint kind = Sys.Fstat(own).OrThrow("look at", path).st_mode & StatMode.S_IFMT;
        if (kind != StatMode.S_IFLNK)
            return (kind == StatMode.S_IFDIR ? "a directory" : kind == StatMode.S_IFREG ? "a file" : "a special file", kind, false);
        Result<string> target = Sys.ReadLinkAt(own, "");
        string text = "a symbolic link to " + (target.Ok ? $"'{target.Value}'" : "something");
        Result<Fd> end = Sys.OpenAt2(root, path, Fcntl.O_PATH, Resolve);
        if (!end.Ok)
            return (text, null, true);
        using Fd reached = end.Value;
        return (text, Sys.Fstat(reached).OrThrow("look at", path).st_mode & StatMode.S_IFMT, true);
    }

    /// <summary>
    /// The directory that only its owner may pass: a container's ids are nobody's on the host. For a plain user also a folder on the way; root's containers come to theirs by descriptor.
    /// </summary>
    private static string? Closed(string rootfs)
    {
        for (int slash = UserEntry.IsRootless ? rootfs.IndexOf('/', 1) : -1; ; slash = rootfs.IndexOf('/', slash + 1))
        {
            string part = slash < 0 ? rootfs : rootfs[..slash];
            if (Sys.StatAt(Fd.Cwd, part) is { Ok: true } status && (status.Value.st_mode & Passable) == 0)
            {
                string mode = Convert.ToString(status.Value.st_mode & 0xFFF, 8).PadLeft(4, '0');
                return string.Create(CultureInfo.InvariantCulture, $"{part} has mode {mode}, so that the container's ids cannot pass it: chmod o+x {part}");
            }
            if (slash < 0)
                return null;
        }
    }
}
