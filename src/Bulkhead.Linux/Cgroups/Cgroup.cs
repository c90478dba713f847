using System;
using System.Collections.Generic;

namespace Bulkhead.Linux.Cgroups;

/// <summary>
/// A container's cgroup: one directory in each mounted hierarchy. Made by <see cref="Create"/> or found again by <see cref="Open"/>.
/// Not thread-safe.
/// </summary>
public sealed partial class Cgroup : IDisposable
{
    private readonly CgroupEntry[] _entries;
    private readonly string? _unit;
    private readonly bool _userManager;

    private Cgroup(CgroupEntry[] entries, string? unit, bool userManager)
    {
        _entries = entries;
        _unit = unit;
        _userManager = userManager;
    }

    /// <summary>Only the unified hierarchy (v2) is here.</summary>
    public bool IsUnified => _entries.Length == 1 && _entries[0].IsUnified;

    /// <summary>What to save, to find this cgroup again.</summary>
    public CgroupPaths Paths
    {
        get
        {
            var entries = new KeyValuePair<string, string>[_entries.Length];
            for (int i = 0; i < entries.Length; i++)
                entries[i] = new KeyValuePair<string, string>(_entries[i].Key, _entries[i].Path);
            return new CgroupPaths(entries, _unit, _userManager);
        }
    }

    /// <summary>The paths that <see cref="Create"/> would make: to be written down before it makes them.</summary>
    public static CgroupPaths PathsOf(CgroupLayout layout, CgroupTarget target)
    {
        var entries = new KeyValuePair<string, string>[layout.Hierarchies.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            CgroupHierarchy hierarchy = layout.Hierarchies[i];
            entries[i] = new(hierarchy.Key, hierarchy.Mount + "/" + layout.Inner(hierarchy, target));
        }
        return new CgroupPaths(entries, target.Systemd ? target.Unit : null, target.UserManager);
    }

    /// <summary>The cgroup of saved paths. Touches nothing: that the directories are gone shows at the first use.</summary>
    public static Cgroup Open(CgroupPaths paths)
    {
        var entries = new CgroupEntry[paths.Entries.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            (string key, string path) = (paths.Entries[i].Key, paths.Entries[i].Value);
            if (path.Length < 2 || path[0] != '/' || path.Contains("/../", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal))
                throw new StepException($"saved cgroup path is not absolute: \"{path}\"");
            entries[i] = new CgroupEntry(key, key.Length == 0 ? CgroupControllers.Unified : ControllerNames.Parse(key), path);
        }
        return new Cgroup(entries, paths.Unit, paths.UserManager);
    }

    /// <summary>The cgroup's directory exists (in the hierarchy that keeps its processes).</summary>
    public bool Exists => _entries.Length > 0 && Sys.StatAt(Fd.Cwd, Main.Path).Ok;

    public void Dispose()
    {
        foreach (CgroupEntry entry in _entries)
            entry.Dispose();
        foreach (Fd fd in _joinFds)
            fd.Dispose();
    }

    /// <summary>The hierarchy whose process list counts: devices as in runc, else the first.</summary>
    private CgroupEntry Main => Find(CgroupControllers.Devices) ?? Find(CgroupControllers.Pids) ?? _entries[0];

    private CgroupEntry? Unified => Find(CgroupControllers.Unified);

    private CgroupEntry? Find(CgroupControllers controller)
    {
        foreach (CgroupEntry entry in _entries)
        {
            if ((entry.Controllers & controller) != 0)
                return entry;
        }
        return null;
    }
}
