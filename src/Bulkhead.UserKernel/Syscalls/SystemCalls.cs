using System;
using System.Runtime.InteropServices;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>uname(2), sysinfo(2), limits, scheduling, random numbers.</summary>
internal static class SystemCalls
{
    private const int NameSize = 65, Capabilities = 24;
    private const uint OldRelease = 0x0020000; // UNAME26 of personality(2)

    public static long Name(GuestTask task)
    {
        byte[] names = new byte[NameSize * 6];
        string[] texts = [KernelName.System, task.Kernel.Hostname, (task.Process.Personality & OldRelease) != 0 ? KernelName.OldRelease : KernelName.Release, KernelName.Version, KernelName.Machine, "(none)"];
        for (int i = 0; i < texts.Length; i++)
            Encoding.Latin1.GetBytes(texts[i], names.AsSpan(i * NameSize, NameSize - 1));
        return Guest.Put(task, task.A0, names);
    }

    public static long SetHostName(GuestTask task) => task.Credentials.Has(21) ? Fail.EINVAL : Fail.EPERM;

    public static long Info(GuestTask task)
    {
        byte[] info = new byte[112];
        Span<long> words = MemoryMarshal.Cast<byte, long>(info.AsSpan(0, 112));
        words[0] = (HostEvents.Now(1) - task.Kernel.StartedAt) / 1_000_000_000 + 1;
        words[4] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        words[5] = words[4] / 2;
        ushort processes = 0;
        foreach (Process process in task.Kernel.Processes)
            processes += (ushort)process.Tasks.Count;
        MemoryMarshal.Write(info.AsSpan(80), processes);
        MemoryMarshal.Write(info.AsSpan(104), 1u);
        return Guest.Put(task, task.A0, info);
    }

    public static unsafe long Random(GuestTask task)
    {
        if ((task.A2 & ~7UL) != 0 || (task.A2 & 6) == 6)
            return Fail.EINVAL;
        HostBuffer bounce = task.Kernel.Bounce;
        int count = (int)Math.Min(task.A1, HostBuffer.BounceSize);
        HostRandom.Fill(bounce.Pointer, count);
        return HostMemory.Write(task.HostPid, task.A0, bounce.Span[..count]) ? count : Fail.EFAULT;
    }

    public static long GetLimit(GuestTask task)
    {
        if ((uint)task.A0 >= ResourceLimits.Count)
            return Fail.EINVAL;
        (ulong soft, ulong hard) = task.Process.Limits[(int)task.A0];
        ReadOnlySpan<ulong> pair = [soft, hard];
        return Guest.Put(task, task.A1, MemoryMarshal.AsBytes(pair));
    }

    public static long SetLimit(GuestTask task) => Change(task, task.Process, task.A0, task.A1);

    private static long Change(GuestTask task, Process process, ulong resource, ulong from)
    {
        if ((uint)resource >= ResourceLimits.Count)
            return Fail.EINVAL;
        Span<ulong> pair = stackalloc ulong[2];
        if (!HostMemory.Read(task.HostPid, from, MemoryMarshal.AsBytes(pair)))
            return Fail.EFAULT;
        if (pair[0] > pair[1])
            return Fail.EINVAL;
        ref (ulong Soft, ulong Hard) limit = ref process.Limits[(int)resource];
        if ((pair[1] > limit.Hard && !task.Credentials.Has(Capabilities)) || (resource == ResourceLimits.Files && pair[1] > 1 << 20))
            return Fail.EPERM;
        limit = (pair[0], pair[1]);
        return 0;
    }

    public static long Limit(GuestTask task)
    {
        if ((uint)task.A1 >= ResourceLimits.Count)
            return Fail.EINVAL;
        Process? process = (int)task.A0 == 0 ? task.Process : task.Kernel.Find((int)task.A0);
        if (process is null)
            return Fail.ESRCH;
        (ulong soft, ulong hard) = process.Limits[(int)task.A1];
        if (task.A2 != 0)
        {
            long error = Change(task, process, task.A1, task.A2);
            if (error < 0)
                return error;
        }
        ReadOnlySpan<ulong> pair = [soft, hard];
        return task.A3 == 0 ? 0 : Guest.Put(task, task.A3, MemoryMarshal.AsBytes(pair));
    }

    private static GuestTask? Named(GuestTask task, ulong pid) => (int)pid == 0 ? task : task.Kernel.FindTask((int)pid);

    public static long GetAffinity(GuestTask task)
    {
        if (Named(task, task.A0) is null)
            return Fail.ESRCH;
        int bytes = (Environment.ProcessorCount + 63) / 64 * 8;
        if (task.A1 < (ulong)bytes || task.A1 % 8 != 0)
            return Fail.EINVAL;
        byte[] mask = new byte[bytes];
        for (int i = 0; i < Environment.ProcessorCount; i++)
            mask[i / 8] |= (byte)(1 << (i % 8));
        return HostMemory.Write(task.HostPid, task.A2, mask) ? bytes : Fail.EFAULT;
    }

    public static long SetAffinity(GuestTask task)
    {
        if (Named(task, task.A0) is null)
            return Fail.ESRCH;
        byte[] mask = new byte[Math.Min(task.A1, 128)];
        if (!HostMemory.Read(task.HostPid, task.A2, mask))
            return Fail.EFAULT;
        for (int i = 0; i < Environment.ProcessorCount; i++)
        {
            if (i / 8 < mask.Length && (mask[i / 8] >> (i % 8) & 1) != 0)
                return 0;
        }
        return Fail.EINVAL;
    }

    public static long GetScheduler(GuestTask task) => (int)task.A0 < 0 ? Fail.EINVAL : Named(task, task.A0) is null ? Fail.ESRCH : 0;

    public static long GetSchedulerParameter(GuestTask task) => task.A1 == 0 || (int)task.A0 < 0 ? Fail.EINVAL : Named(task, task.A0) is null ? Fail.ESRCH : Guest.Put(task, task.A1, 0);

    public static long SetScheduler(GuestTask task)
    {
        if ((int)task.A0 < 0 || task.A2 == 0)
            return Fail.EINVAL;
        if (Named(task, task.A0) is null)
            return Fail.ESRCH;
        if (!Guest.Read(task, task.A2, out int priority))
            return Fail.EFAULT;
        int policy = (int)task.A1 & ~0x40000000;
        return policy switch { 0 or 3 or 5 => priority == 0 ? 0 : Fail.EINVAL, 1 or 2 => priority is >= 1 and <= 99 ? Fail.EPERM : Fail.EINVAL, _ => Fail.EINVAL };
    }

    public static long PriorityBound(GuestTask task)
    {
        bool highest = task.Nr == SysNr.sched_get_priority_max;
        return (int)task.A0 switch { 1 or 2 => highest ? 99 : 1, 0 or 3 or 5 or 6 => 0, _ => Fail.EINVAL };
    }

    public static long GetPriority(GuestTask task) => (uint)task.A0 > 2 ? Fail.EINVAL : 20;

    public static long SetPriority(GuestTask task) => (uint)task.A0 > 2 ? Fail.EINVAL : 0;

    public static long Cpu(GuestTask task)
    {
        if (task.A0 != 0 && !Guest.Write(task, task.A0, 0u))
            return Fail.EFAULT;
        return task.A1 == 0 ? 0 : Guest.Put(task, task.A1, 0u);
    }

    public static long Denied(GuestTask task) => task.Nr >= 0 ? Fail.EPERM : Fail.ENOSYS;
}
