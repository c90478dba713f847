using System;
using System.Text;
using Bulkhead.Linux.Seccomp;
using Bulkhead.TestSupport;

namespace Bulkhead.Linux.Tests.Seccomp;

/// <summary>The compiled filters in the real kernel.</summary>
public sealed class SeccompKernelTests
{
    private static readonly NativeTool s_probe = new("filter-probe");

    private static string Probe(SeccompProfile profile, string calls, SeccompOptions options = SeccompOptions.None, string mode = "plain")
    {
        string[] arguments = [((uint)options).ToString(System.Globalization.CultureInfo.InvariantCulture), mode, .. calls.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        (int status, byte[] output, string error) = s_probe.Run(SeccompCompiler.Compile(profile), arguments);
        Assert.True(status == 0, error);
        return Encoding.ASCII.GetString(output).Trim().Replace('\n', ' ');
    }

    private static SeccompProfile On(string name, SeccompAction action, uint data, params SeccompArgument[] arguments) =>
        new(SeccompAction.Allow, 0, [SeccompArch.X86], [new SeccompRule([name], action, data, arguments)]);

    [Theory]
    [InlineData(SeccompAction.Errno, 77, "-77")]
    [InlineData(SeccompAction.KillProcess, 0, "killed 31")]
    [InlineData(SeccompAction.KillThread, 0, "killed 31")]
    [InlineData(SeccompAction.Trap, 0, "trap 135 135")]
    [InlineData(SeccompAction.Log, 0, "0")]
    [InlineData(SeccompAction.Trace, 5, "-38")]
    public void Each_action_does_what_it_says(SeccompAction action, uint data, string expected) =>
        Assert.Equal(expected, Probe(On("personality", action, data), "64 135 0 0 0"));

    [Fact]
    public void Trace_gives_a_tracer_its_message() =>
        Assert.Equal("trace 5 0", Probe(On("personality", SeccompAction.Trace, 5), "64 135 0 0 0", mode: "trace"));

    [Fact]
    public void Notify_gives_a_listener_that_answers() =>
        Assert.Equal("notify 135 42", Probe(On("personality", SeccompAction.Notify, 0), "64 135 0 0 0", SeccompOptions.NewListener));

    [Theory]
    [InlineData(SeccompOperator.Equal, 0x100000005, 0, 0x100000005, 5)]
    [InlineData(SeccompOperator.NotEqual, 5, 0, 0x100000005, 5)]
    [InlineData(SeccompOperator.Less, 0x100000000, 0, 0xffffffff, 0x100000000)]
    [InlineData(SeccompOperator.LessOrEqual, 0x100000000, 0, 0x100000000, 0x100000001)]
    [InlineData(SeccompOperator.Greater, 0xffffffff, 0, 0x100000000, 0xffffffff)]
    [InlineData(SeccompOperator.GreaterOrEqual, 0x100000000, 0, 0x100000000, 0xffffffff)]
    [InlineData(SeccompOperator.MaskedEqual, 0xff0, 0x120, 0xf12f, 0x130)]
    public void Each_operator_compares_64_bits(SeccompOperator comparison, ulong value, ulong two, ulong hit, ulong miss)
    {
        // getppid ignores its arguments.
        SeccompProfile profile = On("getppid", SeccompAction.Errno, 77, new SeccompArgument(1, value, two, comparison));
        string[] answers = Probe(profile, $"64 110 0 {hit} 0 64 110 0 {miss} 0").Split(' ');
        Assert.Equal("-77", answers[0]);
        Assert.True(int.Parse(answers[1], System.Globalization.CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public void I386_calls_obey_their_own_numbers_and_x32_is_killed_unless_listed()
    {
        SeccompProfile profile = On("personality", SeccompAction.Errno, 77);
        const string NoCall = "killed 11";
        Assert.Equal(Machine.HasI386Calls ? "-77" : NoCall, Probe(profile, "32 136 0 0 0"));
        Assert.Equal(Machine.HasI386Calls ? "killed 31" : NoCall, Probe(profile with { Architectures = [] }, "32 136 0 0 0"));
        Assert.Equal("killed 31", Probe(profile, "x32 135 0 0 0"));
        Assert.Equal("-77", Probe(profile with { Architectures = [SeccompArch.X32] }, "x32 135 0 0 0"));
    }

    [Fact]
    public void Docker_profile_installs_and_refuses()
    {
        // mount, personality(8), personality(1), clone3, a number from the future
        Assert.Equal("-1 0 -1 -38", Probe(Profiles.Docker(), "64 165 0 0 0 64 135 8 0 0 64 135 1 0 0 64 600 0 0 0"));
    }
}
