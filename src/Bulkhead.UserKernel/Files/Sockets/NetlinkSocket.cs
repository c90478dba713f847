using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>
/// NETLINK_ROUTE (rtnetlink(7)), as far as programs ask which interfaces and addresses there are (getifaddrs(3)): the loopback device's. Nothing
/// can be changed.
/// </summary>
internal sealed class NetlinkSocket(Kernel kernel, int type) : SocketFile(kernel, SocketAbi.FamilyNetlink, type, 0)
{
    private const int AddressSize = 12, HeaderSize = 16, MostRequest = 32 << 10, MostWaiting = 64;
    private const ushort Failed = 2, Done = 3, NewLink = 16, GetLink = 18, NewAddress = 20, GetAddress = 22, GetRoute = 26, GetNeighbour = 30, GetRule = 34;
    private const ushort Multi = 2, Acknowledge = 4, Dump = 0x300;
    private readonly PacketQueue packets = new();
    private uint port, groups;

    public override bool HasLevel(int level) => level == SocketAbi.LevelSocket;

    public override SocketAddress LocalName() => AddressOf(port, groups);

    public override long PeerName(out SocketAddress name)
    {
        name = AddressOf(0, 0);
        return 0;
    }

    private static SocketAddress AddressOf(uint port, uint groups)
    {
        byte[] bytes = new byte[AddressSize];
        bytes[0] = SocketAbi.FamilyNetlink;
        MemoryMarshal.Write(bytes.AsSpan(4), port);
        MemoryMarshal.Write(bytes.AsSpan(8), groups);
        return new SocketAddress(bytes);
    }

    public override long Bind(GuestTask task, in SocketAddress address)
    {
        if (address.Length < AddressSize || address.Family != SocketAbi.FamilyNetlink)
            return Fail.EINVAL;
        uint wanted = MemoryMarshal.Read<uint>(address.Bytes[4..]);
        if (port != 0 && wanted != port)
            return Fail.EINVAL;
        if (port == 0 && wanted != 0 && !Network.NetlinkPorts.Add(wanted))
            return Fail.EADDRINUSE;
        port = wanted != 0 ? wanted : TakePort(task);
        groups = MemoryMarshal.Read<uint>(address.Bytes[8..]);
        return 0;
    }

    /// <summary>The first one of a process has its pid (netlink(7)).</summary>
    private uint TakePort(GuestTask task)
    {
        if (port != 0)
            return port;
        uint pid = (uint)task.Process.Pid;
        uint free = Network.NetlinkPorts.Contains(pid) ? uint.MaxValue - (uint)Inode : pid;
        Network.NetlinkPorts.Add(free);
        return free;
    }

    public override long Connect(GuestTask task, in SocketAddress address, bool isNonBlocking, out WaitQueue? waitOn)
    {
        waitOn = null;
        if (address.Length < AddressSize || address.Family != SocketAbi.FamilyNetlink)
            return Fail.EINVAL;
        if (MemoryMarshal.Read<uint>(address.Bytes[4..]) != 0)
            return Fail.ECONNREFUSED;
        port = TakePort(task);
        return 0;
    }

    public override long Send(ref Outgoing message)
    {
        if (message.Task is not { } task || (message.Flags & SocketAbi.Oob) != 0)
            return Fail.EOPNOTSUPP;
        if (message.Buffer.Length > MostRequest)
            return Fail.EMSGSIZE;
        byte[] request = new byte[message.Buffer.Length];
        if (!message.Buffer.Get(request))
            return Fail.EFAULT;
        port = TakePort(task);
        ReadOnlySpan<byte> left = request;
        while (left.Length >= HeaderSize && MemoryMarshal.Read<uint>(left) is var length && length >= HeaderSize && length <= (uint)left.Length)
        {
            Answer(left[..(int)length]);
            left = left[Math.Min(left.Length, ((int)length + 3) & ~3)..];
        }
        return request.Length;
    }

