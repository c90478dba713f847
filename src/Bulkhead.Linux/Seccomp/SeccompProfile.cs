using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Seccomp;

/// <summary>What the kernel does with a system call. SCMP_ACT_KILL is another name of <see cref="KillThread"/>.</summary>
public enum SeccompAction
{
    KillThread,
    KillProcess,
    Trap,
    Errno,
    Trace,
    Allow,
    Log,
    Notify,
}

/// <summary>How an argument is compared.</summary>
public enum SeccompOperator
{
    NotEqual,
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,

    /// <summary>(argument &amp; Value) == (ValueTwo &amp; Value), as libseccomp does it.</summary>
    MaskedEqual,
}

/// <summary>The architectures that an OCI profile may list. Only the first three can occur on an x86-64 kernel.</summary>
public enum SeccompArch
{
    X64,
    X86,
    X32,
    Arm,
    Aarch64,
    Mips,
    Mips64,
    Mips64N32,
    Mipsel,
    Mipsel64,
    Mipsel64N32,
    Ppc,
    Ppc64,
    Ppc64Le,
    S390,
    S390X,
    Riscv64,
    Loongarch64,
}

/// <summary>Flags of seccomp(2).</summary>
[Flags]
public enum SeccompOptions : uint
{
    None = 0,
    Log = SeccompAbi.SECCOMP_FILTER_FLAG_LOG,
    SpecAllow = SeccompAbi.SECCOMP_FILTER_FLAG_SPEC_ALLOW,
    NewListener = SeccompAbi.SECCOMP_FILTER_FLAG_NEW_LISTENER,
    WaitKillableRecv = SeccompAbi.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
}

/// <summary>One condition on an argument (0 to 5).</summary>
public readonly record struct SeccompArgument(int Index, ulong Value, ulong ValueTwo, SeccompOperator Operator);

/// <summary>
/// What to do with some calls. All conditions must hold, except that an index named twice makes each condition a rule of its own
/// (runc and crun do so since before libseccomp could AND). <paramref name="Data"/>: the errno of ERRNO, the message of TRACE.
/// </summary>
public sealed record SeccompRule(string[] Names, SeccompAction Action, uint Data, SeccompArgument[] Arguments);

/// <summary>A whole filter. x86-64 always belongs to it, listed or not.</summary>
public sealed record SeccompProfile(SeccompAction DefaultAction, uint DefaultData, SeccompArch[] Architectures, SeccompRule[] Rules)
{
    /// <summary>Whether installing it gives a listener: then <see cref="SeccompOptions.NewListener"/> is needed.</summary>
    public bool UsesNotify
    {
        get
        {
            foreach (SeccompRule rule in Rules)
            {
                if (rule.Action == SeccompAction.Notify)
                    return true;
            }
            return false;
        }
    }
}
