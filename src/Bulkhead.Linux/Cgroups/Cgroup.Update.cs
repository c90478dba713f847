using System.Globalization;

namespace Bulkhead.Linux.Cgroups;

public sealed partial class Cgroup
{
    internal string? Unit => _unit;

    internal bool UserManager => _userManager;

    /// <summary>Changes limits of a live container; null values stay.</summary>
    public void Update(CgroupResources resources, bool rootless = false)
    {
        if (_unit is not null)
        {
            PrepareForSystemd(resources);
            Systemd.SystemdScope.SetProperties(this, resources);
        }
        Apply(resources, fresh: false, rootless);
    }

    /// <summary>
    /// systemd writes before our own code does, so the check against the present use comes first here. And it sets quota and period, limit
    /// and sum in one: where only one of a pair is asked for, the other is what the kernel has.
    /// </summary>
    private void PrepareForSystemd(CgroupResources r)
    {
        if (IsUnified)
        {
            if (r.CheckBeforeUpdate)
                ResourcesV2.RefuseBelowUse(_entries[0], r);
            long limit = ResourcesV2.LimitBesideSwap(_entries[0], r);
            if (limit != 0)
                r.MemoryLimit = limit;
        }
        bool quota = (r.CpuQuota ?? 0) != 0, period = (r.CpuPeriod ?? 0) != 0;
        if (quota == period)
            return;
        (long presentQuota, ulong presentPeriod) = PresentQuota();
        if (quota && presentPeriod != 0)
            r.CpuPeriod = presentPeriod;
        if (period)
            r.CpuQuota = presentQuota;
    }

    /// <summary>Quota, -1 for none, and period, 0 when they cannot be read; microseconds.</summary>
    private (long Quota, ulong Period) PresentQuota()
    {
        if (IsUnified)
        {
            string[] both = _entries[0].Read("cpu.max") is { Ok: true } text ? text.Value.Split([' ', '\n']) : [];
            return both.Length < 2 ? (-1, 0) : (Number(both[0], -1), (ulong)Number(both[1], 0));
        }
        if (Find(CgroupControllers.Cpu) is not { } cpu || cpu.ReadNumber("cpu.cfs_period_us") is not { Ok: true } period)
            return (-1, 0);
        // No quota is -1 there, which ReadNumber gives as 0.
        return (cpu.ReadNumber("cpu.cfs_quota_us") is { Ok: true, Value: > 0 } quota ? (long)quota.Value : -1, period.Value);
    }

    private static long Number(string text, long otherwise) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : otherwise;
}
