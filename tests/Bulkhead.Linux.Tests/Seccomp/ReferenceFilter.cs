using System;
using System.Collections.Generic;
using System.Linq;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Seccomp;

namespace Bulkhead.Linux.Tests.Seccomp;

/// <summary>What a profile means, said as plainly as possible and independently of the compiler: rules are walked for each call.</summary>
internal sealed class ReferenceFilter(SeccompProfile profile)
{
    private const uint X32Bit = 0x40000000;
    private static readonly string[] s_socketCalls = "socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg".Split(' ');
    private static readonly Dictionary<string, int> s_ipcCalls = new()
    {
        ["semop"] = 1,
        ["semget"] = 2,
        ["semctl"] = 3,
        ["semtimedop"] = 4,
        ["msgsnd"] = 11,
        ["msgrcv"] = 12,
        ["msgget"] = 13,
        ["msgctl"] = 14,
        ["shmat"] = 21,
        ["shmdt"] = 22,
        ["shmget"] = 23,
        ["shmctl"] = 24,
    };

    private sealed record Rule(uint Number, uint Action, SeccompArgument[] Arguments);

    private readonly Dictionary<SeccompArch, List<Rule>> _rules = [];
    private readonly Dictionary<SeccompArch, uint> _largest = [];

    public uint Decide(Call call)
    {
        uint number = call.Number;
        uint defaultAction = Action(profile.DefaultAction, profile.DefaultData);
        SeccompArch arch;
        if (call.Arch == Audit.AUDIT_ARCH_X86_64)
            arch = number >= X32Bit ? SeccompArch.X32 : SeccompArch.X64;
        else if (call.Arch == Audit.AUDIT_ARCH_I386)
            arch = SeccompArch.X86;
        else
            return SeccompAbi.SECCOMP_RET_KILL_THREAD;
        if (!Has(arch))
            return arch == SeccompArch.X32 && number == uint.MaxValue ? defaultAction : SeccompAbi.SECCOMP_RET_KILL_THREAD;
        bool denies = profile.DefaultAction is not (SeccompAction.Allow or SeccompAction.Log or SeccompAction.Trace);
        if (!_largest.TryGetValue(arch, out uint largest))
            _largest[arch] = largest = Numbers(arch).Append(0u).Max();
        if (denies && largest > 0 && number > largest && !(arch == SeccompArch.X86 && Rules(arch).Any(r => r.Number == number)))
            return 0x00050000 | 38;
        Rule[] rules = Rules(arch).Where(r => r.Number == number).ToArray();
        Rule? constant = rules.FirstOrDefault(r => r.Arguments.Length == 0);
        if (constant is not null)
            return constant.Action;
        foreach (Rule rule in rules)
        {
            if (rule.Arguments.All(a => Holds(a, call.Arguments[a.Index], arch == SeccompArch.X64)))
                return rule.Action;
        }
        return defaultAction;
    }

    public static uint Action(SeccompAction action, uint data) => action switch
    {
        SeccompAction.KillThread => 0,
        SeccompAction.KillProcess => 0x80000000,
        SeccompAction.Trap => 0x00030000,
        SeccompAction.Errno => 0x00050000 | (data & 0xffff),
        SeccompAction.Notify => 0x7fc00000,
        SeccompAction.Trace => 0x7ff00000 | (data & 0xffff),
        SeccompAction.Log => 0x7ffc0000,
        _ => 0x7fff0000,
    };

    private static bool Holds(SeccompArgument argument, ulong actual, bool wide)
    {
        ulong word = wide ? ulong.MaxValue : 0xffffffff;
        ulong x = actual & word;
        ulong value = argument.Value & word;
        return argument.Operator switch
        {
            SeccompOperator.Equal => x == value,
            SeccompOperator.NotEqual => x != value,
            SeccompOperator.Less => x < value,
            SeccompOperator.LessOrEqual => x <= value,
            SeccompOperator.Greater => x > value,
            SeccompOperator.GreaterOrEqual => x >= value,
            _ => (x & value) == (argument.ValueTwo & value),
        };
    }

    private bool Has(SeccompArch arch) => arch == SeccompArch.X64 || profile.Architectures.Contains(arch);

    /// <summary>What runc's stub counts: every name of the profile, but not those that i386 reaches through socketcall or ipc.</summary>
    private uint[] Numbers(SeccompArch arch) => profile.Rules.SelectMany(r => r.Names)
        .Where(n => arch != SeccompArch.X86 || !(s_socketCalls.Contains(n) || s_ipcCalls.ContainsKey(n)))
        .Select(n => SeccompSyscalls.TryGetNumber(arch, n, out int number) ? number : -1).Where(n => n >= 0).Select(n => (uint)n).ToArray();

    private List<Rule> Rules(SeccompArch arch)
    {
        if (_rules.TryGetValue(arch, out List<Rule>? rules))
            return rules;
        rules = _rules[arch] = [];
        foreach (SeccompRule rule in profile.Rules)
        {
            uint action = Action(rule.Action, rule.Data);
            if (action == Action(profile.DefaultAction, profile.DefaultData))
                continue;
            bool twice = rule.Arguments.Select(a => a.Index).Distinct().Count() != rule.Arguments.Length;
            SeccompArgument[][] alternatives = twice ? rule.Arguments.Select(a => new[] { a }).ToArray() : [rule.Arguments];
            foreach (string name in rule.Names)
            {
                foreach (SeccompArgument[] alternative in alternatives)
                    AddRule(rules, arch, name, action, alternative);
            }
        }
        return rules;
    }

    private static void AddRule(List<Rule> rules, SeccompArch arch, string name, uint action, SeccompArgument[] arguments)
    {
        ulong word = arch == SeccompArch.X64 ? ulong.MaxValue : 0xffffffff;
        SeccompArgument[] real = arguments.Where(a => a.Operator != SeccompOperator.MaskedEqual || (a.Value & word) != 0).ToArray();
        if (SeccompSyscalls.TryGetNumber(arch, name, out int number))
            rules.Add(new Rule((uint)number, action, real));
        if (arch != SeccompArch.X86)
            return;
        int socketCall = Array.IndexOf(s_socketCalls, name) + 1;
        int ipcCall = s_ipcCalls.GetValueOrDefault(name);
        // What lies behind the pointer cannot be seen: a rule that allows only some arguments allows nothing, one that refuses some refuses all.
        bool allows = action is 0x7fff0000 or 0x7ffc0000;
        if (socketCall + ipcCall > 0 && !(allows && real.Length > 0))
        {
            var first = new SeccompArgument(0, (ulong)(socketCall + ipcCall), 0, SeccompOperator.Equal);
            rules.Add(new Rule(socketCall > 0 ? 102u : 117u, action, [first]));
        }
    }
}
