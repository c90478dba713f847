using System;
using System.Text;

namespace Bulkhead.Linux.Cgroups;

/// <summary>Where a container's cgroup goes: the cgroupsPath of a config, checked and split.</summary>
public sealed class CgroupTarget
{
    private CgroupTarget()
    {
    }

    /// <summary>Path below each hierarchy's root (or below our own cgroup when <see cref="Relative"/>), no leading slash, no dots.</summary>
    public string Path { get; private init; } = "";

    /// <summary>The config gave a path without a leading slash: it starts at our own cgroup (on v2 at its parent, as runc does).</summary>
    public bool Relative { get; private init; }

    /// <summary>systemd makes the cgroup: <see cref="Slice"/> and <see cref="Unit"/> say which.</summary>
    public bool Systemd { get; private init; }

    public string Slice { get; private init; } = "";

    public string Unit { get; private init; } = "";

    /// <summary>The user's own systemd manager is asked, over the user bus.</summary>
    public bool UserManager { get; private init; }

    /// <summary>
    /// Parses a cgroupsPath. Empty: "/ID" (systemd: a scope "bulkhead-ID" in system.slice, or user.slice of the user manager).
    /// systemd's form is slice:prefix:name.
    /// </summary>
    public static CgroupTarget Parse(string? cgroupsPath, string id, bool systemd = false, bool userManager = false)
    {
        if (systemd)
            return ParseSystemd(cgroupsPath, id, userManager);
        if (string.IsNullOrEmpty(cgroupsPath))
            return new CgroupTarget { Path = Clean(id) };
        return new CgroupTarget { Path = Clean(cgroupsPath), Relative = cgroupsPath[0] != '/' };
    }

    /// <summary>The same unit below the cgroup of the user's manager.</summary>
    internal CgroupTarget Below(string cgroup) =>
        new() { Path = Clean(cgroup + "/" + Path), Systemd = Systemd, Slice = Slice, Unit = Unit, UserManager = UserManager };

    /// <summary>"a-b.slice" is "/a.slice/a-b.slice" in the tree (systemd.slice(5)); "-.slice" is the root.</summary>
    public static string ExpandSlice(string slice)
    {
        const string Suffix = ".slice";
        if (slice == "-.slice")
            return "";
        if (slice.Length <= Suffix.Length || !slice.EndsWith(Suffix, StringComparison.Ordinal) || slice.Contains('/', StringComparison.Ordinal))
            throw new StepException($"invalid slice name: {slice}");
        string stem = slice[..^Suffix.Length];
        var path = new StringBuilder();
        int start = 0;
        while (true)
        {
            int dash = stem.IndexOf('-', start);
            int end = dash < 0 ? stem.Length : dash;
            if (end == start)
                throw new StepException($"invalid slice name: {slice}");
            if (path.Length > 0)
                path.Append('/');
            path.Append(stem, 0, end).Append(Suffix);
            if (dash < 0)
                return path.ToString();
            start = dash + 1;
        }
    }

    private static CgroupTarget ParseSystemd(string? cgroupsPath, string id, bool userManager)
    {
        string slice = "", prefix = "bulkhead", name = id;
        if (!string.IsNullOrEmpty(cgroupsPath))
        {
            string[] parts = cgroupsPath.Split(':');
            if (parts.Length != 3)
                throw new StepException($"expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"{cgroupsPath}\" instead");
            (slice, prefix, name) = (parts[0], parts[1], parts[2]);
        }
        if (slice.Length == 0)
            slice = userManager ? "user.slice" : "system.slice";
        bool isSlice = name.EndsWith(".slice", StringComparison.Ordinal);
        string unit = isSlice ? name : (prefix.Length == 0 ? name : prefix + "-" + name) + ".scope";
        if (name.Length == 0 || unit.Length > 255 || !IsUnitName(unit))
            throw new StepException($"invalid systemd unit name: \"{unit}\"");
        string sliceDir = ExpandSlice(slice);
        string path = sliceDir.Length == 0 ? unit : sliceDir + "/" + unit;
        return new CgroupTarget { Path = Clean(path), Systemd = true, Slice = slice, Unit = unit, UserManager = userManager };
    }

    /// <summary>unit_name_is_valid of systemd: letters, digits and ":-_.\".</summary>
    private static bool IsUnitName(string unit)
    {
        foreach (char c in unit)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not (':' or '-' or '_' or '.' or '\\' or '@'))
                return false;
        }
        return true;
    }

    /// <summary>Drops empty parts and ".", refuses "..", control characters and the root itself.</summary>
    private static string Clean(string path)
    {
        var clean = new StringBuilder(path.Length);
        foreach (Range range in path.AsSpan().Split('/'))
        {
            ReadOnlySpan<char> part = path.AsSpan(range);
            if (part.IsEmpty || part is ".")
                continue;
            if (part is ".." || part.Length > 255)
                throw Invalid(path);
            foreach (char c in part)
            {
                if (c < ' ' || c == 0x7f)
                    throw Invalid(path);
            }
            if (clean.Length > 0)
                clean.Append('/');
            clean.Append(part);
        }
        return clean.Length == 0 ? throw Invalid(path) : clean.ToString();
    }

    private static StepException Invalid(string path) => new($"invalid cgroupsPath \"{path}\": it must name a cgroup below the root, without \"..\" or control characters");
}
