using System.Linq;

namespace Bulkhead.GuestV2;

public sealed class GuestTests(Guest guest) : IClassFixture<Guest>
{
    public static TheoryData<string, string> Cases =>
        [.. Selection.Chosen.Select(each => new TheoryDataRow<string, string>(each.Runtime, each.Case.Name))];

    /// <summary>Each script of cases/ ran in the guest and found what it expects: exit 0.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void On_pure_cgroup_v2(string runtime, string name)
    {
        CaseResult result = guest.Result(runtime, name);
        TestContext.Current.TestOutputHelper?.WriteLine($"{result.Milliseconds} ms");
        Assert.True(result.Exit == 0, $"exit {result.Exit} after {result.Milliseconds} ms in the guest\n{result.Output}");
    }
}
