using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>Clocks and sleeps. Programs read most clocks in the vDSO, without us.</summary>
internal static class TimeCalls
{
    private const int Realtime = 0, Monotonic = 1, ProcessCpu = 2, ThreadCpu = 3, LastClock = 11;
    private const long Second = 1_000_000_000;

    public static long GetTime(GuestTask task)
    {
        int clock = (int)task.A0;
        return clock is < 0 or > LastClock or 10 ? Fail.EINVAL : Guest.Put(task, task.A1, new TimeSpec(Read(task, clock)));
    }

    /// <summary>CPU time is not counted yet: the time since the start of the process bounds it.</summary>
    private static long Read(GuestTask task, int clock) => clock is ProcessCpu or ThreadCpu ? HostEvents.Now(Monotonic) - task.Process.StartTime : HostEvents.Now(clock);

    public static long GetResolution(GuestTask task)
    {
        int clock = (int)task.A0;
        if (clock is < 0 or > LastClock or 10)
            return Fail.EINVAL;
        return task.A1 == 0 ? 0 : Guest.Put(task, task.A1, new TimeSpec(clock is 5 or 6 ? 4_000_000 : 1));
    }

    public static long SetTime(GuestTask task) => (int)task.A0 is < 0 or > LastClock ? Fail.EINVAL : Fail.EPERM;

    public static long TimeOfDay(GuestTask task)
    {
        long now = HostEvents.Now(Realtime);
        if (task.A0 != 0 && !Guest.Write(task, task.A0, new TimeSpec { Seconds = now / Second, Nanoseconds = now % Second / 1000 }))
            return Fail.EFAULT;
        return task.A1 == 0 ? 0 : Guest.Put(task, task.A1, 0L);
    }

    public static long Seconds(GuestTask task)
    {
        long now = HostEvents.Now(Realtime) / Second;
        return task.A0 != 0 && !Guest.Write(task, task.A0, now) ? Fail.EFAULT : now;
    }

    public static long Sleep(GuestTask task) => Sleep(task, Monotonic, 0, task.A0, task.A1);

    public static long ClockSleep(GuestTask task)
    {
        int clock = (int)task.A0;
        if (clock is ThreadCpu or 4 or 5 or 6 or < 0 or > LastClock or 10)
            return clock is ThreadCpu ? Fail.EINVAL : Fail.EOPNOTSUPP;
        return Sleep(task, clock, (int)task.A1, task.A2, task.A3);
    }

    private static long Sleep(GuestTask task, int clock, int flags, ulong request, ulong remainder)
    {
        const int Absolute = 1;
        if (task.TimedOut)
            return 0;
        long error = Guest.Time(task, request, out long time);
        if (error < 0)
            return error;
        if (!task.Retry)
        {
            long now = HostEvents.Now(Monotonic);
            if ((flags & Absolute) != 0)
                time -= HostEvents.Now(clock);
            if (time <= 0)
                return 0;
            task.Deadline = now + time;
            task.Progress = 0;
        }
        return Fail.Blocked;
    }

    /// <summary>What is left, when a signal ends the sleep.</summary>
    public static long Remainder(GuestTask task)
    {
        bool clock = task.Nr == SysNr.clock_nanosleep;
        ulong to = clock ? task.A3 : task.A1;
        if (clock && ((int)task.A1 & 1) != 0)
            return Fail.Restart;
        if (to != 0)
            Guest.Write(task, to, new TimeSpec(Math.Max(0, task.Deadline - HostEvents.Now(Monotonic))));
        return Fail.EINTR;
    }

    public static long Alarm(GuestTask task)
    {
        IntervalTimer timer = task.Process.RealTimer;
        long now = HostEvents.Now(Monotonic), left = timer.Next == 0 ? 0 : Math.Max(1, (timer.Next - now + Second - 1) / Second);
        Set(task.Process, (uint)task.A0 * Second, 0);
        return left;
    }

    public static long SetTimer(GuestTask task)
    {
        if ((uint)task.A0 > 2)
            return Fail.EINVAL;
        Span<long> wanted = stackalloc long[4];
        wanted.Clear();
        if (task.A1 != 0 && !HostMemory.Read(task.HostPid, task.A1, System.Runtime.InteropServices.MemoryMarshal.AsBytes(wanted)))
            return Fail.EFAULT;
        if (wanted[1] is < 0 or >= 1_000_000 || wanted[3] is < 0 or >= 1_000_000 || wanted[0] < 0 || wanted[2] < 0)
            return Fail.EINVAL;
        if (task.A2 != 0)
        {
            long error = Put(task, task.A2);
            if (error < 0)
                return error;
        }
        if (task.A0 == 0)
            Set(task.Process, (wanted[2] * Second) + (wanted[3] * 1000), (wanted[0] * Second) + (wanted[1] * 1000));
        return 0;
    }

    public static long GetTimer(GuestTask task) => (uint)task.A0 > 2 ? Fail.EINVAL : Put(task, task.A1);

    private static long Put(GuestTask task, ulong to)
    {
        IntervalTimer timer = task.Process.RealTimer;
        long left = task.A0 != 0 || timer.Next == 0 ? 0 : Math.Max(1000, timer.Next - HostEvents.Now(Monotonic)), interval = task.A0 == 0 ? timer.Interval : 0;
        ReadOnlySpan<long> value = [interval / Second, interval % Second / 1000, left / Second, left % Second / 1000];
        return Guest.Put(task, to, System.Runtime.InteropServices.MemoryMarshal.AsBytes(value));
    }

    private static void Set(Process process, long after, long interval)
    {
        IntervalTimer timer = process.RealTimer;
        timer.Interval = interval;
        timer.Next = after == 0 ? 0 : HostEvents.Now(Monotonic) + after;
        if (timer.Next != 0)
            Start(process, timer.Next);
    }

    private static void Start(Process process, long when)
    {
        process.Kernel.Timers.At(when, now =>
        {
            IntervalTimer timer = process.RealTimer;
            if (timer.Next != when || process.IsZombie)
                return;
            timer.Next = timer.Interval == 0 ? 0 : now + timer.Interval;
            process.Kernel.SendSignal(process, SignalInfo.From(Signal.SIGALRM, SignalInfo.KernelCode, 0, 0));
            if (timer.Next != 0)
                Start(process, timer.Next);
        });
    }
}
