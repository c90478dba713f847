using System.Collections.Generic;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

internal enum TcpState
{
    Closed,
    Listening,

    /// <summary>The listener's queue is full: the connection comes when somebody accepts.</summary>
    Connecting,
    Connected,
}

/// <summary>tcp(7) between two sockets of this kernel: no segments, a connection is two sockets that know each other.</summary>
internal sealed partial class TcpSocket(Kernel kernel, int domain) : InetSocket(kernel, domain, SocketAbi.Stream, SocketAbi.ProtocolTcp, kernel.Network.TcpPorts)
{
    private const int MostBacklog = 4096;
    private readonly Queue<TcpSocket> accepting = new();
    private readonly LinkedList<TcpSocket> waiting = new();
    private TcpSocket? peer;
    private TcpSocket? listener;
    private TcpState state;
    private int backlog;

    /// <summary>connect(2) said EINPROGRESS; the next one tells how it went.</summary>
    private bool isUntold;

    private bool IsFull => accepting.Count > backlog;

    public override bool IsListening => state == TcpState.Listening;

    public override bool IsJoined => state is TcpState.Connected or TcpState.Connecting;

    public override bool Hears(InetAddress from) => IsListening;

    public override bool HasLevel(int level) => level == SocketAbi.LevelTcp || base.HasLevel(level);

    public override long PeerName(out SocketAddress name)
    {
        name = Remote.ToName(Domain);
        return state == TcpState.Connected ? 0 : Fail.ENOTCONN;
    }

    public override long Listen(GuestTask task, int backlog)
    {
        if (IsJoined)
            return Fail.EINVAL;
        if (Local.Port == 0 && BindAutomatically() < 0)
            return Fail.EADDRINUSE;
        if (!IsListening && Ports.Conflicts(this, Local))
            return Fail.EADDRINUSE;
        this.backlog = (uint)backlog > MostBacklog ? MostBacklog : backlog;
        state = TcpState.Listening;
        Shut = 0;
        Wake();
        return 0;
    }

    public override long Accept(out SocketFile? accepted)
    {
        accepted = null;
        if (!IsListening)
            return Fail.EINVAL;
        if (accepting.Count == 0)
            return Fail.EAGAIN;
        TcpSocket end = accepting.Dequeue();
        end.listener = null;
        accepted = end;
        if (waiting.First is { Value: var next })
        {
            waiting.RemoveFirst();
            next.Meet(this);
        }
        return 0;
    }

    public override long Connect(GuestTask task, in SocketAddress address, bool isNonBlocking, out WaitQueue? waitOn)
    {
        waitOn = null;
        if (address.Length < 2)
            return Fail.EINVAL;
        if (address.Family == SocketAbi.FamilyUnspecified)
            return Disconnect();
        switch (state)
        {
            case TcpState.Listening:
                return Fail.EISCONN;
            case TcpState.Connected when !isUntold:
                return Fail.EISCONN;
            case TcpState.Connected:
                isUntold = false;
                return 0;
            case TcpState.Connecting:
                return isNonBlocking ? Fail.EALREADY : Fail.EAGAIN;
        }
        if (isUntold)
        {
            isUntold = false;
            Shut = 0;
            return PendingError != 0 ? TakeError() : Fail.ECONNABORTED;
        }
        if (hasEnded)
            return Fail.EISCONN;
        long error = Start(address);
        isUntold = error == Fail.EAGAIN || (isNonBlocking && error is 0 or Fail.ECONNREFUSED);
        if (!isNonBlocking || error is not (0 or Fail.ECONNREFUSED or Fail.EAGAIN))
            return error;
        // The answer to a SYN comes after connect has returned, even from the same machine.
        if (error == Fail.ECONNREFUSED)
            Refuse();
        Wake();
        return Fail.EINPROGRESS;
    }

    private long Start(in SocketAddress address)
    {
        long error = ParseRemote(address, out InetAddress remote);
        if (error < 0)
            return error;
        if (Local.Port == 0 && BindTo(Local) < 0)
            return Fail.EADDRNOTAVAIL;
        Local = Local with { Address = SourceFor(remote) };
        Remote = remote;
        Shut = 0;
        if (Ports.Find(remote, Local) is not TcpSocket { IsListening: true } other)
            return Fail.ECONNREFUSED;
        if (other.IsFull)
        {
            state = TcpState.Connecting;
            listener = other;
            other.waiting.AddLast(this);
            return Fail.EAGAIN;
        }
        Meet(other);
        return 0;
    }

    /// <summary>The other end of the connection is made and waits at the listener.</summary>
    private void Meet(TcpSocket other)
    {
        var end = new TcpSocket(Kernel, other.Domain)
        {
            Local = Remote,
            Remote = Local,
            Options = other.Options.Copy(),
            Creator = other.Creator,
            state = TcpState.Connected,
            listener = other,
            peer = this,
            isAccepted = true,
        };
        listener = null;
        (peer, state) = (end, TcpState.Connected);
        Ports.AddAccepted(end);
        other.accepting.Enqueue(end);
        other.Wake();
        Wake();
    }

    /// <summary>connect(2) with AF_UNSPEC: the connection is reset.</summary>
    private long Disconnect()
    {
        long error = state == TcpState.Connected ? Fail.ECONNRESET : 0;
        if (IsListening)
            StopListening();
        else
            Abort();
        state = TcpState.Closed;
        Remote = new InetAddress(Any, 0);
        (Shut, PendingError, isUntold, hasEnded) = (0, error, false, false);
        incoming.Clear();
        Wake();
        return 0;
    }

    private void StopListening()
    {
        state = TcpState.Closed;
        while (accepting.TryDequeue(out TcpSocket? end))
        {
            end.Abort();
            end.Release();
        }
        while (waiting.First is { Value: var next })
        {
            waiting.RemoveFirst();
            next.Refuse();
        }
    }

    private void Refuse()
    {
        listener = null;
        state = TcpState.Closed;
        Shut = SocketAbi.ShutBoth;
        PendingError = Fail.ECONNREFUSED;
        Wake();
    }

    public override uint Poll()
    {
        if (IsListening)
            return accepting.Count > 0 ? In : 0;
        uint events = PendingError != 0 ? Error : 0;
        if (state == TcpState.Connecting)
            return events;
        if (Shut == SocketAbi.ShutBoth || state == TcpState.Closed)
            events |= HangUp;
        if (IsReceiveShut)
            events |= In | ReadHangUp;
        if (incoming.Count >= Options.ReceiveLow)
            events |= In;
        return events | (IsSendShut || HasRoomToPoll ? Out : 0);
    }
}
