using System;
using System.Collections.Generic;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups;

public enum CgroupMode
{
    /// <summary>Only v1 hierarchies are mounted.</summary>
    Legacy,

    /// <summary>v1 hierarchies, and the unified one beside them.</summary>
    Hybrid,

    /// <summary>Only the unified hierarchy (v2).</summary>
    Unified,
}

/// <summary>One mounted hierarchy.</summary>
/// <param name="Controllers">The same as flags.</param>
/// <param name="Key">Its controllers as /proc/self/cgroup lists them ("cpu,cpuacct"); "" for the unified one.</param>
/// <param name="Mount">Its mount point, absolute, no slash at the end.</param>
/// <param name="MountRoot">The directory of the hierarchy that is mounted there; null when not looked up.</param>
/// <param name="OwnPath">The cgroup that this process is in.</param>
public sealed record CgroupHierarchy(string Key, CgroupControllers Controllers, string Mount, string? MountRoot, string OwnPath)
{
    public bool IsUnified => Controllers == CgroupControllers.Unified;
}

/// <summary>Which hierarchies this machine has, and where.</summary>
public sealed class CgroupLayout
{
    private const string Default = "/sys/fs/cgroup";

    private readonly CgroupHierarchy[] _hierarchies;

    private CgroupLayout(CgroupMode mode, CgroupHierarchy[] hierarchies)
    {
        Mode = mode;
        _hierarchies = hierarchies;
    }

    public CgroupMode Mode { get; }

    public IReadOnlyList<CgroupHierarchy> Hierarchies => _hierarchies;

    /// <summary>
    /// Looks at this machine. Probes the usual mount points with one statfs each, because /proc/self/mountinfo grows with every container
    /// on the host; reads mountinfo only where the probe does not fit.
    /// </summary>
    public static CgroupLayout Detect()
    {
        string self = CgroupIo.Read(Fd.Cwd, "/proc/self/cgroup").OrThrow("read", "/proc/self/cgroup");
        Result<long> magic = Sys.FileSystemMagic(Default);
        if (magic.Ok && magic.Value == CgroupMagic.CGROUP2_SUPER_MAGIC)
            return new CgroupLayout(CgroupMode.Unified, [new CgroupHierarchy("", CgroupControllers.Unified, Default, null, OwnUnified(self))]);
        CgroupHierarchy[]? found = magic.Ok && magic.Value == CgroupMagic.TMPFS_MAGIC ? Probe(self) : null;
        found ??= FromMountInfo(self);
        return new CgroupLayout(ModeOf(found), found);
    }

    /// <summary>The mounted hierarchies by /proc/self/mountinfo: the slow and thorough way, which also knows which subtree is mounted.</summary>
    public static CgroupLayout DetectByMountInfo()
    {
        CgroupHierarchy[] found = FromMountInfo(CgroupIo.Read(Fd.Cwd, "/proc/self/cgroup").OrThrow("read", "/proc/self/cgroup"));
        return new CgroupLayout(ModeOf(found), found);
    }

    /// <summary>The hierarchies of a mountinfo and a cgroup file of /proc.</summary>
    internal static CgroupLayout Parse(string mountInfo, string self)
    {
        CgroupHierarchy[] found = FromMountInfo(mountInfo, self);
        return new CgroupLayout(ModeOf(found), found);
    }

    /// <summary>The target's directory in a hierarchy, below its mount point, without a leading slash.</summary>
    internal string Inner(CgroupHierarchy hierarchy, CgroupTarget target)
    {
        if (!target.Relative)
            return target.Path;
        string own = hierarchy.OwnPath;
        // Without a cgroup namespace, inside another container, only a subtree is mounted: "own" is then told from the real root.
        if (own != "/" && hierarchy.MountRoot is null)
            hierarchy = WithRoot(hierarchy);
        if (hierarchy.MountRoot is { } root && root != "/" && own.StartsWith(root, StringComparison.Ordinal))
            own = own[root.Length..];
        if (own.StartsWith("/..", StringComparison.Ordinal))
            throw new StepException($"our own cgroup {own} is outside the mounted cgroup tree: a relative cgroupsPath has no place");
        // v2: our own cgroup holds processes (us), so no controller can be enabled below it: go beside it.
        if (hierarchy.IsUnified && Mode == CgroupMode.Unified)
            own = own.LastIndexOf('/') is int slash and > 0 ? own[..slash] : "/";
        own = own.Trim('/');
        return own.Length == 0 ? target.Path : own + "/" + target.Path;
    }

    private static CgroupHierarchy WithRoot(CgroupHierarchy hierarchy)
    {
        foreach (CgroupHierarchy mounted in DetectByMountInfo()._hierarchies)
        {
            if (mounted.Key == hierarchy.Key)
                return mounted;
        }
        return hierarchy;
    }

