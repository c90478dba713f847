using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>timerfd_create(2), timer_create(2) and their families, signalfd(2).</summary>
internal static class TimerCalls
{
    private const int Absolute = 1, CancelOnSet = 2, NonBlocking = Fcntl.O_NONBLOCK, CloseOnExec = Fcntl.O_CLOEXEC;
    private const int NotifySignal = 0, NotifyNone = 1, NotifyThread = 2, NotifyThreadId = 4, MostTimers = 4096;

    /// <summary>struct itimerspec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimerSpec
    {
        public TimeSpec Interval;
        public TimeSpec Value;
    }

    private static long Limit(GuestTask task, OpenFile file, bool closeOnExec) => task.Process.Files.Add(file, closeOnExec, task.Process.Limits[ResourceLimits.Files].Soft);

    public static long CreateFile(GuestTask task)
    {
        int id = (int)task.A0, flags = (int)task.A1;
        bool isAlarm = id is GuestClock.RealtimeAlarm or GuestClock.BoottimeAlarm;
        if ((flags & ~(NonBlocking | CloseOnExec)) != 0 || !(isAlarm || id is GuestClock.Realtime or GuestClock.Monotonic or GuestClock.Boottime))
            return Fail.EINVAL;
        if (isAlarm)
            return Fail.EPERM; // CAP_WAKE_ALARM
        GuestClock.TryFind(task, id, out GuestClock clock);
        return Limit(task, new TimerFile(task.Kernel, clock) { Flags = Fcntl.O_RDWR | (flags & NonBlocking) }, (flags & CloseOnExec) != 0);
    }

    private static long File(GuestTask task, out TimerFile? file)
    {
        OpenFile? open = Guest.File(task, task.A0);
        file = open as TimerFile;
        return open is null || (open.Flags & Fcntl.O_PATH) != 0 ? Fail.EBADF : file is null ? Fail.EINVAL : 0;
    }

    public static long SetFile(GuestTask task)
    {
        if (!Guest.Read(task, task.A2, out TimerSpec wanted))
            return Fail.EFAULT;
        if (((int)task.A1 & ~(Absolute | CancelOnSet)) != 0 || !IsValid(wanted))
            return Fail.EINVAL;
        long error = File(task, out TimerFile? file);
        if (error < 0)
            return error;
        TimerSpec before = Read(file!.Timer);
        file.Set(Nanoseconds(wanted.Value), Nanoseconds(wanted.Interval), ((int)task.A1 & Absolute) != 0);
        return task.A3 == 0 ? 0 : Guest.Put(task, task.A3, before);
    }

    public static long GetFile(GuestTask task)
    {
        long error = File(task, out TimerFile? file);
        return error < 0 ? error : Guest.Put(task, task.A1, Read(file!.Timer));
    }

    private static TimerSpec Read(GuestTimer timer)
    {
        timer.CatchUp();
        return new TimerSpec { Interval = new TimeSpec(timer.Interval), Value = new TimeSpec(timer.Left()) };
    }

    private static bool IsValid(in TimerSpec spec) => IsValid(spec.Value) && IsValid(spec.Interval);

    private static bool IsValid(in TimeSpec time) => time is { Seconds: >= 0, Nanoseconds: >= 0 and < 1_000_000_000 };

    private static long Nanoseconds(in TimeSpec time) => time.Seconds > 9_000_000_000 ? long.MaxValue / 2 : (time.Seconds * 1_000_000_000) + time.Nanoseconds;

    /// <summary>struct sigevent: what the kernel reads of its 64 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Event
    {
        public ulong Value;
        public int Signal;
        public int Notify;
        public int ThreadId;
    }

    public static long Create(GuestTask task)
    {
        var wanted = new Event { Signal = Signal.SIGALRM };
        if (task.A1 != 0 && !Guest.Read(task, task.A1, out wanted))
            return Fail.EFAULT;
        int clockId = (int)task.A0;
        if (!GuestClock.TryFind(task, clockId, out GuestClock clock))
            return Fail.EINVAL;
        if (clockId is GuestClock.RealtimeAlarm or GuestClock.BoottimeAlarm)
            return Fail.EPERM; // CAP_WAKE_ALARM
        if (!clock.CanWait)
            return Fail.EOPNOTSUPP;
        GuestTask? thread = null;
        if (wanted.Notify == (NotifySignal | NotifyThreadId))
        {
            thread = task.Kernel.FindTask(wanted.ThreadId);
            if (thread is null || thread.Process != task.Process)
                return Fail.EINVAL;
        }
        else if (wanted.Notify is not (NotifySignal or NotifyNone or NotifyThread))
        {
            return Fail.EINVAL;
        }
        if (wanted.Notify != NotifyNone && wanted.Signal is < 1 or > SignalSet.Highest)
            return Fail.EINVAL;
        PosixTimers timers = task.Process.PosixTimers;
        if (timers.Count >= MostTimers)
            return Fail.EAGAIN;
        int id = timers.NewId();
        if (!Guest.Write(task, task.A2, id))
            return Fail.EFAULT;
        timers.Add(new PosixTimer(task.Process, clock)
        {
            Id = id,
            Process = task.Process,
            Signal = wanted.Notify == NotifyNone ? 0 : wanted.Signal,
            Value = task.A1 == 0 ? (ulong)id : wanted.Value,
            Thread = thread,
        });
        return 0;
    }

    public static long Set(GuestTask task)
    {
        if (task.A2 == 0)
            return Fail.EINVAL;
        if (!Guest.Read(task, task.A2, out TimerSpec wanted))
            return Fail.EFAULT;
        if (!IsValid(wanted) || task.Process.PosixTimers.Find((int)task.A0) is not { } timer)
            return Fail.EINVAL;
        TimerSpec before = Read(timer.Timer);
        timer.Set(Nanoseconds(wanted.Value), Nanoseconds(wanted.Interval), ((int)task.A1 & Absolute) != 0);
        return task.A3 == 0 ? 0 : Guest.Put(task, task.A3, before);
    }

    public static long Get(GuestTask task) => task.Process.PosixTimers.Find((int)task.A0) is { } timer ? Guest.Put(task, task.A1, Read(timer.Timer)) : Fail.EINVAL;

    public static long Overrun(GuestTask task) => task.Process.PosixTimers.Find((int)task.A0)?.Overrun ?? Fail.EINVAL;

    public static long Delete(GuestTask task) => task.Process.PosixTimers.Delete((int)task.A0) ? 0 : Fail.EINVAL;

    public static long SignalFile(GuestTask task) => SignalFile(task, 0);

    public static long SignalFile4(GuestTask task) => SignalFile(task, (int)task.A3);

    private static long SignalFile(GuestTask task, int flags)
    {
        if (task.A2 != sizeof(ulong))
            return Fail.EINVAL;
        if (!Guest.Read(task, task.A1, out ulong mask))
            return Fail.EFAULT;
        if ((flags & ~(NonBlocking | CloseOnExec)) != 0)
            return Fail.EINVAL;
        if ((int)task.A0 == -1)
            return Limit(task, new SignalFile(task.Kernel, mask) { Flags = Fcntl.O_RDWR | (flags & NonBlocking) }, (flags & CloseOnExec) != 0);
        if (Guest.File(task, task.A0) is not { } open || (open.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        if (open is not SignalFile file)
            return Fail.EINVAL;
        file.SetMask(mask);
        return (int)task.A0;
    }
}
