using System;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel.Time;

/// <summary>
/// A timer on one clock, as timerfd, POSIX timers and setitimer(2) have it. Times are nanoseconds of its clock; clocks that go with the
/// monotonic one are converted when the timer is set, CPU clocks are looked at again and again: a process cannot use more than its CPUs give.
/// <paramref name="expired"/> gets how often it expired and answers how soon the next may come, or <see cref="Rest"/>.
/// </summary>
internal sealed class GuestTimer(Kernel kernel, GuestClock clock, Func<ulong, long> expired)
{
    /// <summary>Nanoseconds between expirations that are told one by one; and between those that somebody only counts.</summary>
    public const long Soon = 50_000, Counted = 1_000_000;

    /// <summary>Nothing more is told before <see cref="Resume"/>.</summary>
    public const long Rest = long.MaxValue;
    private const long LeastLook = 1_000_000, MostLook = 64_000_000, Farthest = long.MaxValue / 2;
    private TimerEntry? entry; // made when it is set first
    private long idleLook = LeastLook, lastSeen;

    /// <summary>On the monotonic or the CPU clock; 0: not armed.</summary>
    public long Next { get; private set; }

    public long Interval { get; private set; }

    public GuestClock Clock => clock;

    public bool IsArmed => Next != 0;

    private long Now() => clock.IsCpu ? clock.Now() : HostEvents.Now(GuestClock.Monotonic);

    /// <summary><paramref name="value"/> 0 disarms. The interval goes on from the time that was set, not from when it was noticed.</summary>
    public void Set(long value, long interval, bool isAbsolute)
    {
        kernel.Timers.Cancel(entry);
        Interval = interval;
        if (value == 0)
        {
            Next = 0;
            return;
        }
        long now = Now(), wait = isAbsolute ? value - clock.Now() : value;
        Next = Math.Max(1, now + Math.Min(wait, Farthest));
        Look(HostEvents.Now(GuestClock.Monotonic));
    }

    public void Stop() => Set(0, 0, isAbsolute: false);

    /// <summary>Nanoseconds until it expires, at least 1 while it is armed.</summary>
    public long Left()
    {
        if (!IsArmed)
            return 0;
        long now = Now();
        // Between two looks an interval may have passed that nobody was told of yet.
        if (Interval > 0 && now >= Next)
            return Interval - ((now - Next) % Interval);
        return Math.Max(1, Next - now);
    }

    /// <summary>The next one comes no earlier than that: what is not read yet may count together.</summary>
    private void Look(long monotonic, long least = 0)
    {
        long wait = Next - Now();
        if (clock.IsCpu)
            wait = LookLater(wait);
        kernel.Timers.Set(entry ??= new TimerEntry(Arrive), monotonic + Math.Max(wait, least));
    }

    private long LookLater(long left)
    {
        long seen = clock.Now();
        idleLook = seen == lastSeen ? Math.Min(idleLook * 2, MostLook) : LeastLook;
        lastSeen = seen;
        int threads = Math.Max(1, Math.Min(Environment.ProcessorCount, clock.Process?.Tasks.Count ?? 1));
        return Math.Max(left / threads, idleLook);
    }

    /// <summary>What the clock says counts now, before the queue of timers comes to it.</summary>
    public void CatchUp()
    {
        if (!IsArmed || Now() < Next)
            return;
        kernel.Timers.Cancel(entry);
        Arrive(HostEvents.Now(GuestClock.Monotonic));
    }

    private void Arrive(long monotonic)
    {
        long now = Now();
        if (now < Next)
        {
            Look(monotonic);
            return;
        }
        ulong times = 1;
        if (Interval > 0)
            times += (ulong)((now - Next) / Interval);
        Next = Interval > 0 ? Next + ((long)times * Interval) : 0;
        long least = expired(times);
        // Whoever was told may have set or stopped it.
        if (IsArmed && entry is { IsSet: false } && least != Rest)
            Look(monotonic, least);
    }

    public void Resume()
    {
        if (IsArmed && entry is not { IsSet: true })
            Look(HostEvents.Now(GuestClock.Monotonic));
    }
}
