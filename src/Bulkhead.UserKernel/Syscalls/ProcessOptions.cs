using System;
using System.Text;
using Bulkhead.UserKernel.Filters;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>prctl(2). What belongs to other machines is EINVAL, as on x86-64.</summary>
internal static class ProcessOptions
{
    private const int SetParentDeath = 1, GetParentDeath = 2, GetDumpable = 3, SetDumpable = 4, GetTiming = 13, SetTiming = 14, SetName = 15, GetName = 16;
    private const int GetSeccomp = 21, SetSeccomp = 22, GetTimestamp = 25, SetTimestamp = 26, SetTimerSlack = 29, GetTimerSlack = 30, DisableCounters = 31, EnableCounters = 32;
    private const int SetMachineCheck = 33, GetMachineCheck = 34, SetMemory = 35, SetSubreaper = 36, GetSubreaper = 37, SetNoNewPrivileges = 38, GetNoNewPrivileges = 39;
    private const int SetHugePages = 41, GetHugePages = 42, GetSpeculation = 52, SetSpeculation = 53, SetIoFlusher = 57, GetIoFlusher = 58, GetAuxiliary = 0x41555856;
    private const int NameSize = 16, ResourceCapability = 24, EarlyKill = 2, DefaultKill = 2;

    public static long Call(GuestTask task)
    {
        Process process = task.Process;
        switch ((int)task.A0)
        {
            case SetParentDeath:
                if (task.A1 > SignalSet.Highest)
                    return Fail.EINVAL;
                process.ParentDeathSignal = (int)task.A1;
                return 0;
            case GetParentDeath:
                return Guest.Put(task, task.A1, process.ParentDeathSignal);
            case GetDumpable:
                return process.Traits.Dumpable;
            case SetDumpable:
                if (task.A1 > 1)
                    return Fail.EINVAL;
                process.Traits = process.Traits with { Dumpable = (int)task.A1 };
                return 0;
            case SetName:
                return Rename(task);
            case GetName:
                Span<byte> name = stackalloc byte[NameSize];
                name.Clear();
                Encoding.Latin1.GetBytes(task.Name, name);
                return Guest.Put(task, task.A1, name);
            case GetSeccomp:
                return task.Seccomp?.Mode ?? 0;
            case SetSeccomp:
                return task.A1 switch
                {
                    SeccompState.StrictMode => SeccompCalls.BecomeStrict(task),
                    SeccompState.FilterMode => SeccompCalls.AddFilter(task, 0, task.A2),
                    _ => Fail.EINVAL,
                };
            case SetSubreaper:
                process.IsSubreaper = task.A1 != 0;
                return 0;
            case GetSubreaper:
                return Guest.Put(task, task.A1, process.IsSubreaper ? 1 : 0);
            case SetNoNewPrivileges:
                if (task.A1 != 1 || HasMore(task, 2))
                    return Fail.EINVAL;
                process.NoNewPrivileges = true;
                return 0;
            case GetNoNewPrivileges:
                return HasMore(task, 1) ? Fail.EINVAL : process.NoNewPrivileges ? 1 : 0;
            default:
                return CapabilityOptions.Call(task) ?? OfMachine(task);
        }
    }

    /// <summary>Arguments that must be 0, from the one of that number on.</summary>
    private static bool HasMore(GuestTask task, int from) =>
        (from <= 1 && task.A1 != 0) || (from <= 2 && task.A2 != 0) || (from <= 3 && task.A3 != 0) || task.A4 != 0;

    /// <summary>Time, memory and the processor.</summary>
    private static long OfMachine(GuestTask task)
    {
        Process process = task.Process;
        switch ((int)task.A0)
        {
            case GetTiming:
                return 0; // PR_TIMING_STATISTICAL
            case SetTiming:
                return task.A1 == 0 ? 0 : Fail.EINVAL;
            case GetTimestamp:
                return Guest.Put(task, task.A1, 1); // PR_TSC_ENABLE
            case SetTimestamp:
                return task.A1 == 1 ? 0 : Fail.EINVAL;
            case SetTimerSlack:
                Scheduling now = task.Scheduling;
                task.Scheduling = now with { TimerSlack = (long)task.A1 <= 0 ? now.DefaultTimerSlack : (long)task.A1 };
                return 0;
            case GetTimerSlack:
                return Math.Min(task.Scheduling.TimerSlack, int.MaxValue);
            case DisableCounters or EnableCounters:
                return 0;
            case SetMachineCheck:
                return HasMore(task, 3) || task.A1 > 1 || (task.A1 == 0 ? task.A2 != 0 : task.A2 > EarlyKill) ? Fail.EINVAL : 0;
            case GetMachineCheck:
                return HasMore(task, 1) ? Fail.EINVAL : DefaultKill;
            case SetMemory:
                return task.A4 != 0 || (task.A3 != 0 && task.A1 is not (12 or 14 or 15)) ? Fail.EINVAL : task.Credentials.Has(ResourceCapability) ? Fail.EINVAL : Fail.EPERM;
            case SetHugePages:
                if (HasMore(task, 2))
                    return Fail.EINVAL;
                process.Traits = process.Traits with { HugePagesDisabled = task.A1 != 0 };
                return 0;
            case GetHugePages:
                return HasMore(task, 1) ? Fail.EINVAL : process.Traits.HugePagesDisabled ? 1 : 0;
            case GetSpeculation:
                return HasMore(task, 2) ? Fail.EINVAL : task.A1 > 2 ? Fail.ENODEV : 0; // PR_SPEC_NOT_AFFECTED: it is not ours to say
            case SetSpeculation:
                return HasMore(task, 3) ? Fail.EINVAL : task.A1 > 2 ? Fail.ENODEV : Fail.ENXIO;
            case SetIoFlusher or GetIoFlusher:
                return task.Credentials.Has(ResourceCapability) ? Fail.EINVAL : Fail.EPERM;
            case GetAuxiliary:
                byte[] vector = process.Layout.Auxiliary;
                if (HasMore(task, 3))
                    return Fail.EINVAL;
                return HostMemory.Write(task.HostPid, task.A1, vector.AsSpan(0, (int)Math.Min(task.A2, (ulong)vector.Length))) ? vector.Length : Fail.EFAULT;
            default:
                return Fail.EINVAL;
        }
    }

    private static long Rename(GuestTask task)
    {
        Span<byte> bytes = stackalloc byte[NameSize];
        for (int i = 0; i < NameSize - 1; i++)
        {
            if (!HostMemory.Read(task.HostPid, task.A1 + (ulong)i, bytes.Slice(i, 1)))
                return Fail.EFAULT;
            if (bytes[i] == 0)
                break;
        }
        bytes[NameSize - 1] = 0;
        task.Name = Encoding.Latin1.GetString(bytes[..bytes.IndexOf((byte)0)]);
        return 0;
    }
}
