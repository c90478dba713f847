using System;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>Clocks, sleeps, alarm(2) and setitimer(2). Programs read most clocks in the vDSO, without us.</summary>
internal static class TimeCalls
{
    private const int Realtime = GuestClock.Realtime, Monotonic = GuestClock.Monotonic, Absolute = 1;
    private const long Second = 1_000_000_000, Microsecond = 1000;

    public static long GetTime(GuestTask task) => GuestClock.TryFind(task, (int)task.A0, out GuestClock clock) ? Guest.Put(task, task.A1, new TimeSpec(clock.Now())) : Fail.EINVAL;

    public static long GetResolution(GuestTask task)
    {
        const long CoarseTick = 4_000_000;
        int id = (int)task.A0;
        if (!GuestClock.TryFind(task, id, out _))
            return Fail.EINVAL;
        return task.A1 == 0 ? 0 : Guest.Put(task, task.A1, new TimeSpec(id is GuestClock.RealtimeCoarse or GuestClock.MonotonicCoarse ? CoarseTick : 1));
    }

    /// <summary>clock_settime(2): nobody has CAP_SYS_TIME; most clocks cannot be set at all.</summary>
    public static long SetTime(GuestTask task)
    {
        int id = (int)task.A0;
        if (!GuestClock.TryFind(task, id, out _) || id > Realtime)
            return Fail.EINVAL;
        return Guest.Read(task, task.A1, out TimeSpec _) ? Fail.EPERM : Fail.EFAULT;
    }

    public static long SetTimeOfDay(GuestTask task)
    {
        TimeSpec time = default;
        if ((task.A0 != 0 && !Guest.Read(task, task.A0, out time)) || (task.A1 != 0 && !Guest.Read(task, task.A1, out long _)))
            return Fail.EFAULT;
        return time.Nanoseconds is < 0 or > 1_000_000 || time.Seconds < 0 ? Fail.EINVAL : Fail.EPERM;
    }

    public static long Adjust(GuestTask task) => Adjust(task, task.A0);

    public static long AdjustClock(GuestTask task)
    {
        int id = (int)task.A0;
        if (!GuestClock.TryFind(task, id, out _))
            return Fail.EINVAL;
        return id == Realtime ? Adjust(task, task.A1) : Fail.EOPNOTSUPP;
    }

    /// <summary>adjtimex(2): the sandbox's clock is nobody's to discipline, so it tells of one that is not (TIME_ERROR).</summary>
    private static long Adjust(GuestTask task, ulong address)
    {
        const int Size = 208, Unsynchronised = 0x40, TimeError = 5;
        const uint ReadOffset = 0xA001;
        Span<byte> bytes = stackalloc byte[Size];
        if (!HostMemory.Read(task.HostPid, address, bytes))
            return Fail.EFAULT;
        if (MemoryMarshal.Read<uint>(bytes) is not (0 or ReadOffset))
            return Fail.EPERM;
        bytes[4..].Clear();
        Span<long> words = MemoryMarshal.Cast<byte, long>(bytes);
        long now = HostEvents.Now(Realtime);
        (words[3], words[4], words[5]) = (16_000_000, 16_000_000, Unsynchronised);
        (words[6], words[7], words[8]) = (2, 1, 32_768_000); // constant, precision, tolerance
        (words[9], words[10], words[11]) = (now / Second, now % Second / Microsecond, 10_000);
        return HostMemory.Write(task.HostPid, address, bytes) ? TimeError : Fail.EFAULT;
    }

    public static long TimeOfDay(GuestTask task)
    {
        long now = HostEvents.Now(Realtime);
        if (task.A0 != 0 && !Guest.Write(task, task.A0, new TimeSpec { Seconds = now / Second, Nanoseconds = now % Second / Microsecond }))
            return Fail.EFAULT;
        return task.A1 == 0 ? 0 : Guest.Put(task, task.A1, 0L);
    }

    public static long Seconds(GuestTask task)
    {
        long now = HostEvents.Now(Realtime) / Second;
        return task.A0 != 0 && !Guest.Write(task, task.A0, now) ? Fail.EFAULT : now;
    }

    public static long Sleep(GuestTask task) => Sleep(task, GuestClock.Of(Monotonic), 0, task.A0);

    public static long ClockSleep(GuestTask task)
    {
        if (!GuestClock.TryFind(task, (int)task.A0, out GuestClock clock))
            return Fail.EINVAL;
        if (!clock.CanWait || (int)task.A0 == GuestClock.ThreadCpu)
            return Fail.EOPNOTSUPP;
        if ((int)task.A0 is GuestClock.RealtimeAlarm or GuestClock.BoottimeAlarm)
            return Fail.EPERM; // CAP_WAKE_ALARM
        return clock.Thread == task ? Fail.EINVAL : Sleep(task, clock, (int)task.A1, task.A2);
    }

