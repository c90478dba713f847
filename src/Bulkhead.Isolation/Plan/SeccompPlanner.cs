using Bulkhead.Linux;
using Bulkhead.Linux.Seccomp;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>The seccomp object of a configuration, compiled.</summary>
internal static class SeccompPlanner
{
    private const uint DefaultErrno = 1; // EPERM, as libseccomp's users have it

    public static SeccompPlan Plan(LinuxSeccomp seccomp)
    {
        var rules = new SeccompRule[seccomp.Syscalls.Length];
        for (int i = 0; i < rules.Length; i++)
            rules[i] = Rule(seccomp.Syscalls[i], i);
        var architectures = new SeccompArch[seccomp.Architectures.Length];
        for (int i = 0; i < architectures.Length; i++)
        {
            if (!SeccompNames.TryParseArch(seccomp.Architectures[i], out architectures[i]))
                throw new StepException($"$.linux.seccomp.architectures[{i}]: unknown architecture '{seccomp.Architectures[i]}'");
        }
        var profile = new SeccompProfile(
            Action(seccomp.DefaultAction, "$.linux.seccomp.defaultAction"), seccomp.DefaultErrnoRet ?? DefaultErrno, architectures, rules);
        return new SeccompPlan
        {
            Filter = SeccompCompiler.Compile(profile),
            Flags = (uint)Flags(seccomp, profile.UsesNotify),
            ListenerPath = profile.UsesNotify ? seccomp.ListenerPath : null,
            ListenerMetadata = seccomp.ListenerMetadata,
        };
    }

    private static SeccompRule Rule(LinuxSyscall syscall, int index)
    {
        var arguments = new SeccompArgument[syscall.Args.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            LinuxSeccompArg arg = syscall.Args[i];
            if (!SeccompNames.TryParseOperator(arg.Op, out SeccompOperator comparison))
                throw new StepException($"$.linux.seccomp.syscalls[{index}].args[{i}].op: unknown operator '{arg.Op}'");
            arguments[i] = new SeccompArgument((int)arg.Index, arg.Value, arg.ValueTwo, comparison);
        }
        SeccompAction action = Action(syscall.Action, $"$.linux.seccomp.syscalls[{index}].action");
        return new SeccompRule(syscall.Names, action, syscall.ErrnoRet ?? DefaultErrno, arguments);
    }

    private static SeccompAction Action(string name, string jsonPath) =>
        SeccompNames.TryParseAction(name, out SeccompAction action)
            ? action
            : throw new StepException($"{jsonPath}: unknown action '{name}'");

    /// <summary>
    /// No flag is added when none is listed, as runc 1.1 has it: crun and runc 1.2 then set SPEC_ALLOW, which on kernels before 5.16 takes a
    /// protection (SSBD) away that seccomp brings there.
    /// </summary>
    private static SeccompOptions Flags(LinuxSeccomp seccomp, bool usesNotify)
    {
        var flags = SeccompOptions.None;
        foreach (string name in seccomp.Flags)
        {
            if (!SeccompNames.TryParseFlag(name, out SeccompOptions flag))
                throw new StepException($"$.linux.seccomp.flags: unknown flag '{name}'");
            flags |= flag;
        }
        // How to wait for a listener means nothing without one, and seccomp(2) refuses it then (EINVAL).
        return usesNotify ? flags | SeccompOptions.NewListener : flags & ~SeccompOptions.WaitKillableRecv;
    }
}
