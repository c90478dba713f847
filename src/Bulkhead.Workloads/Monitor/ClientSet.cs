using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Monitor;

/// <summary>Those who watch a container: none, one or a few.</summary>
internal sealed class ClientSet : IDisposable
{
    /// <summary>More are turned away.</summary>
    public const int Most = 16;

    private readonly List<Fd> _clients = [];

    private Fd? _listener;
    private WorkloadFolder? _folder;

    public int Count => _clients.Count;

    public Fd this[int index] => _clients[index];

    public void Add(Fd client)
    {
        if (_clients.Count == Most)
        {
            client.Dispose();
            return;
        }
        Sys.FileControl(client, Fcntl.F_SETFL, Fcntl.O_RDWR | Fcntl.O_NONBLOCK);
        _clients.Add(client);
    }

    /// <summary>Who stops or removes the container connects there.</summary>
    public void HearStops(Fd listener, WorkloadFolder folder) => (_listener, _folder) = (listener, folder);

    /// <summary>To all of them.</summary>
    public void Send(ReadOnlySpan<byte> packet)
    {
        for (int i = _clients.Count - 1; i >= 0; i--)
        {
            Errno error = SendWhole(_clients[i], packet);
            if (error != Errno.None)
                Drop(i);
        }
    }

    public void Drop(int index)
    {
        _clients[index].Dispose();
        _clients.RemoveAt(index);
    }

    public void Dispose()
    {
        while (_clients.Count > 0)
            Drop(_clients.Count - 1);
    }

    /// <summary>
    /// A client that reads slowly slows the container down, as a slow reader of a pipe does; but one that has stopped reading must not keep it from being
    /// stopped: after that was asked for it has a second.
    /// </summary>
    private Errno SendWhole(Fd client, ReadOnlySpan<byte> packet)
    {
        const int Patience = 1000;
        Span<pollfd> fds = stackalloc pollfd[2];
        for (; ; )
        {
            Errno error = Sys.Send(client, packet);
            if (error != Errno.EAGAIN)
                return error;
            bool stopping = _folder?.StopAsked ?? false;
            fds[0] = new pollfd { fd = client.Value, events = Poll.POLLOUT };
            fds[1] = new pollfd { fd = stopping ? -1 : _listener?.Value ?? -1, events = Poll.POLLIN };
            Result<int> ready = Sys.Poll(fds, stopping ? Patience : -1);
            if (!ready.Ok || ready.Value == 0)
                return ready.Ok ? Errno.ETIMEDOUT : ready.Error;
            // Somebody came: to watch, or to say that it is to stop.
            if (fds[1].revents != 0 && Sys.Accept(_listener!) is { Ok: true } other)
                Add(other.Value);
        }
    }
}
