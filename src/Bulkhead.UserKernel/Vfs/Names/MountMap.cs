using System;
using System.Collections.Generic;
using System.Text;
using Bulkhead.UserKernel.Vfs.Proc;

namespace Bulkhead.UserKernel.Vfs.Names;

/// <summary>Which parts of the guest's tree nobody but this kernel changes, and which nobody changes at all.</summary>
internal sealed class MountMap
{
    private readonly Dictionary<string, (bool IsExclusive, bool IsReadOnly)> points = new(StringComparer.Ordinal);
    private readonly HashSet<string> above = new(StringComparer.Ordinal);

    /// <param name="kernel">Whose sandbox it is.</param>
    /// <param name="inside">A path of the host's as the guest knows it; null: outside of its root.</param>
    /// <param name="exclusive">Mount points that the caller says are this sandbox's own.</param>
    /// <param name="own">Trees of the kernel's own.</param>
    public MountMap(Kernel kernel, Func<string, string?> inside, string[] exclusive, IEnumerable<string> own)
    {
        List<(string Point, string Device, bool IsReadOnly)> all = [.. MountTexts.Accesses(kernel)];
        foreach ((string point, string device, bool isReadOnly) in all)
        {
            if (inside(Unescaped(point)) is not { } path)
                continue;
            // What can be changed by another path as well is not known by this one.
            bool hasTwin = all.Exists(other => other.Device == device && other.Point != point && !other.IsReadOnly);
            Add(path, (!hasTwin && Array.IndexOf(exclusive, path) >= 0, isReadOnly)); // the last of several at one place is what is seen
        }
        foreach (string path in own)
            Add(path, (false, false));
        // A root that is no mount point of its own (a kernel by hand): said to be exclusive or not, it may be written to.
        points.TryAdd("/", (Array.IndexOf(exclusive, "/") >= 0, false));
    }

    public bool IsExclusive(string path) => points.TryGetValue(path, out (bool IsExclusive, bool) found) && found.IsExclusive;

    /// <summary>Names of exclusive mount points in the root.</summary>
    public byte[][] ExclusiveTops()
    {
        var tops = new List<byte[]>();
        foreach ((string path, (bool isExclusive, bool _)) in points)
        {
            if (isExclusive && path.Length > 1 && path.LastIndexOf('/') == 0)
                tops.Add(Encoding.Latin1.GetBytes(path[1..]));
        }
        return [.. tops];
    }

    /// <summary>False: it is no mount point.</summary>
    public bool Find(string path, out bool isExclusive, out bool isReadOnly)
    {
        bool isPoint = points.TryGetValue(path, out (bool IsExclusive, bool IsReadOnly) found);
        (isExclusive, isReadOnly) = found;
        return isPoint;
    }

    public bool HoldsMounts(string path) => above.Contains(path);

    private void Add(string path, (bool, bool) access)
    {
        points[path] = access;
        for (int cut = path.LastIndexOf('/'); cut >= 0 && path.Length > 1; cut = cut == 0 ? -1 : path.LastIndexOf('/', cut - 1))
            above.Add(cut == 0 ? "/" : path[..cut]);
    }

    /// <summary>mountinfo writes blanks and backslashes as \040 (proc_pid_mounts(5)); bytes are Latin-1.</summary>
    private static string Unescaped(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 3 >= text.Length)
            {
                plain.Append(text[i]);
                continue;
            }
            plain.Append((char)(((text[i + 1] - '0') << 6) | ((text[i + 2] - '0') << 3) | (text[i + 3] - '0')));
            i += 3;
        }
        return plain.ToString();
    }
}
