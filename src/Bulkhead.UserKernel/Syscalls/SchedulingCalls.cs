using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>sched_setscheduler(2), sched_setattr(2), sched_setaffinity(2): checked as Linux does, kept, given back.</summary>
internal static unsafe class SchedulingCalls
{
    private const int NiceCapability = 23, MostPriority = 99, ResetOnForkBit = 0x40000000, KeepPolicy = -1;
    private const uint FirstSize = 48, WholeSize = 56;
    private const ulong AllFlags = 0x7f, Quantum = 100_000_000, Slice = 4_000_000;

    /// <summary>sched_yield(2) where no gate answered it: the way here was one.</summary>
    public static long Yield(GuestTask task) => task.Nr == SysNr.sched_yield ? 0 : Fail.ENOSYS;

    private static GuestTask? Named(GuestTask task, ulong pid) => (int)pid == 0 ? task : task.Kernel.FindTask((int)pid);

    private static bool IsRealTime(int policy) => policy is Scheduling.Fifo or Scheduling.RoundRobin;

    public static bool MayChange(GuestTask task, GuestTask target) => task.Credentials.Has(NiceCapability)
        || task.Credentials.Euid == target.Credentials.Euid || task.Credentials.Euid == target.Credentials.Uid;

    public static long GetAffinity(GuestTask task)
    {
        if (task.A1 < (ulong)CpuBytes || task.A1 % 8 != 0)
            return Fail.EINVAL;
        if (Named(task, task.A0) is not { } target)
            return Fail.ESRCH;
        ReadOnlySpan<byte> mask = MemoryMarshal.AsBytes(Cpus(target).AsSpan());
        return HostMemory.Write(task.HostPid, task.A2, mask) ? mask.Length : Fail.EFAULT;
    }

    private static int CpuBytes => (Environment.ProcessorCount + 63) / 64 * 8;

    /// <summary>The CPUs that a thread may use.</summary>
    public static ulong[] Cpus(GuestTask task)
    {
        if (task.Scheduling.Affinity is { } kept)
            return kept;
        return EveryCpu;
    }

    private static readonly ulong[] EveryCpu = AllCpus();

    private static ulong[] AllCpus()
    {
        var all = new ulong[CpuBytes / 8];
        for (int i = 0; i < Environment.ProcessorCount; i++)
            all[i / 64] |= 1UL << (i % 64);
        return all;
    }

    public static long SetAffinity(GuestTask task)
    {
        var words = new ulong[CpuBytes / 8];
        int bytes = (int)Math.Min(task.A1, (ulong)CpuBytes);
        if (!HostMemory.Read(task.HostPid, task.A2, MemoryMarshal.AsBytes(words.AsSpan())[..bytes]))
            return Fail.EFAULT;
        if (Named(task, task.A0) is not { } target)
            return Fail.ESRCH;
        if (!MayChange(task, target))
            return Fail.EPERM;
        ulong any = 0;
        for (int i = 0; i < words.Length; i++)
        {
            int here = Math.Min(64, Environment.ProcessorCount - (i * 64));
            words[i] &= here >= 64 ? ulong.MaxValue : (1UL << here) - 1;
            any |= words[i];
        }
        if (any == 0)
            return Fail.EINVAL;
        target.Scheduling = target.Scheduling with { Affinity = words };
        return 0;
    }

    public static long GetScheduler(GuestTask task)
    {
        if ((int)task.A0 < 0)
            return Fail.EINVAL;
        return Named(task, task.A0) is { } target ? target.Scheduling.Policy | (target.Scheduling.ResetOnFork ? ResetOnForkBit : 0) : Fail.ESRCH;
    }

    public static long GetParameter(GuestTask task)
    {
        if (task.A1 == 0 || (int)task.A0 < 0)
            return Fail.EINVAL;
        return Named(task, task.A0) is { } target ? Guest.Put(task, task.A1, target.Scheduling.Priority) : Fail.ESRCH;
    }

