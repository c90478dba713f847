using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>The process object of a configuration, or of exec, as numbers and masks.</summary>
public static class ProcessPlanner
{
    private const uint DefaultUmask = 18; // 0022

    public static ProcessPlan Plan(Process process, LinuxSeccomp? seccomp, LinuxMemoryPolicy? memoryPolicy) => new()
    {
        Args = process.Args,
        Env = Environment(process),
        Cwd = process.Cwd,
        Uid = process.User.Uid,
        Gid = process.User.Gid,
        Groups = process.User.AdditionalGids,
        Umask = process.User.Umask ?? DefaultUmask,
        Capabilities = PlanCapabilities(process.Capabilities),
        Rlimits = PlanRlimits(process.Rlimits),
        NoNewPrivileges = process.NoNewPrivileges,
        Seccomp = seccomp is null ? null : SeccompPlanner.Plan(seccomp),
        ApparmorProfile = process.ApparmorProfile,
        SelinuxLabel = process.SelinuxLabel,
        OomScoreAdj = process.OomScoreAdj,
        Scheduler = process.Scheduler,
        IoPriority = PlanIoPriority(process.IoPriority),
        MemoryPolicy = memoryPolicy is null ? null : PlanMemoryPolicy(memoryPolicy),
        InitialAffinity = Affinity(process.ExecCpuAffinity?.Initial),
        FinalAffinity = Affinity(process.ExecCpuAffinity?.Final),
        Terminal = process.Terminal,
        ConsoleSize = process.ConsoleSize,
    };

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
    private static CapabilityPlan PlanCapabilities(LinuxCapabilities? capabilities)
    {
        if (capabilities is null)
            return default;
        List<string>? unknown = null;
        return new CapabilityPlan(
            Capabilities.Parse(capabilities.Bounding, ref unknown),
            Capabilities.Parse(capabilities.Effective, ref unknown),
            Capabilities.Parse(capabilities.Permitted, ref unknown),
            Capabilities.Parse(capabilities.Inheritable, ref unknown),
            Capabilities.Parse(capabilities.Ambient, ref unknown)).OnThisKernel();
    }

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
        byte[] nodes = BitList.Parse(policy.Nodes ?? "", "$.linux.memoryPolicy.nodes");
        return new MemoryPolicyPlan(mode, nodes, policy.Nodes is { Length: > 0 } ? nodes.Length * 8 + 1 : 0);
    }

    private static byte[]? Affinity(string? list) =>
        list is { Length: > 0 } ? BitList.Parse(list, "$.process.execCPUAffinity") : null;
}

/// <summary>Lists of CPUs or memory nodes, "0-3,8" (cpuset(7) "List format"), as a bit mask in whole 64-bit words.</summary>
internal static class BitList
{
    private const int MaxBit = 8191;

    public static byte[] Parse(string list, string jsonPath)
    {
        byte[] mask = new byte[8];
        foreach (string part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int dash = part.IndexOf('-', StringComparison.Ordinal);
            bool good = Number(dash < 0 ? part : part[..dash], out int first);
            good &= Number(dash < 0 ? part : part[(dash + 1)..], out int last);
            if (!good || first > last)
                throw new StepException($"{jsonPath}: '{list}' is not a list such as 0-3,8");
            if (last / 8 >= mask.Length)
                Array.Resize(ref mask, (last / 64 + 1) * 8);
            for (int bit = first; bit <= last; bit++)
                mask[bit / 8] |= (byte)(1 << (bit % 8));
        }
        return mask;
    }

    private static bool Number(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= MaxBit;
}
