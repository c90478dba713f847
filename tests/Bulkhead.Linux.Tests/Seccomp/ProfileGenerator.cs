using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Seccomp;

namespace Bulkhead.Linux.Tests.Seccomp;

/// <summary>Random profiles and calls that hit their edges; the same for the same seed.</summary>
internal sealed class ProfileGenerator(int seed)
{
    private static readonly ulong[] s_values = [0, 1, 2, 8, 0xff, 0x20000, 0x7e020000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x100000001, 0x7fffffffffffffff, 0xfffffffffffffffe, ulong.MaxValue];
    private static readonly string[] s_names = ["no_such_call", .. Headers.Numbers("unistd_64.h").Keys.Union(Headers.Numbers("unistd_32.h").Keys).Order()];
    private static readonly SeccompAction[] s_actions = [SeccompAction.Allow, SeccompAction.Errno, SeccompAction.KillProcess, SeccompAction.KillThread, SeccompAction.Log, SeccompAction.Trap, SeccompAction.Trace];

    private readonly Random _random = new(seed);

    public SeccompProfile Profile(int mostRules, int mostArguments = 3)
    {
        SeccompAction defaultAction = s_actions[_random.Next(s_actions.Length)];
        var archs = new[] { SeccompArch.X64, SeccompArch.X86, SeccompArch.X32, SeccompArch.Arm }.Where(_ => _random.Next(2) == 0).ToArray();
        var actionOf = new Dictionary<string, (SeccompAction, uint)>();
        int window = _random.Next(3) == 0 ? 12 : s_names.Length;
        var rules = new List<SeccompRule>();
        for (int i = _random.Next(mostRules + 1); i > 0; i--)
        {
            string name = s_names[_random.Next(window)];
            // One call, one action: which of two overlapping rules wins is another test's matter.
            if (!actionOf.TryGetValue(name, out (SeccompAction Action, uint Data) choice))
                actionOf[name] = choice = (s_actions[_random.Next(s_actions.Length)], (uint)_random.Next(1, 130));
            bool plain = name is "socketcall" or "ipc" || _random.Next(2) == 0;
            rules.Add(new SeccompRule([name], choice.Action, choice.Data, plain ? [] : Arguments(mostArguments)));
        }
        return new SeccompProfile(defaultAction, (uint)_random.Next(1, 130), archs, rules.ToArray());
    }

    /// <summary>Every number near one that the profile names, with arguments near those that it compares.</summary>
    public IEnumerable<Call> Calls(SeccompProfile profile)
    {
        uint[] archs = [Audit.AUDIT_ARCH_X86_64, Audit.AUDIT_ARCH_I386];
        yield return new Call(0xC00000B7, 63, new ulong[6]);
        foreach (uint number in new uint[] { 0, 1, 471, 547, 600, 0x3fffffff, 0x40000000, 0x400003ff, 0x7fffffff, 0xfffffffe, uint.MaxValue })
        {
            foreach (uint arch in archs)
                yield return new Call(arch, number, new ulong[6]);
        }
        foreach (SeccompRule rule in profile.Rules)
        {
            foreach (SeccompArch arch in new[] { SeccompArch.X64, SeccompArch.X86, SeccompArch.X32 })
            {
                if (!SeccompSyscalls.TryGetNumber(arch, rule.Names[0], out int number))
                    number = _random.Next(2) == 0 ? 102 : 117;
                uint audit = arch == SeccompArch.X86 ? Audit.AUDIT_ARCH_I386 : Audit.AUDIT_ARCH_X86_64;
                yield return new Call(audit, (uint)number + 1, Near(rule));
                for (int i = 0; i < 4; i++)
                    yield return new Call(audit, (uint)number, Near(rule));
            }
        }
    }

    private SeccompArgument[] Arguments(int most)
    {
        var arguments = new SeccompArgument[_random.Next(1, most + 1)];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = new SeccompArgument(_random.Next(6), Value(), Value(), (SeccompOperator)_random.Next(7));
        return arguments;
    }

    private ulong Value() => _random.Next(4) == 0 ? (ulong)_random.NextInt64() : s_values[_random.Next(s_values.Length)];

    private ulong[] Near(SeccompRule rule)
    {
        var arguments = new ulong[6];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = _random.Next(3) == 0 ? (ulong)_random.Next(25) : Value();
        foreach (SeccompArgument argument in rule.Arguments)
        {
            ulong value = argument.Operator == SeccompOperator.MaskedEqual && _random.Next(2) == 0
                ? (argument.ValueTwo & argument.Value) | ((ulong)_random.NextInt64() & ~argument.Value) : argument.Value;
            arguments[argument.Index] = _random.Next(6) switch
            {
                0 => value - 1,
                1 => value + 1,
                2 => value ^ 0x100000000,
                3 => arguments[argument.Index],
                _ => value,
            };
        }
        return arguments;
    }
}

/// <summary>The numbers in the kernel's headers, read from their text.</summary>
internal static class Headers
{
    public static Dictionary<string, int> Numbers(string file)
    {
        var numbers = new Dictionary<string, int>();
        foreach (string line in File.ReadLines("/usr/include/x86_64-linux-gnu/asm/" + file))
        {
            string[] words = line.Replace("(__X32_SYSCALL_BIT + ", "").Replace(")", "").Split(' ', '\t');
            if (words.Length == 3 && words[0] == "#define" && words[1].StartsWith("__NR_", StringComparison.Ordinal) && int.TryParse(words[2], out int number))
                numbers.Add(words[1]["__NR_".Length..], number);
        }
        return numbers;
    }
}
