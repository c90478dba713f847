using System;

namespace Bulkhead.Linux.Seccomp;

/// <summary>Sorts a profile's rules by architecture and call.</summary>
internal sealed class ProfileReader(SeccompProfile profile, CallRules native, CallRules? x86, CallRules? x32)
{
    private const int ArgumentCount = 6;
    private const int IpcBit = 0x80;

    // asm/unistd_32.h
    private const int I386SocketCall = 102;
    private const int I386Ipc = 117;

    public void Read()
    {
        // The process could not be handed over: the runtime's own calls would wait for a listener that nobody has yet.
        if (profile.DefaultAction == SeccompAction.Notify)
            throw new StepException("SCMP_ACT_NOTIFY cannot be used as default action");
        int hint = 0;
        uint defaultAction = SeccompCompiler.ReturnValue(profile.DefaultAction, profile.DefaultData);
        foreach (SeccompRule rule in profile.Rules)
        {
            uint action = SeccompCompiler.ReturnValue(rule.Action, rule.Data);
            CallCondition[][] wide = Conditions(rule, is64Bit: true);
            CallCondition[][] narrow = x86 is null && x32 is null ? [] : Conditions(rule, is64Bit: false);
            foreach (string name in rule.Names)
            {
                if (name.Length == 0)
                    throw new StepException("seccomp: empty string is not a valid syscall");
                if (rule.Action == SeccompAction.Notify && name == "write")
                    throw new StepException("SCMP_ACT_NOTIFY cannot be used for the write syscall");
                int row = SeccompSyscalls.Find(name, ref hint);
                if (row < 0)
                    continue;
                bool redundant = action == defaultAction;
                Add(native, row, SeccompArch.X64, action, redundant, wide, name);
                if (x32 is not null)
                    Add(x32, row, SeccompArch.X32, action, redundant, narrow, name);
                if (x86 is not null)
                    AddX86(x86, row, action, redundant, rule.Action is SeccompAction.Allow or SeccompAction.Log, narrow, name);
            }
        }
    }

    private static void Add(CallRules calls, int row, SeccompArch arch, uint action, bool redundant, CallCondition[][] alternatives, string name)
    {
        int number = SeccompSyscalls.NumberAt(row, arch);
        if (number < 0)
            return;
        calls.Largest = Math.Max(calls.Largest, number);
        if (redundant)
            return;
        foreach (CallCondition[] conditions in alternatives)
            calls.Add(number, action, conditions, name);
    }

    /// <summary>
    /// The same call through socketcall(2) or ipc(2) too. Its number becomes the first argument, and its own arguments lie behind a
    /// pointer that BPF cannot follow. A rule that allows only some arguments therefore allows nothing here: libseccomp drops the
    /// condition instead, which opens every socket family to i386 programs (escape E18, CVE-2026-31431). A rule that refuses some
    /// arguments refuses all, as libseccomp has it.
    /// </summary>
    private static void AddX86(CallRules calls, int row, uint action, bool redundant, bool allows, CallCondition[][] alternatives, string name)
    {
        int multiplexed = SeccompSyscalls.MultiplexedAt(row);
        if (multiplexed == 0)
        {
            Add(calls, row, SeccompArch.X86, action, redundant, alternatives, name);
            return;
        }
        if (redundant)
            return;
        int number = (multiplexed & IpcBit) != 0 ? I386Ipc : I386SocketCall;
        var call = new CallCondition(0, SeccompOperator.Equal, uint.MaxValue, (uint)(multiplexed & ~IpcBit));
        int direct = SeccompSyscalls.NumberAt(row, SeccompArch.X86);
        foreach (CallCondition[] conditions in alternatives)
        {
            if (!allows || conditions.Length == 0)
                calls.Add(number, action, [call], name);
            if (direct >= 0)
                calls.Add(direct, action, conditions, name);
        }
    }

    /// <summary>The rule's alternatives, each with conditions by rising index; one empty alternative always holds.</summary>
    private static CallCondition[][] Conditions(SeccompRule rule, bool is64Bit)
    {
        SeccompArgument[] arguments = rule.Arguments;
        if (arguments.Length == 0)
            return [[]];
        int seen = 0;
        bool twice = false;
        foreach (SeccompArgument argument in arguments)
        {
            if (argument.Index is < 0 or >= ArgumentCount)
                throw new StepException($"seccomp: argument index {argument.Index} is not in 0 to {ArgumentCount - 1}");
            twice |= (seen & (1 << argument.Index)) != 0;
            seen |= 1 << argument.Index;
        }
        if (!twice)
            return [Conjunction(arguments, is64Bit)];
        var alternatives = new CallCondition[arguments.Length][];
        for (int i = 0; i < arguments.Length; i++)
            alternatives[i] = Conjunction(arguments.AsSpan(i, 1), is64Bit);
        return alternatives;
    }

    private static CallCondition[] Conjunction(ReadOnlySpan<SeccompArgument> arguments, bool is64Bit)
    {
        var conditions = new CallCondition[arguments.Length];
        int count = 0;
        for (int index = 0; index < ArgumentCount; index++)
        {
            foreach (SeccompArgument argument in arguments)
            {
                // Nothing left to compare: always true.
                if (argument.Index == index && ToCondition(argument, is64Bit) is { Mask: not 0 } condition)
                    conditions[count++] = condition;
            }
        }
        return count == conditions.Length ? conditions : conditions[..count];
    }

    private static CallCondition ToCondition(SeccompArgument argument, bool is64Bit)
    {
        ulong word = is64Bit ? ulong.MaxValue : uint.MaxValue;
        bool masked = argument.Operator == SeccompOperator.MaskedEqual;
        ulong mask = masked ? argument.Value & word : word;
        ulong value = masked ? argument.ValueTwo : argument.Value;
        return new CallCondition(argument.Index, argument.Operator, mask, value & mask);
    }
}
