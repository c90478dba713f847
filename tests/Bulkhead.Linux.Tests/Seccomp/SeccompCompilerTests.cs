using System;
using System.Linq;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Seccomp;

namespace Bulkhead.Linux.Tests.Seccomp;

public sealed class SeccompCompilerTests
{
    private static SeccompRule Rule(string name, SeccompAction action, params SeccompArgument[] arguments) => new([name], action, 1, arguments);

    private static SeccompProfile Deny(params SeccompRule[] rules) => new(SeccompAction.Errno, 1, [], rules);

    private static uint Run(SeccompProfile profile, uint number, params ulong[] arguments) => new BpfInterpreter(SeccompCompiler.Compile(profile))
        .Run(new Call(Audit.AUDIT_ARCH_X86_64, number, [.. arguments, .. new ulong[6 - arguments.Length]]));

    [Theory]
    [InlineData(1, 2500, 12)]
    [InlineData(2, 1000, 60)]
    [InlineData(3, 200, 600)]
    public void Random_profiles_decide_as_the_reference(int seed, int profiles, int mostRules)
    {
        var generator = new ProfileGenerator(seed);
        int compared = 0;
        for (int i = 0; i < profiles; i++)
        {
            SeccompProfile profile = generator.Profile(mostRules);
            var reference = new ReferenceFilter(profile);
            var program = new BpfInterpreter(SeccompCompiler.Compile(profile));
            foreach (Call call in generator.Calls(profile))
            {
                uint expected = reference.Decide(call);
                uint actual = program.Run(call);
                Assert.True(expected == actual, $"seed {seed}, profile {i}, {call.Arch:x} {call.Number:x} ({string.Join(' ', call.Arguments.Select(a => a.ToString("x")))}): expected {expected:x}, got {actual:x}");
                compared++;
            }
        }
        Assert.True(compared > profiles * mostRules);
    }

    [Fact]
    public void Docker_profile_decides_as_the_reference_for_every_number()
    {
        SeccompProfile profile = Profiles.Docker();
        var reference = new ReferenceFilter(profile);
        var program = new BpfInterpreter(SeccompCompiler.Compile(profile));
        foreach (uint arch in new[] { Audit.AUDIT_ARCH_X86_64, Audit.AUDIT_ARCH_I386 })
        {
            foreach (uint start in new uint[] { 0, 0x3ffffe00, 0x40000000, 0x7fffff00, 0xfffffc00 })
            {
                for (uint i = 0; i < 1024; i++)
                {
                    var call = new Call(arch, unchecked(start + i), new ulong[6]);
                    Assert.Equal(reference.Decide(call), program.Run(call));
                }
            }
        }
    }

    [Fact]
    public void Numbers_above_the_profile_give_ENOSYS_only_when_the_default_denies()
    {
        uint enosys = SeccompAbi.SECCOMP_RET_ERRNO | (uint)Errno.ENOSYS;
        SeccompRule rule = Rule("getppid", SeccompAction.Allow);
        Assert.Equal(enosys, Run(Deny(rule), SysNr.clone3));
        Assert.Equal(SeccompAbi.SECCOMP_RET_ERRNO | 1, Run(Deny(rule), SysNr.read));
        Assert.Equal(SeccompAbi.SECCOMP_RET_LOG, Run(new SeccompProfile(SeccompAction.Log, 0, [], [rule]), SysNr.clone3));
        Assert.Equal(SeccompAbi.SECCOMP_RET_TRACE | 9, Run(new SeccompProfile(SeccompAction.Trace, 9, [], [rule]), SysNr.clone3));
        Assert.Equal(enosys, Run(new SeccompProfile(SeccompAction.KillProcess, 0, [], [rule]), SysNr.clone3));
        Assert.Equal(SeccompAbi.SECCOMP_RET_ERRNO | 1, Run(Deny(), SysNr.clone3));
    }

    [Fact]
    public void An_index_named_twice_makes_alternatives()
    {
        SeccompProfile profile = Deny(Rule("personality", SeccompAction.Allow, new(0, 3, 0, SeccompOperator.Equal), new(0, 5, 0, SeccompOperator.Equal), new(1, 7, 0, SeccompOperator.Equal)));
        Assert.Equal(SeccompAbi.SECCOMP_RET_ALLOW, Run(profile, SysNr.personality, 3));
        Assert.Equal(SeccompAbi.SECCOMP_RET_ALLOW, Run(profile, SysNr.personality, 5));
        Assert.Equal(SeccompAbi.SECCOMP_RET_ALLOW, Run(profile, SysNr.personality, 0, 7));
        Assert.Equal(SeccompAbi.SECCOMP_RET_ERRNO | 1, Run(profile, SysNr.personality, 4, 8));
    }