    private void Answer(ReadOnlySpan<byte> request)
    {
        ushort kind = MemoryMarshal.Read<ushort>(request[4..]), flags = MemoryMarshal.Read<ushort>(request[6..]);
        uint sequence = MemoryMarshal.Read<uint>(request[8..]);
        int family = request.Length > HeaderSize ? request[HeaderSize] : 0;
        bool isDump = (flags & Dump) != 0;
        ushort part = isDump ? Multi : (ushort)0;
        var all = new List<byte>();
        long error = 0;
        switch (kind)
        {
            case GetLink:
                Link(part, sequence).AppendTo(all);
                break;
            case GetAddress when isDump:
                if (family is SocketAbi.FamilyUnspecified or SocketAbi.FamilyInet)
                    Address(sequence, SocketAbi.FamilyInet, 8, [127, 0, 0, 1]).AppendTo(all);
                if (family is SocketAbi.FamilyUnspecified or SocketAbi.FamilyInet6)
                    Address(sequence, SocketAbi.FamilyInet6, 128, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]).AppendTo(all);
                break;
            case GetRoute or GetNeighbour or GetRule when isDump:
                break;
            default:
                // Of each four types the third asks; the others change something (rtnetlink_rcv_msg).
                error = kind % 4 == 2 ? Fail.EOPNOTSUPP : kind < NewLink ? 0 : Fail.EPERM;
                break;
        }
        if (all.Count > 0)
            Append(all);
        if (isDump && error == 0)
            End(Done, sequence, 0, []);
        else if (error != 0 || (flags & Acknowledge) != 0)
            End(Failed, sequence, error, request[..HeaderSize]);
    }

    private NetlinkMessage Link(ushort part, uint sequence)
    {
        const ushort Hardware = 1, Broadcast = 2, IfName = 3, Mtu = 4, QueueLength = 13, OperState = 16;
        const uint Flags = 0x10049; // IFF_UP, IFF_LOOPBACK, IFF_RUNNING, IFF_LOWER_UP
        Span<byte> info = stackalloc byte[16];
        info.Clear();
        MemoryMarshal.Write(info[2..], (ushort)772);
        MemoryMarshal.Write(info[4..], 1);
        MemoryMarshal.Write(info[8..], Flags);
        ReadOnlySpan<byte> nothing = [0, 0, 0, 0, 0, 0];
        return new NetlinkMessage(NewLink, part, sequence, port).Add(info).Attribute(IfName, "lo\0"u8).Number(QueueLength, 1000)
            .Attribute(OperState, [0]).Number(Mtu, 65536).Attribute(Hardware, nothing).Attribute(Broadcast, nothing);
    }

    private NetlinkMessage Address(uint sequence, byte family, byte prefix, ReadOnlySpan<byte> address)
    {
        const ushort Whole = 1, Local = 2, Label = 3, Flags = 8;
        const byte Permanent = 0x80, HostScope = 254;
        NetlinkMessage message = new NetlinkMessage(NewAddress, Multi, sequence, port).Add([family, prefix, Permanent, HostScope, 1, 0, 0, 0]).Attribute(Whole, address);
        if (family == SocketAbi.FamilyInet)
            message.Attribute(Local, address).Attribute(Label, "lo\0"u8);
        return message.Number(Flags, Permanent);
    }

    private void End(ushort type, uint sequence, long error, ReadOnlySpan<byte> request)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        MemoryMarshal.Write(number, (int)error);
        var all = new List<byte>();
        new NetlinkMessage(type, type == Done ? Multi : (ushort)0, sequence, port).Add(number).Add(request).AppendTo(all);
        Append(all);
    }

    private void Append(List<byte> all)
    {
        if (packets.Count < MostWaiting)
            packets.Add(new Packet { Data = [.. all], Length = all.Count, From = AddressOf(0, 0) });
        else
            PendingError = Fail.ENOBUFS;
        Wake();
    }

    public override long Receive(ref Incoming message)
    {
        if (PendingError != 0)
            return TakeError();
        if (packets.Count == 0)
            return Fail.EAGAIN;
        Packet packet = packets.First!;
        int whole = packet.Length, count = (int)Math.Min(whole, message.Buffer.Left);
        bool isThere = message.Buffer.Put(packet.Data.AsSpan(0, count));
        message.From = packet.From;
        message.IsEnd = true;
        if (count < whole)
            message.Result |= SocketAbi.Truncated;
        if (!message.IsPeek)
            packets.RemoveFirst();
        return !isThere ? Fail.EFAULT : (message.Flags & SocketAbi.Truncated) != 0 ? whole : count;
    }

    public override long Shutdown(int how) => Fail.EOPNOTSUPP;

    public override uint Poll() => (packets.Count > 0 ? In : 0) | (PendingError != 0 ? Error : 0) | Out;

    protected override long Waiting(out int count)
    {
        count = packets.First?.Length ?? 0;
        return 0;
    }

    protected override void OnClose()
    {
        Network.NetlinkPorts.Remove(port);
        Wake();
    }
}
