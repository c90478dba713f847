namespace Bulkhead.Linux.Cgroups.Systemd;

/// <summary>placeholder</summary>
public static class SystemdScope
{
    internal static void SetProperties(Cgroup cgroup, CgroupResources resources) => throw new StepException("systemd");
    internal static void Stop(string unit, bool userManager) => throw new StepException("systemd");
}
