using System;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>getrusage(2) and times(2).</summary>
internal static class UsageCalls
{
    /// <summary>struct rusage.</summary>
    public const int Size = 144;
    private const long Second = 1_000_000_000, Microsecond = 1000, Tick = 10_000_000;

    public static long GetUsage(GuestTask task)
    {
        const int Self = 0, Children = -1, Thread = 1;
        switch ((int)task.A0)
        {
            case Self: return Put(task, task.A1, CpuUsage.Whole(task.Process));
            case Children:
                task.Kernel.Settle(task.Process);
                return Put(task, task.A1, task.Process.ChildrenUsed);
            case Thread: return Put(task, task.A1, CpuUsage.Whole(task));
            default: return Fail.EINVAL;
        }
    }

    public static long Put(GuestTask task, ulong to, in Usage used)
    {
        Span<long> words = stackalloc long[Size / sizeof(long)];
        words.Clear();
        (words[0], words[1]) = (used.User / Second, used.User % Second / Microsecond);
        (words[2], words[3]) = (used.System / Second, used.System % Second / Microsecond);
        words[4] = used.ResidentKib;
        words[8] = used.MinorFaults;
        words[9] = used.MajorFaults;
        return Guest.Put(task, to, MemoryMarshal.AsBytes(words));
    }

    /// <summary>The result is a clock of ticks, which may count from any time.</summary>
    public static long Times(GuestTask task)
    {
        if (task.A0 != 0)
        {
            Usage own = CpuUsage.Of(task.Process), children = task.Process.ChildrenUsed;
            ReadOnlySpan<long> ticks = [own.User / Tick, own.System / Tick, children.User / Tick, children.System / Tick];
            if (Guest.Put(task, task.A0, MemoryMarshal.AsBytes(ticks)) < 0)
                return Fail.EFAULT;
        }
        return HostEvents.Now(GuestClock.Monotonic) / Tick;
    }
}
