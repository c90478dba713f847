using System.Collections.Generic;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>SOCK_DGRAM of AF_UNIX.</summary>
internal sealed class UnixDatagram(Kernel kernel) : UnixSocket(kernel, SocketAbi.Datagram)
{
    /// <summary>net.unix.max_dgram_qlen; SKB_MAX_ALLOC.</summary>
    private const int MostWaiting = 10, Linear = 16064;

    /// <summary>Who is connected to it and may wait for room here.</summary>
    private readonly HashSet<UnixDatagram> senders = [];

    private bool IsFull => Packets.Count > MostWaiting;

    public void Join(UnixDatagram other, PeerId ours, PeerId theirs)
    {
        (Peer, other.Peer) = (other, this);
        (PeerIdentity, other.PeerIdentity) = (theirs, ours);
        senders.Add(other);
        other.senders.Add(this);
    }

    public override long Connect(GuestTask task, in SocketAddress address, bool isNonBlocking, out WaitQueue? waitOn)
    {
        waitOn = null;
        UnixDatagram? other = null;
        if (address.Length < 2)
            return Fail.EINVAL;
        if (address.Family != SocketAbi.FamilyUnspecified)
        {
            long error = Check(address);
            if (error == 0 && WantsIdentity)
                error = BindAutomatically();
            if (error == 0)
                error = Find(task, address, out other);
            if (error < 0)
                return error;
        }
        if (Peer is UnixDatagram before && before != other)
            Part(before);
        Peer = other;
        other?.senders.Add(this);
        Wake();
        return 0;
    }

    private long Find(GuestTask task, in SocketAddress address, out UnixDatagram? other)
    {
        long error = Network.UnixNames.Find(task, address, Type, out UnixSocket? found);
        other = found as UnixDatagram;
        if (error == 0 && !other!.Hears(this))
            error = Fail.EPERM;
        return error;
    }

    /// <summary>One that is connected takes only its peer's.</summary>
    private bool Hears(UnixDatagram sender) => Peer is null || Peer == sender;

    private void Part(UnixDatagram before)
    {
        before.senders.Remove(this);
        if (Packets.Count == 0)
            return;
        RemoveAllPackets();
        // What was on its way here is lost: the other end of a pair is told so.
        if (!before.IsDead && before.Peer == this)
        {
            before.PendingError = Fail.ECONNRESET;
            before.Wake();
        }
    }

    public override long Send(ref Outgoing message)
    {
        if ((message.Flags & SocketAbi.Oob) != 0)
            return Fail.EOPNOTSUPP;
        long error = Receiver(ref message, out UnixDatagram? other);
        if (error < 0)
            return error;
        if (message.Buffer.Length > MostMessage)
            return Fail.EMSGSIZE;
        if (PendingError != 0)
            return TakeError();
        if (IsSendShut)
            return Fail.EPIPE;
        if (!HasRoom)
            return Fail.EAGAIN;
        if (other!.IsDead)
        {
            Peer = null;
            return Fail.ECONNREFUSED;
        }
        if (!other.Hears(this))
            return Fail.EPERM;
        if (other.IsReceiveShut)
            return Fail.EPIPE;
        if (other != this && other.Peer != this && other.IsFull)
        {
            message.WaitOn = other.Queue;
            return Fail.EAGAIN;
        }
        int length = (int)message.Buffer.Length;
        if (MakePacket(ref message, other, length, Linear) is not { } packet)
            return Fail.EFAULT;
        other.Packets.Add(packet);
        other.Wake();
        return length;
    }

    private long Receiver(ref Outgoing message, out UnixDatagram? other)
    {
        other = Peer as UnixDatagram;
        if (message.To.Length > 0 && message.Task is { } task)
        {
            long error = Check(message.To);
            if (error == 0 && WantsIdentity)
                error = BindAutomatically();
            return error < 0 ? error : Find(task, message.To, out other);
        }
        return other is null ? Fail.ENOTCONN : 0;
    }

    public override long Receive(ref Incoming message)
    {
        if ((message.Flags & SocketAbi.Oob) != 0)
            return Fail.EOPNOTSUPP;
        if (PendingError != 0)
            return TakeError();
        if (Packets.Count == 0)
            return IsReceiveShut && (message.Flags & SocketAbi.DontWait) == 0 ? 0 : Fail.EAGAIN;
        bool wasFull = IsFull;
        long result = ReceiveMessage(ref message);
        if (wasFull && !IsFull)
        {
            Wake();
            foreach (UnixDatagram sender in senders)
                sender.Wake();
        }
        return result;
    }

    public override long Shutdown(int how)
    {
        Shut |= how;
        Wake();
        foreach (UnixDatagram sender in senders)
            sender.Wake();
        return 0;
    }

    public override uint Poll()
    {
        uint events = 0;
        if (PendingError != 0)
            events |= Error;
        if (IsReceiveShut)
            events |= ReadHangUp | In;
        if (Shut == SocketAbi.ShutBoth)
            events |= HangUp;
        if (Packets.Count > 0)
            events |= In;
        bool isBlocked = Peer is UnixDatagram other && other.Peer != this && other.IsFull;
        return events | (HasRoomToPoll && !isBlocked ? Out : 0);
    }

    protected override long Waiting(out int count)
    {
        count = Packets.First?.Length ?? 0;
        return 0;
    }

    protected override void Leave()
    {
        (Peer as UnixDatagram)?.senders.Remove(this);
        RemoveAllPackets();
        foreach (UnixDatagram sender in senders)
            sender.Wake();
        senders.Clear();
    }
}
