using System.Collections.Generic;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Loader;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>clone(2), execve(2), exit(2), wait4(2).</summary>
internal static unsafe class ProcessCalls
{
    private const ulong Vm = 0x100, Fs = 0x200, FilesFlag = 0x400, Sighand = 0x800, VforkFlag = 0x4000, Thread = 0x10000, Namespaces = 0x7E020080, PidFd = 0x1000, ParentTid = 0x100000, Detached = 0x400000;
    private const int NoHang = 1, Untraced = 2, Exited = 4, Continued = 8, NoWait = 0x01000000;

    public static long Fork(GuestTask task)
    {
        if (ProcessLimits.HasTooMany(task))
            return Fail.EAGAIN;
        if (task.Kernel.AwaitsTurn(task))
            return Fail.Answered;
        task.A0 = Signal.SIGCHLD;
        return task.Kernel.Fork(task, task.A0);
    }

    public static long Vfork(GuestTask task) => ProcessLimits.HasTooMany(task) ? Fail.EAGAIN
        : task.Kernel.AwaitsTurn(task) ? Fail.Answered : Suspended(task, Vm | VforkFlag | Signal.SIGCHLD, 0);

    public static long Clone(GuestTask task)
    {
        ulong flags = task.A0;
        if ((flags & Namespaces) != 0)
            return Fail.EPERM;
        if ((flags & PidFd) != 0 && ((flags & (ParentTid | Thread | Detached)) != 0))
            return Fail.EINVAL;
        if (((flags & Sighand) != 0 && (flags & Vm) == 0) || ((flags & Thread) != 0 && (flags & Sighand) == 0))
            return Fail.EINVAL;
        if ((flags & Thread) == 0 && task.Kernel.AwaitsTurn(task))
            return Fail.Answered;
        if ((flags & PidFd) != 0)
            return WithPidFile(task, flags);
        if (ProcessLimits.HasTooMany(task))
            return Fail.EAGAIN;
        if ((flags & Thread) != 0)
            return task.VforkParent is not null ? Fail.EAGAIN : task.Kernel.CloneThread(task);
        if ((flags & (Vm | VforkFlag)) == (Vm | VforkFlag))
            return Suspended(task, flags, task.A1);
        // Shared memory without CLONE_VFORK and without CLONE_THREAD would need a second process in one address space.
        return (flags & Vm) != 0 ? Fail.ENOSYS : task.Kernel.Fork(task, flags);
    }

    /// <summary>CLONE_PIDFD: the parent gets a descriptor of the child, which does not have it.</summary>
    private static long WithPidFile(GuestTask task, ulong flags)
    {
        if (!Guest.Write(task, task.A2, -1))
            return Fail.EFAULT;
        ulong at = task.A2;
        task.A0 = flags & ~PidFd;
        long result = Clone(task);
        if (result == Fail.Answered && task.Kernel.Youngest is { } child)
            Guest.Write(task, at, (int)PidCalls.Add(task, new Files.PidFile(child), 0));
        return result;
    }

    /// <summary>A vfork child that forks again has no context of its own to keep: it gets a copy instead.</summary>
    private static long Suspended(GuestTask task, ulong flags, ulong stack)
    {
        if (task.VforkParent is null)
            return task.Kernel.Vfork(task, flags, stack);
        task.A0 = flags;
        return task.Kernel.Fork(task, flags & ~(Vm | VforkFlag));
    }

    public static long Execute(GuestTask task) => Execute(task, FileSystem.AtCwd, task.A0, task.A1, task.A2, 0);

    public static long ExecuteAt(GuestTask task) => ((int)task.A4 & ~(Fcntl.AT_EMPTY_PATH | Fcntl.AT_SYMLINK_NOFOLLOW)) != 0
        ? Fail.EINVAL
        : Execute(task, (int)task.A0, task.A1, task.A2, task.A3, (int)task.A4);

