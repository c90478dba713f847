using System;
using System.Collections.Generic;

namespace Bulkhead.Linux.Cgroups;

public sealed partial class Cgroup
{
    internal void Apply(CgroupResources r, bool fresh, bool rootless)
    {
        if (r.Devices is not null)
            ApplyDevices(r.Devices, fresh, rootless);
        if (IsUnified)
            ApplyUnified(_entries[0], r);
        else
            ApplyLegacy(r);
    }

    private static void ApplyUnified(CgroupEntry entry, CgroupResources r)
    {
        ResourcesV2.RefuseForeign(r);
        if (r.PidsLimit is long pids)
            entry.Write("pids.max", PidsText(pids));
        ResourcesV2.SetMemory(entry, r);
        ResourcesV2.SetIo(entry, r);
        ResourcesV2.SetCpu(entry, r);
        ResourcesV1.SetCpuset(entry, r); // the same two files
        Hugepages(entry, r, ".max");
        Rdma(entry, r);
        ResourcesV2.SetUnified(entry, r.Unified);
    }

    private void ApplyLegacy(CgroupResources r)
    {
        if (r.PidsLimit is long pids)
            Need(CgroupControllers.Pids, "pids limit").Write("pids.max", PidsText(pids));
        if (HasMemory(r))
            ResourcesV1.SetMemory(Need(CgroupControllers.Memory, "memory limit"), r);
        if (HasCpu(r))
            ResourcesV1.SetCpu(Need(CgroupControllers.Cpu, "cpu limit"), r);
        if (!string.IsNullOrEmpty(r.Cpus) || !string.IsNullOrEmpty(r.Mems))
            ResourcesV1.SetCpuset(Need(CgroupControllers.CpuSet, "cpuset"), r);
        if (HasBlockIo(r))
            ResourcesV1.SetBlkio(Need(CgroupControllers.BlkIO, "blockIO limit"), r);
        if (r.Hugepages.Count > 0)
            HugepagesLegacy(r);
        if (r.NetClassId is uint classId)
            Need(CgroupControllers.NetCls, "network classID").Write("net_cls.classid", (ulong)classId);
        if (r.NetPriorities.Count > 0)
            ResourcesV1.SetNetPrio(Need(CgroupControllers.NetPrio, "network priorities"), r.NetPriorities);
        if (r.Rdma.Count > 0)
            Rdma(Need(CgroupControllers.Rdma, "rdma limit"), r);
        if (r.Unified.Count > 0)
            ResourcesV2.SetUnified(Unified ?? throw new StepException("unified resources cannot be set: no cgroup v2 hierarchy is mounted"), r.Unified);
    }

    /// <summary>The entry of a controller, or the error that this machine lacks it.</summary>
    private CgroupEntry Need(CgroupControllers controller, string what) =>
        Find(controller) ?? throw new StepException($"cannot set {what}: cgroup controller {ControllerNames.Name(controller)} is not mounted on this machine");

    /// <summary>hugetlb is the one controller that hybrid machines often have in the unified hierarchy.</summary>
    private void HugepagesLegacy(CgroupResources r)
    {
        if (Find(CgroupControllers.HugeTlb) is { } legacy)
            Hugepages(legacy, r, ".limit_in_bytes");
        else if (Unified is { } unified && unified.IsEnabled("hugetlb"))
            Hugepages(unified, r, ".max");
        else
            _ = Need(CgroupControllers.HugeTlb, "hugepage limit");
    }

    private static void Hugepages(CgroupEntry entry, CgroupResources r, string suffix)
    {
        bool reservations = true;
        for (int i = 0; i < r.Hugepages.Count; i++)
        {
            (string size, ulong limit) = r.Hugepages[i];
            if (size.Contains('/', StringComparison.Ordinal))
                throw new StepException($"invalid huge page size \"{size}\"");
            entry.Write("hugetlb." + size + suffix, limit);
            // Reservations are counted since Linux 5.7.
            string reserved = "hugetlb." + size + ".rsvd" + suffix;
            Errno error = reservations ? entry.TryWrite(reserved, CgroupIo.Text(limit)) : Errno.None;
            reservations &= error != Errno.ENOENT;
            if (error is not (Errno.None or Errno.ENOENT))
                throw entry.Failed(reserved, CgroupIo.Text(limit), error);
        }
    }

    private static void Rdma(CgroupEntry entry, CgroupResources r)
    {
        for (int i = 0; i < r.Rdma.Count; i++)
        {
            RdmaLimit limit = r.Rdma[i];
            string text = limit.Device + (limit.Handles is uint h ? $" hca_handle={h}" : "") + (limit.Objects is uint o ? $" hca_object={o}" : "");
            entry.Write("rdma.max", text);
        }
    }

    private void ApplyDevices(IReadOnlyList<DeviceRule> rules, bool fresh, bool rootless)
    {
        try
        {
            if (Find(CgroupControllers.Devices) is { } devices)
                ResourcesV1.SetDevices(devices, rules, fresh);
            else if (Unified is { } unified)
                DeviceProgram.Attach(unified.Dir, unified.Path, rules, fresh);
            else
                _ = Need(CgroupControllers.Devices, "device rules");
        }
        catch (StepException e) when (rootless && e.Errno is Errno.EPERM or Errno.EACCES)
        {
            // runc: not expected to work rootless; there is no mknod in a user namespace either.
        }
    }

    /// <summary>0 would forbid even the first process; systemd cannot say it, so all runtimes mean 1.</summary>
    private static string PidsText(long limit) => limit < 0 ? "max" : CgroupIo.Text(limit == 0 ? 1 : limit);

    private static bool HasMemory(CgroupResources r) =>
        (r.MemoryLimit ?? 0) != 0 || (r.MemorySwap ?? 0) != 0 || (r.MemoryReservation ?? 0) != 0 || (r.KernelTcpMemory ?? 0) != 0
        || (r.Swappiness is ulong s && s != ulong.MaxValue) || r.DisableOomKiller == true || r.UseHierarchy is not null;

    private static bool HasCpu(CgroupResources r) =>
        (r.CpuShares ?? 0) != 0 || (r.CpuQuota ?? 0) != 0 || (r.CpuPeriod ?? 0) != 0 || r.CpuBurst is not null || r.CpuIdle is not null
        || (r.RealtimeRuntime ?? 0) != 0 || (r.RealtimePeriod ?? 0) != 0;

    private static bool HasBlockIo(CgroupResources r) =>
        (r.BlockWeight ?? 0) != 0 || (r.BlockLeafWeight ?? 0) != 0
        || r.BlockWeightDevices.Count + r.ReadBps.Count + r.WriteBps.Count + r.ReadIops.Count + r.WriteIops.Count > 0;
}
