using System;
using System.Collections.Generic;
using Bulkhead.Isolation.Plan;

namespace Bulkhead.Isolation.UserKernel;

/// <summary>Which of a container's mounts nobody else changes while it runs.</summary>
internal static class FileAccess
{
    private static readonly string[] OwnTypes = ["tmpfs", "ramfs"];

    /// <summary>Their points: the root when it is said to be, new file systems in memory always, bind mounts when they are said to be.</summary>
    public static IEnumerable<string> Exclusive(SandboxPlan plan)
    {
        if (Is(plan, Extensions.FileAccess))
            yield return "/";
        bool withBinds = Is(plan, Extensions.FileAccessMounts);
        foreach (MountPlan mount in plan.Mounts)
        {
            if (mount.Source is null ? Array.IndexOf(OwnTypes, mount.Type) >= 0 : withBinds)
                yield return mount.Destination;
        }
    }

    private static bool Is(SandboxPlan plan, string name) => Array.Exists(plan.Annotations, pair => pair.Key == name && pair.Value == Extensions.Exclusive);
}
