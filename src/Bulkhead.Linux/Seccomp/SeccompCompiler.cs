using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Seccomp;

/// <summary>
/// Compiles an OCI seccomp profile to the BPF that seccomp(2) takes, with the decisions of runc and libseccomp:
/// <list type="bullet">
/// <item>calls that an architecture does not know are left out; rules whose action is the default's are redundant;</item>
/// <item>a foreign architecture kills the thread (libseccomp's SCMP_FLTATR_ACT_BADARCH, which runc and crun leave as it is), and so
/// does an x32 call unless the profile lists x32; the number -1, by which a tracer skips a call, gets the default action;</item>
/// <item>when the default action denies, a number above the largest that the profile names gives ENOSYS, so that libc falls back
/// from calls newer than the profile (runc's patchbpf);</item>
/// <item>i386's socketcall(2) and ipc(2) obey the rules of the calls that they stand for.</item>
/// </list>
/// </summary>
public static class SeccompCompiler
{
    private const uint ArchOffset = 4;
    private const uint NoCall = uint.MaxValue;

    /// <summary>The program's bytes, eight an instruction.</summary>
    /// <exception cref="StepException">The profile is contradictory or needs too many instructions.</exception>
    public static byte[] Compile(SeccompProfile profile)
    {
        var native = new CallRules(is64Bit: true);
        CallRules? x86 = Contains(profile, SeccompArch.X86) ? new CallRules(is64Bit: false) : null;
        CallRules? x32 = Contains(profile, SeccompArch.X32) ? new CallRules(is64Bit: false) : null;
        new ProfileReader(profile, native, x86, x32).Read();

        // From the end to the start: what is asked most often, x86-64, stands nearest to the first instruction.
        var writer = new BpfWriter();
        var checks = new ArgumentChecks(writer);
        uint defaultAction = ReturnValue(profile.DefaultAction, profile.DefaultData);
        BpfTarget target = BpfTarget.Kill;
        if (x86 is not null)
        {
            var tree = new CallTree(writer);
            AddCalls(tree, x86, 0, checks, defaultAction);
            target = writer.Jump(ClassicBpf.BPF_JEQ, Audit.AUDIT_ARCH_I386, tree.Write(), target);
        }
        var nativeTree = new CallTree(writer);
        AddCalls(nativeTree, native, 0, checks, defaultAction);
        AddX32(nativeTree, x32, checks, defaultAction);
        target = writer.Jump(ClassicBpf.BPF_JEQ, Audit.AUDIT_ARCH_X86_64, nativeTree.Write(), target);
        // A RET when every call of every architecture is killed.
        writer.Start(writer.Load(ArchOffset, target));
        return writer.ToBytes();
    }

    /// <summary>The kernel's return value for an action.</summary>
    internal static uint ReturnValue(SeccompAction action, uint data) => action switch
    {
        SeccompAction.KillThread => SeccompAbi.SECCOMP_RET_KILL_THREAD,
        SeccompAction.KillProcess => SeccompAbi.SECCOMP_RET_KILL_PROCESS,
        SeccompAction.Trap => SeccompAbi.SECCOMP_RET_TRAP,
        SeccompAction.Errno => SeccompAbi.SECCOMP_RET_ERRNO | (data & SeccompAbi.SECCOMP_RET_DATA),
        SeccompAction.Trace => SeccompAbi.SECCOMP_RET_TRACE | (data & SeccompAbi.SECCOMP_RET_DATA),
        SeccompAction.Allow => SeccompAbi.SECCOMP_RET_ALLOW,
        SeccompAction.Log => SeccompAbi.SECCOMP_RET_LOG,
        SeccompAction.Notify => SeccompAbi.SECCOMP_RET_USER_NOTIF,
        _ => throw new StepException("seccomp: unknown action"),
    };

    private static bool Contains(SeccompProfile profile, SeccompArch arch) => Array.IndexOf(profile.Architectures, arch) >= 0;

    /// <summary>What numbers above <see cref="CallRules.Largest"/> get: ENOSYS unless the default lets them pass.</summary>
    private static BpfTarget Beyond(CallRules calls, uint defaultAction)
    {
        bool permissive = defaultAction is SeccompAbi.SECCOMP_RET_ALLOW or SeccompAbi.SECCOMP_RET_LOG
            || (defaultAction & ~SeccompAbi.SECCOMP_RET_DATA) == SeccompAbi.SECCOMP_RET_TRACE;
        return BpfTarget.Return(permissive || calls.Largest == 0 ? defaultAction : SeccompAbi.SECCOMP_RET_ERRNO | (uint)Errno.ENOSYS);
    }

    private static void AddCalls(CallTree tree, CallRules calls, uint firstNumber, ArgumentChecks checks, uint defaultAction)
    {
        BpfTarget otherwise = BpfTarget.Return(defaultAction);
        BpfTarget beyond = Beyond(calls, defaultAction);
        for (int number = 0; number < SeccompSyscalls.NumberLimit; number++)
        {
            BpfTarget target = number > calls.Largest ? beyond : otherwise;
            if (calls.IsConstant(number, out uint action))
                target = BpfTarget.Return(action);
            else if (calls.Conditional(number) is CallRule rule)
                target = checks.Write(rule, calls.Is64Bit, otherwise);
            tree.Add(firstNumber + (uint)number, target);
        }
        tree.Add(firstNumber + SeccompSyscalls.NumberLimit, beyond);
    }

    private static void AddX32(CallTree tree, CallRules? calls, ArgumentChecks checks, uint defaultAction)
    {
        if (calls is not null)
        {
            AddCalls(tree, calls, SeccompAbi.X32_SYSCALL_BIT, checks, defaultAction);
            return;
        }
        tree.Add(SeccompAbi.X32_SYSCALL_BIT, BpfTarget.Kill);
        tree.Add(NoCall, BpfTarget.Return(defaultAction));
    }
}
