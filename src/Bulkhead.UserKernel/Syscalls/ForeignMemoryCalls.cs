using System;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>process_vm_readv(2) and process_vm_writev(2) between guests.</summary>
internal static unsafe class ForeignMemoryCalls
{
    private const long MostBytes = 16 << 20;

    public static long Read(GuestTask task) => Transfer(task, write: false);

    public static long Write(GuestTask task) => Transfer(task, write: true);

    private static long Vectors(GuestTask task, ulong address, ulong count, out ulong[] entries)
    {
        entries = [];
        if (count > IoCalls.MostVectors)
            return Fail.EINVAL;
        entries = new ulong[count * 2];
        if (!HostMemory.Read(task.HostPid, address, MemoryMarshal.AsBytes(entries.AsSpan())))
            return Fail.EFAULT;
        for (int i = 1; i < entries.Length; i += 2)
        {
            if ((long)entries[i] < 0)
                return Fail.EINVAL;
        }
        return 0;
    }

    private static long Transfer(GuestTask task, bool write)
    {
        if (task.A5 != 0)
            return Fail.EINVAL;
        long error = Vectors(task, task.A1, task.A2, out ulong[] own);
        if (error < 0)
            return error;
        error = Vectors(task, task.A3, task.A4, out ulong[] theirs);
        if (error < 0)
            return error;
        if (own.Length == 0 || theirs.Length == 0)
            return 0;
        if (task.Kernel.FindTask((int)task.A0) is not { } other)
            return Fail.ESRCH;
        return PidCalls.MayAccess(task, other.Process) ? Copy(task, own, other, theirs, write) : Fail.EPERM;
    }

    private static bool IsGate(ulong address, ulong length) => address < GateLayout.GateEnd && address + length > GateLayout.GateBase;

    /// <summary>Piece by piece, as far as both sides are there.</summary>
    private static long Copy(GuestTask task, ulong[] own, GuestTask other, ulong[] theirs, bool write)
    {
        HostBuffer bounce = task.Kernel.Bounce;
        int i = 0, j = 0;
        ulong ownDone = 0, theirDone = 0;
        long total = 0;
        while (i < own.Length && j < theirs.Length && total < MostBytes)
        {
            ulong length = Math.Min(Math.Min(own[i + 1] - ownDone, theirs[j + 1] - theirDone), HostBuffer.BounceSize);
            if (length > 0)
            {
                ulong mine = own[i] + ownDone, foreign = theirs[j] + theirDone;
                (int from, ulong at, int to, ulong into) = write ? (task.HostPid, mine, other.HostPid, foreign) : (other.HostPid, foreign, task.HostPid, mine);
                long got = IsGate(foreign, length) ? Fail.EFAULT : HostMemory.ReadSome(from, at, bounce.Pointer, (long)length);
                long put = got <= 0 ? got : HostMemory.WriteSome(to, into, bounce.Pointer, got);
                total += Math.Max(0, put);
                if (put < (long)length)
                    return total > 0 ? total : Fail.EFAULT;
                ownDone += length;
                theirDone += length;
            }
            if (ownDone == own[i + 1])
                (i, ownDone) = (i + 2, 0);
            if (theirDone == theirs[j + 1])
                (j, theirDone) = (j + 2, 0);
        }
        return total;
    }
}
