using System.Collections.Generic;

namespace Bulkhead.UserKernel.Signals;

/// <summary>Signals that wait for a task or a process. Below 34 each waits once, real-time signals queue (signal(7)).</summary>
internal sealed class PendingSignals
{
    private const int FirstQueued = 32, MostQueued = 1024;
    private readonly List<SignalInfo> queue = [];

    public ulong Set { get; private set; }

    /// <summary>False: the queue is full (EAGAIN for sigqueue).</summary>
    public bool Add(in SignalInfo info, ulong limit = MostQueued)
    {
        ulong bit = SignalSet.Of(info.Signal);
        if (info.Signal < FirstQueued && (Set & bit) != 0)
            return true;
        // The standard ones need no room (getrlimit(2), RLIMIT_SIGPENDING).
        if (info.Signal >= FirstQueued && (ulong)queue.Count >= System.Math.Min(limit, MostQueued))
            return false;
        queue.Add(info);
        Set |= bit;
        return true;
    }

    /// <summary>The lowest of <paramref name="wanted"/>, faults before all others; the oldest of its number.</summary>
    public bool Take(ulong wanted, out SignalInfo info)
    {
        ulong ready = Set & wanted;
        info = default;
        if (ready == 0)
            return false;
        if ((ready & SignalSet.Synchronous) != 0)
            ready &= SignalSet.Synchronous;
        int signal = System.Numerics.BitOperations.TrailingZeroCount(ready) + 1;
        int at = IndexOf(signal);
        info = queue[at];
        queue.RemoveAt(at);
        if (IndexOf(signal) < 0)
            Set &= ~SignalSet.Of(signal);
        return true;
    }

    private int IndexOf(int signal)
    {
        for (int i = 0; i < queue.Count; i++)
        {
            if (queue[i].Signal == signal)
                return i;
        }
        return -1;
    }

    /// <summary>The signal of that POSIX timer, if it waits here, stands for more expirations; false: it does not wait.</summary>
    public bool AddOverrun(int timer, int setting, ulong times)
    {
        for (int i = 0; i < queue.Count; i++)
        {
            SignalInfo info = queue[i];
            if (info.Code != SignalInfo.TimerCode || info.TimerId != timer || info.TimerSetting != setting)
                continue;
            info.Overrun = Time.PosixTimer.Bounded((ulong)info.Overrun + times);
            queue[i] = info;
            return true;
        }
        return false;
    }

    public void Drop(ulong signals)
    {
        for (int i = queue.Count - 1; i >= 0; i--)
        {
            if ((signals & SignalSet.Of(queue[i].Signal)) != 0)
                queue.RemoveAt(i);
        }
        Set &= ~signals;
    }
}
