using System;
using System.Buffers.Binary;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Workloads.Logs;

namespace Bulkhead.Workloads.Monitor;

/// <summary>
/// Moves a container's output into its log and to its clients, and its clients' input to it, until its first process has ended and all that it
/// wrote is read. One thread, one poll(2), nothing allocated in the loop, no wake-up without a cause but one: a second after the last event the pages
/// that it needed are given back.
/// </summary>
internal sealed class StreamRelay(ContainerStreams streams, Fd pidfd, Fd listener, ClientSet clients, LogFile log, HealthCheck? health)
{
    private const int SettleMilliseconds = 1000;
    private const int Process = 0, Listener = 1, Output = 2, ErrorOutput = 3, Input = 4, Health = 5, First = Health + HealthCheck.Polled;

    private readonly byte[] _packet = new byte[1 + Packet.MaxContent];
    private readonly byte[] _waiting = new byte[Packet.MaxContent];
    private int _waitingStart, _waitingEnd;
    private bool _inputEnds, _settled, _trimmed;

    public void Run()
    {
        Span<pollfd> fds = stackalloc pollfd[First + ClientSet.Most];
        do
        {
            int count = Prepare(fds);
            Wait(fds[..count]);
            for (int i = count - 1; i >= First; i--)
            {
                if (fds[i].revents != 0)
                    Hear(i - First);
            }
            if (fds[Output].revents != 0)
                streams.Output = Read(streams.Output, error: false);
            if (fds[ErrorOutput].revents != 0)
                streams.Error = Read(streams.Error, error: true);
            if (fds[Input].revents != 0)
                WriteInput();
            health?.Step(fds.Slice(Health, HealthCheck.Polled));
            if (fds[Listener].revents != 0 && Sys.Accept(listener) is { Ok: true } client)
                clients.Add(client.Value);
        }
        while (fds[Process].revents == 0);
        Drain();
    }

    private void Wait(Span<pollfd> fds)
    {
        int settle = _settled ? -1 : SettleMilliseconds, check = health?.Patience ?? -1;
        bool checks = check >= 0 && (settle < 0 || check < settle);
        int ready = Sys.Poll(fds, checks ? check : settle).OrThrow("wait for the container");
        bool settled = ready == 0 && !checks;
        // What made the container is given back when it has run for a while: one that ends at once would only have to load it all again.
        if (settled && (health is not null || !_trimmed))
            Memory.Trim();
        else if (settled)
            Memory.Forget();
        // The first time once more: the finalizer thread loads pages after a collection.
        _settled = settled && _trimmed;
        _trimmed |= settled;
    }

    private int Prepare(Span<pollfd> fds)
    {
        bool full = _waitingStart < _waitingEnd;
        fds[Process] = new pollfd { fd = pidfd.Value, events = Poll.POLLIN };
        fds[Listener] = new pollfd { fd = listener.Value, events = Poll.POLLIN };
        fds[Output] = new pollfd { fd = streams.Output?.Value ?? -1, events = Poll.POLLIN };
        fds[ErrorOutput] = new pollfd { fd = streams.Error?.Value ?? -1, events = Poll.POLLIN };
        fds[Input] = new pollfd { fd = full ? streams.Input?.Value ?? -1 : -1, events = Poll.POLLOUT };
        fds.Slice(Health, HealthCheck.Polled).Fill(new pollfd { fd = -1 });
        health?.Prepare(fds.Slice(Health, HealthCheck.Polled));
        // Input that the container does not take yet: its clients wait, as at a full pipe; POLLHUP still comes.
        for (int i = 0; i < clients.Count; i++)
            fds[First + i] = new pollfd { fd = clients[i].Value, events = full ? (short)0 : Poll.POLLIN };
        return First + clients.Count;
    }

    private Fd? Read(Fd? stream, bool error)
    {
        if (stream is null)
            return null;
        Result<int> length = Sys.Read(stream, _packet.AsSpan(1));
        if (length.Error == Errno.EAGAIN)
            return stream;
        // EIO: no process has the terminal open any more.
        if (!length.Ok || length.Value == 0)
        {
            stream.Dispose();
            return null;
        }
        log.Write(error, _packet.AsSpan(1, length.Value));
        _packet[0] = error ? Packet.Error : Packet.Output;
        clients.Send(_packet.AsSpan(0, 1 + length.Value));
        return stream;
    }

    /// <summary>The first process is gone, and with it all others of its pid namespace: what they wrote lies in the pipes.</summary>
    private void Drain()
    {
        while (streams.Output is not null && Sys.PollOne(streams.Output, Poll.POLLIN, 0) is { Ok: true, Value: > 0 })
            streams.Output = Read(streams.Output, error: false);
        while (streams.Error is not null && Sys.PollOne(streams.Error, Poll.POLLIN, 0) is { Ok: true, Value: > 0 })
            streams.Error = Read(streams.Error, error: true);
    }

    private void Hear(int index)
    {
        Result<int> length = Sys.Receive(clients[index], _packet);
        if (length.Error == Errno.EAGAIN)
            return;
        if (!length.Ok || length.Value == 0)
        {
            clients.Drop(index);
            return;
        }
        ReadOnlySpan<byte> content = _packet.AsSpan(1, length.Value - 1);
        switch (_packet[0])
        {
            case Packet.Input: TakeInput(content); break;
            case Packet.InputEnd: EndInput(); break;
            case Packet.Resize when content.Length == 4: Resize(content); break;
            case Packet.Signal when content.Length == 1: Sys.PidfdSendSignal(pidfd, content[0]); break;
        }
    }

    private void TakeInput(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_waiting);
        (_waitingStart, _waitingEnd) = (0, bytes.Length);
        WriteInput();
    }

    private void WriteInput()
    {
        Errno error = Errno.EPIPE;
        if (streams.Input is { } input)
        {
            Result<int> written = Sys.Write(input, _waiting.AsSpan(_waitingStart, _waitingEnd - _waitingStart));
            error = written.Error;
            _waitingStart += written.Ok ? written.Value : 0;
        }
        // Nobody reads it any more: dropped.
        if (error is not (Errno.None or Errno.EAGAIN))
            _waitingStart = _waitingEnd;
        if (_inputEnds && _waitingStart == _waitingEnd)
            CloseInput();
    }

    private void EndInput()
    {
        _inputEnds = true;
        if (_waitingStart == _waitingEnd)
            CloseInput();
    }

    /// <summary>A terminal has no end of input but its own character; the same descriptor carries its output.</summary>
    private void CloseInput()
    {
        if (streams.IsTerminal)
            return;
        streams.Input?.Dispose();
        streams.Input = null;
    }

    private void Resize(ReadOnlySpan<byte> size)
    {
        if (streams.IsTerminal && streams.Output is { } master)
            Sys.SetWindowSize(master, new winsize { ws_row = BinaryPrimitives.ReadUInt16LittleEndian(size), ws_col = BinaryPrimitives.ReadUInt16LittleEndian(size[2..]) });
    }
}
