using System;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>fork(2), vfork(2), clone(2), clone3(2).</summary>
internal static unsafe class CloneCalls
{
    private const ulong Vm = 0x100, Fs = 0x200, Sighand = 0x800, PidFd = 0x1000, VforkFlag = 0x4000, Parent = 0x8000, Thread = 0x10000, NewNs = 0x20000, SetTls = 0x80000,
        ParentTid = 0x100000, ChildClearTid = 0x200000, Detached = 0x400000, ChildTid = 0x1000000, NewUser = 0x10000000, NewPid = 0x20000000, Namespaces = 0x7E020080,
        ClearSighand = 0x100000000, IntoCgroup = 0x200000000, ExitSignal = 0xff, Known = 0xffffffff | ClearSighand | IntoCgroup;

    /// <summary>struct clone_args of linux/sched.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct CloneArguments
    {
        public const int FirstSize = 64, SizeWithCgroup = 88, MostTids = 32;

        public ulong Flags;
        public ulong PidFd;
        public ulong ChildTid;
        public ulong ParentTid;
        public ulong ExitSignal;
        public ulong Stack;
        public ulong StackSize;
        public ulong Tls;
        public ulong Tids;
        public ulong TidCount;
        public ulong Cgroup;
    }

    public static long Fork(GuestTask task)
    {
        if (ProcessLimits.HasTooMany(task))
            return Fail.EAGAIN;
        if (task.Kernel.AwaitsTurn(task))
            return Fail.Answered;
        task.A0 = Signal.SIGCHLD;
        return task.Kernel.Fork(task, task.A0);
    }

    public static long Vfork(GuestTask task)
    {
        if (task.Kernel.AwaitsTurn(task))
            return Fail.Answered;
        (task.A0, task.A1) = (Vm | VforkFlag | Signal.SIGCHLD, 0);
        return Make(task, task.A0);
    }

    public static long Clone(GuestTask task)
    {
        ulong flags = task.A0 & uint.MaxValue;
        if ((flags & PidFd) != 0 && (flags & (ParentTid | Thread | Detached)) != 0)
            return Fail.EINVAL;
        if ((flags & Thread) == 0 && task.Kernel.AwaitsTurn(task))
            return Fail.Answered;
        return Make(task, flags, task.A2);
    }

    /// <summary>clone3(2): checked, then put into the order of clone's arguments.</summary>
    public static long CloneByStruct(GuestTask task)
    {
        const ulong PageSize = 4096;
        ulong size = task.A1;
        if (size > PageSize)
            return Fail.E2BIG;
        if (size < CloneArguments.FirstSize)
            return Fail.EINVAL;
        byte* bytes = stackalloc byte[(int)PageSize];
        new Span<byte>(bytes, (int)PageSize).Clear();
        if (Guest.Take(task, task.A0, bytes, (long)size) != (long)size)
            return Fail.EFAULT;
        if (new ReadOnlySpan<byte>(bytes, (int)size)[Math.Min((int)size, CloneArguments.SizeWithCgroup)..].ContainsAnyExcept((byte)0))
            return Fail.E2BIG;
        // SAFETY: the buffer is larger than the structure.
        CloneArguments wanted = *(CloneArguments*)bytes;
        long error = Check(task, wanted, size);
        if (error < 0)
            return error;
        if ((wanted.Flags & Thread) == 0 && task.Kernel.AwaitsTurn(task))
            return Fail.Answered;
        (task.A0, task.A1, task.A2, task.A3, task.A4) =
            (wanted.Flags | wanted.ExitSignal, wanted.Stack == 0 ? 0 : wanted.Stack + wanted.StackSize, wanted.ParentTid, wanted.ChildTid, wanted.Tls);
        task.Nr = SysNr.clone;
        return Make(task, task.A0, wanted.PidFd);
    }

