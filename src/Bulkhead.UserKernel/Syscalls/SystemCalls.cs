using System;
using System.Runtime.InteropServices;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs.Proc;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>uname(2), sysinfo(2), limits, random numbers.</summary>
internal static class SystemCalls
{
    private const int NameSize = 65, Capabilities = 24;

    public static long Name(GuestTask task)
    {
        Span<byte> names = stackalloc byte[NameSize * 6];
        names.Clear();
        const uint Old = 0x0020000; // UNAME26
        string release = (task.Process.Traits.Personality & Old) != 0 ? KernelName.OldRelease : KernelName.Release;
        Name(names, 0, KernelName.System);
        Name(names, 1, task.Kernel.Hostname);
        Name(names, 2, release);
        Name(names, 3, KernelName.Version);
        Name(names, 4, IsOf32(task) ? KernelName.Machine32 : KernelName.Machine);
        Name(names, 5, task.Kernel.Domainname);
        return Guest.Put(task, task.A0, names);
    }

    private static void Name(Span<byte> names, int which, string text) => Encoding.Latin1.GetBytes(text, names.Slice(which * NameSize, NameSize - 1));

    /// <summary>PER_LINUX32 of personality(2): programs that build for another machine look.</summary>
    private static bool IsOf32(GuestTask task) => (task.Process.Traits.Personality & 0xFF) == 8;

    public static long SetHostName(GuestTask task) => task.Credentials.Has(21) ? Fail.EINVAL : Fail.EPERM;

    public static long Info(GuestTask task)
    {
        Span<byte> info = stackalloc byte[112];
        info.Clear();
        Span<long> words = MemoryMarshal.Cast<byte, long>(info);
        words[0] = (HostEvents.Now(1) - task.Kernel.StartedAt) / 1_000_000_000 + 1;
        (words[4], words[5]) = SandboxMemory.Read(task.Kernel);
        MemoryMarshal.Write(info[80..], (ushort)task.Kernel.ThreadCount);
        MemoryMarshal.Write(info[104..], 1u);
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
        ProcessLimits.Apply(process, (int)resource);
        if (resource == ResourceLimits.Files)
            task.Kernel.ForgetLasting(); // open(2) may be EMFILE now
        return 0;
    }

    /// <summary>Another process's limits: all its ids are the caller's real ones (prlimit(2)).</summary>
    private static bool MayLimit(Credentials own, Credentials? its) => own.Has(Capabilities) || (its is not null
        && own.Uid == its.Uid && own.Uid == its.Euid && own.Uid == its.Suid && own.Gid == its.Gid && own.Gid == its.Egid && own.Gid == its.Sgid);

    public static long Limit(GuestTask task)
    {
        if ((uint)task.A1 >= ResourceLimits.Count)
            return Fail.EINVAL;
        Process? process = (int)task.A0 == 0 ? task.Process : task.Kernel.Find((int)task.A0);
        if (process is null)
            return Fail.ESRCH;
        if (process != task.Process && !MayLimit(task.Credentials, (process.Leader ?? process.Ended)?.Credentials))
            return Fail.EPERM;
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

    /// <summary>personality(2): kept; UNAME26 and PER_LINUX32 change what uname(2) says, and nothing else.</summary>
    public static long Personality(GuestTask task)
    {
        uint before = task.Process.Traits.Personality;
        if ((uint)task.A0 != uint.MaxValue)
            task.Process.Traits = task.Process.Traits with { Personality = (uint)task.A0 };
        return before;
    }

    /// <summary>membarrier(2), by the host in the guest's own process: its threads are threads there.</summary>
    public static long MemoryBarrier(GuestTask task)
    {
        const int Query = 0, Global = 1, Private = 8, RegisterPrivate = 16, PrivateCore = 32, RegisterPrivateCore = 64;
        const int Supported = Global | Private | RegisterPrivate | PrivateCore | RegisterPrivateCore;
        if ((uint)task.A1 != 0)
            return Fail.EINVAL;
        switch ((int)task.A0)
        {
            case Query:
                return Supported;
            case Global or Private or RegisterPrivate or PrivateCore or RegisterPrivateCore:
                task.Kernel.RunOps(task, [new HostOp(SysNr.membarrier, task.A0, 0)], (done, result) => done.Kernel.Answer(done, result));
                return Fail.Answered;
            default:
                return Fail.EINVAL;
        }
    }
}
