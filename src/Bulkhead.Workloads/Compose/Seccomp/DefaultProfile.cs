using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose.Seccomp;

/// <summary>
/// The profile of every container that asks for no other: a call is refused unless <see cref="AllowedCalls"/> has it. x86-64 only: a call of
/// i386 or x32 kills its thread, since those have calls and argument forms of their own that few test (CVE-2014-0038, CVE-2026-31431).
/// </summary>
public static class DefaultProfile
{
    private const string Native = "SCMP_ARCH_X86_64", Foreign = "SCMP_ARCH_X86";

    /// <param name="capabilities">CAP_* that the container's processes may have.</param>
    /// <param name="allow">Further calls by name, or words of <see cref="Unlocks"/>.</param>
    public static LinuxSeccomp Make(IReadOnlyList<string> capabilities, IReadOnlyList<string> allow)
    {
        HashSet<string> unlocked = Unlocked(capabilities, allow);
        var rules = new List<LinuxSyscall> { ArgumentRules.Allow(Unconditional(unlocked)) };
        foreach (ArgumentRule rule in ArgumentRules.All)
            rules.AddRange(rule.Rules);
        foreach (string capability in capabilities)
            rules.AddRange(ArgumentRules.Of(capability));
        bool i386 = Contains(allow, "@i386");
        // Through i386's socketcall two refusals with different errors would contradict each other: there the default's EPERM must do.
        if (!unlocked.Contains("socket") && !i386)
            rules.AddRange(SocketFamilies.Refusals(Contains(capabilities, "CAP_NET_RAW")));
        rules.Add(ArgumentRules.Refuse(Absent(unlocked), Errno.ENOSYS));
        return new LinuxSeccomp
        {
            DefaultAction = "SCMP_ACT_ERRNO",
            DefaultErrnoRet = (uint)Errno.EPERM,
            Architectures = i386 ? [Native, Foreign] : [Native],
            Syscalls = rules.ToArray(),
        };
    }

    private static HashSet<string> Unlocked(IReadOnlyList<string> capabilities, IReadOnlyList<string> allow)
    {
        var calls = new HashSet<string>();
        foreach (string capability in capabilities)
            calls.UnionWith(Unlocks.Find(capability)?.Calls ?? []);
        foreach (string word in allow)
            calls.UnionWith(Unlocks.Find(word)?.Calls ?? [word]);
        return calls;
    }

    /// <summary>A rule without conditions wins over those with: what is unlocked is wholly allowed.</summary>
    private static string[] Unconditional(HashSet<string> unlocked)
    {
        var names = new List<string>(unlocked);
        foreach (ProfileCall call in AllowedCalls.All)
        {
            if (!unlocked.Contains(call.Name) && !HasRule(call.Name))
                names.Add(call.Name);
        }
        return names.ToArray();
    }

    public static bool HasRule(string call) => Array.Exists(ArgumentRules.All, rule => Array.IndexOf(rule.Calls, call) >= 0);

    private static string[] Absent(HashSet<string> unlocked)
    {
        var names = new List<string>();
        foreach (ProfileCall call in RefusedCalls.All)
        {
            if (RefusedCalls.IsAbsent(call.Name) && !unlocked.Contains(call.Name))
                names.Add(call.Name);
        }
        return names.ToArray();
    }

    private static bool Contains(IReadOnlyList<string> list, string text)
    {
        foreach (string item in list)
        {
            if (item == text)
                return true;
        }
        return false;
    }
}
