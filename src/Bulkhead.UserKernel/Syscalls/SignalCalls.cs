using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>kill(2), rt_sigaction(2), rt_sigprocmask(2), sigaltstack(2) and their relatives.</summary>
internal static class SignalCalls
{
    private const ulong SetSize = 8;
    private const int CapKill = 5;

    public static long Action(GuestTask task)
    {
        int signal = (int)task.A0;
        SignalAction wanted = default;
        if (task.A3 != SetSize)
            return Fail.EINVAL;
        if (task.A1 != 0 && !Guest.Read(task, task.A1, out wanted))
            return Fail.EFAULT;
        if (signal is < 1 or > SignalSet.Highest || (task.A1 != 0 && signal is (Signal.SIGKILL or Signal.SIGSTOP)))
            return Fail.EINVAL;
        SignalActions actions = task.Process.Actions;
        SignalAction before = actions.Read(signal);
        if (task.A1 != 0)
        {
            wanted.Mask &= ~SignalSet.Unblockable;
            actions[signal] = wanted;
            if (actions.Ignores(signal))
                DropIgnored(task.Process, signal);
        }
        return task.A2 == 0 ? 0 : Guest.Put(task, task.A2, before);
    }

    private static void DropIgnored(Process process, int signal)
    {
        process.Pending.Drop(SignalSet.Of(signal));
        foreach (GuestTask each in process.Tasks)
            each.Pending.Drop(SignalSet.Of(signal));
    }

    public static long Mask(GuestTask task)
    {
        if (task.A3 != SetSize)
            return Fail.EINVAL;
        ulong before = task.Mask;
        if (task.A1 != 0)
        {
            if (!Guest.Read(task, task.A1, out ulong set))
                return Fail.EFAULT;
            set &= ~SignalSet.Unblockable;
            switch ((int)task.A0)
            {
                case Signal.SIG_BLOCK: task.Mask |= set; break;
                case Signal.SIG_UNBLOCK: task.Mask &= ~set; break;
                case Signal.SIG_SETMASK: task.Mask = set; break;
                default: return Fail.EINVAL;
            }
        }
        return task.A2 == 0 ? 0 : Guest.Put(task, task.A2, before);
    }

    public static long Pending(GuestTask task) => task.A1 > SetSize ? Fail.EINVAL : Guest.Put(task, task.A0, (task.Pending.Set | task.Process.Pending.Set) & task.Mask);

    public static long Suspend(GuestTask task)
    {
        if (task.A1 != SetSize)
            return Fail.EINVAL;
        if (!Guest.Read(task, task.A0, out ulong set))
            return Fail.EFAULT;
        task.MaskBefore ??= task.Mask;
        task.Mask = set & ~SignalSet.Unblockable;
        return Fail.Blocked;
    }

    public static long Pause(GuestTask task) => task.Nr == SysNr.pause ? Fail.Blocked : Fail.ENOSYS;

    public static long AlternateStack(GuestTask task)
    {
        const uint OnStack = 1, Disable = 2, AutoDisarm = 0x80000000;
        const ulong Least = 2048;
        ulong sp = StackPointer(task);
        bool on = Kernel.IsOnAlternate(task, sp);
        var before = new Stack { Sp = task.AlternateSp, Flags = task.AlternateFlags | (on ? OnStack : 0), Size = task.AlternateSize };
        if (task.A0 != 0)
        {
            if (!Guest.Read(task, task.A0, out Stack wanted))
                return Fail.EFAULT;
            if (on)
                return Fail.EPERM;
            uint mode = wanted.Flags & ~AutoDisarm;
            if (mode is not (0 or OnStack or Disable))
                return Fail.EINVAL;
            if (mode == Disable)
                wanted.Sp = wanted.Size = 0;
            else if (wanted.Size < Least)
                return Fail.ENOMEM;
            (task.AlternateSp, task.AlternateSize, task.AlternateFlags) = (wanted.Sp, wanted.Size, (mode == Disable ? Disable : 0) | (wanted.Flags & AutoDisarm));
        }
        return task.A1 == 0 ? 0 : Guest.Put(task, task.A1, before);
    }

    private static unsafe ulong StackPointer(GuestTask task) => task.Slot->Sp;

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
    private struct Stack
    {
        public ulong Sp;
        public uint Flags;
        private readonly uint pad;
        public ulong Size;
    }

    public static bool May(GuestTask task, Process target, int signal)
    {
        Credentials mine = task.Credentials, theirs = target.Leader?.Credentials ?? mine;
        return mine.Has(CapKill) || mine.Euid == theirs.Uid || mine.Euid == theirs.Suid || mine.Uid == theirs.Uid || mine.Uid == theirs.Suid
            || (signal == Signal.SIGCONT && task.Process.Session == target.Session);
    }

