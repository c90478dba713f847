using System;
using System.Collections.Generic;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Netlink;

/// <summary>Moves host interfaces into a container's network namespace (linux.netDevices of runtime-spec 1.3), from the host's side.</summary>
public static class NetDevices
{
    /// <summary>
    /// Moves each device, renames it if asked, gives it its permanent global addresses again and brings it up. Names are checked before
    /// anything moves. A failure in between leaves the devices that have moved in the namespace: the kernel hands physical ones back to
    /// the host when the namespace ends.
    /// </summary>
    public static void Move(Fd netns, IReadOnlyList<NetDevice> devices)
    {
        if (devices.Count == 0)
            return;
        using NetlinkSocket host = NetlinkSocket.Open();
        using NetlinkSocket container = NetlinkSocket.OpenIn(netns);
        int[] indices = new int[devices.Count];
        for (int i = 0; i < indices.Length; i++)
            indices[i] = Check(host, container, devices[i]);
        for (int i = 0; i < indices.Length; i++)
            Move(host, container, netns, devices[i], indices[i]);
    }

    /// <summary>The index of the interface named <paramref name="name"/>; ENODEV when there is none.</summary>
    public static Result<int> FindLink(NetlinkSocket socket, string name)
    {
        Span<byte> buffer = stackalloc byte[128];
        NetlinkWriter request = NetlinkWriter.Request(buffer, Rtnetlink.RTM_GETLINK, Abi.Netlink.NLM_F_ACK, new ifinfomsg());
        request.Attribute(Rtnetlink.IFLA_IFNAME, name);
        int index = 0;
        Errno error = socket.Dump(request, ref index, static (ref int found, in MessageReader message) =>
        {
            if (message.TryRead(out ifinfomsg link, out _))
                found = link.ifi_index;
        });
        return error == Errno.None ? index : error;
    }

    /// <summary>Brings an interface up.</summary>
    public static Errno SetUp(NetlinkSocket socket, int index)
    {
        Span<byte> buffer = stackalloc byte[64];
        var body = new ifinfomsg { ifi_index = index, ifi_flags = NetIf.IFF_UP, ifi_change = NetIf.IFF_UP };
        return socket.Execute(NetlinkWriter.Request(buffer, Rtnetlink.RTM_NEWLINK, Abi.Netlink.NLM_F_ACK, body));
    }

    /// <summary>What is wrong with an interface's name (dev_valid_name in the kernel), or null.</summary>
    public static string? NameError(string name)
    {
        if (name.Length == 0)
            return "is empty";
        if (Encoding.UTF8.GetByteCount(name) >= NetIf.IFNAMSIZ)
            return "is longer than 15 bytes";
        if (name is "." or "..")
            return "is reserved";
        foreach (char c in name)
        {
            if (c is '/' or ':' or '\0' || char.IsWhiteSpace(c))
                return "contains a slash, a colon or a space";
        }
        return null;
    }

    private static int Check(NetlinkSocket host, NetlinkSocket container, NetDevice device)
    {
        CheckName(device, device.HostName);
        CheckName(device, device.Target);
        Result<int> index = FindLink(host, device.HostName);
        if (index.Error == Errno.ENODEV)
            throw new StepException($"network device {device.HostName}: the host has no such device");
        Result<int> taken = FindLink(container, device.Target);
        if (taken.Ok)
            throw new StepException($"network device {device.HostName}: the container already has a device named {device.Target}");
        if (taken.Error != Errno.ENODEV)
            throw new StepException("look for network device", taken.Error, device.Target);
        return index.OrThrow("look for network device", device.HostName);
    }

    private static void CheckName(NetDevice device, string name)
    {
        if (NameError(name) is { } error)
            throw new StepException($"network device {device.HostName}: the name \"{name}\" {error}");
    }

    private static void Move(NetlinkSocket host, NetlinkSocket container, Fd netns, NetDevice device, int index)
    {
        // Before the move takes the interface down: IPv6 addresses are flushed then.
        var addresses = new List<SavedAddress>();
        Errno error;
        do
        {
            addresses.Clear();
            error = SavedAddress.Collect(host, index, addresses);
        }
        while (error == Errno.EINTR);
        Check(error, "read the addresses of network device", device.HostName);

        // The kernel renames after it has moved: a name that got taken since Check leaves the device there under its old one.
        Check(MoveLink(host, netns, index, device.Target), "move network device", device.HostName);
        int moved = FindLink(container, device.Target).OrThrow("find the moved network device", device.Target);
        foreach (SavedAddress address in addresses)
            Check(address.AddTo(container, moved), $"add {address} to network device", device.Target);
        Check(SetUp(container, moved), "bring up network device", device.Target);
    }

    private static Errno MoveLink(NetlinkSocket host, Fd netns, int index, string name)
    {
        Span<byte> buffer = stackalloc byte[128];
        var body = new ifinfomsg { ifi_index = index };
        NetlinkWriter request = NetlinkWriter.Request(buffer, Rtnetlink.RTM_NEWLINK, Abi.Netlink.NLM_F_ACK, body);
        request.Attribute(Rtnetlink.IFLA_IFNAME, name);
        request.Attribute(Rtnetlink.IFLA_NET_NS_FD, (uint)netns.Value);
        return host.Execute(request);
    }

    private static void Check(Errno error, string step, string name)
    {
        if (error != Errno.None)
            throw new StepException(step, error, name);
    }
}
