using System;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation;

/// <summary>A path on the host, as it was written and as it is after symbolic links. Rules hold for both.</summary>
internal readonly struct HostPath
{
    private HostPath(string written, string real, (ulong Device, ulong Inode) identity)
    {
        Written = written;
        Real = real;
        Identity = identity;
    }

    public string Written { get; }

    public string Real { get; }

    /// <summary>st_dev and st_ino of what stands there; zeros: nothing.</summary>
    public (ulong Device, ulong Inode) Identity { get; }

    public static HostPath Resolve(string path, string bundle)
    {
        string asked = path.StartsWith('/') ? path : bundle + "/" + path, written = Clean(asked);
        // As the mount's source will be opened: "..", behind a symbolic link, and an automount point lead to the same place.
        Result<Fd> opened = Sys.OpenTree(Fd.Cwd, asked, 0);
        if (!opened.Ok)
            return new HostPath(written, written, default);
        using Fd fd = opened.Value;
        Result<string> link = Sys.ReadLinkAt(Fd.Cwd, "/proc/self/fd/" + fd.Value.ToString(CultureInfo.InvariantCulture));
        Result<stat> status = Sys.Fstat(fd);
        return new HostPath(written, link.Ok ? link.Value : written, status.Ok ? (status.Value.st_dev, status.Value.st_ino) : default);
    }

    /// <summary>The path is <paramref name="place"/> or something in it.</summary>
    public bool IsBelow(string place) => Holds(place, Real) || Holds(place, Written);

    /// <summary><paramref name="place"/> is something in the path.</summary>
    public bool IsAbove(string place) => Holds(Real, place) || Holds(Written, place);

    /// <summary>After symbolic links, in one of the places: what was written does not count, else a link would be a way out.</summary>
    public bool IsBelowOneOf(string[] places)
    {
        foreach (string place in places)
        {
            if (Holds(place, Real))
                return true;
        }
        return false;
    }

    /// <summary>An absolute path without "//", "." and "..".</summary>
    public static string Clean(string path)
    {
        string[] parts = path.Split('/');
        int count = 0;
        foreach (string part in parts)
        {
            if (part.Length == 0 || part == ".")
                continue;
            if (part != "..")
                parts[count++] = part;
            else if (count > 0)
                count--;
        }
        return "/" + string.Join('/', parts, 0, count);
    }

    private static bool Holds(string place, string path) =>
        place == "/" || (path.StartsWith(place, StringComparison.Ordinal) && (path.Length == place.Length || path[place.Length] == '/'));
}
