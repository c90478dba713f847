using System;
using System.Collections.Generic;

namespace Bulkhead.Linux.Cgroups.Systemd;

/// <summary>
/// The systemd driver: a transient scope (or slice) holds the container. systemd wants a live process to start a scope with, so the caller
/// spawns first, holds the process back, and calls <see cref="Create"/> with its pid.
/// </summary>
public static class SystemdScope
{
    private const int SigKill = 9;

    /// <summary>
    /// Starts the unit with the process in it, moves the process into the hierarchies that systemd does not manage, and writes the limits.
    /// May round <see cref="CgroupResources.CpuQuota"/> up, to what systemd can express.
    /// </summary>
    /// <param name="layout">The machine's hierarchies.</param>
    /// <param name="target">A target parsed with systemd: true.</param>
    /// <param name="pid">The container's first process, a child of ours, held before its exec. On an error it is killed.</param>
    /// <param name="resources">Limits; null sets none.</param>
    /// <param name="id">The container's id, for the unit's description.</param>
    public static Cgroup Create(CgroupLayout layout, CgroupTarget target, int pid, CgroupResources? resources, string id)
    {
        bool unified = layout.Mode == CgroupMode.Unified;
        if (target.UserManager && !unified)
            throw new StepException("cannot use rootless systemd cgroups manager on cgroup v1");
        using SystemdManager manager = SystemdManager.Connect(target.UserManager);
        int version = manager.Version();
        if (target.UserManager)
            target = target.Below(manager.ControlGroup());
        manager.StartTransientUnit(target.Unit, properties => Fill(properties, target, pid, resources, id, unified, version));
        var made = new List<string>();
        Cgroup? cgroup = null;
        try
        {
            cgroup = Cgroup.MakeDirectories(layout, target, resources, made, mayExist: true);
            cgroup.AddProcess(pid);
            if (resources is not null)
                cgroup.Apply(resources, fresh: true, rootless: target.UserManager);
            return cgroup;
        }
        catch
        {
            cgroup?.Dispose();
            // Stopping sends SIGTERM, which the first process of a pid namespace does not hear: systemd would wait for its whole timeout.
            _ = Sys.Kill(pid, SigKill);
            StopAfterError(manager, target.Unit);
            for (int i = made.Count - 1; i >= 0; i--)
                _ = Sys.UnlinkAt(Fd.Cwd, made[i], Abi.Fcntl.AT_REMOVEDIR);
            throw;
        }
    }

    /// <summary>SetUnitProperties. On v1 systemd rewrites device rules in steps, so the container stands still meanwhile.</summary>
    internal static void SetProperties(Cgroup cgroup, CgroupResources resources)
    {
        using SystemdManager manager = SystemdManager.Connect(cgroup.UserManager);
        int version = manager.Version();
        bool freeze = resources.Devices is not null && !cgroup.IsUnified && cgroup.State() == FreezeState.Thawed;
        if (freeze)
            cgroup.Freeze();
        try
        {
            manager.SetUnitProperties(cgroup.Unit!, properties => ResourceProperties.Add(properties, resources, cgroup.IsUnified, version));
        }
        finally
        {
            if (freeze)
                cgroup.Thaw();
        }
    }

    internal static void Stop(string unit, bool userManager)
    {
        using SystemdManager manager = SystemdManager.Connect(userManager);
        manager.StopUnit(unit);
    }

    private static void StopAfterError(SystemdManager manager, string unit)
    {
        try
        {
            manager.StopUnit(unit);
        }
        catch (StepException)
        {
            // The first error is the one to tell; the unit goes with its process.
        }
    }

    private static void Fill(UnitProperties to, CgroupTarget target, int pid, CgroupResources? resources, string id, bool unified, int version)
    {
        to.Add("Description", "bulkhead container " + id);
        if (target.Unit.EndsWith(".slice", StringComparison.Ordinal))
        {
            to.AddStrings("Wants", target.Slice);
        }
        else
        {
            to.Add("Slice", target.Slice);
            to.Add("Delegate", true);
        }
        to.AddPid("PIDs", pid);
        to.Add("MemoryAccounting", true);
        to.Add("CPUAccounting", true);
        to.Add(unified ? "IOAccounting" : "BlockIOAccounting", true);
        to.Add("TasksAccounting", true);
        to.Add("DefaultDependencies", false);
        if (resources is null)
            return;
        // OOMPolicy cannot change on a running scope (systemd 253).
        foreach ((string key, string value) in resources.Unified)
        {
            if (key == "memory.oom.group" && version >= 253 && value.Trim() is "0" or "1")
                to.Add("OOMPolicy", value.Trim() == "1" ? "kill" : "continue");
        }
        ResourceProperties.Add(to, resources, unified, version);
    }
}
