using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>getpriority(2), setpriority(2), ioprio_get(2), ioprio_set(2).</summary>
internal static class PriorityCalls
{
    public const int LeastNice = -20, MostNice = 19;
    private const int OfProcess = 0, OfGroup = 1, OfUser = 2, NiceCapability = 23, AdminCapability = 21, NiceBase = 20;

    /// <summary>Whom the last call named: none asks for another list before it is through with this one.</summary>
    private static readonly List<GuestTask> Found = [];

    /// <summary>RLIMIT_NICE counts from 1 for nice 19 to 40 for nice -20.</summary>
    public static bool MayBe(GuestTask task, GuestTask target, int nice) =>
        task.Credentials.Has(NiceCapability) || (ulong)(NiceBase - nice) <= target.Process.Limits[ResourceLimits.Nice].Soft;

    /// <summary>The threads that a kind (0 process, 1 group, 2 user) and an id name; 0: the caller's.</summary>
    private static List<GuestTask> Named(GuestTask task, int kind, int who)
    {
        List<GuestTask> found = Found;
        found.Clear();
        if (kind == OfProcess)
        {
            if ((who == 0 ? task : task.Kernel.FindTask(who)) is { } one)
                found.Add(one);
            return found;
        }
        foreach (Process process in task.Kernel.Processes)
        {
            foreach (GuestTask each in process.Tasks)
            {
                if (kind == OfGroup ? process.Group == (who == 0 ? task.Process.Group : who) : each.Credentials.Uid == (who == 0 ? task.Credentials.Uid : (uint)who))
                    found.Add(each);
            }
        }
        return found;
    }

    /// <summary>20 - nice, so that no priority looks like an error; of several the highest.</summary>
    public static long Get(GuestTask task)
    {
        if ((int)task.A0 is < OfProcess or > OfUser)
            return Fail.EINVAL;
        long best = Fail.ESRCH;
        foreach (GuestTask each in Named(task, (int)task.A0, (int)task.A1))
            best = Math.Max(best, NiceBase - each.Scheduling.Nice);
        return best;
    }

    public static long Set(GuestTask task)
    {
        if ((int)task.A0 is < OfProcess or > OfUser)
            return Fail.EINVAL;
        int nice = Math.Clamp((int)task.A2, LeastNice, MostNice);
        long result = Fail.ESRCH;
        foreach (GuestTask each in Named(task, (int)task.A0, (int)task.A1))
        {
            long one = !SchedulingCalls.MayChange(task, each) ? Fail.EPERM : nice < each.Scheduling.Nice && !MayBe(task, each, nice) ? Fail.EACCES : 0;
            if (one == 0)
                each.Scheduling = each.Scheduling with { Nice = nice };
            if (one < 0 || result == Fail.ESRCH)
                result = one;
        }
        return result;
    }

    public static long GetIo(GuestTask task)
    {
        if ((int)task.A0 is < 1 or > 3)
            return Fail.EINVAL;
        long best = Fail.ESRCH;
        foreach (GuestTask each in Named(task, (int)task.A0 - 1, (int)task.A1))
            best = best < 0 ? each.Scheduling.IoPriority : Better((int)best, each.Scheduling.IoPriority);
        return best;
    }

    /// <summary>ioprio_best of block/ioprio.c: a class that is set before none, then the smaller number.</summary>
    private static int Better(int one, int two) => one >> Ioprio.IOPRIO_CLASS_SHIFT == 0 ? two : two >> Ioprio.IOPRIO_CLASS_SHIFT == 0 ? one : Math.Min(one, two);

    public static long SetIo(GuestTask task)
    {
        int value = (int)task.A2, level = value & (Ioprio.IOPRIO_NR_LEVELS - 1);
        switch (value >> Ioprio.IOPRIO_CLASS_SHIFT)
        {
            case Ioprio.IOPRIO_CLASS_RT:
                if (!task.Credentials.Has(AdminCapability) && !task.Credentials.Has(NiceCapability))
                    return Fail.EPERM;
                break;
            case Ioprio.IOPRIO_CLASS_BE or Ioprio.IOPRIO_CLASS_IDLE:
                break;
            case Ioprio.IOPRIO_CLASS_NONE when level == 0:
                break;
            default:
                return Fail.EINVAL;
        }
        if ((int)task.A0 is < 1 or > 3)
            return Fail.EINVAL;
        long result = Fail.ESRCH;
        foreach (GuestTask each in Named(task, (int)task.A0 - 1, (int)task.A1))
        {
            if (!SchedulingCalls.MayChange(task, each))
                return Fail.EPERM;
            each.Scheduling = each.Scheduling with { IoPriority = value };
            result = 0;
        }
        return result;
    }
}
