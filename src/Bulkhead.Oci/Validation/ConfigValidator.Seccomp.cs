using Bulkhead.Linux.Seccomp;

namespace Bulkhead.Oci;

/// <summary>The section `linux.seccomp`.</summary>
public static partial class ConfigValidator
{
    private const uint MaxErrno = 4095; // MAX_ERRNO: seccomp caps the errno there
    private const uint MaxData = 65535; // SECCOMP_RET_DATA

    private static void Seccomp(LinuxSeccomp seccomp, Scope scope)
    {
        const string Path = "$.linux.seccomp";
        if (seccomp.DefaultAction.Length == 0)
            throw scope.Refuse(Path + ".defaultAction", "is missing; remove the section for no filter");
        Action(seccomp.DefaultAction, seccomp.DefaultErrnoRet, Path + ".defaultAction", Path + ".defaultErrnoRet", scope);
        if (seccomp.DefaultAction == "SCMP_ACT_NOTIFY")
            throw scope.Refuse(Path + ".defaultAction", "SCMP_ACT_NOTIFY cannot be the default: the call that sends the listener would wait for itself");
        for (int i = 0; i < seccomp.Architectures.Length; i++)
        {
            if (!SeccompNames.TryParseArch(seccomp.Architectures[i], out _))
                throw scope.Refuse($"{Path}.architectures[{i}]", $"\"{seccomp.Architectures[i]}\" is not an architecture, as SCMP_ARCH_X86_64");
        }
        for (int i = 0; i < seccomp.Flags.Length; i++)
        {
            if (!SeccompNames.TryParseFlag(seccomp.Flags[i], out _))
                throw scope.Refuse($"{Path}.flags[{i}]", $"\"{seccomp.Flags[i]}\" is not a flag of the specification, as SECCOMP_FILTER_FLAG_LOG");
        }
        bool notifies = false;
        for (int i = 0; i < seccomp.Syscalls.Length; i++)
            notifies |= Rule(seccomp.Syscalls[i], i, scope);
        Listener(seccomp, notifies, scope);
    }

    private static bool Rule(LinuxSyscall rule, int i, Scope scope)
    {
        if (rule.Names.Length == 0)
            throw scope.Refuse($"$.linux.seccomp.syscalls[{i}].names", "must not be empty");
        if (!SeccompNames.TryParseAction(rule.Action, out _) || rule.ErrnoRet is not null)
            Action(rule.Action, rule.ErrnoRet, $"$.linux.seccomp.syscalls[{i}].action", $"$.linux.seccomp.syscalls[{i}].errnoRet", scope);
        for (int a = 0; a < rule.Args.Length; a++)
        {
            LinuxSeccompArg arg = rule.Args[a];
            if (arg.Index > 5)
                throw scope.Refuse($"$.linux.seccomp.syscalls[{i}].args[{a}].index", $"{arg.Index} is not between 0 and 5");
            if (!SeccompNames.TryParseOperator(arg.Op, out _))
                throw scope.Refuse($"$.linux.seccomp.syscalls[{i}].args[{a}].op", $"\"{arg.Op}\" is not an operator, as SCMP_CMP_EQ");
        }
        if (rule.Action != "SCMP_ACT_NOTIFY")
            return false;
        foreach (string name in rule.Names)
        {
            // The listener's answer to the process that sends it would itself have to be let through.
            if (name == "write")
                throw scope.Refuse($"$.linux.seccomp.syscalls[{i}].names", "SCMP_ACT_NOTIFY cannot be used for write");
        }
        return true;
    }

    private static void Action(string action, uint? errno, string path, string errnoPath, Scope scope)
    {
        if (!SeccompNames.TryParseAction(action, out _))
            throw scope.Refuse(path, $"\"{action}\" is not an action, as SCMP_ACT_ERRNO");
        if (errno is null)
            return;
        if (action is not ("SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE"))
            throw scope.Refuse(errnoPath, $"{action} has no errno; only SCMP_ACT_ERRNO and SCMP_ACT_TRACE do");
        uint limit = action == "SCMP_ACT_ERRNO" ? MaxErrno : MaxData;
        if (errno > limit)
            throw scope.Refuse(errnoPath, $"{errno} is above {limit}");
    }

    private static void Listener(LinuxSeccomp seccomp, bool notifies, Scope scope)
    {
        if (notifies && seccomp.ListenerPath is null)
            throw scope.Refuse("$.linux.seccomp.listenerPath", "is missing; SCMP_ACT_NOTIFY needs a socket to send the listener to");
        if (seccomp.ListenerPath is null && seccomp.ListenerMetadata is not null)
            throw scope.Refuse("$.linux.seccomp.listenerMetadata", "needs listenerPath");
        if (seccomp.ListenerPath is not null)
            scope.Absolute(seccomp.ListenerPath, "$.linux.seccomp.listenerPath");
    }
}