    private static SignalInfo Info(GuestTask task, int signal, int code) => SignalInfo.From(signal, code, task.Process.Pid, task.Credentials.Uid);

    public static long Kill(GuestTask task)
    {
        int pid = (int)task.A0, signal = (int)task.A1;
        if (signal is < 0 or > SignalSet.Highest)
            return Fail.EINVAL;
        if (pid > 0)
        {
            Process? process = task.Kernel.Find(pid) ?? task.Kernel.FindTask(pid)?.Process;
            return process is null ? Fail.ESRCH : One(task, process, signal);
        }
        long result = Fail.ESRCH;
        foreach (Process process in new System.Collections.Generic.List<Process>(task.Kernel.Processes))
        {
            bool wanted = pid == -1 ? process.Pid != 1 && process != task.Process : process.Group == (pid == 0 ? task.Process.Group : -pid);
            if (!wanted || process.IsZombie)
                continue;
            long one = One(task, process, signal);
            if (result != 0)
                result = one;
        }
        return result;
    }

    private static long One(GuestTask task, Process process, int signal)
    {
        if (!May(task, process, signal))
            return Fail.EPERM;
        if (signal == 0)
            return 0;
        // To itself: before the call returns (kill(2)); Answer looks for it.
        task.Kernel.SendSignal(process, Info(task, signal, SignalInfo.UserCode));
        return 0;
    }

    public static long KillThread(GuestTask task) => KillThread(task, 0, (int)task.A0, (int)task.A1);

    public static long KillThreadOf(GuestTask task) => (int)task.A0 <= 0 ? Fail.EINVAL : KillThread(task, (int)task.A0, (int)task.A1, (int)task.A2);

    private static long KillThread(GuestTask task, int group, int tid, int signal)
    {
        if (tid <= 0 || signal is < 0 or > SignalSet.Highest)
            return Fail.EINVAL;
        if (task.Kernel.FindTask(tid) is not { } target || (group != 0 && target.Process.Pid != group))
            return task.Kernel.Find(tid) is { IsZombie: true } dead && (group == 0 || group == dead.Pid) ? 0 : Fail.ESRCH;
        if (!May(task, target.Process, signal))
            return Fail.EPERM;
        if (signal != 0 && !task.Kernel.SendSignal(target, Info(task, signal, SignalInfo.ThreadCode)))
            return Fail.EAGAIN;
        return 0;
    }

    public static long Queue(GuestTask task) => Queue(task, (int)task.A0, 0, (int)task.A1, task.A2);

    public static long QueueThread(GuestTask task) => (int)task.A0 <= 0 || (int)task.A1 <= 0 ? Fail.EINVAL : Queue(task, (int)task.A0, (int)task.A1, (int)task.A2, task.A3);

    private static long Queue(GuestTask task, int pid, int tid, int signal, ulong address)
    {
        if (!Guest.Read(task, address, out SignalInfo info))
            return Fail.EFAULT;
        if (signal is < 0 or > SignalSet.Highest)
            return Fail.EINVAL;
        if (task.Kernel.Find(pid) is not { } process)
            return Fail.ESRCH;
        if ((info.Code >= 0 || info.Code == SignalInfo.ThreadCode) && process != task.Process)
            return Fail.EPERM;
        if (!May(task, process, signal))
            return Fail.EPERM;
        info.Signal = signal;
        info.TimerSetting = info.Code == SignalInfo.TimerCode ? 0 : info.TimerSetting;
        if (tid != 0)
        {
            if (task.Kernel.FindTask(tid) is not { } target || target.Process != process)
                return Fail.ESRCH;
            return signal == 0 || task.Kernel.SendSignal(target, info) ? 0 : Fail.EAGAIN;
        }
        return signal == 0 || task.Kernel.SendSignal(process, info) ? 0 : Fail.EAGAIN;
    }

    /// <summary>rt_sigtimedwait(2): takes a blocked signal without a handler.</summary>
    public static long TimedWait(GuestTask task)
    {
        if (task.A3 != SetSize)
            return Fail.EINVAL;
        if (!Guest.Read(task, task.A0, out ulong set))
            return Fail.EFAULT;
        set &= ~SignalSet.Unblockable;
        if (task.TakeSignal(set, out SignalInfo info))
            return task.A1 != 0 && !Guest.Write(task, task.A1, info) ? Fail.EFAULT : info.Signal;
        if (task.TimedOut)
            return Fail.EAGAIN;
        long deadline = -1;
        if (task.A2 != 0 && !task.Retry)
        {
            long error = Guest.Time(task, task.A2, out long time);
            if (error < 0)
                return error;
            if (time == 0)
                return Fail.EAGAIN;
            deadline = HostEvents.Now(1) + time;
        }
        return Guest.Wait(task, task.Process.SignalChanges, deadline);
    }
}
