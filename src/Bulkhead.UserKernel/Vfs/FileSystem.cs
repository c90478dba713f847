using System;
using System.Collections.Generic;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs.Proc;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>Where a path leads: a node of the kernel's own, or a path of the host's beneath the root.</summary>
internal struct Target
{
    /// <summary>Absolute and normal: no ".", "..", double or trailing slash.</summary>
    public string Path;

    public Node? Node;

    /// <summary>A descriptor that the path names itself: /proc/self/fd/N.</summary>
    public OpenFile? Open;

    /// <summary>No link lies on the way (but for the last part, where it is not followed).</summary>
    public bool IsResolved;

    /// <summary>It ended in a slash.</summary>
    public bool MustBeDirectory;

    public readonly bool IsHost => Node is null && Open is null;

    /// <summary>As openat2 beneath the root wants it.</summary>
    public readonly string Relative => Path.Length == 1 ? "." : Path[1..];
}

/// <summary>
/// The guest's tree: the host's directory that is its root, with /proc, /sys and /dev of the kernel's own over it. The host never follows a
/// link for a guest: a path with one is walked here, part by part.
/// </summary>
internal sealed partial class FileSystem(Kernel kernel, string root)
{
    public const int AtCwd = Fcntl.AT_FDCWD, MostLinks = 40, MostPath = 4096, MostName = 255;
    private readonly Fd rootFd = Sys.OpenAt(Fd.Cwd, root, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open the root", root);
    private readonly Dictionary<(ulong Device, ulong Inode), WeakReference<PipeBuffer>> fifos = [];
    private readonly Dictionary<string, Node> mounts = new(StringComparer.Ordinal)
    {
        ["/proc"] = ProcTree.Make(),
        ["/sys"] = SysTree.Make(),
        ["/dev"] = DevTree.Make(kernel),
    };

    private readonly string rootName = NameOfRoot(root);

    public int Root => rootFd.Value;

    /// <summary>Without links, as the host's kernel tells names of open files.</summary>
    private static string NameOfRoot(string root)
    {
        using Fd opened = Sys.OpenAt(Fd.Cwd, root, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open the root", root);
        return HostFiles.DescriptorName(opened.Value, out string name) > 0 ? name : "/";
    }

    /// <summary>Init's working directory.</summary>
    public static FileSystemState Start(KernelOptions options) => new() { Cwd = Normal(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(options.Cwd))), Umask = options.Umask };

    /// <summary>Where the path leads, without looking yet where that is not needed. <paramref name="follow"/>: also the last part.</summary>
    public long Locate(GuestTask task, int dirfd, string path, bool follow, out Target target, bool resolve = false)
    {
        target = default;
        if (path.Length == 0)
            return Fail.ENOENT;
        if (path.Length >= MostPath)
            return Fail.ENAMETOOLONG;
        long error = Base(task, dirfd, path, out string start, out OpenFile? gone);
        if (error == 0 && gone is not null)
            error = FromGone(gone, ref start, ref path, ref target);
        if (error < 0 || target.Open is not null)
            return error;
        string whole = start + "/" + path;
        target.MustBeDirectory = path[^1] == '/' || path.EndsWith("/.", StringComparison.Ordinal) || path is "." or "..";
        if (HasParent(path) || IsOwn(target.Path = Normal(whole)) || resolve)
            return Walk(task, whole, follow || target.MustBeDirectory, ref target);
        return 0;
    }

    /// <summary>The same, after the host said ELOOP: with every link on the way resolved.</summary>
    public long Resolve(GuestTask task, bool follow, ref Target target) => Walk(task, target.Path, follow || target.MustBeDirectory, ref target);

    /// <summary>Grows with every rename and removal by a guest: what names of directories were noted may be old then.</summary>
    public long Changes { get; set; }

    /// <summary>Where a path begins; <paramref name="gone"/>: in a directory that was removed.</summary>
    private long Base(GuestTask task, int dirfd, string path, out string start, out OpenFile? gone)
    {
        gone = null;
        FileSystemState place = task.Process.Place;
        start = place.Root.Length == 1 ? "" : place.Root;
        if (path[0] == '/')
            return 0;
        if (dirfd == AtCwd)
        {
            start = Refresh(place, out bool isGone);
            gone = isGone ? place.Directory : null;
            return 0;
        }
        OpenFile? file = task.Process.Files[dirfd];
        switch (file)
        {
            case HostFile { IsDirectory: true } or PathFile { IsDirectory: true, HostFd: >= 0 }:
                start = Changes == 0 ? file.Name : NameOf(file);
                gone = Changes != 0 && IsRemoved(file) ? file : null;
                return 0;
            case NodeDirectory or PathFile { IsDirectory: true }:
                start = file.Name;
                return 0;
            case null:
                return Fail.EBADF;
            default:
                return Fail.ENOTDIR;
        }
    }

    /// <summary>The working directory's name now.</summary>
    private string Refresh(FileSystemState place, out bool isGone)
    {
        isGone = false;
        if (place.Directory is not { } directory || place.SeenChanges == Changes)
            return place.Cwd;
        isGone = IsRemoved(directory);
        if (isGone)
            return place.Cwd;
        place.Cwd = NameOf(directory);
        place.SeenChanges = Changes;
        return place.Cwd;
    }

    private static bool IsRemoved(OpenFile directory) => directory.Stat(out stat status) == 0 && status.st_nlink == 0;

    /// <summary>getcwd(2): null when it was removed.</summary>
    public string? WorkingPath(FileSystemState place)
    {
        string path = Refresh(place, out bool isGone);
        return isGone ? null : Outside(path, place.Root);
    }

    /// <summary>As /proc/PID/cwd shows it.</summary>
    public string WorkingDirectory(FileSystemState place) => place.Directory is { } directory && Changes != place.SeenChanges ? NameOf(directory) : place.Cwd;

    /// <summary>A path as a process with another root sees it.</summary>
    private static string Outside(string path, string root)
    {
        if (root.Length == 1)
            return path;
        if (!path.StartsWith(root, StringComparison.Ordinal) || (path.Length > root.Length && path[root.Length] != '/'))
            return "(unreachable)" + path;
        return path.Length == root.Length ? "/" : path[root.Length..];
    }

    /// <summary>Of a removed directory only itself and its parent can be reached.</summary>
    private static long FromGone(OpenFile directory, ref string start, ref string path, ref Target target)
    {
        string rest = Normal("/" + path);
        if (rest.Length == 1)
        {
            (target.Open, target.Path, target.IsResolved) = (directory, start, true);
            return 0;
        }
        if (rest != "/.." && !rest.StartsWith("/../", StringComparison.Ordinal))
            return Fail.ENOENT;
        const string Mark = " (deleted)";
        if (start.EndsWith(Mark, StringComparison.Ordinal))
            start = start[..^Mark.Length];
        start = start[..Math.Max(0, start.LastIndexOf('/'))];
        path = "." + rest[3..];
        return 0;
    }

    /// <summary>Where an open file is now, as /proc/PID/fd shows it: renames are seen, "(deleted)" is said.</summary>
    public string NameOf(OpenFile file)
    {
        if (file.HostFd < 0 || !file.Name.StartsWith('/') || file.Name.StartsWith("/memfd:", StringComparison.Ordinal))
            return file.Name;
        return HostFiles.DescriptorName(file.HostFd, out string name) < 0 ? file.Name : Inside(name) ?? file.Name;
    }

    /// <summary>A path of the host's as the guest knows it; null: outside of its root.</summary>
    public string? Inside(string name)
    {
        if (rootName.Length == 1)
            return name;
        if (!name.StartsWith(rootName, StringComparison.Ordinal))
            return null;
        return name.Length == rootName.Length ? "/" : name[rootName.Length] == '/' ? name[rootName.Length..] : null;
    }

    /// <summary>Part by part, with links.</summary>
    private long Walk(GuestTask task, string whole, bool follow, ref Target target)
    {
        var left = new Stack<string>();
        Push(left, whole);
        var parts = new List<string>();
        string root = task.Process.Place.Root;
        int links = 0;
        bool isDirectory = true;
        target.IsResolved = true;
        target.Node = null;
        target.Open = null;
        while (left.TryPop(out string? part))
        {
            if (part == "..")
            {
                if (!isDirectory)
                    return Fail.ENOTDIR;
                if (parts.Count > 0 && !(root.Length > 1 && IsRoot(parts, root)))
                    parts.RemoveAt(parts.Count - 1);
                continue;
            }
            if (part.Length > MostName)
                return Fail.ENAMETOOLONG;
            parts.Add(part);
            string path = "/" + string.Join('/', parts);
            bool last = left.Count == 0;
            long error = Step(task, path, !last || follow, out string? link, out OpenFile? jump, out isDirectory);
            if (error == Dangling || (error < 0 && (!last || error != Fail.ENOENT)))
                return error == Dangling ? Fail.ENOENT : error;
            if (jump is not null && (!last || follow))
            {
                if (!last)
                {
                    parts = [.. NameOf(jump).Split('/', StringSplitOptions.RemoveEmptyEntries)];
                    isDirectory = jump is HostFile { IsDirectory: true } or PathFile { IsDirectory: true } or NodeDirectory;
                    continue;
                }
                target.Open = jump;
                target.Path = path;
                return 0;
            }
            if (link is null || (last && !follow))
                continue;
            if (++links > MostLinks)
                return Fail.ELOOP;
            if (link.Length == 0)
                return Fail.ENOENT;
            parts.RemoveAt(parts.Count - 1);
            isDirectory = true; // the one that the link lies in
            if (link[0] == '/')
                parts = [.. root.Split('/', StringSplitOptions.RemoveEmptyEntries)];
            Push(left, link);
        }
        target.Path = "/" + string.Join('/', parts);
        return IsOwn(target.Path) ? FindNode(task, target.Path, out target.Node) is var found and < 0 && found != Fail.ENOENT ? found : 0 : 0;
    }

    private static bool IsRoot(List<string> parts, string root) => root == "/" + string.Join('/', parts);

    /// <summary>One part: a link's text, or null. ENOTDIR is told by whoever goes on from a file.</summary>
    private long Step(GuestTask task, string path, bool follow, out string? link, out OpenFile? jump, out bool isDirectory)
    {
        link = null;
        jump = null;
        isDirectory = false;
        if (IsOwn(path))
        {
            long error = FindNode(task, path, out Node? node);
            isDirectory = node?.IsDirectory ?? false;
            if (node is not { IsLink: true })
                return error;
            error = node.ReadLink(task, out link);
            if (node is FileLinkNode open)
                jump = open.Target;
            if (error < 0 && follow)
                return error == Fail.ENOENT ? Dangling : error;
            return 0;
        }
        long fd = HostFiles.Open(Root, path[1..], Fcntl.O_PATH | Fcntl.O_NOFOLLOW);
        if (fd < 0)
            return fd;
        uint type = HostFiles.Stat((int)fd, out stat status) == 0 ? status.st_mode & StatMode.S_IFMT : 0;
        isDirectory = type == StatMode.S_IFDIR;
        if (type == StatMode.S_IFLNK)
            HostFiles.ReadLink((int)fd, out link);
        HostFiles.Close((int)fd);
        return 0;
    }

    /// <summary>A link of ours that leads nowhere: not the same as a last part that is missing, which may be created.</summary>
    private const long Dangling = -10_002;

    /// <summary>Beneath a tree of the kernel's own, which may have holes for the host's (/dev/shm).</summary>
    private bool IsOwn(string path)
    {
        int end = path.IndexOf('/', 1);
        string top = end < 0 ? path : path[..end];
        return mounts.ContainsKey(top) && !(top == "/dev" && (path.StartsWith("/dev/shm/", StringComparison.Ordinal) || path == "/dev/shm"));
    }

    private long FindNode(GuestTask task, string path, out Node? node)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        node = mounts["/" + parts[0]];
        for (int i = 1; i < parts.Length; i++)
        {
            if (node is not { IsDirectory: true })
            {
                node = null;
                return Fail.ENOTDIR;
            }
            if (!node.Allows(task.Credentials, 1))
            {
                node = null;
                return Fail.EACCES;
            }
            node = node.Lookup(task, parts[i]);
            if (node is null)
                return Fail.ENOENT;
        }
        return 0;
    }

    private static void Push(Stack<string> left, string path)
    {
        string[] parts = path.Split('/');
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i].Length > 0 && parts[i] != ".")
                left.Push(parts[i]);
        }
    }

    private static bool HasParent(string path)
    {
        for (int at = path.IndexOf("..", StringComparison.Ordinal); at >= 0; at = path.IndexOf("..", at + 1, StringComparison.Ordinal))
        {
            bool begins = at == 0 || path[at - 1] == '/', ends = at + 2 == path.Length || path[at + 2] == '/';
            if (begins && ends)
                return true;
        }
        return false;
    }

    /// <summary>Without double and trailing slashes and without "."; there is no "..".</summary>
    private static string Normal(string path)
    {
        if (!path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal) && (path.Length == 1 || path[^1] != '/') && path[0] == '/')
            return path;
        var text = new StringBuilder(path.Length);
        foreach (string part in path.Split('/'))
        {
            if (part.Length > 0 && part != ".")
                text.Append('/').Append(part);
        }
        return text.Length == 0 ? "/" : text.ToString();
    }
}