    private static long Execute(GuestTask task, int dirfd, ulong address, ulong argv, ulong envp, int flags)
    {
        long error = Guest.Path(task, address, out string path);
        if (error == 0 && path.Length == 0 && (flags & Fcntl.AT_EMPTY_PATH) == 0)
            error = Fail.ENOENT;
        List<byte[]> args = [], env = [];
        if (error == 0)
            error = Guest.Strings(task, argv, out args);
        if (error == 0)
            error = Guest.Strings(task, envp, out env);
        if (error < 0)
            return error;
        error = Executor.Prepare(task, dirfd, Encoding.Latin1.GetBytes(path), args, env, flags, out ExecImage? image);
        if (error < 0)
            return error;
        if (task.Kernel.CellForExec() is not { } cell)
        {
            image!.Close();
            return Fail.ENOMEM;
        }
        task.Kernel.EnterNewCell(task, cell, image!);
        return Fail.Answered;
    }

    public static long Exit(GuestTask task) => task.Kernel.ExitTask(task, (int)task.A0);

    public static long ExitGroup(GuestTask task)
    {
        task.Kernel.EndProcess(task.Process, ((int)task.A0 & 0xff) << 8);
        return Fail.Answered;
    }

    public static long Wait4(GuestTask task)
    {
        int options = (int)task.A2;
        if ((options & ~(NoHang | Untraced | Continued | 0x20000000 | unchecked((int)0xC0000000))) != 0)
            return Fail.EINVAL;
        if ((int)task.A0 == int.MinValue)
            return Fail.ESRCH;
        long result = Find(task, (int)task.A0, options | Exited, out Process? child, out int status);
        if (child is null)
            return result;
        // As Linux does: the child is gone even where its status cannot be written.
        Take(child);
        if (task.A1 != 0 && !Guest.Write(task, task.A1, status))
            return Fail.EFAULT;
        if (task.A3 != 0 && UsageCalls.Put(task, task.A3, CpuUsage.Whole(child).Plus(child.ChildrenUsed)) < 0)
            return Fail.EFAULT;
        return child.Pid;
    }

    /// <summary>waitid(2).</summary>
    public static long WaitId(GuestTask task)
    {
        const int All = 0, Pid = 1, Group = 2, ByFile = 3;
        int options = (int)task.A3, id = (int)task.A1;
        if ((options & ~(NoHang | Untraced | Exited | Continued | NoWait | 0x20000000 | unchecked((int)0xC0000000))) != 0 || (options & (Untraced | Exited | Continued)) == 0)
            return Fail.EINVAL;
        int wanted;
        switch ((int)task.A0)
        {
            case All: wanted = -1; break;
            case Pid when id > 0: wanted = id; break;
            case Group when id >= 0: wanted = id == 0 ? 0 : -id; break;
            case ByFile when id >= 0:
                if (task.Process.Files[id] is not Files.PidFile file)
                    return Fail.EBADF;
                wanted = file.IsGone ? int.MaxValue : file.Process.Pid;
                if (file.IsNonBlocking && (options & NoHang) == 0)
                    return NoWaitById(task, wanted, options);
                break;
            default: return Fail.EINVAL;
        }
        return WaitId(task, wanted, options);
    }

    private static long WaitId(GuestTask task, int wanted, int options)
    {
        long result = Find(task, wanted, options, out Process? child, out int status);
        if (child is null && result < 0)
            return result;
        var info = default(SignalInfo);
        if (child is not null)
        {
            int signal = status & 0x7f;
            int code = status == 0xffff ? SignalInfo.ChildContinued : signal == 0x7f ? SignalInfo.ChildStopped : signal != 0 ? SignalInfo.ChildKilled : SignalInfo.ChildExited;
            info = SignalInfo.From(Signal.SIGCHLD, code, child.Pid, task.Credentials.Uid);
            info.Status = code switch { SignalInfo.ChildContinued => Signal.SIGCONT, SignalInfo.ChildKilled => signal, _ => status >> 8 };
        }
        if (child is not null && (options & NoWait) == 0)
            Take(child);
        if (child is not null && task.A4 != 0 && UsageCalls.Put(task, task.A4, CpuUsage.Whole(child).Plus(child.ChildrenUsed)) < 0)
            return Fail.EFAULT;
        return task.A2 != 0 && !Guest.Write(task, task.A2, info) ? Fail.EFAULT : 0;
    }

