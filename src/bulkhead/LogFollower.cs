using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Workloads.Attach;

namespace Bulkhead.Cli;

/// <summary>Sleeps until a container's folder changes or the container ends: its first process by pidfd, then its monitor, which closes the log.</summary>
internal sealed class LogFollower : IDisposable
{
    private readonly Workload _workload;
    private readonly Fd _changes;
    private readonly Fd? _process;

    private LogFollower(Workload workload, Fd changes, Fd? process) => (_workload, _changes, _process) = (workload, changes, process);

    /// <summary>From here on nothing is missed: to be made before the first read.</summary>
    public static LogFollower Start(Workload workload)
    {
        Fd changes = Sys.InotifyInit(Inotify.IN_NONBLOCK).OrThrow("watch the log");
        Sys.InotifyAddWatch(changes, workload.Folder.Path, Inotify.IN_MODIFY).OrThrow("watch", workload.Folder.Path);
        Result<Fd> process = Sys.PidfdOpen(workload.State!.Pid);
        return new LogFollower(workload, changes, process.Ok ? process.Value : null);
    }

    /// <summary>True: it ended, and one more read gets the rest.</summary>
    public bool AwaitMore()
    {
        if (_process is null)
            return End();
        Span<pollfd> fds = [new() { fd = _changes.Value, events = Poll.POLLIN }, new() { fd = _process.Value, events = Poll.POLLIN }];
        Sys.Poll(fds, -1).OrThrow("wait for the log");
        if (fds[1].revents != 0)
            return End();
        Span<byte> events = stackalloc byte[4096];
        while (Sys.Read(_changes, events) is { Ok: true, Value: > 0 })
        {
            // Which file it was does not matter.
        }
        return false;
    }

    public void Dispose()
    {
        _changes.Dispose();
        _process?.Dispose();
    }

    private bool End()
    {
        MonitorConnection.AwaitEnd(_workload.Folder);
        return true;
    }
}