    public static long SetScheduler(GuestTask task) => (int)task.A1 < 0 ? Fail.EINVAL : Set(task, (int)task.A1, task.A2);

    public static long SetParameter(GuestTask task) => Set(task, KeepPolicy, task.A1);

    private static long Set(GuestTask task, int policy, ulong parameter)
    {
        if ((int)task.A0 < 0 || parameter == 0)
            return Fail.EINVAL;
        if (!Guest.Read(task, parameter, out int priority))
            return Fail.EFAULT;
        if (Named(task, task.A0) is not { } target)
            return Fail.ESRCH;
        Scheduling now = target.Scheduling;
        bool resets = policy == KeepPolicy ? now.ResetOnFork : (policy & ResetOnForkBit) != 0;
        int wanted = policy == KeepPolicy ? now.Policy : policy & ~ResetOnForkBit;
        return Apply(task, target, now with { Policy = wanted, Priority = priority, ResetOnFork = resets });
    }

    /// <summary>__sched_setscheduler of kernel/sched/syscalls.c: what is valid, then what is allowed.</summary>
    private static long Apply(GuestTask task, GuestTask target, Scheduling wanted)
    {
        Scheduling now = target.Scheduling;
        if (wanted.Policy is < 0 or > Scheduling.Deadline or 4 || wanted.Priority is < 0 or > MostPriority)
            return Fail.EINVAL;
        if (wanted.Policy == Scheduling.Deadline || IsRealTime(wanted.Policy) != (wanted.Priority != 0))
            return wanted.Policy == Scheduling.Deadline && task.Credentials.Has(NiceCapability) is false && wanted.Priority == 0 ? Fail.EPERM : Fail.EINVAL;
        if (!task.Credentials.Has(NiceCapability))
        {
            ulong limit = target.Process.Limits[ResourceLimits.RealTimePriority].Soft;
            bool refused = (IsRealTime(wanted.Policy) && ((wanted.Policy != now.Policy && limit == 0) || (wanted.Priority > now.Priority && (ulong)wanted.Priority > limit)))
                || (!IsRealTime(wanted.Policy) && wanted.Nice < now.Nice && !PriorityCalls.MayBe(task, target, wanted.Nice))
                || (now.Policy == Scheduling.Idle && wanted.Policy != Scheduling.Idle && !PriorityCalls.MayBe(task, target, now.Nice))
                || (now.ResetOnFork && !wanted.ResetOnFork) || !MayChange(task, target);
            if (refused)
                return Fail.EPERM;
        }
        target.Scheduling = wanted;
        return 0;
    }

    public static long PriorityBound(GuestTask task)
    {
        bool highest = task.Nr == SysNr.sched_get_priority_max;
        return (int)task.A0 switch { Scheduling.Fifo or Scheduling.RoundRobin => highest ? MostPriority : 1, 0 or 3 or 5 or 6 => 0, _ => Fail.EINVAL };
    }

    public static long Interval(GuestTask task)
    {
        if ((int)task.A0 < 0)
            return Fail.EINVAL;
        if (Named(task, task.A0) is not { } target)
            return Fail.ESRCH;
        ulong length = target.Scheduling.Policy switch { Scheduling.RoundRobin => Quantum, Scheduling.Fifo => 0, _ => Slice };
        return Guest.Put(task, task.A1, new TimeSpec((long)length));
    }

    /// <summary>sched_getattr(2).</summary>
    public static long GetAttributes(GuestTask task)
    {
        if ((int)task.A0 < 0 || task.A1 == 0 || (uint)task.A2 is < FirstSize or > 4096 || (uint)task.A3 != 0)
            return Fail.EINVAL;
        if (Named(task, task.A0) is not { } target)
            return Fail.ESRCH;
        Scheduling now = target.Scheduling;
        uint size = Math.Min((uint)task.A2, WholeSize);
        var attributes = new sched_attr
        {
            size = size,
            sched_policy = (uint)now.Policy,
            sched_flags = now.ResetOnFork ? SchedAttr.SCHED_FLAG_RESET_ON_FORK : 0,
            sched_nice = IsRealTime(now.Policy) ? 0 : now.Nice,
            sched_priority = (uint)now.Priority,
            sched_util_max = 1024,
        };
        return Guest.Put(task, task.A1, new ReadOnlySpan<byte>(&attributes, (int)size));
    }