    private static CgroupMode ModeOf(CgroupHierarchy[] found)
    {
        bool unified = false, legacy = false;
        foreach (CgroupHierarchy hierarchy in found)
        {
            unified |= hierarchy.IsUnified;
            legacy |= !hierarchy.IsUnified;
        }
        if (!unified && !legacy)
            throw new StepException("no cgroup file system is mounted: mount one at /sys/fs/cgroup");
        return unified ? (legacy ? CgroupMode.Hybrid : CgroupMode.Unified) : CgroupMode.Legacy;
    }

    /// <summary>The hierarchies at /sys/fs/cgroup/CONTROLLERS, as systemd and everybody after it mounts them; null when one is elsewhere.</summary>
    private static CgroupHierarchy[]? Probe(string self)
    {
        var found = new List<CgroupHierarchy>(16);
        foreach (ReadOnlySpan<char> line in self.AsSpan().EnumerateLines())
        {
            if (!SplitSelf(line, out string key, out string own))
                continue;
            bool unified = key.Length == 0;
            CgroupControllers controllers = unified ? CgroupControllers.Unified : ControllerNames.Parse(key);
            if (controllers == CgroupControllers.None)
                continue;
            string mount = Default + "/" + (unified ? "unified" : controllers == CgroupControllers.SystemdName ? "systemd" : key);
            Result<long> magic = Sys.FileSystemMagic(mount);
            if (magic.Ok && magic.Value == (unified ? CgroupMagic.CGROUP2_SUPER_MAGIC : CgroupMagic.CGROUP_SUPER_MAGIC))
                found.Add(new CgroupHierarchy(key, controllers, mount, null, own));
            else if (!unified)
                return null;
        }
        return found.Count == 0 ? null : [.. found];
    }

    private static CgroupHierarchy[] FromMountInfo(string self) =>
        FromMountInfo(CgroupIo.Read(Fd.Cwd, "/proc/self/mountinfo").OrThrow("read", "/proc/self/mountinfo"), self);

    private static CgroupHierarchy[] FromMountInfo(string text, string self)
    {
        var found = new List<CgroupHierarchy>(16);
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            // proc_pid_mountinfo(5): ID PARENT MAJ:MIN ROOT MOUNTPOINT OPTIONS [TAGS...] - TYPE SOURCE SUPEROPTIONS
            int dash = line.IndexOf(" - cgroup", StringComparison.Ordinal);
            if (dash < 0)
                continue;
            string[] head = line[..dash].ToString().Split(' ');
            string[] tail = line[(dash + 3)..].ToString().Split(' ');
            if (head.Length < 6 || tail.Length < 3 || tail[0] is not ("cgroup" or "cgroup2"))
                continue;
            CgroupControllers controllers = tail[0] == "cgroup2" ? CgroupControllers.Unified : ControllerNames.Parse(tail[2]);
            if (Find(self, controllers) is (string key, string own) && !Contains(found, controllers))
                found.Add(new CgroupHierarchy(key, controllers, Unescape(head[4]), Unescape(head[3]), own));
        }
        return [.. found];
    }

    private static bool Contains(List<CgroupHierarchy> found, CgroupControllers controllers)
    {
        foreach (CgroupHierarchy hierarchy in found)
        {
            if (hierarchy.Controllers == controllers)
                return true;
        }
        return false;
    }

    /// <summary>The line of /proc/self/cgroup with exactly these controllers.</summary>
    private static (string Key, string Own)? Find(string self, CgroupControllers controllers)
    {
        foreach (ReadOnlySpan<char> line in self.AsSpan().EnumerateLines())
        {
            if (SplitSelf(line, out string key, out string own)
                && (key.Length == 0 ? CgroupControllers.Unified : ControllerNames.Parse(key)) == controllers && controllers != CgroupControllers.None)
            {
                return (key, own);
            }
        }
        return null;
    }

    private static string OwnUnified(string self) => Find(self, CgroupControllers.Unified)?.Own ?? "/";

    /// <summary>cgroups(7): hierarchy-ID:controller-list:cgroup-path.</summary>
    private static bool SplitSelf(ReadOnlySpan<char> line, out string key, out string own)
    {
        key = own = "";
        int first = line.IndexOf(':');
        int second = first < 0 ? -1 : line[(first + 1)..].IndexOf(':');
        if (second < 0)
            return false;
        key = line.Slice(first + 1, second).ToString();
        own = line[(first + second + 2)..].ToString();
        return true;
    }

    /// <summary>The kernel writes space, tab, newline and backslash as three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                plain.Append((char)(((text[i + 1] - '0') << 6) | ((text[i + 2] - '0') << 3) | (text[i + 3] - '0')));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }
        return plain.ToString();
    }
}
