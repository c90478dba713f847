using System;
using System.Diagnostics;
using System.IO;

namespace Bulkhead.TestSupport;

/// <summary>A daemon that is started by hand, may be stopped, killed and started again, and writes what it says to a file.</summary>
public sealed class Daemon : IDisposable
{
    private readonly string _log;
    private readonly string[] _argv;
    private readonly Func<bool> _ready;
    private Process? _process;

    public Daemon(string log, string[] argv, Func<bool> ready)
    {
        _log = log;
        _argv = argv;
        _ready = ready;
    }

    public void Start()
    {
        // A shell does the redirection, so that the daemon's log file stays whole when this process ends before the daemon does.
        _process = Command.Start(["/bin/sh", "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", _log, .. _argv], null);
        try
        {
            Poll.Until($"{_argv[0]} to answer", () => _process.HasExited || _ready(), 30);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException(File.ReadAllText(_log), e);
        }

        if (_process.HasExited)
        {
            throw new InvalidOperationException($"{_argv[0]} ended: {File.ReadAllText(_log)}");
        }
    }

    /// <summary>Asks the daemon to end, and waits until it did.</summary>
    public void Stop() => End(Linux.SIGTERM);

    /// <summary>Ends the daemon as a crash would.</summary>
    public void Crash() => End(Linux.SIGKILL);

    public void Dispose()
    {
        if (_process is not null)
        {
            Stop();
        }
    }

    private void End(int signal)
    {
        Process process = _process ?? throw new InvalidOperationException($"{_argv[0]} does not run");
        _process = null;
        Linux.Kill(process.Id, signal);
        if (!process.WaitForExit(Command.Limit))
        {
            Linux.Kill(process.Id, Linux.SIGKILL);
            throw new TimeoutException($"{_argv[0]} does not end: {File.ReadAllText(_log)}");
        }

        process.Dispose();
    }
}
