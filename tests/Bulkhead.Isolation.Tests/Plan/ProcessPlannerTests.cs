using Bulkhead.Isolation.Plan;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Tests.Plan;

/// <summary>What a plan takes from the configuration.</summary>
public sealed class ProcessPlannerTests
{
    /// <summary>The first process alone takes its signals by sigwait(3): what exec starts is a program like any other.</summary>
    [Theory]
    [InlineData("true", false, true)]
    [InlineData("true", true, false)]
    [InlineData("yes", false, false)]
    [InlineData(null, false, false)]
    public void SignalsAreBlockedForTheFirstProcessThatAsks(string? value, bool exec, bool expected)
    {
        var config = new RuntimeConfig { OciVersion = "1.2.0", Annotations = value is null ? [] : [new(Extensions.SignalsBlocked, value)] };

        Assert.Equal(expected, ProcessPlanner.Plan(new Process { Args = ["x"] }, config, exec, userNamespace: true).BlockedSignals == ulong.MaxValue);
    }
}
