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

    public static ProcessPlan For(SandboxPlan plan, ProcessPlan guest, Fd program, Fd control)
    {
        ulong given = guest.Capabilities.Effective & FileCapabilities;
        return Ours(guest, program, control) with
        {
            Args = Arguments(["--control", Text(control)], guest, plan.Hostname),
            Capabilities = new CapabilityPlan(given, given, given, 0, 0),
        };
    }

    /// <summary>A further process of the guest's, by the program that asks for it; without a right of its own.</summary>
    public static ProcessPlan Attached(ProcessPlan guest, Fd program, Fd control) =>
        Ours(guest, program, control) with { Args = Arguments(["--attach", Text(control)], guest, hostname: null), Capabilities = default };

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
            // Its own filter and rules, which it puts on itself, are narrower than the guest's would be.
            Seccomp = null,
            Landlock = null,
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

    private static string[] Arguments(string[] first, ProcessPlan guest, string? hostname)
    {
        var words = new List<string> { UserKernelTier.ProgramName };
        words.AddRange(first);
        void Add(string name, string value)
        {
            words.Add(name);
            words.Add(value);
        }
        Add("--cwd", guest.Cwd);
        Add("--uid", Text(guest.Uid));
        Add("--gid", Text(guest.Gid));
        Add("--groups", string.Join(',', Array.ConvertAll(guest.Groups, Text)));
        Add("--umask", Text(guest.Umask));
        Add("--capabilities", guest.Capabilities.Effective.ToString(CultureInfo.InvariantCulture));
        Add("--ambient", guest.Capabilities.Ambient.ToString(CultureInfo.InvariantCulture));
        Add("--terminal", guest.Terminal ? "1" : "0");
        if (hostname is { } name)
            Add("--hostname", name);
        foreach (RlimitPlan limit in guest.Rlimits)
            Add("--limit", string.Create(CultureInfo.InvariantCulture, $"{limit.Resource}:{limit.Soft}:{limit.Hard}"));
        words.Add("--");
        if (guest.Executable is { } file)
            words.Add(file);
        else
            words.Add(guest.Args[0]);
        words.AddRange(guest.Args.AsSpan(1));
        return [.. words];
    }

    private static string Text(Fd file) => file.Value.ToString(CultureInfo.InvariantCulture);

    private static string Text(uint value) => value.ToString(CultureInfo.InvariantCulture);
}
