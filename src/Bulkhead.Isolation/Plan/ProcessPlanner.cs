using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>The process object of a configuration, or of exec, as numbers and masks.</summary>
public static class ProcessPlanner
{
    private const uint DefaultUmask = 18; // 0022

    /// <param name="process">Validated, within policy.</param>
    /// <param name="config">The container's own: its filter, its landlock rules and, for the first process, its memory policy.</param>
    /// <param name="exec">The process joins a running container: execCPUAffinity is for it (runtime-spec), the memory policy is not.</param>
    /// <param name="userNamespace">The process has a user namespace of its own, in which it starts with every capability.</param>
    /// <param name="addHome">Add HOME to an environment without it: not for hooks, whose environment is exactly the configured one.</param>
    /// <param name="warnings">Gets what this kernel cannot do of it.</param>
    public static ProcessPlan Plan(Process process, RuntimeConfig config, bool exec, bool userNamespace, bool addHome = true, List<string>? warnings = null) => new()
    {
        Executable = process.Executable,
        Args = process.Args,
        Env = addHome ? Environment(process) : process.Env,
        Cwd = process.Cwd,
        Uid = process.User.Uid,
        Gid = process.User.Gid,
        HostUid = userNamespace ? HostUid(config.Linux?.UidMappings ?? [], process.User.Uid) : null,
        Groups = process.User.AdditionalGids,
        Umask = process.User.Umask ?? DefaultUmask,
        Capabilities = PlanCapabilities(process.Capabilities, Available(userNamespace)),
        Rlimits = PlanRlimits(process.Rlimits),
        NoNewPrivileges = process.NoNewPrivileges,
        Seccomp = config.Linux?.Seccomp is { } seccomp ? SeccompPlanner.Plan(seccomp) : null,
        Landlock = LandlockPlanner.Plan(config, warnings),
        ApparmorProfile = process.ApparmorProfile,
        SelinuxLabel = process.SelinuxLabel,
        OomScoreAdj = process.OomScoreAdj,
        Scheduler = process.Scheduler,
        IoPriority = PlanIoPriority(process.IoPriority),
        MemoryPolicy = !exec && config.Linux?.MemoryPolicy is { } policy ? PlanMemoryPolicy(policy) : null,
        InitialAffinity = exec ? Affinity(process.ExecCpuAffinity?.Initial) : null,
        FinalAffinity = exec ? Affinity(process.ExecCpuAffinity?.Final) : null,
        BlockedSignals = !exec && Extensions.Has(config, Extensions.SignalsBlocked) ? ulong.MaxValue : 0,
        Terminal = process.Terminal,
        ConsoleSize = process.ConsoleSize,
    };

    private static uint? HostUid(LinuxIdMapping[] mappings, uint uid)
    {
        foreach (LinuxIdMapping mapping in mappings)
        {
            if (uid >= mapping.ContainerId && uid - mapping.ContainerId < mapping.Size)
                return mapping.HostId + (uid - mapping.ContainerId);
        }
        return null;
    }

    /// <summary>The environment as given; HOME is added where it is missing, as runc does, for programs that cannot do without.</summary>
    private static string[] Environment(Process process)
    {
        foreach (string variable in process.Env)
        {
            if (variable.StartsWith("HOME=", StringComparison.Ordinal))
                return process.Env;
        }
        return [.. process.Env, process.User.Uid == 0 ? "HOME=/root" : "HOME=/"];
    }

    /// <summary>None at all when the configuration has no capabilities object: default deny.</summary>
    private static CapabilityPlan PlanCapabilities(LinuxCapabilities? capabilities, ulong available)
    {
        if (capabilities is null)
            return default;
        List<string>? unknown = null;
        return new CapabilityPlan(
            Capabilities.Parse(capabilities.Bounding, ref unknown),
            Capabilities.Parse(capabilities.Effective, ref unknown),
            Capabilities.Parse(capabilities.Permitted, ref unknown),
            Capabilities.Parse(capabilities.Inheritable, ref unknown),
            Capabilities.Parse(capabilities.Ambient, ref unknown)).Within(available);
    }

    private static ulong Available(bool userNamespace) =>
        userNamespace ? Capabilities.UpTo(Capabilities.Last()) : Sys.PermittedCapabilities();

    private static RlimitPlan[] PlanRlimits(PosixRlimit[] limits)
    {
        var plans = new RlimitPlan[limits.Length];
        for (int i = 0; i < limits.Length; i++)
        {
            Rlimits.TryParse(limits[i].Type, out int resource);
            plans[i] = new RlimitPlan(resource, limits[i].Soft, limits[i].Hard);
        }
        return plans;
    }

    private static int? PlanIoPriority(LinuxIoPriority? priority) =>
        priority is not null && Scheduling.TryParseIoClass(priority.Class, out int ioClass)
            ? Scheduling.IoPriority(ioClass, priority.Priority)
            : null;

    private static MemoryPolicyPlan PlanMemoryPolicy(LinuxMemoryPolicy policy)
    {
        Scheduling.TryParseMemoryMode(policy.Mode, out int mode);
        foreach (string name in policy.Flags)
        {
            if (Scheduling.TryParseMemoryFlag(name, out int flag))
                mode |= flag;
        }
        byte[] nodes = BitMask(policy.Nodes ?? "");
        // set_mempolicy(2) takes one bit less than it is told.
        return new MemoryPolicyPlan(mode, nodes, policy.Nodes is { Length: > 0 } ? nodes.Length * 8 + 1 : 0);
    }

    private static byte[]? Affinity(string? list) =>
        list is { Length: > 0 } ? BitMask(list) : null;

    private static byte[] BitMask(string list)
    {
        var mask = new ulong[CpuList.Limit / 64];
        CpuList.TryParse(list, mask);
        int last = mask.AsSpan().LastIndexOfAnyExcept(0UL);
        return MemoryMarshal.AsBytes(mask.AsSpan(0, Math.Max(last, 0) + 1)).ToArray();
    }
}
