using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Copy;

/// <summary>Where paths begin: the host's, or a container's root by descriptor, from which no link and no ".." leads out.</summary>
/// <param name="Directory">The root, or the working directory.</param>
/// <param name="IsContainer">Resolved inside the root.</param>
public readonly record struct Place(Fd Directory, bool IsContainer)
{
    private ulong Resolve => IsContainer ? Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS : 0;

    public Result<Fd> Open(string path, int flags) => Sys.OpenAt2(Directory, path.Length == 0 ? "." : path, flags | Fcntl.O_PATH, Resolve);
}

/// <summary>The node that is copied, by docker cp's rules: a slash at the end follows a link to a directory, "/." means what is in it.</summary>
public sealed class CopySource : IDisposable
{
    private CopySource(Fd node, string name, bool contents) => (Node, Name, Contents) = (node, name, contents);

    public Fd Node { get; }

    /// <summary>The last part of its path; empty for the root.</summary>
    public string Name { get; }

    public bool Contents { get; }

    public bool IsDirectory { get; private init; }

    /// <summary>What it is instead of a file; null: it can be copied.</summary>
    public string? Refusal { get; private init; }

    public static CopySource Open(Place place, string path, bool follow)
    {
        string trimmed = path.TrimEnd('/');
        bool dot = trimmed.EndsWith("/.", StringComparison.Ordinal) || trimmed is "." or "";
        bool slash = dot || path.EndsWith('/');
        Fd node = place.Open(path, follow || slash ? 0 : Fcntl.O_NOFOLLOW).OrThrow("open", path);
        uint kind = Sys.Fstat(node).OrThrow("look at", path).st_mode & StatMode.S_IFMT;
        string name = trimmed[(trimmed.LastIndexOf('/') + 1)..];
        return new CopySource(node, name is "." or ".." ? "" : name, dot || name == "..")
        {
            IsDirectory = kind == StatMode.S_IFDIR,
            Refusal = kind is not (StatMode.S_IFREG or StatMode.S_IFDIR or StatMode.S_IFLNK) ? TreeReader.Describe(kind) : kind != StatMode.S_IFLNK && KernelFiles.Has(node) ? "the kernel's" : null,
        };
    }

    public void Dispose() => Node.Dispose();
}

/// <summary>Where the copy goes, by docker cp's rules: into a directory that is there, else under the name that was given.</summary>
public sealed class CopyTarget : IDisposable
{
    private CopyTarget(Fd directory, string name) => (Directory, Name) = (directory, name);

    public Fd Directory { get; }

    /// <summary>Of the copy in it; empty: what is copied becomes one with the directory.</summary>
    public string Name { get; }

    /// <param name="place">Where the path begins.</param>
    /// <param name="path">As it was given.</param>
    /// <param name="name">Of what is copied, for a directory that is there.</param>
    /// <param name="sourceIsDirectory">A directory is copied.</param>
    /// <param name="contents">What is in it, not the directory itself.</param>
    public static CopyTarget Open(Place place, string path, string name, bool sourceIsDirectory, bool contents)
    {
        Result<Fd> found = place.Open(path, 0);
        if (!found.Ok && found.Error != Errno.ENOENT)
            throw new StepException("open", found.Error, path);
        if (found.Ok)
        {
            using Fd node = found.Value;
            uint kind = Sys.Fstat(node).OrThrow("look at", path).st_mode & StatMode.S_IFMT;
            if (kind == StatMode.S_IFDIR)
                return new CopyTarget(Again(place, path), contents ? "" : name);
            if (sourceIsDirectory)
                throw new StepException($"cannot copy a directory to {path}, which is none");
            if (kind != StatMode.S_IFREG)
                throw new StepException($"{path} is {TreeReader.Describe(kind)}: it is not replaced by a copy");
            // The host's links are the caller's own: what they name is replaced. A container's are replaced themselves.
            if (!place.IsContainer)
                path = Sys.ReadLinkAt(Fd.Cwd, $"/proc/self/fd/{node.Value}").OrThrow("resolve", path);
        }
        else if (path.EndsWith('/') && !sourceIsDirectory)
            throw new StepException($"{path} does not exist: a directory must be there to copy a file into it");
        string trimmed = path.TrimEnd('/');
        int slash = trimmed.LastIndexOf('/');
        string last = trimmed[(slash + 1)..];
        if (last is "" or "." or "..")
            throw new StepException("open", Errno.ENOENT, path);
        string parent = slash < 0 ? "." : slash == 0 ? "/" : trimmed[..slash];
        return new CopyTarget(place.Open(parent, Fcntl.O_DIRECTORY).OrThrow("open", parent), last);
    }

    /// <summary>For a tar: the directory must be there.</summary>
    public static CopyTarget OpenDirectory(Place place, string path) => new(Again(place, path), "");

    public void Dispose() => Directory.Dispose();

    private static Fd Again(Place place, string path) => place.Open(path, Fcntl.O_DIRECTORY).OrThrow("open", path);
}
