using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel;

/// <summary>Stopped and continued processes, orphaned groups, the end of a session's leader (signal(7), setpgid(2), exit(3)).</summary>
internal sealed unsafe partial class Kernel
{
    /// <summary>To each process of a group, from the kernel.</summary>
    public void SignalGroup(int group, int signal)
    {
        foreach (Process process in ProcessesOf(group))
            SendSignal(process, SignalInfo.From(signal, SignalInfo.KernelCode, 0, 0));
    }

    /// <summary>No member has a parent in the session but outside the group: nobody is there who could continue it (setpgid(2)).</summary>
    public bool IsOrphaned(int group)
    {
        foreach (Process process in processes.Values)
        {
            if (process.Group != group || process.IsZombie)
                continue;
            if (process.Parent is { } parent && parent.Group != group && parent.Session == process.Session)
                return false;
        }
        return true;
    }

    /// <summary>The default action of SIGTSTP, SIGTTIN and SIGTTOU; nothing to an orphaned group.</summary>
    private void StopByDefault(Process process, int signal)
    {
        if (signal == Signal.SIGSTOP || !IsOrphaned(process.Group))
            Stop(process, signal);
    }

    /// <summary>
    /// Nothing of the process runs until SIGCONT. A thread that waits in a system call goes on waiting, and takes nothing: what wakes it is
    /// looked at then.
    /// </summary>
    private void Stop(Process process, int signal)
    {
        bool again = process.IsStopped;
        if (process.IsZombie || (again && !IsTraced(process)))
            return;
        process.IsStopped = true;
        process.StopSignal = signal;
        foreach (GuestTask task in process.Tasks.ToArray())
        {
            if (task.Trace is { } trace)
                trace.PassesStop = false;
            if (task.State == TaskState.Running)
                Kick(task);
            else if (task.State == TaskState.Blocked && task.Trace is not null)
                StopWaiting(task);
            else if (task.State == TaskState.Blocked && EndsWithStop(task.Nr))
                Interrupt(task);
        }
        // A parent that traces hears of it as a tracer.
        if (again || (process.Leader?.Trace is { } own && own.Tracer.Process == process.Parent))
            return;
        process.ChangeToTell = signal << 8 | 0x7f;
        TellParent(process, SignalInfo.ChildStopped, signal);
    }

    /// <summary>Calls that fail with EINTR although no handler ran (signal(7), "Interruption ... by stop signals").</summary>
    private static bool EndsWithStop(int nr) =>
        nr is SysNr.epoll_wait or SysNr.epoll_pwait or SysNr.epoll_pwait2 or SysNr.rt_sigtimedwait or SysNr.semop or SysNr.semtimedop;

    private void Hold(GuestTask task, HeldKind kind, long result = 0)
    {
        var held = new HeldTask(task, kind, result);
        SetState(task, TaskState.Suspended);
        if (task.Trace is not null)
            StopWithGroup(task, _ => GoOn(held));
        else
            task.Process.Held.Add(held);
    }

    private void Continue(Process process)
    {
        if (!process.IsStopped)
            return;
        process.IsStopped = false;
        process.ChangeToTell = 0xffff;
        TellParent(process, SignalInfo.ChildContinued, Signal.SIGCONT);
        HeldTask[] held = [.. process.Held];
        process.Held.Clear();
        foreach (HeldTask each in held)
            GoOn(each);
        foreach (GuestTask task in process.Tasks.ToArray())
        {
            if (task.Trace is { IsListening: true } trace)
                TrapAgain(trace);
            if (process.IsStopped || task.State != TaskState.Blocked)
                continue;
            if (HasDeliverable(task))
                Disturb(task);
            else if (task.Queues.Count > 0)
                MakeReady(task); // as if run anew: its group may be in the background now
        }
    }

    /// <summary>Each of these holds the thread again if the process has stopped meanwhile.</summary>
    private void GoOn(in HeldTask held)
    {
        GuestTask task = held.Task;
        if (task.State == TaskState.Dead)
            return;
        SetState(task, TaskState.Running);
        switch (held.Kind)
        {
            case HeldKind.Answer:
                Answer(task, held.Result);
                break;
            case HeldKind.Call:
                Execute(task);
                break;
            case HeldKind.Signals:
                AnswerSignals(task);
                break;
            default:
                task.Slot->More = HasDeliverable(task);
                Resume(task);
                break;
        }
    }

    private void TellParent(Process process, int code, int status)
    {
        if (process.Parent is not { } parent)
            return;
        SignalAction action = parent.Actions.Read(Signal.SIGCHLD);
        if (action.Handler != SignalAction.Ignore && (action.Flags & SignalAction.NoChildStop) == 0)
        {
            SignalInfo info = SignalInfo.From(Signal.SIGCHLD, code, process.Pid, process.Leader?.Credentials.Uid ?? 0);
            info.Status = status;
            SendSignal(parent, info);
        }
        parent.ChildChanges.WakeAll(this);
    }

    /// <summary>exit(3): a stopped group that this end has orphaned gets SIGHUP and SIGCONT. <paramref name="children"/> have another parent by now.</summary>
    private void HangUpOrphans(Process ended, List<Process> children)
    {
        if (ended.Parent is { } parent)
            HangUpOrphan(ended, parent);
        foreach (Process child in children)
            HangUpOrphan(child, ended);
    }

    private void HangUpOrphan(Process member, Process parent)
    {
        int group = member.Group;
        if (parent.Group == group || parent.Session != member.Session || !IsOrphaned(group))
            return;
        if (!ProcessesOf(group).Exists(each => each.IsStopped))
            return;
        SignalGroup(group, Signal.SIGHUP);
        SignalGroup(group, Signal.SIGCONT);
    }

    /// <summary>The end of a session's leader: its terminal's foreground group hears of it, and the session has no terminal any more.</summary>
    private void LeaveTerminal(Process process)
    {
        if (process.Session != process.Pid)
            return;
        if (process.Terminal is { } terminal)
        {
            int group = terminal.Foreground;
            terminal.Detach();
            if (group != 0)
                SignalGroup(group, Signal.SIGHUP);
        }
        else if (process.ForegroundAtHangUp != 0)
        {
            // It was told before; now its jobs are.
            SignalGroup(process.ForegroundAtHangUp, Signal.SIGHUP);
            SignalGroup(process.ForegroundAtHangUp, Signal.SIGCONT);
        }
    }
}