    /// <summary>sched_setattr(2).</summary>
    public static long SetAttributes(GuestTask task)
    {
        const ulong Clamps = SchedAttr.SCHED_FLAG_UTIL_CLAMP_MIN | SchedAttr.SCHED_FLAG_UTIL_CLAMP_MAX;
        if ((int)task.A0 < 0 || task.A1 == 0 || (uint)task.A2 != 0)
            return Fail.EINVAL;
        long error = ReadAttributes(task, out sched_attr attributes);
        if (error < 0)
            return error;
        if ((int)attributes.sched_policy < 0)
            return Fail.EINVAL;
        if (Named(task, task.A0) is not { } target)
            return Fail.ESRCH;
        ulong flags = attributes.sched_flags;
        if ((flags & ~AllFlags) != 0)
            return Fail.EINVAL;
        if ((flags & Clamps) != 0)
            return Fail.EOPNOTSUPP;
        Scheduling now = target.Scheduling;
        Scheduling wanted = now with { ResetOnFork = (flags & SchedAttr.SCHED_FLAG_RESET_ON_FORK) != 0 };
        if ((flags & SchedAttr.SCHED_FLAG_KEEP_POLICY) == 0)
            wanted = wanted with { Policy = (int)Math.Min(attributes.sched_policy, int.MaxValue) };
        if ((flags & SchedAttr.SCHED_FLAG_KEEP_PARAMS) == 0)
        {
            int nice = IsRealTime(wanted.Policy) ? now.Nice : Math.Clamp(attributes.sched_nice, PriorityCalls.LeastNice, PriorityCalls.MostNice);
            wanted = wanted with { Nice = nice, Priority = (int)Math.Min(attributes.sched_priority, int.MaxValue) };
        }
        return Apply(task, target, wanted);
    }

    /// <summary>A structure that grows: what a later kernel knows must be 0 (copy_struct_from_user). E2BIG tells our size.</summary>
    private static long ReadAttributes(GuestTask task, out sched_attr attributes)
    {
        attributes = default;
        if (!Guest.Read(task, task.A1, out uint size))
            return Fail.EFAULT;
        if (size == 0)
            size = FirstSize;
        byte[] bytes = new byte[size is < FirstSize or > 4096 ? 0 : size];
        if (bytes.Length > 0 && !HostMemory.Read(task.HostPid, task.A1, bytes))
            return Fail.EFAULT;
        if (bytes.Length == 0 || bytes.AsSpan((int)Math.Min(size, WholeSize)).ContainsAnyExcept((byte)0))
            return Guest.Write(task, task.A1, WholeSize) ? Fail.E2BIG : Fail.EFAULT;
        Span<byte> whole = stackalloc byte[Unsafe.SizeOf<sched_attr>()];
        whole.Clear();
        bytes.AsSpan(0, (int)Math.Min(size, WholeSize)).CopyTo(whole);
        attributes = MemoryMarshal.Read<sched_attr>(whole);
        return 0;
    }

    public static long Cpu(GuestTask task)
    {
        ulong[] cpus = Cpus(task);
        uint first = 0;
        while (first < cpus.Length * 64 && (cpus[first / 64] >> (int)(first % 64) & 1) == 0)
            first++;
        if (task.A0 != 0 && !Guest.Write(task, task.A0, first))
            return Fail.EFAULT;
        return task.A1 == 0 ? 0 : Guest.Put(task, task.A1, 0u);
    }
}
