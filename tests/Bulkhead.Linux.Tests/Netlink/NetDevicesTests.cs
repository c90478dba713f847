using Bulkhead.Linux.Netlink;
using static Bulkhead.Linux.Tests.Netlink.PrivateNetwork;

namespace Bulkhead.Linux.Tests.Netlink;

public sealed class NetDevicesTests
{
    [Fact]
    public void A_moved_device_is_up_under_its_new_name_with_its_addresses_and_attributes() => Run(() =>
    {
        Ip("link", "add", "v0", "mtu", "1400", "type", "veth", "peer", "name", "v1");
        Ip("link", "set", "v0", "address", "02:00:00:00:00:07");
        Ip("addr", "add", "10.9.8.7/24", "broadcast", "10.9.8.255", "dev", "v0");
        Ip("addr", "add", "fd00:9::7/64", "dev", "v0", "nodad");
        Ip("addr", "add", "169.254.3.3/16", "scope", "link", "dev", "v0");
        Ip("addr", "add", "10.66.0.1/24", "valid_lft", "1000", "preferred_lft", "1000", "dev", "v0");
        Ip("link", "set", "v0", "up");
        Ip("link", "set", "v1", "up");

        using Fd container = Create();
        NetDevices.Move(container, [new NetDevice("v0", "eth0")]);

        Assert.DoesNotContain("v0@", Ip("-o", "link"), System.StringComparison.Ordinal);
        string link = "", addresses = "";
        Enter(container, () => (link, addresses) = (Ip("-o", "link", "show", "eth0"), Ip("-o", "addr", "show", "eth0")));
        Assert.Contains(",UP", link, System.StringComparison.Ordinal);
        Assert.Contains("mtu 1400", link, System.StringComparison.Ordinal);
        Assert.Contains("02:00:00:00:00:07", link, System.StringComparison.Ordinal);
        Assert.Contains("inet 10.9.8.7/24 brd 10.9.8.255 scope global eth0", addresses, System.StringComparison.Ordinal);
        Assert.Contains("inet6 fd00:9::7/64", addresses, System.StringComparison.Ordinal);
        Assert.DoesNotContain("169.254.3.3", addresses, System.StringComparison.Ordinal);
        Assert.DoesNotContain("10.66.0.1", addresses, System.StringComparison.Ordinal);
    });

    [Fact]
    public void Without_a_new_name_a_device_keeps_its_own() => Run(() =>
    {
        Ip("link", "add", "v0", "type", "veth", "peer", "name", "v1");
        using Fd container = Create();
        NetDevices.Move(container, [new NetDevice("v0", "")]);
        Enter(container, () => Assert.Contains("v0", Ip("-o", "link", "show", "v0"), System.StringComparison.Ordinal));
    });

    [Fact]
    public void A_bad_entry_stops_the_move_before_the_first_device() => Run(() =>
    {
        Ip("link", "add", "v0", "type", "veth", "peer", "name", "v1");
        using Fd container = Create();
        Refused(container, "network device nosuch: the host has no such device", new("v0", ""), new("nosuch", ""));
        Refused(container, "network device v1: the name \"a-name-of-16-byte\" is longer than 15 bytes", new("v0", ""), new("v1", "a-name-of-16-byte"));
        Refused(container, "network device v1: the name \"a/b\" contains a slash, a colon or a space", new("v0", ""), new("v1", "a/b"));
        Refused(container, "network device v1: the container already has a device named lo", new("v0", ""), new("v1", "lo"));
        Ip("link", "show", "v0");
    });

    [Fact]
    public void Lo_comes_up_by_the_ioctl_that_the_spawn_plan_carries() => Run(() =>
    {
        Assert.DoesNotContain("UP", Ip("-o", "link", "show", "lo"), System.StringComparison.Ordinal);
        using Fd socket = Sys.CreateSocket(Loopback.Family, Loopback.Type).OrThrow("socket");
        Assert.Equal(Errno.None, Sys.InterfaceControl(socket, Loopback.Request, Loopback.Argument));
        Assert.Contains(",UP", Ip("-o", "link", "show", "lo"), System.StringComparison.Ordinal);
        Assert.Contains("inet 127.0.0.1/8", Ip("-o", "addr", "show", "lo"), System.StringComparison.Ordinal);
    });

    [Fact]
    public void Lo_comes_up_by_netlink_from_outside()
    {
        using Fd container = Create();
        using (NetlinkSocket socket = NetlinkSocket.OpenIn(container))
            Assert.Equal(Errno.None, NetDevices.SetUp(socket, NetDevices.FindLink(socket, "lo").OrThrow("find lo")));
        Enter(container, () => Assert.Contains(",UP", Ip("-o", "link", "show", "lo"), System.StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("fifteen-bytes-x", null)]
    [InlineData("sixteen-bytes-xx", "is longer than 15 bytes")]
    [InlineData("", "is empty")]
    [InlineData("..", "is reserved")]
    [InlineData("a:b", "contains a slash, a colon or a space")]
    public void Names(string name, string? error) => Assert.Equal(error, NetDevices.NameError(name));

    [Fact]
    public void A_broken_length_ends_the_walk()
    {
        var messages = new MessageReader([200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.False(messages.Next());
        var attributes = new AttributeReader([5, 0, 1, 0, 42, 0, 0, 0, 3, 0, 1, 0]);
        Assert.True(attributes.Next());
        Assert.Equal([42], attributes.Value.ToArray());
        Assert.False(attributes.Next());
    }

    [Fact]
    public void A_nested_attribute_counts_what_it_holds()
    {
        var writer = NetlinkWriter.Request(new byte[128], 16, 0, new Abi.ifinfomsg());
        int nested = writer.BeginNested(18);
        writer.Attribute(1, "ab");
        writer.EndNested(nested);
        byte[] message = writer.Finish(7).ToArray();
        Assert.Equal([12, 0, 18, 0, 7, 0, 1, 0, (byte)'a', (byte)'b', 0, 0], message[32..]);
        Assert.Equal(message.Length, message[0]);
        Assert.Equal(7, message[8]);
    }

    private static void Refused(Fd container, string message, params NetDevice[] devices) =>
        Assert.Equal(message, Assert.Throws<StepException>(() => NetDevices.Move(container, devices)).Message);
}
