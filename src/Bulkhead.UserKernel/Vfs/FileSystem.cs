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

/// <summary>
/// The guest's tree: the host's directory that is its root, with /proc, /sys and /dev of the kernel's own over it. The host never follows a
/// link for a guest: a path with one is walked here, part by part.
/// </summary>
internal sealed partial class FileSystem(Kernel kernel, string root)
{
    public const int AtCwd = Fcntl.AT_FDCWD, MostLinks = 40, MostPath = 4096, MostName = 255;
    private readonly Fd rootFd = Sys.OpenAt(Fd.Cwd, root, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open the root", root);
    private readonly Dictionary<(ulong Device, ulong Inode), WeakReference<PipeBuffer>> fifos = [];
    /// <summary>The host's file systems that files were opened of, by st_dev: no mount comes or goes.</summary>
    private readonly Dictionary<ulong, bool> devices = [];
    private readonly Dictionary<string, Node> mounts = new(StringComparer.Ordinal)
    {
        ["/proc"] = ProcTree.Make(kernel),
        ["/sys"] = SysTree.Make(),
        ["/dev"] = DevTree.Make(kernel),
    };

    private readonly string rootName = NameOfRoot(root);
    private readonly string[] holes = HolesOf(kernel);

    public int Root => rootFd.Value;

    /// <summary>Without links, as the host's kernel tells names of open files.</summary>
    private static string NameOfRoot(string root)
    {
        using Fd opened = Sys.OpenAt(Fd.Cwd, root, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open the root", root);
        return HostFiles.DescriptorName(opened.Value, out string name) > 0 ? name : "/";
    }

    /// <summary>Init's working directory.</summary>
    public static FileSystemState Start(KernelOptions options) => new() { Cwd = Normal(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(options.Cwd))), Umask = options.Umask };

    /// <summary>Where the path leads, without looking yet where that is not needed. <paramref name="follow"/>: also the last part. <paramref name="makes"/>: it is to be made, and not looked at when nothing is known of it.</summary>
    public long Locate(GuestTask task, int dirfd, string path, bool follow, out Target target, bool resolve = false, bool makes = false)
    {
        target = new Target { IsMade = makes };
        if (path.Length == 0)
            return Fail.ENOENT;
        if (path.Length >= MostPath)
            return Fail.ENAMETOOLONG;
        if (Locate(task, dirfd, path, follow, ref target, out long error))
            return error;
        error = Base(task, dirfd, path, out string start, out OpenFile? directory, out bool isGone);
        if (error == 0 && isGone)
            error = FromGone(directory!, ref start, ref path, ref target);
        if (error < 0 || target.Open is not null)
            return error;
        string whole = start + "/" + path;
        target.MustBeDirectory = path[^1] == '/' || path.EndsWith("/.", StringComparison.Ordinal) || path is "." or "..";
        if (HasParent(path) || IsOwn(target.Path = Normal(whole)) || resolve)
            return Walk(task, whole, follow || target.MustBeDirectory, ref target);
        if (directory is not null && !isGone)
            (target.Directory, target.Tail) = (directory, Normal("/" + path) is { Length: > 1 } tail ? tail[1..] : ".");
        return 0;
    }

    /// <summary>openat2(2) with RESOLVE_*: the whole walk is made here.</summary>
    public long LocateWithin(GuestTask task, int dirfd, string path, bool follow, ulong resolve, out Target target)
    {
        target = default;
        if (path.Length == 0)
            return Fail.ENOENT;
        if ((resolve & WalkScope.Cached) != 0)
            return Fail.EAGAIN; // nothing is known without a look
        bool isAbsolute = path[0] == '/';
        if (isAbsolute && (resolve & WalkScope.Beneath) != 0)
            return Fail.EXDEV;
        if (isAbsolute && (resolve & WalkScope.InRoot) != 0)
            path = "./" + path;
        long error = Base(task, dirfd, path, out string start, out _, out bool isGone);
        if (error < 0 || isGone)
            return error < 0 ? error : Fail.ENOENT;
        target.MustBeDirectory = path[^1] == '/' || path.EndsWith("/.", StringComparison.Ordinal) || path is "." or "..";
        return Walk(task, path, follow || target.MustBeDirectory, ref target, new WalkScope(resolve, start.Length == 0 ? "/" : start));
    }

    /// <summary>The same, after the host said ELOOP: with every link on the way resolved.</summary>
    public long Resolve(GuestTask task, bool follow, ref Target target) => Walk(task, target.Path, follow || target.MustBeDirectory, ref target);

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
