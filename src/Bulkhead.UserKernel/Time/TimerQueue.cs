using System;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Time;

/// <summary>Something that happens at a time, each time that it is set; cancelled, it does not.</summary>
internal sealed class TimerEntry(Action<long> then)
{
    public Action<long> Then => then;

    /// <summary>Monotonic nanoseconds.</summary>
    public long When { get; set; }

    /// <summary>In the queue; below 0: it is not set.</summary>
    public int Place { get; set; } = -1;

    public bool IsSet => Place >= 0;
}

/// <summary>
/// What happens at a time: a heap whose entries know their places, so that one can be set again or taken out without a trace. A call that waits with a
/// timeout allocates nothing.
/// </summary>
internal sealed class TimerQueue
{
    private TimerEntry?[] heap = new TimerEntry?[64];
    private int count;

    /// <summary>For what happens once.</summary>
    public TimerEntry At(long when, Action<long> then)
    {
        var entry = new TimerEntry(then);
        Set(entry, when);
        return entry;
    }

    public void Set(TimerEntry entry, long when)
    {
        if (!entry.IsSet)
        {
            if (count == heap.Length)
                Array.Resize(ref heap, count * 2);
            Put(entry, count++);
        }
        entry.When = when;
        Rise(entry);
        Sink(entry);
    }

    public void Cancel(TimerEntry? entry)
    {
        if (entry is not { IsSet: true })
            return;
        int place = entry.Place;
        entry.Place = -1;
        TimerEntry last = heap[--count]!;
        heap[count] = null;
        if (last == entry)
            return;
        Put(last, place);
        Rise(last);
        Sink(last);
    }

    private void Put(TimerEntry entry, int place)
    {
        heap[place] = entry;
        entry.Place = place;
    }

    private void Rise(TimerEntry entry)
    {
        int place = entry.Place;
        for (; place > 0 && heap[(place - 1) / 2] is { } above && above.When > entry.When; place = (place - 1) / 2)
            Put(above, place);
        Put(entry, place);
    }

    private void Sink(TimerEntry entry)
    {
        int place = entry.Place;
        for (int below; (below = (place * 2) + 1) < count; place = below)
        {
            if (below + 1 < count && heap[below + 1]!.When < heap[below]!.When)
                below++;
            if (heap[below]!.When >= entry.When)
                break;
            Put(heap[below]!, place);
        }
        Put(entry, place);
    }

    /// <summary>The task's wait ends then, if it still is the same wait.</summary>
    public void WakeAt(GuestTask task, long deadline) => Set(task.Alarm ??= AlarmOf(task), deadline);

    private static TimerEntry AlarmOf(GuestTask task) => new(now =>
    {
        if (task.State != TaskState.Blocked || task.Deadline < 0 || now < task.Deadline)
            return;
        task.TimedOut = true;
        task.Kernel.MakeReady(task);
    });

    /// <summary>What is due. The clock costs more than a look at an empty queue.</summary>
    public void Expire()
    {
        if (count > 0)
            Expire(Host.HostEvents.Now(1));
    }

    private void Expire(long now)
    {
        while (count > 0 && heap[0] is { } entry && entry.When <= now)
        {
            Cancel(entry);
            entry.Then(now);
        }
    }

    /// <summary>Nanoseconds until the next entry, -1 when there is none.</summary>
    public long Wait(long now) => count > 0 ? Math.Max(0, heap[0]!.When - now) : -1;
}
