using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Terminals;

/// <summary>
/// Copies between the caller's stdin and stdout and a container's pty master until the container's process ends, passes signals on and
/// follows the window's size. One thread, one poll(2), no allocation in the loop.
/// </summary>
public ref struct TerminalRelay
{
    private const int Signals = 0, Process = 1, Input = 2, Master = 3, Output = 4, Count = 5;

    // A pipe takes 4,096 bytes whole when poll says that it takes any: the write does not block.
    private const int BufferSize = 4096;

    // What a terminal can hold is 64 KiB (tty_buffer.c); a process that outlives the first one must not keep us for ever.
    private const int LastBytes = 1 << 20;

    private readonly Fd _master;
    private readonly Fd _pidfd;
    private readonly Fd _input;
    private readonly Fd _output;
    private readonly Fd? _tty;
    private readonly SignalForwarder _signals;
    private readonly DetachKeys? _keys;
    private readonly Span<byte> _typed;
    private RelayBuffer _toContainer;
    private RelayBuffer _toCaller;
    private bool _inputEnded;
    private bool _detached;
    private bool _masterEnded;
    private bool _outputEnded;

    private TerminalRelay(Fd master, Fd pidfd, Fd input, Fd output, Fd? tty, SignalForwarder signals, DetachKeys? keys, Span<byte> storage)
    {
        (_master, _pidfd, _input, _output, _tty, _signals, _keys) = (master, pidfd, input, output, tty, signals, keys);
        _toContainer = new RelayBuffer(storage[..BufferSize]);
        _toCaller = new RelayBuffer(storage[BufferSize..(2 * BufferSize)]);
        _typed = storage[(2 * BufferSize)..];
    }

    /// <summary>
    /// Relays this process's stdin and stdout, with the caller's terminal (if there is one) raw meanwhile, until the process behind
    /// <paramref name="pidfd"/> has ended and its output is written. It is not reaped: Sys.WaitExit does that.
    /// </summary>
    /// <returns>The keys were typed: it may run on.</returns>
    public static bool Run(Fd master, Fd pidfd, SignalForwarder signals, DetachKeys? keys = null)
    {
        using RawTerminal? terminal = RawTerminal.Enter();
        RawTerminal.ClearCarriageReturns(master);
        return Run(master, pidfd, Fd.Borrow(0), Fd.Borrow(1), terminal?.Tty, signals, keys);
    }

    /// <summary>The same with the ends given. <paramref name="tty"/> is where window sizes come from.</summary>
    public static bool Run(Fd master, Fd pidfd, Fd input, Fd output, Fd? tty, SignalForwarder signals, DetachKeys? keys = null)
    {
        Span<byte> storage = stackalloc byte[3 * BufferSize];
        int flags = Sys.FileControl(master, Fcntl.F_GETFL).OrThrow("read the terminal's flags");
        Sys.FileControl(master, Fcntl.F_SETFL, flags | Fcntl.O_NONBLOCK).OrThrow("make the terminal non-blocking");
        var relay = new TerminalRelay(master, pidfd, input, output, tty, signals, keys, storage);
        relay.Resize();
        return relay.Loop();
    }

    private bool Loop()
    {
        Span<pollfd> fds = stackalloc pollfd[Count];
        do
        {
            Prepare(fds);
            Sys.Poll(fds, -1).OrThrow("wait for the terminal");
            if (fds[Signals].revents != 0)
                PassSignals();
            Move(fds);
        }
        while (fds[Process].revents == 0 && !_detached);
        // What was typed before the keys goes in.
        if (_detached)
            _toContainer.Drain(_master);
        else
            Finish();
        return _detached;
    }

    /// <summary>Each side is asked only for what can go on: room in a buffer, or bytes to write.</summary>
    private readonly void Prepare(scoped Span<pollfd> fds)
    {
        fds[Signals] = new pollfd { fd = _signals.Pending.Value, events = Poll.POLLIN };
        fds[Process] = new pollfd { fd = _pidfd.Value, events = Poll.POLLIN };
        fds[Input] = new pollfd { fd = _inputEnded || !_toContainer.IsEmpty ? -1 : _input.Value, events = Poll.POLLIN };
        int master = (_toCaller.IsEmpty ? Poll.POLLIN : 0) | (_toContainer.IsEmpty ? 0 : Poll.POLLOUT);
        fds[Master] = new pollfd { fd = _masterEnded || master == 0 ? -1 : _master.Value, events = (short)master };
        fds[Output] = new pollfd { fd = _toCaller.IsEmpty ? -1 : _output.Value, events = Poll.POLLOUT };
    }

    private void Move(scoped ReadOnlySpan<pollfd> fds)
    {
        if (fds[Input].revents != 0 && _keys is not null)
            _detached = _toContainer.Fill(_input, _keys, _typed, out _inputEnded);
        else if (fds[Input].revents != 0)
        {
            Errno error = _toContainer.Fill(_input);
            _inputEnded = error != Errno.EAGAIN && _toContainer.IsEmpty;
        }
        if ((fds[Master].revents & Poll.POLLOUT) != 0)
            _toContainer.Drain(_master);
        if (_toCaller.IsEmpty && fds[Master].revents != 0)
            FillFromMaster();
        if (fds[Output].revents != 0)
            DrainToCaller();
    }

    /// <summary>False when the master has nothing now. EIO says that no process has the terminal open any more.</summary>
    private bool FillFromMaster()
    {
        Errno error = _toCaller.Fill(_master);
        _masterEnded |= error is not (Errno.None or Errno.EAGAIN);
        // Who reads nothing any more must not stop the container: its output goes nowhere.
        if (_outputEnded && !_toCaller.IsEmpty)
            _toCaller.Drop();
        return error == Errno.None;
    }

    private void DrainToCaller()
    {
        Errno error = _toCaller.Drain(_output);
        _outputEnded |= error is not (Errno.None or Errno.EAGAIN);
    }

    /// <summary>The process has ended: what it wrote is still to be read. A non-blocking read first flushes what is on its way.</summary>
    private void Finish()
    {
        Span<pollfd> fds = stackalloc pollfd[2];
        for (int rounds = LastBytes / BufferSize; ;)
        {
            if (_toCaller.IsEmpty && (rounds-- == 0 || _masterEnded || !FillFromMaster()))
                return;
            if (_toCaller.IsEmpty)
                continue;
            fds[0] = new pollfd { fd = _output.Value, events = Poll.POLLOUT };
            fds[1] = new pollfd { fd = _signals.Pending.Value, events = Poll.POLLIN };
            Sys.Poll(fds, -1).OrThrow("wait for the terminal");
            // Nobody is left to pass a signal to: one that comes while the output does not move ends the wait.
            if (fds[0].revents == 0 && EndsWait())
                return;
            if (fds[0].revents != 0)
                DrainToCaller();
        }
    }

    private readonly bool EndsWait()
    {
        Span<byte> signals = stackalloc byte[64];
        int count = _signals.Take(signals);
        return signals[..count].IndexOfAny((byte)Signal.SIGTERM, (byte)Signal.SIGINT, (byte)Signal.SIGHUP) >= 0;
    }

    private readonly void PassSignals()
    {
        Span<byte> signals = stackalloc byte[64];
        int count = _signals.Take(signals);
        for (int i = 0; i < count; i++)
        {
            if (signals[i] == Signal.SIGWINCH)
                Resize();
            else
                Sys.PidfdSendSignal(_pidfd, signals[i]);
        }
    }

    private readonly void Resize()
    {
        if (_tty is null)
            return;
        Result<winsize> size = Sys.GetWindowSize(_tty);
        if (size.Ok)
            Sys.SetWindowSize(_master, size.Value);
    }
}
