using System;
using System.Collections.Generic;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>SOCK_STREAM and SOCK_SEQPACKET of AF_UNIX.</summary>
internal sealed class UnixConnection(Kernel kernel, int type) : UnixSocket(kernel, type)
{
    /// <summary>How much of a piece of a stream lies in one block (SKB_MAX_HEAD), of a packet (SKB_MAX_ALLOC), and the largest piece.</summary>
    private const int StreamLinear = 3776, PacketLinear = 16064, MostPiece = StreamLinear + 32768;

    private readonly Queue<UnixConnection> accepting = new();
    private UnixConnection? listener;
    private int backlog = -1;

    /// <summary>Where it waits to be accepted; null: nowhere.</summary>
    public UnixConnection? Listener => listener;

    public Queue<UnixConnection> Accepting => accepting;

    private bool IsConnected => Peer is not null;

    public override bool IsListening => backlog >= 0;

    private bool IsBytes => Type == SocketAbi.Stream;

    private bool IsFull => accepting.Count > backlog;

    /// <summary>socketpair(2).</summary>
    public void Join(UnixConnection other, PeerId ours, PeerId theirs)
    {
        (Peer, other.Peer) = (other, this);
        (PeerIdentity, other.PeerIdentity) = (theirs, ours);
    }

    public override long Listen(GuestTask task, int backlog)
    {
        if (IsConnected || LocalAddress.Length == 0)
            return Fail.EINVAL;
        this.backlog = backlog;
        PeerIdentity = PeerId.Of(task);
        Wake();
        return 0;
    }

    public override long Connect(GuestTask task, in SocketAddress address, bool isNonBlocking, out WaitQueue? waitOn)
    {
        waitOn = null;
        long error = Check(address);
        if (error == 0 && WantsIdentity)
            error = BindAutomatically();
        if (error < 0)
            return error;
        error = Network.UnixNames.Find(task, address, Type, out UnixSocket? found);
        if (error < 0)
            return error;
        var other = (UnixConnection)found!;
        if (!other.IsListening || other.IsReceiveShut)
            return Fail.ECONNREFUSED;
        if (other.IsFull)
        {
            waitOn = other.Queue;
            return Fail.EAGAIN;
        }
        if (IsConnected)
            return Fail.EISCONN;
        if (IsListening)
            return Fail.EINVAL;
        var end = new UnixConnection(Kernel, Type) { LocalAddress = other.LocalAddress, listener = other };
        if (other.WantsIdentity)
            end.Options.Set(SocketAbi.LevelSocket, SocketAbi.PassCredentials, 1);
        Join(end, PeerId.Of(task), other.PeerIdentity ?? PeerId.Unknown);
        other.accepting.Enqueue(end);
        other.Wake();
        Wake();
        return 0;
    }

    public override long Accept(out SocketFile? accepted)
    {
        accepted = null;
        if (!IsListening)
            return Fail.EINVAL;
        if (accepting.Count == 0)
            return IsReceiveShut ? Fail.EINVAL : Fail.EAGAIN;
        UnixConnection end = accepting.Dequeue();
        end.listener = null;
        accepted = end;
        Wake();
        return 0;
    }

    public override long Send(ref Outgoing message)
    {
        if ((message.Flags & SocketAbi.Oob) != 0)
            return Fail.EOPNOTSUPP;
        if (IsBytes && message.To.Length > 0)
            return IsConnected ? Fail.EISCONN : Fail.EOPNOTSUPP;
        if (Peer is not { } other)
            return PendingError != 0 ? TakeError() : Fail.ENOTCONN;
        if (!IsBytes && message.Buffer.Length > MostMessage)
            return Fail.EMSGSIZE;
        // A stream that is shut says so before it tells an error, a packet socket after.
        bool isShut = IsSendShut || other.IsDead || other.IsReceiveShut;
        if (PendingError != 0 && !(IsBytes && isShut))
            return TakeError();
        if (isShut)
            return Fail.EPIPE;
        if (!HasRoom)
            return Fail.EAGAIN;
        return IsBytes ? SendPieces(ref message, other) : SendPiece(ref message, other, (int)message.Buffer.Length, PacketLinear);
    }

