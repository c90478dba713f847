using System.Collections.Generic;
using System.Runtime.Intrinsics.X86;
using System.Threading;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel;

/// <summary>
/// What the kernel does between two requests. A CPU that has halted takes some 80 us to wake, in a virtual machine at least; a look at the
/// channels takes nanoseconds, and sched_yield(2) gives the CPU to a guest that wants it for 1 us. So it looks and yields for about as long as
/// a wake-up would take, and only then sleeps.
/// </summary>
internal sealed unsafe partial class Kernel
{
    /// <summary>Nanoseconds.</summary>
    private const long LingerTime = 100_000, Displaced = 500_000, LeastCrowdedTime = 250_000, MostCrowdedTime = 8_000_000;

    private const int LooksAlone = 128, LooksBeside = 4, YieldsPerPoll = 16;

    /// <summary>The shortest yield so far, in nanoseconds: it was to nobody.</summary>
    private long leastYield = long.MaxValue / 2;

    /// <summary>The last yield was to somebody, who keeps this CPU: looks before the next are lost.</summary>
    private bool isBeside;

    /// <summary>Until then other programs use this CPU: who sleeps is put before them, who yields is put behind them.</summary>
    private long crowdedUntil;

    /// <summary>How long that is when it happens again.</summary>
    private long crowdedTime = LeastCrowdedTime;

    /// <summary>Takes turns with the list of hot slots.</summary>
    private List<(Cell Cell, int Slot)> emptyList = [];

    /// <summary>While somebody runs who may ask soon. True: something came.</summary>
    private bool Linger()
    {
        if (ready.Count > 0)
            return true;
        if (running == 0 || !Options.Looks)
            return false;
        if (crowdedUntil != 0 && HostEvents.Now(1) < crowdedUntil)
            return false;
        crowdedUntil = 0;
        // The clock only after the first looks: mostly the next request is there by then.
        if (Looks())
            return true;
        long now = HostEvents.Now(1), end = now + LingerTime;
        for (int yields = 1; now < end; yields++)
        {
            if (yields % YieldsPerPoll == 0 && TakeEvents(0) > 0)
                return true;
            long before = HostEvents.Now(1);
            HostEvents.Yield();
            long after = HostEvents.Now(1);
            leastYield = System.Math.Min(leastYield, after - before);
            isBeside = after - before > 2 * leastYield;
            if (after - before > Displaced)
            {
                crowdedUntil = after + crowdedTime;
                crowdedTime = System.Math.Min(crowdedTime * 2, MostCrowdedTime);
                return SeesRequest();
            }
            crowdedTime = System.Math.Max(crowdedTime - (crowdedTime / 8), LeastCrowdedTime);
            now = after;
            // Whoever was woken has had this CPU by now.
            if (pool.Work())
                now = HostEvents.Now(1);
            if (Timers.Wait(now) == 0 || Looks())
                return true;
        }
        return false;
    }

    /// <summary>For some microseconds, if nobody wants this CPU.</summary>
    private bool Looks()
    {
        for (int look = isBeside ? LooksBeside : LooksAlone; look > 0; look--)
        {
            if (SeesRequest())
                return true;
            X86Base.Pause();
        }
        return false;
    }

    private bool SeesRequest()
    {
        foreach ((Cell cell, int slot) in hot)
        {
            if (!cell.IsGone && !cell.IsSilent && HasRequest(cell, slot))
                return true;
        }
        return false;
    }

    private void Sleep()
    {
        while (pool.Work())
        {
            HostEvents.Yield();
            if (SeesRequest())
                return;
        }
        Cool();
        (List<(Cell Cell, int Slot)> before, hot) = (hot, emptyList);
        emptyList = before;
        // A guest that saw the flag set rang no bell: look once more now that it is down. Who is handled is hot again.
        Interlocked.MemoryBarrier();
        bool worked = ready.Count > 0;
        foreach ((Cell cell, int slot) in before)
        {
            if (!cell.IsGone && HasRequest(cell, slot))
                worked |= cell.HostPid != 0 && Handle(cell, slot);
        }
        before.Clear();
        TakeEvents(worked || hot.Count > 0 ? 0 : Timers.Wait(HostEvents.Now(1)));
    }

    /// <summary>What the host has to tell within so many nanoseconds (below 0: whenever it has): how many events.</summary>
    private int TakeEvents(long wait)
    {
        int count = HostEvents.Wait(epoll, events, wait);
        for (int i = 0; i < count; i++)
            Dispatch(events[i].data, events[i].events);
        return count;
    }
}
