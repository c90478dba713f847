using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.UserKernel;

/// <summary>The kernel in place of the guest's program, and the program in its arguments.</summary>
internal static class KernelProcess
{
    /// <summary>
    /// What a guest's root may do to files, and whose rights it may take: the kernel does it for it (setfsuid(2)). Nothing that reaches beyond
    /// files.
    /// </summary>
    private const ulong FileCapabilities = (1UL << Capability.CAP_SETUID) | (1UL << Capability.CAP_SETGID) | (1UL << Capability.CAP_CHOWN) | (1UL << Capability.CAP_DAC_OVERRIDE) | (1UL << Capability.CAP_FOWNER) | (1UL << Capability.CAP_FSETID);

    public static ProcessPlan For(SandboxPlan plan, ProcessPlan guest, Fd program, Fd control, int files)
    {
        ulong given = guest.Capabilities.Effective & FileCapabilities;
        var words = new List<string> { "--control", Text(control), "--files", Text(files), "--personality", Text(plan.Personality ?? 0) };
        if (plan.Hostname is { } name)
            words.AddRange("--hostname", name);
        if (plan.Domainname is { } domain)
            words.AddRange("--domainname", domain);
        foreach (KeyValuePair<string, string> sysctl in plan.Sysctls)
            words.AddRange("--sysctl", sysctl.Key + "=" + sysctl.Value);
        foreach (string point in FileAccess.Exclusive(plan))
            words.AddRange("--exclusive", point);
        return Ours(guest, program, control) with
        {
            Args = Arguments(words, guest),
            Capabilities = new CapabilityPlan(given, given, given, 0, 0),
        };
    }

    /// <summary>A further process of the guest's, by the program that asks for it; without a right of its own.</summary>
    public static ProcessPlan Attached(ProcessPlan guest, Fd program, Fd control) =>
        Ours(guest, program, control) with { Args = Arguments(["--attach", Text(control)], guest), Capabilities = default };

    /// <summary>The working directory stays the guest's: the walls make it, enter it and refuse it as for any program; then our kernel looks for itself.</summary>
    private static ProcessPlan Ours(ProcessPlan guest, Fd program, Fd control)
    {
        return guest with
        {
            Program = program,
            ProgramFile = control,
            Env = Numbered(guest.Env),
            // The guest's limits are the kernel's business: it raises its own as far as the caller's allow.
            Rlimits = [],
            NoNewPrivileges = true,
            BlockedSignals = GuestSignals.Mask, // until ours has its handlers
            // The guest's filter is the kernel's business too: our own is narrower.
            Seccomp = null,
            Landlock = guest.Landlock is { } rules ? OfWrites(rules) : null,
        };
    }

    /// <summary>
    /// The kernel's own program lies outside of the container, where by the rules nothing may be read and executed; reading is allowed everywhere
    /// inside anyway, and behind its filter it executes nothing. The rest of the domain holds for what it does to files for guests, and for cells.
    /// </summary>
    private static LandlockPlan OfWrites(LandlockPlan plan)
    {
        const ulong Program = Landlock.LANDLOCK_ACCESS_FS_EXECUTE | Landlock.LANDLOCK_ACCESS_FS_READ_FILE;
        landlock_ruleset_attr attributes = plan.Attributes;
        attributes.handled_access_fs &= ~Program;
        return new LandlockPlan
        {
            Attributes = attributes,
            AttributesSize = plan.AttributesSize,
            Rules = Array.FindAll(Array.ConvertAll(plan.Rules, rule => rule with { Access = rule.Access & ~Program }), rule => rule.Access != 0),
        };
    }

    /// <summary>
    /// The guest's variables as @0, @1 and so on: not as arguments, which all users of the host can read (proc_pid_cmdline(5)), and not by their names,
    /// where the managed runtime would take settings from.
    /// </summary>
    private static string[] Numbered(string[] variables)
    {
        string[] numbered = new string[variables.Length];
        for (int i = 0; i < numbered.Length; i++)
            numbered[i] = string.Create(CultureInfo.InvariantCulture, $"@{i}={variables[i]}");
        return numbered;
    }

    private static string[] Arguments(List<string> first, ProcessPlan guest)
    {
        CapabilityPlan rights = guest.Capabilities;
        List<string> words =
        [
            UserKernelTier.ProgramName, .. first,
            "--cwd", guest.Cwd,
            "--uid", Text(guest.Uid),
            "--gid", Text(guest.Gid),
            "--groups", string.Join(',', Array.ConvertAll(guest.Groups, id => Text(id))),
            "--umask", Text(guest.Umask),
            "--capabilities", string.Join(':', Array.ConvertAll([rights.Bounding, rights.Effective, rights.Permitted, rights.Inheritable, rights.Ambient], set => set.ToString(CultureInfo.InvariantCulture))),
            "--no-new-privileges", guest.NoNewPrivileges ? "1" : "0",
            "--terminal", guest.Terminal ? "1" : "0",
            "--oom-score-adj", Text(guest.OomScoreAdj ?? 0),
            "--io-priority", Text(guest.IoPriority ?? 0),
            "--scheduler", Scheduler(guest.Scheduler),
            "--blocked", guest.BlockedSignals.ToString(CultureInfo.InvariantCulture),
        ];
        if (guest.Seccomp is { } seccomp)
            words.AddRange("--seccomp", Convert.ToBase64String(seccomp.Filter));
        foreach (RlimitPlan limit in guest.Rlimits)
            words.AddRange("--limit", string.Create(CultureInfo.InvariantCulture, $"{limit.Resource}:{limit.Soft}:{limit.Hard}"));
        words.AddRange("--", guest.Executable ?? guest.Args[0]);
        words.AddRange(guest.Args.AsSpan(1));
        return [.. words];
    }

    /// <summary>Policy, priority and nice value.</summary>
    private static string Scheduler(Oci.Scheduler? scheduler)
    {
        if (scheduler is null)
            return "0:0:0";
        Scheduling.TryParsePolicy(scheduler.Policy, out uint policy);
        return string.Create(CultureInfo.InvariantCulture, $"{policy}:{scheduler.Priority}:{scheduler.Nice}");
    }

    private static string Text(Fd file) => Text(file.Value);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
