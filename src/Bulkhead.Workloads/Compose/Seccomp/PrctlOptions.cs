using System;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose.Seccomp;

/// <summary>One option of prctl(2) that is allowed.</summary>
/// <param name="Name">Of linux/prctl.h.</param>
/// <param name="Value">Its number.</param>
/// <param name="Reason">Who needs it.</param>
public sealed record PrctlOption(string Name, ulong Value, string Reason);

/// <summary>The options of prctl(2); what is not listed fails with EPERM.</summary>
public static class PrctlOptions
{
    public static readonly PrctlOption[] All =
    [
        new("PR_SET_PDEATHSIG", 1, "workers that end with their parent: PostgreSQL, nginx, setpriv"),
        new("PR_GET_PDEATHSIG", 2, "with it"),
        new("PR_GET_DUMPABLE", 3, "with it"),
        new("PR_SET_DUMPABLE", 4, "OpenSSH, GnuPG and nginx keep or forbid core dumps"),
        new("PR_GET_KEEPCAPS", 7, "with it"),
        new("PR_SET_KEEPCAPS", 8, "entrypoints that drop their user and keep one capability"),
        new("PR_SET_NAME", 15, "names of threads and processes: all databases, Node, the JVM"),
        new("PR_GET_NAME", 16, "with it"),
        new("PR_GET_SECCOMP", 21, "programs ask before they filter themselves"),
        new("PR_SET_SECCOMP", 22, "a program may filter itself further"),
        new("PR_CAPBSET_READ", 23, "libcap, apt"),
        new("PR_CAPBSET_DROP", 24, "dropping only"),
        new("PR_GET_SECUREBITS", 27, "libcap"),
        new("PR_SET_SECUREBITS", 28, "setpriv; needs CAP_SETPCAP"),
        new("PR_SET_TIMERSLACK", 29, "event loops"),
        new("PR_GET_TIMERSLACK", 30, "with it"),
        new("PR_SET_CHILD_SUBREAPER", 36, "inits: tini -s, dumb-init"),
        new("PR_GET_CHILD_SUBREAPER", 37, "with it"),
        new("PR_SET_NO_NEW_PRIVS", 38, "is set already"),
        new("PR_GET_NO_NEW_PRIVS", 39, "libcap, setpriv"),
        new("PR_SET_THP_DISABLE", 41, "Redis switches huge pages off for itself"),
        new("PR_GET_THP_DISABLE", 42, "with it"),
        new("PR_CAP_AMBIENT", 47, "libcap, setpriv; what is permitted only"),
        new("PR_GET_SPECULATION_CTRL", 52, "asking only"),
        new("PR_SET_MDWE", 65, "memory that is written cannot be executed: tightens"),
        new("PR_GET_MDWE", 66, "with it"),
        new("PR_SET_VMA", 0x53564d41, "names of mappings: glibc's malloc, the JVM"),
    ];

    internal static LinuxSyscall[] Rules() =>
        Array.ConvertAll(All, option => ArgumentRules.Allow(["prctl"], ArgumentRules.Equal(0, option.Value)));
}
