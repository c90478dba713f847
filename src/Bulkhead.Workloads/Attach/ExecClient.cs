using System;
using Bulkhead.Isolation;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;
using Bulkhead.Linux.Terminals;
using Bulkhead.Oci;
using Bulkhead.Workloads.Monitor;

namespace Bulkhead.Workloads.Attach;

/// <summary>Another program in a running container, watched by this process. Never on our own terminal: by a terminal of its own, or by pipes.</summary>
/// <param name="containers">Where the container is.</param>
/// <param name="id">The container.</param>
/// <param name="interactive">Stdin goes in.</param>
/// <param name="keys">Detach keys of its terminal; empty: none.</param>
public sealed class ExecClient(Containers containers, string id, bool interactive, byte[] keys)
{
    private readonly byte[] _buffer = new byte[Packet.MaxContent];

    /// <summary>Runs it to its end: the exit status; 0 when the detach keys leave it running.</summary>
    public int Run(Process process)
    {
        using SignalForwarder signals = SignalForwarder.Start();
        return process.Terminal ? RunTerminal(process, signals) : RunPipes(process, signals);
    }

    /// <summary>Runs it and leaves it: its output goes nowhere.</summary>
    public void Detach(Process process)
    {
        if (process.Terminal)
            throw new StepException("exec: --detach and --tty exclude each other: nobody would hold the terminal");
        using (new SavedStreams())
        {
            ContainerStreams.Forget();
            using RunningProcess running = containers.Exec(id, process, new ExecRequest { Streams = new ProcessStreams() });
        }
    }

    private int RunTerminal(Process process, SignalForwarder signals)
    {
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd receiver = ours;
        using Fd sender = theirs;
        using RunningProcess running = containers.Exec(id, process, new ExecRequest { Streams = new ProcessStreams { Console = sender } });
        var reaper = new ExecReaper(running.Pid);
        Span<byte> name = stackalloc byte[64];
        Sys.ReceiveFd(receiver, name, out Fd received).OrThrow("receive the program's terminal");
        using Fd master = received;
        if (!TerminalRelay.Run(master, running.Pidfd, signals, new DetachKeys(keys)))
            return reaper.Status();
        MonitorLauncher.HoldTerminal(master, id);
        return 0;
    }

    private int RunPipes(Process process, SignalForwarder signals)
    {
        RunningProcess running;
        ContainerStreams streams;
        using (new SavedStreams())
        {
            if (!interactive)
                SavedStreams.CloseInput();
            streams = ContainerStreams.MakePipes(interactive, survive: false);
            running = containers.Exec(id, process, new ExecRequest { Streams = new ProcessStreams() });
        }
        using (streams)
        using (running)
        {
            var reaper = new ExecReaper(running.Pid);
            Relay(streams, running.Pidfd, signals);
            return reaper.Status();
        }
    }

    private void Relay(ContainerStreams streams, Fd pidfd, SignalForwarder signals)
    {
        Span<pollfd> fds = stackalloc pollfd[5];
        do
        {
            fds[0] = new pollfd { fd = pidfd.Value, events = Poll.POLLIN };
            fds[1] = new pollfd { fd = signals.Pending.Value, events = Poll.POLLIN };
            fds[2] = new pollfd { fd = streams.Output?.Value ?? -1, events = Poll.POLLIN };
            fds[3] = new pollfd { fd = streams.Error?.Value ?? -1, events = Poll.POLLIN };
            fds[4] = new pollfd { fd = streams.Input is null ? -1 : 0, events = Poll.POLLIN };
            Sys.Poll(fds, -1).OrThrow("wait for the program");
            if (fds[1].revents != 0)
                Forward(signals, pidfd);
            if (fds[2].revents != 0)
                streams.Output = Copy(streams.Output!, 1);
            if (fds[3].revents != 0)
                streams.Error = Copy(streams.Error!, 2);
            if (fds[4].revents != 0)
                streams.Input = CopyIn(streams.Input!);
        }
        while (fds[0].revents == 0);
        // What it wrote lies in the pipes; programs that it left behind may keep them open.
        while (streams.Output is not null && Sys.PollOne(streams.Output, Poll.POLLIN, 0) is { Ok: true, Value: > 0 })
            streams.Output = Copy(streams.Output, 1);
        while (streams.Error is not null && Sys.PollOne(streams.Error, Poll.POLLIN, 0) is { Ok: true, Value: > 0 })
            streams.Error = Copy(streams.Error, 2);
    }

    private Fd? Copy(Fd from, int to)
    {
        Result<int> length = Sys.Read(from, _buffer);
        if (length.Ok && length.Value > 0)
            Sys.WriteAll(Fd.Borrow(to), _buffer.AsSpan(0, length.Value));
        else if (length.Error != Errno.EAGAIN)
        {
            from.Dispose();
            return null;
        }
        return from;
    }

    private Fd? CopyIn(Fd to)
    {
        Result<int> length = Sys.Read(Fd.Borrow(0), _buffer);
        Errno error = length.Ok && length.Value > 0 ? WriteWhole(to, _buffer.AsSpan(0, length.Value)) : Errno.EPIPE;
        if (error == Errno.None)
            return to;
        to.Dispose();
        return null;
    }

    private static Errno WriteWhole(Fd to, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            Result<int> written = Sys.Write(to, bytes);
            if (written.Ok)
                bytes = bytes[written.Value..];
            else if (written.Error != Errno.EAGAIN || !Sys.PollOne(to, Poll.POLLOUT, -1).Ok)
                return written.Error;
        }
        return Errno.None;
    }

    private static void Forward(SignalForwarder signals, Fd pidfd)
    {
        Span<byte> numbers = stackalloc byte[64];
        int count = signals.Take(numbers);
        for (int i = 0; i < count; i++)
        {
            if (numbers[i] != Signal.SIGWINCH)
                Sys.PidfdSendSignal(pidfd, numbers[i]);
        }
    }
}
