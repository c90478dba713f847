using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.Plan;

/// <summary>
/// Where a mount goes when the image has a dangling symbolic link there, as Debian's /etc/resolv.conf: its target, inside the root, is made.
/// Only a better spelling: the mount itself resolves it again by RESOLVE_IN_ROOT.
/// </summary>
internal static class Destinations
{
    /// <summary>MAXSYMLINKS of the kernel.</summary>
    private const int MaxLinks = 40;

    public static string Resolve(Fd root, string destination)
    {
        string clean = Clean(destination);
        Result<Fd> found = Sys.OpenAt2(root, clean, Fcntl.O_PATH, Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS);
        if (found.Ok)
            found.Value.Dispose();
        return found.Error == Errno.ENOENT ? Walk(root, clean) : clean;
    }

    private static string Walk(Fd root, string path)
    {
        var todo = new Stack<string>();
        Push(todo, path);
        string done = "";
        for (int links = 0; todo.Count > 0;)
        {
            string part = todo.Pop();
            if (part == "..")
            {
                done = done.Length == 0 ? "" : done[..done.LastIndexOf('/')];
                continue;
            }
            string? target = Link(root, done + "/" + part);
            if (target is null)
            {
                done += "/" + part;
                continue;
            }
            if (++links > MaxLinks)
                throw new StepException("resolve the mount's destination", Errno.ELOOP, path);
            if (target.StartsWith('/'))
                done = "";
            Push(todo, target);
        }
        return done.Length == 0 ? "/" : done;
    }

    private static string? Link(Fd root, string path)
    {
        Result<Fd> fd = Sys.OpenAt2(root, path, Fcntl.O_PATH | Fcntl.O_NOFOLLOW, Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS);
        if (!fd.Ok)
            return null;
        using Fd link = fd.Value;
        Result<string> target = Sys.ReadLinkAt(link, "");
        return target.Ok ? target.Value : null;
    }

    /// <summary>The same place as an absolute path without "//", ".", ".." and a slash at the end, links left alone.</summary>
    public static string Clean(string path)
    {
        bool clean = path.StartsWith('/') && !path.EndsWith('/') && !path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal);
        return clean ? path : HostPath.Clean(path);
    }

    private static void Push(Stack<string> todo, string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i] != ".")
                todo.Push(parts[i]);
        }
    }
}
