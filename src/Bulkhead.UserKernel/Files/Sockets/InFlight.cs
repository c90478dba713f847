using System.Collections.Generic;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>
/// Descriptors that lie in messages. Sockets that hold each other in such a way are nobody's: no count of references ends them, so they are
/// looked for when another one ends (net/unix/garbage.c).
/// </summary>
internal sealed class InFlight(NetworkStack network)
{
    /// <summary>Whose queues hold messages with descriptors.</summary>
    private readonly Dictionary<UnixSocket, int> holders = [];

    private int sockets;
    private bool isCollecting;

    /// <summary>All descriptors in messages.</summary>
    public int Count { get; private set; }

    public void Add(UnixSocket holder, List<OpenFile> files)
    {
        holders[holder] = holders.GetValueOrDefault(holder) + 1;
        Count += files.Count;
        sockets += files.FindAll(file => file is UnixSocket).Count;
    }

    public void Remove(UnixSocket holder, List<OpenFile> files)
    {
        int left = holders.GetValueOrDefault(holder) - 1;
        if (left > 0)
            holders[holder] = left;
        else
            holders.Remove(holder);
        Count -= files.Count;
        sockets -= files.FindAll(file => file is UnixSocket).Count;
    }

    /// <summary>Ends what nobody can reach: each reference to it lies in a message of what nobody can reach.</summary>
    public void Collect()
    {
        if (sockets == 0 || isCollecting)
            return;
        isCollecting = true;
        HashSet<UnixSocket> unreached = Candidates();
        if (unreached.Count > 0)
        {
            var reached = new Queue<UnixSocket>();
            foreach (UnixSocket holder in holders.Keys)
            {
                if (!unreached.Contains(holder) && !IsWaitingAt(holder, unreached))
                    reached.Enqueue(holder);
            }
            while (reached.TryDequeue(out UnixSocket? socket))
                Reach(socket, unreached, reached);
        }
        foreach (UnixSocket socket in unreached)
            Empty(socket);
        isCollecting = false;
    }

    /// <summary>Sockets to which nobody but messages refers.</summary>
    private HashSet<UnixSocket> Candidates()
    {
        var counts = new Dictionary<UnixSocket, int>();
        foreach (UnixSocket holder in holders.Keys)
        {
            foreach (UnixSocket socket in holder.Carried())
                counts[socket] = counts.GetValueOrDefault(socket) + 1;
        }
        var found = new HashSet<UnixSocket>();
        foreach ((UnixSocket socket, int count) in counts)
        {
            if (count == socket.References)
                found.Add(socket);
        }
        return found;
    }

    /// <summary>A connection that nobody has accepted is reached by its listener only.</summary>
    private static bool IsWaitingAt(UnixSocket socket, HashSet<UnixSocket> listeners) =>
        socket is UnixConnection { Listener: { } listener } && listeners.Contains(listener);

    private static void Reach(UnixSocket socket, HashSet<UnixSocket> unreached, Queue<UnixSocket> reached)
    {
        foreach (UnixSocket carried in socket.Carried())
        {
            if (!unreached.Remove(carried))
                continue;
            reached.Enqueue(carried);
            if (carried is not UnixConnection listener)
                continue;
            foreach (UnixConnection waiting in listener.Accepting)
                reached.Enqueue(waiting);
        }
    }

    private void Empty(UnixSocket socket)
    {
        network.Drop(socket.TakeCarried());
        if (socket is not UnixConnection listener)
            return;
        foreach (UnixConnection waiting in listener.Accepting.ToArray())
            network.Drop(waiting.TakeCarried());
    }
}
