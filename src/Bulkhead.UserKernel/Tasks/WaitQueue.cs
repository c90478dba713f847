using System.Collections.Generic;

namespace Bulkhead.UserKernel.Tasks;

/// <summary>Tasks that wait for something to change. A waker runs them again; they look for themselves.</summary>
internal sealed class WaitQueue
{
    private readonly List<GuestTask> waiters = [];
    private List<IQueueListener>? listeners;

    /// <summary>Grows with every wake: an edge for epoll.</summary>
    public uint Changes { get; private set; }

    /// <summary>Open files whose owners want a signal.</summary>
    public List<IQueueListener> Listeners => listeners ??= [];

    public bool HasWaiters => waiters.Count > 0;

    public void Add(GuestTask task)
    {
        waiters.Add(task);
        task.Queues.Add(this);
    }

    public void Remove(GuestTask task) => waiters.Remove(task);

    /// <summary>All who wait become ready; those that find nothing wait again.</summary>
    public void WakeAll(Kernel kernel)
    {
        Changes++;
        if (listeners is not null)
        {
            foreach (IQueueListener listener in listeners)
                listener.Changed();
        }
        while (waiters.Count > 0)
        {
            int before = waiters.Count;
            kernel.MakeReady(waiters[^1]);
            if (waiters.Count == before)
                return;
        }
    }
}
