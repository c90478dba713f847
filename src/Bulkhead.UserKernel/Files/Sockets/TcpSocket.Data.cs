using System;
using System.Runtime.InteropServices;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>Bytes, and the ways a connection ends.</summary>
internal sealed partial class TcpSocket
{
    /// <summary>As net.ipv4.tcp_wmem and tcp_rmem start; both grow by themselves, up to what we let wait.</summary>
    private const int FirstSendBuffer = 16384, FirstReceiveBuffer = 131072, GrownBuffer = 1 << 20;
    private const int Mss = 65483;

    private readonly ByteQueue incoming = new(kernel.Network.Memory);
    private bool isAccepted;

    /// <summary>It was connected once: reading gives the end of file, not ENOTCONN.</summary>
    private bool hasEnded;

    /// <summary>All who had it have closed it.</summary>
    private bool isGone;

    protected override int DefaultSendBuffer => state == TcpState.Connected ? GrownBuffer : FirstSendBuffer;

    protected override int DefaultReceiveBuffer => FirstReceiveBuffer;

    /// <summary>What may wait between the ends: what ours may hold back and what theirs may hold.</summary>
    private int Capacity => (Options.SendBuffer > 0 ? Options.SendBuffer : GrownBuffer) + peer!.ReceiveBuffer;

    private bool HasRoomToPoll => peer is null || peer.incoming.Count * 3L <= Capacity * 2L;

    public override long Send(ref Outgoing message)
    {
        if ((message.Flags & SocketAbi.Oob) != 0)
            return Fail.EOPNOTSUPP;
        if (state == TcpState.Connecting)
            return Fail.EAGAIN;
        if (PendingError != 0)
            return TakeError();
        if (state != TcpState.Connected || IsSendShut || peer is null)
            return Fail.EPIPE;
        long done = 0;
        while (message.Buffer.Left > 0 && Capacity - peer.incoming.Count is var room and > 0)
        {
            Span<byte> chunk = peer.incoming.Reserve((int)Math.Min(message.Buffer.Left, room));
            if (!message.Buffer.Get(chunk))
                return done > 0 ? done : Fail.EFAULT;
            peer.incoming.Commit(chunk.Length);
            done += chunk.Length;
        }
        if (done == 0)
            return message.Buffer.Left == 0 ? 0 : Fail.EAGAIN;
        if (peer.isGone)
            MeetReset();
        else
            peer.Wake();
        return done;
    }

    /// <summary>Nobody is there any more: what was sent is answered by a reset, which the next call sees.</summary>
    private void MeetReset()
    {
        peer!.incoming.Clear();
        peer = null;
        TakeReset(Fail.EPIPE);
    }

    private void TakeReset(long error)
    {
        PendingError = error;
        Shut = SocketAbi.ShutBoth;
        Part();
        Wake();
    }

    public override long Receive(ref Incoming message)
    {
        if ((message.Flags & SocketAbi.ErrorQueue) != 0)
            return Fail.EAGAIN;
        if ((message.Flags & SocketAbi.Oob) != 0)
            return Fail.EINVAL;
        if (IsListening)
            return Fail.ENOTCONN;
        if (incoming.Count > 0)
            return Take(ref message);
        if (PendingError != 0)
            return TakeError();
        if (state == TcpState.Connecting)
            return Fail.EAGAIN;
        if (IsReceiveShut)
            return 0;
        return state != TcpState.Connected && !hasEnded ? Fail.ENOTCONN : state != TcpState.Connected ? 0 : Fail.EAGAIN;
    }

    /// <summary>MSG_TRUNC throws the bytes away (tcp(7)).</summary>
    private long Take(ref Incoming message)
    {
        int count = (int)Math.Min(incoming.Count, message.Buffer.Left);
        if ((message.Flags & SocketAbi.Truncated) != 0)
            message.Buffer.Skip(count);
        else if (!incoming.CopyTo(ref message.Buffer, count))
            return Fail.EFAULT;
        if (message.IsPeek)
            return count;
        bool wasFull = peer is not null && !peer.HasRoomToPoll;
        incoming.Consume(count);
        if (peer is not null && (wasFull || peer.Queue.HasWaiters))
            peer.Wake();
        return count;
    }

    public override long Shutdown(int how)
    {
        if (IsListening)
        {
            if ((how & SocketAbi.ShutReceive) != 0)
            {
                StopListening();
                Wake();
            }
            return 0;
        }
        if (state == TcpState.Closed)
            return Fail.ENOTCONN;
        bool ends = (how & SocketAbi.ShutSend) != 0 && !IsSendShut;
        Shut |= how;
        if (ends)
            End();
        Wake();
        return 0;
    }

    /// <summary>A FIN goes over; who sends it first keeps the port for a while. After both the connection is no more.</summary>
    private void End()
    {
        if (peer is not { } other)
            return;
        if (!other.IsSendShut && (isAccepted || WasBound))
            Ports.KeepClosed(this);
        other.Shut |= SocketAbi.ShutReceive;
        if (other.IsSendShut)
        {
            Part();
            other.Part();
        }
        other.Wake();
    }

    private void EndBoth()
    {
        Shut = SocketAbi.ShutBoth;
        End();
    }

    private void Part()
    {
        (peer, state, hasEnded) = (null, TcpState.Closed, true);
    }

    /// <summary>An RST goes over.</summary>
    private void Abort()
    {
        if (peer is { isGone: false } other)
            other.TakeReset(other.IsReceiveShut ? Fail.EPIPE : Fail.ECONNRESET);
        peer = null;
        if (listener is { } full && state == TcpState.Connecting)
            full.waiting.Remove(this);
        listener = null;
    }

    protected override void OnClose()
    {
        isGone = true;
        if (IsListening)
            StopListening();
        else if (peer is null || incoming.Count > 0 || (Options.IsLingering && Options.LingerSeconds == 0))
            Abort();
        else if (!IsSendShut)
            EndBoth();
        incoming.Clear();
        Unbind();
        Wake();
    }

    protected override long Waiting(out int count)
    {
        count = incoming.Count;
        return IsListening ? Fail.EINVAL : 0;
    }

    public override int SpecialOption(int level, int name, Span<byte> to)
    {
        const int CongestionSize = 16, InfoSize = 232;
        if (level != SocketAbi.LevelTcp)
            return -1;
        switch (name)
        {
            case SocketAbi.MaxSegment:
                MemoryMarshal.Write(to, state == TcpState.Connected ? Mss : 536);
                return sizeof(int);
            case SocketAbi.Congestion:
                "cubic"u8.CopyTo(to);
                return CongestionSize;
            case SocketAbi.TcpInfo:
                to[0] = StateNumber;
                MemoryMarshal.Write(to[16..], Mss);
                MemoryMarshal.Write(to[20..], Mss);
                return InfoSize;
            default:
                return -1;
        }
    }

    /// <summary>TCP_ESTABLISHED and so on (netinet/tcp.h).</summary>
    private byte StateNumber => state switch
    {
        TcpState.Listening => 10,
        TcpState.Connecting => 2,
        TcpState.Connected when IsReceiveShut && IsSendShut => 9,
        TcpState.Connected when IsReceiveShut => 8,
        TcpState.Connected when IsSendShut => 5,
        TcpState.Connected => 1,
        _ => 7,
    };
}