    [Fact]
    public void Thousands_of_values_compile_by_a_tree_and_too_many_give_a_clear_error()
    {
        SeccompRule[] Values(int count) => [.. Enumerable.Range(0, count).Select(i => Rule("ioctl", SeccompAction.Allow, new SeccompArgument(1, (ulong)i * 3, 0, SeccompOperator.Equal)))];
        var program = new BpfInterpreter(SeccompCompiler.Compile(Deny(Values(2000))));
        Assert.Equal(SeccompAbi.SECCOMP_RET_ALLOW, program.Run(new Call(Audit.AUDIT_ARCH_X86_64, SysNr.ioctl, [0, 5997, 0, 0, 0, 0])));
        Assert.InRange(program.Steps, 1, 40);
        Assert.Equal(SeccompAbi.SECCOMP_RET_ERRNO | 1, program.Run(new Call(Audit.AUDIT_ARCH_X86_64, SysNr.ioctl, [0, 5998, 0, 0, 0, 0])));
        StepException error = Assert.Throws<StepException>(() => SeccompCompiler.Compile(Deny(Values(5000))));
        Assert.Contains("4096", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Contradictory_and_impossible_profiles_are_refused()
    {
        string Refusal(SeccompProfile profile) => Assert.Throws<StepException>(() => SeccompCompiler.Compile(profile)).Message;
        var zero = new SeccompArgument(0, 0, 0, SeccompOperator.Equal);
        Assert.Contains("personality", Refusal(Deny(Rule("personality", SeccompAction.Allow, zero), Rule("personality", SeccompAction.Log, zero))), StringComparison.Ordinal);
        Assert.Contains("index 6", Refusal(Deny(Rule("personality", SeccompAction.Allow, new SeccompArgument(6, 0, 0, SeccompOperator.Equal)))), StringComparison.Ordinal);
        Assert.Equal("SCMP_ACT_NOTIFY cannot be used as default action", Refusal(new SeccompProfile(SeccompAction.Notify, 0, [], [])));
        Assert.Equal("SCMP_ACT_NOTIFY cannot be used for the write syscall", Refusal(Deny(Rule("write", SeccompAction.Notify))));
        Assert.Contains("empty string", Refusal(Deny(Rule("", SeccompAction.Allow))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SeccompArch.X64, "unistd_64.h", 0)]
    [InlineData(SeccompArch.X86, "unistd_32.h", 0)]
    [InlineData(SeccompArch.X32, "unistd_x32.h", 0x40000000)]
    public void The_table_has_every_call_of_the_headers(SeccompArch arch, string header, int bit)
    {
        var numbers = Headers.Numbers(header);
        Assert.True(numbers.Count > 340);
        foreach ((string name, int number) in numbers)
        {
            Assert.True(SeccompSyscalls.TryGetNumber(arch, name, out int ours), name);
            Assert.Equal(number | bit, ours);
        }
        Assert.False(SeccompSyscalls.TryGetNumber(arch, "no_such_call", out _));
        Assert.False(SeccompSyscalls.TryGetNumber(arch, "", out _));
        Assert.False(SeccompSyscalls.TryGetNumber(SeccompArch.S390X, "read", out _));
    }

    [Fact]
    public void Every_known_name_parses_in_both_forms_and_no_other()
    {
        Assert.Equal(9, SeccompNames.Actions.Count(n => SeccompNames.TryParseAction(n, out _)));
        Assert.Equal(7, SeccompNames.Operators.Count(n => SeccompNames.TryParseOperator(n, out _)));
        Assert.Equal(18, SeccompNames.Architectures.Count(n => SeccompNames.TryParseArch(n, out _)));
        Assert.Equal(4, SeccompNames.Flags.Count(n => SeccompNames.TryParseFlag(n, out _)));
        Assert.True(SeccompNames.TryParseOperator("SCMP_CMP_MASKED_EQ"u8, out SeccompOperator comparison));
        Assert.Equal(SeccompOperator.MaskedEqual, comparison);
        Assert.True(SeccompNames.TryParseFlag("SECCOMP_FILTER_FLAG_LOG"u8, out SeccompOptions flag));
        Assert.Equal(SeccompOptions.Log, flag);
        Assert.False(SeccompNames.TryParseAction("SCMP_ACT_"u8, out _));
        Assert.False(SeccompNames.TryParseArch(new byte[100], out _));
        Assert.False(SeccompNames.TryParseArch("scmp_arch_x86", out _));
    }
}
