using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Terminals;

/// <summary>
/// Passes this process's signals on to a container. Signals count from <see cref="Start"/> on: those that come while the container is
/// being made wait in a pipe. One at a time in a process, since dispositions are the process's.
/// </summary>
/// <remarks>
/// signalfd(2) does not serve: it needs the signals blocked in every thread, and the runtime's finalizer thread, which exists before
/// Main, blocks none. So a native handler writes each signal to a pipe. tests/Chaos/Places/SignalTests.cs holds both, on the native program.
/// </remarks>
public sealed class SignalForwarder : IDisposable
{
    /// <summary>
    /// All that can be caught, but: those that the runtime raises in itself (SEGV, BUS, FPE, ILL, TRAP, SYS, and the real-time signals
    /// up to 34 that libc and NativeAOT's thread suspension use), SIGABRT (our own crash), SIGPIPE (ours, not the container's), SIGCHLD, SIGURG
    /// (as runc), and TTIN and TTOU (caught, a restarted read would spin in the background).
    /// </summary>
    internal static ulong Forwarded =>
        Bit(Signal.SIGHUP) | Bit(Signal.SIGINT) | Bit(Signal.SIGQUIT) | Bit(Signal.SIGUSR1) | Bit(Signal.SIGUSR2) | Bit(Signal.SIGALRM) |
        Bit(Signal.SIGTERM) | Bit(Signal.SIGSTKFLT) | Bit(Signal.SIGCONT) | Bit(Signal.SIGTSTP) | Bit(Signal.SIGXCPU) | Bit(Signal.SIGXFSZ) |
        Bit(Signal.SIGVTALRM) | Bit(Signal.SIGPROF) | Bit(Signal.SIGWINCH) | Bit(Signal.SIGIO) | Bit(Signal.SIGPWR) |
        (ulong.MaxValue << Signals.RealTimeMin);

    private readonly Fd _read;
    private readonly Fd _write;

    private SignalForwarder(Fd read, Fd write)
    {
        _read = read;
        _write = write;
    }

    /// <summary>Readable when signals wait: for a caller's own poll(2).</summary>
    public Fd Pending => _read;

    /// <summary>From now on signals are kept for the container instead of acting on this process.</summary>
    public static SignalForwarder Start()
    {
        Errno error = Sys.Pipe(out Fd read, out Fd write, Fcntl.O_NONBLOCK);
        if (error == Errno.None)
            error = Sys.CatchSignals(Forwarded, write);
        return error == Errno.None ? new SignalForwarder(read, write) : throw new StepException("catch signals", error);
    }

    /// <summary>Forwards until the process behind <paramref name="pidfd"/> has ended. It is not reaped: Sys.WaitExit does that.</summary>
    public void Run(Fd pidfd)
    {
        Span<pollfd> fds =
        [
            new pollfd { fd = pidfd.Value, events = Poll.POLLIN },
            new pollfd { fd = _read.Value, events = Poll.POLLIN },
        ];
        for (; ; )
        {
            Sys.Poll(fds, -1).OrThrow("wait for the container");
            if (fds[1].revents != 0)
                Forward(pidfd);
            if (fds[0].revents != 0)
                return;
        }
    }

    /// <summary>The signals that wait, at most one buffer full; the count of bytes, each a signal's number.</summary>
    public int Take(Span<byte> signals)
    {
        Result<int> length = Sys.Read(_read, signals);
        return length.Ok ? length.Value : 0;
    }

    /// <summary>The first signal that waits and means the end: HUP, INT, QUIT, TERM; 0: none. The others go on waiting.</summary>
    public int TakeEnding()
    {
        Span<byte> waiting = stackalloc byte[64];
        ReadOnlySpan<byte> signals = waiting[..Take(waiting)];
        int ending = signals.IndexOfAny<byte>([Signal.SIGHUP, Signal.SIGINT, Signal.SIGQUIT, Signal.SIGTERM]);
        if (ending >= 0)
            return signals[ending];
        // Into an empty pipe: there is room.
        Sys.WriteAll(_write, signals);
        return 0;
    }

    /// <summary>Signals act on this process as before.</summary>
    public void Dispose()
    {
        Sys.ReleaseSignals(Forwarded);
        _read.Dispose();
        _write.Dispose();
    }

    private void Forward(Fd pidfd)
    {
        Span<byte> signals = stackalloc byte[64];
        int count = Take(signals);
        // Without a terminal of its own the container has no window. ESRCH: it has just ended, and poll says so next.
        for (int i = 0; i < count; i++)
        {
            if (signals[i] != Signal.SIGWINCH)
                Sys.PidfdSendSignal(pidfd, signals[i]);
        }
    }

    private static ulong Bit(int signal) => 1ul << (signal - 1);
}
