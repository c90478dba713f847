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

    /// <summary>To all of them; who does not take it within the time is dropped: nobody may hold a container for ever.</summary>
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

    /// <summary>A client that reads slowly slows the container down, as a slow reader of a pipe does.</summary>
    private static Errno SendWhole(Fd client, ReadOnlySpan<byte> packet)
    {
        for (; ; )
        {
            Errno error = Sys.Send(client, packet);
            if (error != Errno.EAGAIN)
                return error;
            Result<int> ready = Sys.PollOne(client, Poll.POLLOUT, -1);
            if (!ready.Ok)
                return ready.Error;
        }
    }
}
