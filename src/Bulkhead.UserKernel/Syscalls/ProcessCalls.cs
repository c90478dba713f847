using System.Collections.Generic;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Loader;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>execve(2), exit(2), wait4(2).</summary>
internal static unsafe class ProcessCalls
{
    private const int NoHang = 1, Untraced = 2, Exited = 4, Continued = 8, NoWait = 0x01000000;

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
        error = Executor.Prepare(task, dirfd, Encoding.Latin1.GetBytes(path), args, env, flags, out ExecImage? image, NameByDescriptor(task, dirfd, path));
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

    /// <summary>What a script's interpreter is to open (execveat(2)); null: the path itself, "": nothing, as the descriptor is closed by then.</summary>
    private static byte[]? NameByDescriptor(GuestTask task, int dirfd, string path)
    {
        if (dirfd == FileSystem.AtCwd || path.StartsWith('/') || task.Process.Files[dirfd] is null)
            return null;
        if (task.Process.Files.IsCloseOnExec(dirfd))
            return [];
        string name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/dev/fd/{dirfd}");
        return Encoding.Latin1.GetBytes(path.Length == 0 ? name : name + "/" + path);
    }

    public static long Exit(GuestTask task) => task.Kernel.ExitTask(task, (int)task.A0);

    public static long ExitGroup(GuestTask task) => task.Kernel.ExitGroup(task, (int)task.A0);

    public static long Wait4(GuestTask task)
    {
        int options = (int)task.A2;
        if ((options & ~(NoHang | Untraced | Continued | 0x20000000 | unchecked((int)0xC0000000))) != 0)
            return Fail.EINVAL;
        if ((int)task.A0 == int.MinValue)
            return Fail.ESRCH;
        if (TraceWaits.Find(task, (int)task.A0, options | Exited, out int seen, out bool any) is { } trace)
            return Told(task, trace, seen);
        long result = Find(task, (int)task.A0, options | Exited, any, out Process? child, out int status);
        if (child is null)
            return result;
        // As Linux does: the child is gone even where its status cannot be written.
        Take(child);
        if (task.A1 != 0 && (task.A3 == 0 ? Guest.PutLast(task, task.A1, status) : Guest.Put(task, task.A1, status)) < 0)
            return Fail.EFAULT;
        if (task.A3 != 0 && UsageCalls.Put(task, task.A3, CpuUsage.Whole(child).Plus(child.ChildrenUsed)) < 0)
            return Fail.EFAULT;
        return child.Pid;
    }

    private static long Told(GuestTask task, Trace trace, int status)
    {
        int tid = trace.Tracee.Tid;
        TraceWaits.Take(trace);
        if (task.A1 != 0 && !Guest.Write(task, task.A1, status))
            return Fail.EFAULT;
        if (task.A3 != 0 && UsageCalls.Put(task, task.A3, trace.Tracee.Cell.IsGone ? default : CpuUsage.Whole(trace.Tracee)) < 0)
            return Fail.EFAULT;
        return tid;
    }

    /// <summary>waitid(2).</summary>
    public static long WaitId(GuestTask task)
    {
        long result = WaitByKind(task);
        // An error too is told with an empty siginfo (kernel/exit.c).
        return result is < 0 and >= -4095 && task.A2 != 0 && !Guest.Write(task, task.A2, default(SignalInfo)) ? Fail.EFAULT : result;
    }

    private static long WaitByKind(GuestTask task)
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
                if (Guest.File(task, (ulong)id) is not Files.PidFile file)
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
        if (TraceWaits.Find(task, wanted, options, out int seen, out bool any) is { } trace)
        {
            SignalInfo told = TraceWaits.Info(task, trace, seen);
            if ((options & NoWait) == 0)
                TraceWaits.Take(trace);
            return task.A2 != 0 && !Guest.Write(task, task.A2, told) ? Fail.EFAULT : 0;
        }
        long result = Find(task, wanted, options, any, out Process? child, out int status);
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
        if (TraceWaits.Find(task, wanted, options, out _, out bool any) is not null)
            return WaitId(task, wanted, options);
        if (Find(task, wanted, options | NoHang, any, out Process? child, out _) is var error and < 0)
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
            CpuUsage.Take(child, parent);
        child.Kernel.Bury(child);
    }

    /// <summary>A child whose change matches; without one ECHILD, 0 (WNOHANG) or a wait.</summary>
    private static long Find(GuestTask task, int wanted, int options, bool any, out Process? child, out int status)
    {
        status = 0;
        foreach (Process each in task.Process.Children)
        {
            bool matches = wanted switch { -1 => true, 0 => each.Group == task.Process.Group, > 0 => each.Pid == wanted, _ => each.Group == -wanted };
            if (!matches || !IsOfKind(each, options))
                continue;
            any = true;
            if (TraceWaits.IsHidden(task, each))
                continue;
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

    public static long ProcessControl(GuestTask task) => ProcessOptions.Call(task);
}
