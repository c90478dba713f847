using System;
using System.Collections.Generic;
using Bulkhead.Isolation.Hardened.Compile;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Isolation.Hardened;

/// <summary>The host's hierarchies as a cgroup mount of the container shows them.</summary>
internal static class CgroupViews
{
    public static CgroupView[] Of(SandboxPlan plan, CgroupLayout layout, CgroupPaths cgroup)
    {
        if (!HasCgroupMount(plan))
            return [];
        IReadOnlyList<KeyValuePair<string, string>> paths = cgroup.Entries;
        var views = new CgroupView[paths.Count];
        for (int i = 0; i < views.Length; i++)
        {
            CgroupHierarchy hierarchy = layout.Hierarchies[i];
            string name = layout.Mode == CgroupMode.Unified ? "" : hierarchy.Mount[(hierarchy.Mount.LastIndexOf('/') + 1)..];
            views[i] = new CgroupView(name, hierarchy.IsUnified ? [] : MountOptionsOf(hierarchy.Key), paths[i].Value);
        }
        return views;
    }

    private static bool HasCgroupMount(SandboxPlan plan)
    {
        foreach (MountPlan mount in plan.Mounts)
        {
            if (mount.Type is "cgroup" or "cgroup2" && mount.Source is null)
                return true;
        }
        return false;
    }

    /// <summary>"name=systemd" has no controller: v1 wants "none" said with it.</summary>
    private static string[] MountOptionsOf(string key) =>
        key.StartsWith("name=", StringComparison.Ordinal) ? ["none", key] : key.Split(',');
}
