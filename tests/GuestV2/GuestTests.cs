using System.Linq;

namespace Bulkhead.GuestV2;

/// <summary>Our runtime: each script of cases/ ran in the guest and found what it expects.</summary>
public sealed class GuestTests(OurGuest guest) : IClassFixture<OurGuest>
{
    public static TheoryData<string> Cases => [.. OurGuest.Chosen.Select(each => each.Case.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void On_pure_cgroup_v2(string name) => guest.Check(Selection.Ours, name);
}

/// <summary>The peers that a case names pass it as well: the case is right, not only in agreement with our runtime.</summary>
[Trait("Speed", "Long")]
public sealed class PeerTests(PeerGuest guest) : IClassFixture<PeerGuest>
{
    public static TheoryData<string, string> Cases =>
        [.. PeerGuest.Chosen.Select(each => new TheoryDataRow<string, string>(each.Runtime, each.Case.Name))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Peer_on_pure_cgroup_v2(string runtime, string name) => guest.Check(runtime, name);
}
