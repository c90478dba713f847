using System;

namespace Bulkhead.Linux.Cgroups;

/// <summary>v2: controllers are enabled from the root down, each level for its children (cgroup.subtree_control).</summary>
internal static class UnifiedTree
{
    public static void EnableControllers(string mount, CgroupEntry leaf, CgroupResources? resources)
    {
        string available = Controllers(mount);
        // The usual case: somebody made a container beside ours before.
        if (available.Length == 0 || (leaf.Read("cgroup.controllers") is { Ok: true } here && here.Value.Trim() == available))
            return;
        int end = mount.Length;
        while (end >= 0 && end < leaf.Path.Length)
        {
            using var level = new CgroupEntry("", CgroupControllers.Unified, leaf.Path[..end]);
            Enable(level, available);
            int next = leaf.Path.IndexOf('/', end + 1);
            end = next < 0 ? leaf.Path.Length : next;
        }
        RefuseThreaded(leaf, resources);
    }

    /// <summary>Failures stay silent here: the write of a limit names the missing controller.</summary>
    private static void Enable(CgroupEntry level, string controllers)
    {
        string all = "+" + controllers.Replace(" ", " +", StringComparison.Ordinal);
        if (level.TryWrite("cgroup.subtree_control", all) == Errno.None)
            return;
        // One controller that cannot be enabled spoils the whole write: try them one by one.
        foreach (string one in controllers.Split(' '))
            _ = level.TryWrite("cgroup.subtree_control", "+" + one);
    }

    private static string Controllers(string mount)
    {
        using var root = new CgroupEntry("", CgroupControllers.Unified, mount);
        return root.Read("cgroup.controllers") is { Ok: true } list ? list.Value.Trim() : "";
    }

    /// <summary>
    /// Below a cgroup that holds processes the kernel makes "domain invalid" ones, which take no process until they are threaded; memory,
    /// io and hugetlb do not work there at all.
    /// </summary>
    private static void RefuseThreaded(CgroupEntry leaf, CgroupResources? resources)
    {
        if (leaf.Read("cgroup.type") is not { Ok: true } read)
            return;
        string type = read.Value.Trim();
        if (type is "domain")
            return;
        if (resources is not null && NeedsDomain(resources))
            throw new StepException($"cgroup {leaf.Path} is {type}: a cgroup above it holds processes, so memory, io and hugetlb limits cannot work");
        if (type == "domain invalid")
            _ = leaf.TryWrite("cgroup.type", "threaded");
    }

    private static bool NeedsDomain(CgroupResources r) =>
        (r.MemoryLimit ?? 0) != 0 || (r.MemoryReservation ?? 0) != 0 || (r.MemorySwap ?? 0) != 0 || (r.BlockWeight ?? 0) != 0
        || r.BlockWeightDevices.Count + r.ReadBps.Count + r.WriteBps.Count + r.ReadIops.Count + r.WriteIops.Count + r.Hugepages.Count > 0;
}
