using System;
using System.Collections.Generic;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Time;

/// <summary>Something that happens once at a time; cancelled, it never does.</summary>
internal sealed class TimerEntry(Action<long> then)
{
    public Action<long>? Then { get; set; } = then;
}

/// <summary>What happens at a time: monotonic nanoseconds.</summary>
internal sealed class TimerQueue
{
    private const int FewCancelled = 64;
    private readonly PriorityQueue<TimerEntry, long> entries = new();
    private int cancelled;

    public TimerEntry At(long when, Action<long> then)
    {
        var entry = new TimerEntry(then);
        entries.Enqueue(entry, when);
        return entry;
    }

    /// <summary>It is forgotten now and taken out later, with many others: a guest that sets far timers again and again costs no memory.</summary>
    public void Cancel(TimerEntry? entry)
    {
        if (entry?.Then is null)
            return;
        entry.Then = null;
        if (++cancelled > FewCancelled && cancelled > entries.Count / 2)
            Sweep();
    }

    private void Sweep()
    {
        var kept = new List<(TimerEntry, long)>();
        foreach ((TimerEntry entry, long when) in entries.UnorderedItems)
        {
            if (entry.Then is not null)
                kept.Add((entry, when));
        }
        entries.Clear();
        entries.EnqueueRange(kept);
        cancelled = 0;
    }

    /// <summary>The task's wait ends then, if it still is the same wait.</summary>
    public void WakeAt(GuestTask task, long deadline)
    {
        Cancel(task.Alarm);
        task.Alarm = At(deadline, now =>
        {
            if (task.State != TaskState.Blocked || task.Deadline < 0 || now < task.Deadline)
                return;
            task.TimedOut = true;
            task.Kernel.MakeReady(task);
        });
    }

    /// <summary>What is due. The clock costs more than a look at an empty queue.</summary>
    public void Expire()
    {
        if (entries.Count > 0)
            Expire(Host.HostEvents.Now(1));
    }

    private void Expire(long now)
    {
        while (entries.TryPeek(out TimerEntry? entry, out long when) && (when <= now || entry.Then is null))
        {
            entries.Dequeue();
            Action<long>? then = entry.Then;
            entry.Then = null;
            if (then is null)
                cancelled--;
            else
                then(now);
        }
    }

    /// <summary>Nanoseconds until the next entry, -1 when there is none.</summary>
    public long Wait(long now) => entries.TryPeek(out _, out long when) ? Math.Max(0, when - now) : -1;
}