    private static long Sleep(GuestTask task, in GuestClock clock, int flags, ulong request)
    {
        if (clock.IsCpu)
            return SleepForCpu(task, clock, flags, request);
        if (task.TimedOut)
            return 0;
        if (task.Retry)
            return Fail.Blocked;
        long error = Guest.Time(task, request, out long time);
        if (error < 0)
            return error;
        if ((flags & Absolute) != 0)
            time -= clock.Now();
        if (time <= 0)
            return 0;
        long now = HostEvents.Now(Monotonic);
        task.Deadline = time > long.MaxValue - now ? long.MaxValue : now + time;
        return Fail.Blocked;
    }

    /// <summary>Until the process has used so much: a timer of that clock runs the call again.</summary>
    private static long SleepForCpu(GuestTask task, in GuestClock clock, int flags, ulong request)
    {
        if (task.Retry)
            return 0;
        long error = Guest.Time(task, request, out long time);
        if (error < 0)
            return error;
        bool isAbsolute = (flags & Absolute) != 0;
        if (time == 0 || (isAbsolute && time <= clock.Now()))
            return 0;
        task.Sleep = new GuestTimer(task.Kernel, clock, _ =>
        {
            task.Kernel.MakeReady(task);
            return GuestTimer.Rest;
        });
        task.Sleep.Set(time, 0, isAbsolute);
        return Fail.Blocked;
    }

    /// <summary>What is left, when a signal ends the sleep.</summary>
    public static long Remainder(GuestTask task)
    {
        bool clock = task.Nr == SysNr.clock_nanosleep;
        ulong to = clock ? task.A3 : task.A1;
        if (clock && ((int)task.A1 & Absolute) != 0)
            return Fail.Restart;
        if (to != 0 && task.Deadline >= 0)
            Guest.Write(task, to, new TimeSpec(Math.Max(0, task.Deadline - HostEvents.Now(Monotonic))));
        return Fail.EINTR;
    }

    public static long Alarm(GuestTask task)
    {
        GuestTimer timer = task.Process.IntervalTimers.Of(0);
        timer.CatchUp();
        // To the nearest second, but never to none (alarm_setitimer).
        long left = timer.IsArmed ? Math.Max(1, (timer.Left() + (Second / 2)) / Second) : 0;
        timer.Set((uint)task.A0 * Second, 0, isAbsolute: false);
        return left;
    }

    public static long SetTimer(GuestTask task)
    {
        Span<long> wanted = stackalloc long[4];
        wanted.Clear();
        if (task.A1 != 0 && !HostMemory.Read(task.HostPid, task.A1, MemoryMarshal.AsBytes(wanted)))
            return Fail.EFAULT;
        if (wanted[1] is < 0 or >= 1_000_000 || wanted[3] is < 0 or >= 1_000_000 || wanted[0] < 0 || wanted[2] < 0 || (uint)task.A0 >= IntervalTimers.Count)
            return Fail.EINVAL;
        GuestTimer timer = task.Process.IntervalTimers.Of((int)task.A0);
        Span<long> before = stackalloc long[4];
        Describe(timer, before);
        timer.Set(Nanoseconds(wanted[2], wanted[3]), Nanoseconds(wanted[0], wanted[1]), isAbsolute: false);
        return task.A2 == 0 ? 0 : Guest.Put(task, task.A2, MemoryMarshal.AsBytes(before));
    }

    private static long Nanoseconds(long seconds, long microseconds) =>
        seconds > 9_000_000_000 ? long.MaxValue / 2 : (seconds * Second) + (microseconds * Microsecond);

    public static long GetTimer(GuestTask task)
    {
        if ((uint)task.A0 >= IntervalTimers.Count)
            return Fail.EINVAL;
        Span<long> value = stackalloc long[4];
        Describe(task.Process.IntervalTimers.Of((int)task.A0), value);
        return Guest.Put(task, task.A1, MemoryMarshal.AsBytes(value));
    }

    /// <summary>struct itimerval; an armed timer never shows 0.</summary>
    private static void Describe(GuestTimer timer, Span<long> value)
    {
        timer.CatchUp();
        long left = timer.IsArmed ? Math.Max(Microsecond, timer.Left()) : 0;
        (value[0], value[1]) = (timer.Interval / Second, timer.Interval % Second / Microsecond);
        (value[2], value[3]) = (left / Second, left % Second / Microsecond);
    }
}
