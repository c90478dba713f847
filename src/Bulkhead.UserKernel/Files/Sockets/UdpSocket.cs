using System;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>udp(7). What does not fit at the receiver is lost without a word.</summary>
internal sealed class UdpSocket(Kernel kernel, int domain) : InetSocket(kernel, domain, SocketAbi.Datagram, SocketAbi.ProtocolUdp, kernel.Network.UdpPorts)
{
    private const int MostMessage = 65507, HeaderRoom = 64;
    private readonly PacketQueue packets = new();
    private bool isJoined;
    private SocketAddress lastName;
    private InetAddress lastFrom;
    private int lastDomain;

    /// <summary>connect(2) named a peer, even one of port 0, which getpeername(2) does not tell.</summary>
    public override bool IsJoined => isJoined;

    public override bool Hears(InetAddress from) => !IsJoined || Remote == from;

    public override bool HasLevel(int level) => level == SocketAbi.LevelUdp || base.HasLevel(level);

    public override long PeerName(out SocketAddress name)
    {
        name = Remote.ToName(Domain);
        return Remote.Port != 0 ? 0 : Fail.ENOTCONN;
    }

    public override long Connect(GuestTask task, in SocketAddress address, bool isNonBlocking, out WaitQueue? waitOn)
    {
        waitOn = null;
        if (address.Length < 2)
            return Fail.EINVAL;
        if (address.Family == SocketAbi.FamilyUnspecified)
            return Disconnect();
        long error = ParseRemote(address, out InetAddress remote);
        if (error == 0)
            error = BindAutomatically();
        if (error < 0)
            return error;
        Remote = remote;
        isJoined = true;
        Local = Local with { Address = SourceFor(remote) };
        return 0;
    }

    /// <summary>The address that connect(2) chose goes, and the port with it where nobody asked for one.</summary>
    private long Disconnect()
    {
        Remote = new InetAddress(Any, 0);
        isJoined = false;
        if (WasBound)
            return 0;
        Unbind();
        Local = new InetAddress(Any, 0);
        return 0;
    }

    public override long Send(ref Outgoing message)
    {
        if (message.Buffer.Length > MostMessage)
            return Fail.EMSGSIZE;
        if ((message.Flags & SocketAbi.Oob) != 0)
            return Fail.EOPNOTSUPP;
        InetAddress to = Remote;
        if (message.To.Length > 0)
        {
            long error = message.To.Family == SocketAbi.FamilyUnspecified && Domain == SocketAbi.FamilyInet
                ? ParseRemote(WithFamily(message.To), out to)
                : ParseRemote(message.To, out to);
            if (error < 0)
                return error;
            if (to.Port == 0)
                return Fail.EINVAL;
        }
        else if (!IsJoined)
        {
            return Fail.EDESTADDRREQ;
        }
        if (BindAutomatically() < 0)
            return Fail.EAGAIN;
        if (PendingError != 0)
            return TakeError();
        if (IsSendShut)
            return Fail.EPIPE;
        return Deliver(ref message, to);
    }

    private static SocketAddress WithFamily(in SocketAddress address)
    {
        byte[] bytes = address.Bytes.ToArray();
        bytes[0] = SocketAbi.FamilyInet;
        return new SocketAddress(bytes);
    }

    private long Deliver(ref Outgoing message, InetAddress to)
    {
        int length = (int)message.Buffer.Length;
        Packet packet = Network.Packets.Take(length);
        bool isThere = message.Buffer.Get(packet.Data.AsSpan(0, length));
        if (!isThere || !Pass(packet, to))
            Network.Packets.Give(packet);
        return isThere ? length : Fail.EFAULT;
    }

    /// <summary>False: it is lost.</summary>
    private bool Pass(Packet packet, InetAddress to)
    {
        var from = new InetAddress(SourceFor(to), Local.Port);
        if (Ports.Find(to, from) is not UdpSocket receiver)
        {
            // The ICMP answer is only for one who is connected, or asks for it (udp(7)).
            if (IsJoined || Options.IsSet(SocketAbi.LevelIp, SocketAbi.ReceiveError))
            {
                PendingError = Fail.ECONNREFUSED;
                Wake();
            }
            return false;
        }
        packet.Cost = Packet.CostOf(packet.Length + HeaderRoom, int.MaxValue);
        if (receiver.packets.Count > 0 && receiver.packets.Cost + packet.Cost > receiver.ReceiveBuffer)
            return false;
        (packet.From, packet.To) = (NameFor(from, receiver.Domain), to.Address);
        receiver.packets.Add(packet);
        receiver.Wake();
        return true;
    }

    /// <summary>As the receiver will see it: mostly that of the message before.</summary>
    private SocketAddress NameFor(InetAddress from, int domain)
    {
        if (lastName.Length == 0 || lastFrom != from || lastDomain != domain)
            (lastName, lastFrom, lastDomain) = (from.ToName(domain), from, domain);
        return lastName;
    }

    public override long Receive(ref Incoming message)
    {
        if ((message.Flags & SocketAbi.ErrorQueue) != 0)
            return Fail.EAGAIN;
        if (PendingError != 0)
            return TakeError();
        if (packets.Count == 0)
            return IsReceiveShut && (message.Flags & SocketAbi.DontWait) == 0 ? 0 : Fail.EAGAIN;
        Packet packet = packets.First!;
        int whole = packet.Length, count = (int)Math.Min(whole, message.Buffer.Left);
        bool isThere = message.Buffer.Put(packet.Data.AsSpan(0, count));
        message.From = packet.From;
        message.IsEnd = true;
        if (count < whole)
            message.Result |= SocketAbi.Truncated;
        bool isV4 = InetAddress.IsV4(packet.To);
        if (isV4 ? Options.IsSet(SocketAbi.LevelIp, SocketAbi.PacketInfo) : Options.IsSet(SocketAbi.LevelIpv6, SocketAbi.ReceivePacketInfo6))
            message.Control = new ControlData { To = packet.To };
        if (!message.IsPeek)
            Network.Packets.Give(packets.RemoveFirst());
        return !isThere ? Fail.EFAULT : (message.Flags & SocketAbi.Truncated) != 0 ? whole : count;
    }

    public override long Shutdown(int how)
    {
        if (!IsJoined)
            return Fail.ENOTCONN;
        Shut |= how;
        Wake();
        return 0;
    }

    public override uint Poll()
    {
        uint events = Out;
        if (PendingError != 0)
            events |= Error;
        if (IsReceiveShut)
            events |= ReadHangUp | In;
        if (Shut == SocketAbi.ShutBoth)
            events |= HangUp;
        return events | (packets.Count > 0 ? In : 0);
    }

    protected override long Waiting(out int count)
    {
        count = packets.First?.Length ?? 0;
        return 0;
    }

    protected override void OnClose()
    {
        Unbind();
        Wake();
    }
}
