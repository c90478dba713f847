using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs.Proc;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>The walk along a path, part by part (path_resolution(7)).</summary>
internal sealed partial class FileSystem
{
    /// <summary>Part by part, with links.</summary>
    private long Walk(GuestTask task, string whole, bool follow, ref Target target, WalkScope scope = default)
    {
        var left = new Stack<string>();
        Push(left, whole);
        string root = scope.IsScoped ? scope.Start : task.Process.Place.Root;
        List<string> parts = scope.Flags != 0 ? Parts(whole[0] == '/' ? root : scope.Start) : [];
        int links = 0;
        bool isDirectory = true;
        (target.IsResolved, target.Node, target.Open, target.Directory, target.Tail, target.Descriptor, target.Entry) = (true, null, null, null, null, 0, null);
        while (left.TryPop(out string? part))
        {
            if (part == "..")
            {
                if (!isDirectory)
                    return Fail.ENOTDIR;
                bool isTop = parts.Count == 0 || (root.Length > 1 && IsRoot(parts, root));
                if (scope.Has(WalkScope.Beneath) && IsRoot(parts, scope.Start))
                    return Fail.EXDEV;
                if (!isTop)
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
            if (scope.Has(WalkScope.NoCrossing) && MountOf(path) != MountOf(scope.Start))
                return Fail.EXDEV;
            if ((link is null && jump is null) || (last && !follow))
                continue;
            error = MayFollow(scope, link, jump);
            if (error < 0)
                return error;
            if (jump is not null)
            {
                if (last)
                {
                    (target.Open, target.Path) = (jump, path);
                    return 0;
                }
                parts = Parts(NameOf(jump));
                isDirectory = jump is HostFile { IsDirectory: true } or PathFile { IsDirectory: true } or NodeDirectory;
                continue;
            }
            if (++links > MostLinks)
                return Fail.ELOOP;
            if (link!.Length == 0)
                return Fail.ENOENT;
            parts.RemoveAt(parts.Count - 1);
            isDirectory = true; // the one that the link lies in
            if (link[0] == '/')
                parts = Parts(root);
            Push(left, link);
        }
        target.Path = "/" + string.Join('/', parts);
        return IsOwn(target.Path) ? FindNode(task, target.Path, out target.Node) is var found and < 0 && found != Fail.ENOENT ? found : 0 : 0;
    }

    private static long MayFollow(WalkScope scope, string? link, OpenFile? jump)
    {
        if (scope.Has(WalkScope.NoSymlinks) || (jump is not null && scope.Has(WalkScope.NoMagicLinks)))
            return Fail.ELOOP;
        return scope.IsScoped && (jump is not null || (link is { Length: > 0 } && link[0] == '/' && scope.Has(WalkScope.Beneath))) ? Fail.EXDEV : 0;
    }

    private static List<string> Parts(string path) => [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Which tree a path is of: one of ours, or the host's ("").</summary>
    private string MountOf(string path)
    {
        int end = path.IndexOf('/', 1);
        return !IsOwn(path) ? "" : end < 0 ? path : path[..end];
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
    public bool IsOwn(string path)
    {
        int end = path.IndexOf('/', 1);
        string top = end < 0 ? path : path[..end];
        return mounts.ContainsKey(top) && !(top == "/dev" && end > 0 && IsHole(path));
    }

    private bool IsHole(string path)
    {
        foreach (string hole in holes)
        {
            if (path.StartsWith(hole, StringComparison.Ordinal) && (path.Length == hole.Length || path[hole.Length] == '/'))
                return true;
        }
        return false;
    }

    /// <summary>What the sandbox has mounted beneath /dev and we have not: shared memory, and what a volume brings.</summary>
    private static string[] HolesOf(Kernel kernel)
    {
        const string Shared = "/dev/shm";
        var found = new List<string> { Shared };
        foreach ((string point, string type) in MountTexts.Points(kernel))
        {
            if (point.StartsWith("/dev/", StringComparison.Ordinal) && point != Shared && type is not ("devpts" or "mqueue") && !OwnDevices.Contains(point))
                found.Add(point);
        }
        return [.. found];
    }

    /// <summary>Nodes that the sandbox around us binds from the host, and the terminal it shows as the console: the ones of our tree are used.</summary>
    private static readonly HashSet<string> OwnDevices =
        new(["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console"], StringComparer.Ordinal);

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
}