    /// <summary>A pidfd that was opened with PIDFD_NONBLOCK: EAGAIN instead of a wait.</summary>
    private static long NoWaitById(GuestTask task, int wanted, int options)
    {
        if (Find(task, wanted, options | NoHang, out Process? child, out _) is var error and < 0)
            return error;
        return child is null ? Fail.EAGAIN : WaitId(task, wanted, options);
    }

    private static void Take(Process child)
    {
        if (!child.IsZombie)
        {
            child.ChangeToTell = 0;
            return;
        }
        if (child.Parent is { } parent)
            parent.ChildrenUsed = parent.ChildrenUsed.Plus(child.Used).Plus(child.ChildrenUsed);
        child.Kernel.Bury(child);
    }

    /// <summary>A child whose change matches; without one ECHILD, 0 (WNOHANG) or a wait.</summary>
    private static long Find(GuestTask task, int wanted, int options, out Process? child, out int status)
    {
        bool any = false;
        status = 0;
        foreach (Process each in task.Process.Children)
        {
            bool matches = wanted switch { -1 => true, 0 => each.Group == task.Process.Group, > 0 => each.Pid == wanted, _ => each.Group == -wanted };
            if (!matches || !IsOfKind(each, options))
                continue;
            any = true;
            child = each;
            if (each.IsZombie && (options & Exited) != 0)
            {
                status = each.ExitStatus;
                return 0;
            }
            status = each.ChangeToTell;
            if (!each.IsZombie && status != 0 && (options & (status == 0xffff ? Continued : Untraced)) != 0)
                return 0;
        }
        child = null;
        if (!any)
            return Fail.ECHILD;
        return (options & NoHang) != 0 ? 0 : Guest.Wait(task, task.Process.ChildChanges);
    }

    /// <summary>A child whose end sends another signal than SIGCHLD is waited for with __WCLONE or __WALL only (wait(2)).</summary>
    private static bool IsOfKind(Process child, int options)
    {
        const int Clone = unchecked((int)0x80000000), All = 0x40000000;
        return (options & All) != 0 || (child.ExitSignal != Signal.SIGCHLD) == ((options & Clone) != 0);
    }

    public static long ThreadArea(GuestTask task)
    {
        const int SetGs = 0x1001, SetFs = 0x1002, GetFs = 0x1003, GetGs = 0x1004;
        switch ((int)task.A0)
        {
            case SetFs or GetFs or SetGs or GetGs:
                task.Kernel.RunOps(task, [new HostOp(SysNr.arch_prctl, task.A0, task.A1)], (done, result) => done.Kernel.Answer(done, result));
                return Fail.Answered;
            default:
                return Fail.EINVAL;
        }
    }

    public static long SetTidAddress(GuestTask task) => task.Tid;

    public static long SetRobustList(GuestTask task)
    {
        if (task.A1 != 24)
            return Fail.EINVAL;
        task.RobustList = task.A0;
        return 0;
    }

    public static long GetRobustList(GuestTask task)
    {
        GuestTask? target = (int)task.A0 == 0 ? task : task.Kernel.FindTask((int)task.A0);
        if (target is null)
            return Fail.ESRCH;
        return Guest.Write(task, task.A2, 24UL) && Guest.Write(task, task.A1, target.RobustList) ? 0 : Fail.EFAULT;
    }

    public static long ProcessControl(GuestTask task) => ProcessOptions.Call(task);
}