    private long SendPieces(ref Outgoing message, UnixSocket other)
    {
        long done = 0;
        int most = Math.Min((SendBuffer >> 1) - 64, MostPiece);
        while (message.Buffer.Left > 0 && HasRoom)
        {
            long sent = SendPiece(ref message, other, (int)Math.Min(message.Buffer.Left, most), StreamLinear);
            if (sent < 0)
                return done > 0 ? done : sent;
            done += sent;
        }
        return done;
    }

    private long SendPiece(ref Outgoing message, UnixSocket other, int length, int mostLinear)
    {
        if (MakePacket(ref message, other, length, mostLinear) is not { } packet)
            return Fail.EFAULT;
        other.Packets.Add(packet);
        other.Wake();
        return length;
    }

    public override long Receive(ref Incoming message)
    {
        if ((message.Flags & SocketAbi.Oob) != 0)
            return Fail.EOPNOTSUPP;
        if (!IsConnected)
            return IsBytes ? Fail.EINVAL : Fail.ENOTCONN;
        // A stream gives what it has before it tells an error, a packet socket after.
        if (PendingError != 0 && !IsBytes)
            return TakeError();
        if (Packets.Count > 0)
            return IsBytes ? ReceivePieces(ref message) : ReceiveMessage(ref message);
        if (PendingError != 0)
            return TakeError();
        return IsReceiveShut ? 0 : Fail.EAGAIN;
    }

    /// <summary>
    /// Pieces are glued together, but not those of two senders where the receiver asks who they are; nothing follows descriptors
    /// (unix_stream_read_generic).
    /// </summary>
    private long ReceivePieces(ref Incoming message)
    {
        long done = 0;
        Packet? next = Packets.First;
        message.From = next!.From;
        TakeIdentity(next, ref message);
        PeerId? sender = next.Sender;
        while (next is { } packet)
        {
            next = packet.Next;
            if (WantsIdentity && packet.Sender != sender)
                break;
            int count = (int)Math.Min(packet.Left, message.Buffer.Left);
            if (!message.Buffer.Put(packet.Data.AsSpan(packet.Start, count)))
                return done > 0 ? done : Fail.EFAULT;
            done += count;
            bool carries = packet.Files is not null;
            TakeFiles(packet, ref message);
            if (!message.IsPeek)
            {
                Packets.Consume(packet, count);
                if (packet.Left == 0)
                    RemovePacket();
            }
            message.IsEnd |= carries;
            if (carries || message.Buffer.Left == 0)
                break;
        }
        return done;
    }

    public override long Shutdown(int how)
    {
        Shut |= how;
        if (Peer is { } other)
        {
            int theirs = ((how & SocketAbi.ShutSend) != 0 ? SocketAbi.ShutReceive : 0) | ((how & SocketAbi.ShutReceive) != 0 ? SocketAbi.ShutSend : 0);
            other.Shut |= theirs;
            other.Wake();
        }
        Wake();
        return 0;
    }

    public override uint Poll()
    {
        uint events = 0;
        if (IsListening)
            return accepting.Count > 0 ? In : 0;
        if (PendingError != 0)
            events |= Error;
        if (Shut == SocketAbi.ShutBoth || !IsConnected)
            events |= HangUp;
        if (IsReceiveShut)
            events |= ReadHangUp | In;
        if (Packets.Count > 0)
            events |= In;
        return events | (HasRoomToPoll ? Out : 0);
    }

    protected override long Waiting(out int count)
    {
        count = IsBytes ? (int)Packets.Bytes : Packets.First?.Length ?? 0;
        return IsListening ? Fail.EINVAL : 0;
    }

    /// <summary>Unread data, or never having been accepted, is an error for the other end.</summary>
    protected override void Leave()
    {
        if (Peer is UnixConnection { IsDead: false } other)
        {
            other.Shut = SocketAbi.ShutBoth;
            if (Packets.Count > 0 || listener is not null)
                other.PendingError = Fail.ECONNRESET;
            other.Wake();
        }
        RemoveAllPackets();
        while (accepting.TryDequeue(out UnixConnection? waiting))
            waiting.Release();
        backlog = -1;
    }
}
