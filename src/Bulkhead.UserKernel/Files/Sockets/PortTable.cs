using System;
using System.Collections.Generic;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>Who has which port of a protocol (net/ipv4/inet_connection_sock.c, inet_csk_get_port and inet_bind_conflict).</summary>
internal sealed class PortTable
{
    /// <summary>net.ipv4.ip_local_port_range.</summary>
    private const int FirstFree = 32768, LastFree = 60999, MostClosed = 4096;
    private const long ClosedTime = 60_000_000_000;

    private readonly Dictionary<ushort, Entry> ports = [];
    private readonly Queue<Closed> closed = new();
    private int next = (int)(HostEvents.Now(1) / 1000 % (LastFree - FirstFree));

    private sealed class Entry
    {
        public List<InetSocket> Bound { get; } = [];

        /// <summary>Ends of connections that were accepted on it.</summary>
        public HashSet<InetSocket> Accepted { get; } = [];
    }

    /// <summary>A connection in TIME_WAIT: it keeps others from its port for a minute (tcp(7)).</summary>
    private readonly record struct Closed(InetAddress Address, bool IsV6Only, bool Reuses, long Until);

    /// <summary>Binds to the address; port 0: to one that nobody has.</summary>
    public long Bind(InetSocket socket, InetAddress wanted, out InetAddress got)
    {
        got = wanted;
        if (wanted.Port != 0)
        {
            if (Conflicts(socket, wanted))
                return Fail.EADDRINUSE;
        }
        else if (!FindFree(wanted.Address, out got))
        {
            return Fail.EADDRINUSE;
        }
        At(got.Port).Bound.Add(socket);
        return 0;
    }

    private bool FindFree(UInt128 address, out InetAddress got)
    {
        const int Count = LastFree - FirstFree + 1;
        for (int i = 0; i < Count; i++)
        {
            next = (next + 1) % Count;
            got = new InetAddress(address, (ushort)(FirstFree + next));
            if (!ports.ContainsKey(got.Port))
                return true;
        }
        got = default;
        return false;
    }

    public void AddAccepted(InetSocket socket) => At(socket.Local.Port).Accepted.Add(socket);

    public void Remove(InetSocket socket)
    {
        if (!ports.TryGetValue(socket.Local.Port, out Entry? entry))
            return;
        if (!entry.Accepted.Remove(socket))
            entry.Bound.Remove(socket);
        if (entry.Bound.Count == 0 && entry.Accepted.Count == 0)
            ports.Remove(socket.Local.Port);
    }

    /// <summary>The socket was the first to close its connection.</summary>
    public void KeepClosed(InetSocket socket)
    {
        if (closed.Count == MostClosed)
            closed.Dequeue();
        closed.Enqueue(new Closed(socket.Local, socket.IsV6Only, socket.Reuses, HostEvents.Now(1) + ClosedTime));
    }

    /// <summary>Whether a socket may listen, or be bound, at an address beside those that have it.</summary>
    public bool Conflicts(InetSocket socket, InetAddress wanted)
    {
        if (ports.TryGetValue(wanted.Port, out Entry? entry))
        {
            foreach (InetSocket other in entry.Bound)
            {
                if (other != socket && Overlaps(wanted.Address, socket.IsV6Only, other.Local.Address, other.IsV6Only) && !MayShare(socket, other))
                    return true;
            }
            foreach (InetSocket other in entry.Accepted)
            {
                if (Overlaps(wanted.Address, socket.IsV6Only, other.Local.Address, other.IsV6Only) && !MayShare(socket, other))
                    return true;
            }
        }
        return socket.Type == SocketAbi.Stream && IsInTimeWait(socket, wanted);
    }

    private bool IsInTimeWait(InetSocket socket, InetAddress wanted)
    {
        long now = HostEvents.Now(1);
        while (closed.TryPeek(out Closed first) && first.Until <= now)
            closed.Dequeue();
        foreach (Closed each in closed)
        {
            if (each.Address.Port == wanted.Port && !(socket.Reuses && each.Reuses) && Overlaps(wanted.Address, socket.IsV6Only, each.Address.Address, each.IsV6Only))
                return true;
        }
        return false;
    }

    /// <summary>SO_REUSEADDR on both, where nobody listens yet, or SO_REUSEPORT on both by one user (socket(7)).</summary>
    private static bool MayShare(InetSocket socket, InetSocket other)
    {
        if (socket.Reuses && other.Reuses && !other.IsListening)
            return true;
        return socket.ReusesPort && other.ReusesPort && socket.Creator == other.Creator;
    }

    private static bool Overlaps(UInt128 one, bool oneIsV6Only, UInt128 two, bool twoIsV6Only)
    {
        if (one == two)
            return true;
        return Covers(one, oneIsV6Only, two) || Covers(two, twoIsV6Only, one);
    }

    /// <summary>:: stands for all addresses of both families, where it is not for its own alone.</summary>
    private static bool Covers(UInt128 any, bool isV6Only, UInt128 address)
    {
        bool isV4 = InetAddress.IsV4(address);
        return (any == InetAddress.Any6 && !(isV6Only && isV4)) || (any == InetAddress.Any4 && isV4);
    }

    /// <summary>
    /// Who gets what comes for an address: the best score, the most exact one. Of equals that share a port by SO_REUSEPORT one is chosen by the
    /// sender, else the last bound.
    /// </summary>
    public InetSocket? Find(InetAddress to, InetAddress from)
    {
        if (!ports.TryGetValue(to.Port, out Entry? entry))
            return null;
        InetSocket? best = null;
        int bestScore = 0, equals = 0;
        for (int i = entry.Bound.Count - 1; i >= 0; i--)
        {
            InetSocket socket = entry.Bound[i];
            int score = Score(socket, to, from);
            if (score == 0 || score < bestScore)
                continue;
            equals = score == bestScore ? equals + 1 : 1;
            if (score > bestScore || (socket.ReusesPort && from.Port % equals == 0))
                best = socket;
            bestScore = score;
        }
        return best;
    }

    private static int Score(InetSocket socket, InetAddress to, InetAddress from)
    {
        if (!socket.Hears(from))
            return 0;
        bool isExact = socket.Local.Address == to.Address;
        if (!isExact && !(socket.Local.IsAny && Covers(socket.Local.Address, socket.IsV6Only, to.Address)))
            return 0;
        return 1 + (isExact ? 4 : 0) + (socket.IsJoined ? 8 : 0) + (socket.Domain == SocketAbi.FamilyInet ? 1 : 0);
    }

    private Entry At(ushort port)
    {
        if (!ports.TryGetValue(port, out Entry? entry))
            ports.Add(port, entry = new Entry());
        return entry;
    }
}
