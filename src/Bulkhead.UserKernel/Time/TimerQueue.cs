using System;
using System.Collections.Generic;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Time;

/// <summary>What happens at a time: monotonic nanoseconds. An entry cannot be taken out; whoever it calls looks whether it still holds.</summary>
internal sealed class TimerQueue
{
    private readonly PriorityQueue<Action<long>, long> entries = new();

    public void At(long when, Action<long> then) => entries.Enqueue(then, when);

    /// <summary>The task's wait ends then, if it still is the same wait.</summary>
    public void WakeAt(GuestTask task, long deadline)
    {
        At(deadline, now =>
        {
            if (task.State != TaskState.Blocked || task.Deadline < 0 || now < task.Deadline)
                return;
            task.TimedOut = true;
            task.Kernel.MakeReady(task);
        });
    }

    public void Expire(long now)
    {
        while (entries.TryPeek(out _, out long when) && when <= now)
            entries.Dequeue()(now);
    }

    /// <summary>Nanoseconds until the next entry, -1 when there is none.</summary>
    public long Wait(long now) => entries.TryPeek(out _, out long when) ? Math.Max(0, when - now) : -1;
}