    /// <summary>clone3_args_valid and copy_clone_args_from_user of kernel/fork.c.</summary>
    private static long Check(GuestTask task, in CloneArguments wanted, ulong size)
    {
        const ulong AddressEnd = 0x7fff_ffff_f000;
        if (wanted.TidCount > CloneArguments.MostTids || wanted.Tids == 0 != (wanted.TidCount == 0))
            return Fail.EINVAL;
        if (wanted.ExitSignal > SignalSet.Highest)
            return Fail.EINVAL;
        if ((wanted.Flags & IntoCgroup) != 0 && (wanted.Cgroup > int.MaxValue || size < CloneArguments.SizeWithCgroup))
            return Fail.EINVAL;
        if ((wanted.Flags & (~Known | Detached | (ExitSignal & ~0x80UL))) != 0 || (wanted.Flags & (Sighand | ClearSighand)) == (Sighand | ClearSighand))
            return Fail.EINVAL;
        if ((wanted.Flags & (Thread | Parent)) != 0 && wanted.ExitSignal != 0)
            return Fail.EINVAL;
        if (wanted.Stack == 0 != (wanted.StackSize == 0) || wanted.Stack > AddressEnd || wanted.StackSize > AddressEnd - wanted.Stack)
            return Fail.EINVAL;
        if ((wanted.Flags & (PidFd | ParentTid)) == (PidFd | ParentTid) && wanted.PidFd == wanted.ParentTid)
            return Fail.EINVAL;
        if ((wanted.Flags & IntoCgroup) != 0)
            return Fail.EBADF; // no descriptor is a cgroup's
        return wanted.TidCount == 0 ? 0 : CheckTids(task, wanted);
    }

    /// <summary>set_tid needs a capability that no guest has: only its errors are here.</summary>
    private static long CheckTids(GuestTask task, in CloneArguments wanted)
    {
        Span<int> tids = stackalloc int[CloneArguments.MostTids];
        tids = tids[..(int)wanted.TidCount];
        if (!HostMemory.Read(task.HostPid, wanted.Tids, MemoryMarshal.AsBytes(tids)))
            return Fail.EFAULT;
        return tids.Length > 1 || tids[0] is < 1 or >= Kernel.MostPids ? Fail.EINVAL : Fail.EPERM;
    }

    private static long Make(GuestTask task, ulong flags, ulong pidfd = 0)
    {
        if ((flags & (NewNs | Fs)) == (NewNs | Fs) || (flags & (NewUser | Fs)) == (NewUser | Fs))
            return Fail.EINVAL;
        if (((flags & Sighand) != 0 && (flags & Vm) == 0) || ((flags & Thread) != 0 && ((flags & Sighand) == 0 || (flags & (NewUser | NewPid)) != 0)))
            return Fail.EINVAL;
        if ((flags & Parent) != 0 && task.Process.Pid == 1)
            return Fail.EINVAL;
        if ((flags & Namespaces) != 0)
            return Fail.EPERM;
        if (ProcessLimits.HasTooMany(task))
            return Fail.EAGAIN;
        if ((flags & PidFd) != 0 && !Guest.Write(task, pidfd, -1))
            return Fail.EFAULT;
        long result = Start(task, flags & ~ClearSighand);
        if (result != Fail.Answered || (flags & (PidFd | ClearSighand)) == 0 || task.Kernel.Youngest is not { } child)
            return result;
        if ((flags & ClearSighand) != 0)
            child.Actions.ResetHandlers();
        if ((flags & PidFd) != 0)
            Guest.Write(task, pidfd, (int)PidCalls.Add(task, new Files.PidFile(child), 0));
        return result;
    }

    private static long Start(GuestTask task, ulong flags)
    {
        task.A0 = flags;
        if ((flags & Thread) != 0)
        {
            // The process of a vfork child ends with its parent's host thread: it could not take others along.
            if (task.VforkParent is not null)
                return Fail.EAGAIN;
            (task.Slot->Args[0], task.Slot->Args[1], task.Slot->Args[2], task.Slot->Args[3], task.Slot->Args[4]) = (flags, task.A1, task.A2, task.A3, task.A4);
            return task.Kernel.CloneThread(task);
        }
        if ((flags & Vm) == 0)
            return task.Kernel.Fork(task, flags);
        const ulong OwnThread = SetTls | ParentTid | ChildTid | ChildClearTid;
        // A tracer looks at parent and child at the same time: each needs registers of its own.
        bool onItsThread = (flags & VforkFlag) != 0 && (flags & OwnThread) == 0 && task.VforkParent is null && task.Trace is null;
        return onItsThread ? task.Kernel.Vfork(task, flags, task.A1) : task.Kernel.CloneShared(task, flags);
    }
}
