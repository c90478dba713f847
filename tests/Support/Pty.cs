using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Bulkhead.TestSupport;

/// <summary>A person at a terminal: runs a program with a pseudo-terminal as its controlling terminal, types, reads and resizes.</summary>
public sealed class Pty : IDisposable
{
    private readonly FileStream _master;
    private readonly Process _process;
    private readonly StringBuilder _seen = new();
    private readonly int _fd;

    public Pty(ushort rows, ushort columns, IReadOnlyList<string> argv, IReadOnlyDictionary<string, string>? environment = null)
    {
        _fd = Linux.OpenPtyMaster(out string slave);
        _master = new FileStream(new SafeFileHandle(_fd, ownsHandle: true), FileAccess.ReadWrite, 0);
        Resize(rows, columns);

        // Open for both ways, as a login's terminal is: ctr reads from its standard error.
        // setsid -c makes the slave the controlling terminal, without which no SIGWINCH reaches the client.
        string[] prefix = ["/bin/sh", "-c", $"exec setsid -c -w \"$@\" <>{slave} >&0 2>&1", "sh"];
        _process = Command.Start([.. prefix, .. argv], environment);
        new System.Threading.Thread(Read) { IsBackground = true }.Start();
    }

    public void Resize(ushort rows, ushort columns) => Linux.SetWindow(_fd, rows, columns);

    public void Type(string text)
    {
        _master.Write(Encoding.UTF8.GetBytes(text));
        _master.Flush();
    }

    /// <summary>Waits until the text was printed after everything that an earlier call waited for.</summary>
    public void Expect(string text)
    {
        int at = -1;
        try
        {
            Poll.Until(text, () => (at = Seen().IndexOf(text, StringComparison.Ordinal)) >= 0);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; the terminal shows: {Seen()}", e);
        }

        lock (_seen)
        {
            _seen.Remove(0, at + text.Length);
        }
    }

    public int WaitForExit()
    {
        if (!_process.WaitForExit(Command.Limit))
        {
            throw new TimeoutException($"the program at the terminal does not end; it shows: {Seen()}");
        }

        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Linux.Kill(_process.Id, Linux.SIGKILL);
        }

        _process.Dispose();
        _master.Dispose();
    }

    private string Seen()
    {
        lock (_seen)
        {
            return _seen.ToString();
        }
    }

    private void Read()
    {
        byte[] buffer = new byte[4096];
        try
        {
            int count;
            while ((count = _master.Read(buffer)) > 0)
            {
                lock (_seen)
                {
                    _seen.Append(Encoding.UTF8.GetString(buffer, 0, count));
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // EIO is how a pty says that its last slave was closed.
        }
    }
}
