using System.Globalization;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Isolation.Hardened;

/// <summary>Whether a caller without root may make a cgroup: only on pure cgroup v2, beside its own, where that place was delegated to it (cgroups(7)).</summary>
public static class CgroupAccess
{
    /// <summary>Where containers without an own cgroup are told about.</summary>
    public const string Mend = "needs a cgroup, which a plain user has only on cgroup v2 where one was delegated (systemd-run --user --scope -p Delegate=yes), or run it as root";

    private const int WriteAccess = 2;

    /// <summary>Why there can be none; null: there can.</summary>
    public static string? WhyNot(CgroupLayout layout)
    {
        if (layout.Mode != CgroupMode.Unified)
            return string.Create(CultureInfo.InvariantCulture, $"this machine has cgroup v1 ({layout.Mode.ToString().ToLowerInvariant()})");
        CgroupHierarchy tree = layout.Hierarchies[0];
        string parent = tree.Mount + Parent(tree.OwnPath);
        foreach (string file in new[] { "", "/cgroup.procs", "/cgroup.subtree_control" })
        {
            if (Sys.AccessAt(Fd.Cwd, parent + file, WriteAccess) != Errno.None)
                return $"{parent}{file} is not delegated to user {Sys.GetEuid()}";
        }
        return null;
    }

    /// <summary>Refuses limits that nothing would hold, and what would be out of reach without a cgroup.</summary>
    public static void RequireNothing(SandboxPlan plan, string why)
    {
        CgroupResources? asked = plan.Cgroup.Resources;
        if (asked is not null && Limit(asked) is { } limit)
            throw new StepException($"$.linux.resources.{limit} {Mend}: {why}");
        if (plan.Cgroup.Systemd)
            throw new StepException($"--systemd-cgroup {Mend}: {why}");
        if (!plan.Namespaces.IsNew(Sched.CLONE_NEWPID))
            throw new StepException($"$.linux.namespaces: without a cgroup the end of a pid namespace of its own must end the container's processes: add {{\"type\": \"pid\"}}; {why}");
    }

    private static string? Limit(CgroupResources asked)
    {
        if ((asked.MemoryLimit ?? asked.MemoryReservation ?? asked.MemorySwap) is not null)
            return "memory";
        if (asked.PidsLimit is not null)
            return "pids";
        if (asked.CpuShares is not null || asked.CpuQuota is not null || asked.CpuPeriod is not null || asked.Cpus is { Length: > 0 } || asked.Mems is { Length: > 0 })
            return "cpu";
        return asked.BlockWeight is not null || asked.ReadBps.Count + asked.WriteBps.Count + asked.ReadIops.Count + asked.WriteIops.Count > 0 ? "blockIO"
            : asked.Unified.Count > 0 ? "unified"
            : asked.Hugepages.Count > 0 ? "hugepageLimits"
            : null;
    }

    private static string Parent(string own)
    {
        int slash = own.LastIndexOf('/');
        return slash <= 0 ? "" : own[..slash];
    }
}
