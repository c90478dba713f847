using System;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>Watches a container for out-of-memory events until it ends. Holds no lock.</summary>
public sealed class ContainerWatch : IDisposable
{
    private readonly ISandbox sandbox;
    private readonly OomWatch oom;
    private readonly Fd init;

    internal ContainerWatch(ContainerRecord record, ISandbox sandbox)
    {
        this.sandbox = sandbox;
        init = InitProcess.Open(record).OrThrow("container not running: open its first process");
        oom = sandbox.WatchOom();
    }

    /// <summary>The next event; <see cref="OomEvent.Gone"/> when the first process has ended.</summary>
    public OomEvent Wait(int timeoutMilliseconds)
    {
        Span<pollfd> fds = [new pollfd { fd = oom.Fd.Value, events = Poll.POLLIN }, new pollfd { fd = init.Value, events = Poll.POLLIN }];
        if (Sys.Poll(fds, timeoutMilliseconds).OrThrow("wait for events") == 0)
            return OomEvent.Timeout;
        // A process that was killed for memory ends at once: its event comes first.
        OomEvent next = oom.Wait(0);
        return next == OomEvent.Timeout && fds[1].revents != 0 ? OomEvent.Gone : next;
    }

    public CgroupStats Stats() => sandbox.Stats();

    public void Dispose()
    {
        oom.Dispose();
        init.Dispose();
        sandbox.Dispose();
    }
}
