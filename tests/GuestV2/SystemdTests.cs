using System.Linq;

namespace Bulkhead.GuestV2;

/// <summary>Our runtime with --systemd-cgroup where systemd is pid 1: each script of systemd/ ran there.</summary>
public sealed class SystemdTests(OurSystemdGuest guest) : IClassFixture<OurSystemdGuest>
{
    public static TheoryData<string> Cases => [.. OurSystemdGuest.Chosen.Select(each => each.Case.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Under_systemd(string name) => guest.Check(Selection.Ours, name);
}

/// <summary>runc passes the cases that name it: what they ask for is what engines know.</summary>
[Trait("Speed", "Long")]
public sealed class PeerSystemdTests(PeerSystemdGuest guest) : IClassFixture<PeerSystemdGuest>
{
    public static TheoryData<string, string> Cases =>
        [.. PeerSystemdGuest.Chosen.Select(each => new TheoryDataRow<string, string>(each.Runtime, each.Case.Name))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Peer_under_systemd(string runtime, string name) => guest.Check(runtime, name);
}
