using System;
using System.Buffers.Binary;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Terminals;
using Bulkhead.Workloads.Monitor;

namespace Bulkhead.Workloads.Attach;

/// <summary>How watching a container ended.</summary>
/// <param name="Status">Its exit status; null: the watcher left (detach keys), or the monitor died.</param>
/// <param name="Error">Why it never ran.</param>
/// <param name="Detached">By the keys.</param>
public sealed record AttachResult(int? Status, string? Error = null, bool Detached = false);

/// <summary>This process's terminal or streams, connected to a monitor.</summary>
/// <param name="monitor">The connection.</param>
/// <param name="terminal">The container has a terminal.</param>
/// <param name="input">Stdin goes in.</param>
/// <param name="keys">Detach keys; empty: none.</param>
public sealed class AttachClient(Fd monitor, bool terminal, bool input, byte[] keys)
{
    private readonly byte[] _packet = new byte[1 + Packet.MaxContent];
    private readonly byte[] _typed = new byte[Packet.MaxContent];
    private readonly DetachKeys _keys = new(keys);
    private bool _inputOpen = input;
    private AttachResult? _result;
    private bool _raw;

    /// <summary>Signals to this process go to the container; false: they act here as they do anywhere.</summary>
    public bool PassesSignals { get; init; } = true;

    /// <summary>Waits until the program runs: its pid, or the failure.</summary>
    public static (int Pid, AttachResult? Failure) AwaitStart(Fd monitor)
    {
        Span<byte> packet = stackalloc byte[1 + Packet.MaxContent];
        Result<int> length = Sys.Receive(monitor, packet);
        if (!length.Ok || length.Value < 5)
            return (0, new AttachResult(ExitStatus.RuntimeFailed, "the container's monitor died before the container ran"));
        int value = BinaryPrimitives.ReadInt32LittleEndian(packet[1..]);
        return packet[0] == Packet.Failed ? (0, new AttachResult(value, Encoding.UTF8.GetString(packet[5..length.Value]))) : (value, null);
    }

    public AttachResult Run(SignalForwarder signals)
    {
        using RawTerminal? raw = terminal && _inputOpen ? RawTerminal.Enter() : null;
        _raw = raw is not null;
        SendSize(raw?.Tty);
        Span<pollfd> fds = stackalloc pollfd[3];
        while (_result is null)
        {
            fds[0] = new pollfd { fd = monitor.Value, events = Poll.POLLIN };
            fds[1] = new pollfd { fd = signals.Pending.Value, events = Poll.POLLIN };
            fds[2] = new pollfd { fd = _inputOpen ? 0 : -1, events = Poll.POLLIN };
            Sys.Poll(fds, -1).OrThrow("wait for the container");
            if (fds[1].revents != 0)
                PassSignals(signals, raw?.Tty);
            if (fds[2].revents != 0)
                PassInput();
            if (fds[0].revents != 0)
                Hear();
        }
        return _result;
    }

    private void Hear()
    {
        Result<int> length = Sys.Receive(monitor, _packet);
        if (!length.Ok || length.Value == 0)
        {
            _result = new AttachResult(null, "the container's monitor is gone");
            return;
        }
        ReadOnlySpan<byte> content = _packet.AsSpan(1, length.Value - 1);
        switch (_packet[0])
        {
            case Packet.Output: Sys.WriteAll(Fd.Borrow(1), content); break;
            case Packet.Error: Sys.WriteAll(Fd.Borrow(2), content); break;
            case Packet.Exited: _result = new AttachResult(BinaryPrimitives.ReadInt32LittleEndian(content)); break;
            case Packet.Failed:
                _result = new AttachResult(BinaryPrimitives.ReadInt32LittleEndian(content), Encoding.UTF8.GetString(content[4..]));
                break;
        }
    }

    private void PassInput()
    {
        Result<int> length = Sys.Read(Fd.Borrow(0), _typed.AsSpan(0, Packet.MaxContent - _keys.Length));
        if (length.Error == Errno.EAGAIN)
            return;
        if (!length.Ok || length.Value == 0)
        {
            EndInput();
            return;
        }
        ReadOnlySpan<byte> typed = _typed.AsSpan(0, length.Value);
        int count = typed.Length;
        if (!terminal)
            typed.CopyTo(_packet.AsSpan(1));
        else if (_keys.Pass(typed, _packet.AsSpan(1), out count))
            _result = new AttachResult(null, Detached: true);
        SendInput(count);
    }

    /// <summary>A terminal in raw mode has no end but its own: it was closed. The container lives on, as when the keys are typed.</summary>
    private void EndInput()
    {
        _inputOpen = false;
        if (_raw)
        {
            _result = new AttachResult(128 + Signal.SIGHUP);
            return;
        }
        if (terminal)
        {
            int held = _keys.Held.Length;
            _keys.Held.CopyTo(_packet.AsSpan(1));
            SendInput(held);
        }
        Sys.Send(monitor, [Packet.InputEnd]);
    }

    private void SendInput(int count)
    {
        _packet[0] = Packet.Input;
        if (count > 0)
            Sys.Send(monitor, _packet.AsSpan(0, 1 + count));
    }

    private void PassSignals(SignalForwarder signals, Fd? tty)
    {
        Span<byte> numbers = stackalloc byte[64];
        int count = signals.Take(numbers);
        for (int i = 0; i < count; i++)
        {
            if (numbers[i] == Signal.SIGWINCH)
                SendSize(tty);
            else if (PassesSignals && !(terminal && numbers[i] == Signal.SIGHUP)) // our terminal went away, not the container's
                Sys.Send(monitor, [Packet.Signal, numbers[i]]);
            else if (numbers[i] is Signal.SIGINT or Signal.SIGTERM or Signal.SIGHUP)
                _result = new AttachResult(128 + numbers[i]);
        }
    }

    private void SendSize(Fd? tty)
    {
        if (tty is null || Sys.GetWindowSize(tty) is not { Ok: true } size)
            return;
        Span<byte> packet = stackalloc byte[5];
        packet[0] = Packet.Resize;
        BinaryPrimitives.WriteUInt16LittleEndian(packet[1..], size.Value.ws_row);
        BinaryPrimitives.WriteUInt16LittleEndian(packet[3..], size.Value.ws_col);
        Sys.Send(monitor, packet);
    }
}
