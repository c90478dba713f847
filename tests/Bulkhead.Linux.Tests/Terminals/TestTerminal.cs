using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Threading;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Terminals;

namespace Bulkhead.Linux.Tests.Terminals;

/// <summary>A pty whose other side a shell has as its controlling terminal, relayed to pipes.</summary>
internal sealed class TestTerminal : IDisposable
{
    private readonly Fd _inputEnd;
    private readonly Fd _output;
    private readonly Fd _outputEnd;
    private readonly Process _shell;
    private readonly Fd _pidfd;
    private readonly StringBuilder _text = new();

    public TestTerminal(string script, Fd? tty = null)
    {
        Tty = tty;
        Master = OpenMaster();
        Sys.Pipe(out Fd input, out _inputEnd);
        Sys.Pipe(out _output, out _outputEnd);
        Input = input;
        int number = Sys.GetTerminalNumber(Master).OrThrow("pts");
        // The shell starts when the relay has set the window's size.
        string wrapped = $"exec setsid -c sh -c 'read go; {script}' <>/dev/pts/{number.ToString(CultureInfo.InvariantCulture)} >&0 2>&0";
        _shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", wrapped]))!;
        _pidfd = Sys.PidfdOpen(_shell.Id).OrThrow("pidfd");
        Type("go\n");
    }

    public Fd Master { get; }

    public Fd Input { get; }

    public Fd? Tty { get; }

    public int ExitCode => _shell.ExitCode;

    public static Fd OpenMaster()
    {
        Fd master = Sys.OpenAt(Fd.Cwd, "/dev/ptmx", Fcntl.O_RDWR | Fcntl.O_NOCTTY).OrThrow("ptmx");
        Assert.Equal(Errno.None, Sys.UnlockTerminal(master));
        return master;
    }

    public void Type(string text) => Assert.Equal(Errno.None, Sys.WriteAll(_inputEnd, Encoding.UTF8.GetBytes(text)));

    /// <summary>Relays until the shell ends; <paramref name="seen"/> is called on another thread with all output so far.</summary>
    public string Relay(SignalForwarder signals, Action<string>? seen = null)
    {
        var reader = new Thread(() => Collect(seen));
        reader.Start();
        TerminalRelay.Run(Master, _pidfd, Input, _outputEnd, Tty, signals);
        _outputEnd.Dispose();
        reader.Join();
        _shell.WaitForExit();
        return _text.ToString();
    }

    public void Dispose()
    {
        foreach (Fd fd in new List<Fd> { Master, Input, _inputEnd, _output, _outputEnd, _pidfd })
            fd.Dispose();
        _shell.Dispose();
    }

    private void Collect(Action<string>? seen)
    {
        byte[] buffer = new byte[512];
        for (; ; )
        {
            int length = Sys.Read(_output, buffer).OrThrow("read");
            if (length == 0)
                return;
            _text.Append(Encoding.UTF8.GetString(buffer, 0, length));
            seen?.Invoke(_text.ToString());
        }
    }
}
