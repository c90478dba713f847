using System.Collections.Generic;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Time;

/// <summary>A timer of timer_create(2) and how it tells.</summary>
internal sealed class PosixTimer
{
    public const int MostOverrun = int.MaxValue;

    public PosixTimer(Process process, GuestClock clock) => Timer = new GuestTimer(process.Kernel, clock, Expired);

    public required int Id { get; init; }

    /// <summary>0: SIGEV_NONE.</summary>
    public required int Signal { get; init; }

    public required ulong Value { get; init; }

    public required Process Process { get; init; }

    /// <summary>SIGEV_THREAD_ID; null: the process.</summary>
    public GuestTask? Thread { get; init; }

    public GuestTimer Timer { get; }

    /// <summary>Grows with each timer_settime.</summary>
    public int Setting { get; private set; } = 1;

    /// <summary>Expirations that the signal delivered last stood for, beyond the first.</summary>
    public int Overrun { get; set; }

    public void Set(long value, long interval, bool isAbsolute)
    {
        Setting++;
        Overrun = 0;
        Timer.Set(value, interval, isAbsolute);
    }

    private long Expired(ulong times)
    {
        if (Signal == 0)
            return GuestTimer.Rest;
        PendingSignals pending = Thread?.Pending ?? Process.Pending;
        if (pending.AddOverrun(Id, Setting, times))
            return GuestTimer.Counted;
        SignalInfo info = SignalInfo.From(Signal, SignalInfo.TimerCode, 0, 0);
        (info.TimerId, info.Overrun, info.Value) = (Id, Bounded(times - 1), Value);
        info.TimerSetting = Setting;
        if (Thread is not null)
            Process.Kernel.SendSignal(Thread, info);
        else
            Process.Kernel.SendSignal(Process, info);
        return GuestTimer.Soon;
    }

    public static int Bounded(ulong count) => count > MostOverrun ? MostOverrun : (int)count;
}

/// <summary>The POSIX timers of a process; neither fork nor execve keeps them.</summary>
internal sealed class PosixTimers
{
    private readonly Dictionary<int, PosixTimer> timers = [];
    private int next;

    public int Count => timers.Count;

    public int NewId()
    {
        while (timers.ContainsKey(next))
            next = next == int.MaxValue ? 0 : next + 1;
        return next++;
    }

    public void Add(PosixTimer timer) => timers.Add(timer.Id, timer);

    public PosixTimer? Find(int id) => timers.GetValueOrDefault(id);

    public bool Delete(int id)
    {
        if (!timers.Remove(id, out PosixTimer? timer))
            return false;
        timer.Timer.Stop();
        return true;
    }

    public void Clear()
    {
        foreach (PosixTimer timer in timers.Values)
            timer.Timer.Stop();
        timers.Clear();
        next = 0;
    }

    /// <summary>A timer's signal goes to the guest; false: the timer was deleted or set again since, nobody shall see it.</summary>
    public bool Delivered(ref SignalInfo info)
    {
        if (Find(info.TimerId) is not { } timer || timer.Setting != info.TimerSetting)
            return false;
        timer.Overrun = info.Overrun;
        info.TimerSetting = 0;
        return true;
    }
}
