using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel;

/// <summary>The end of threads and processes.</summary>
internal sealed unsafe partial class Kernel
{
    private void RemoveTask(GuestTask task)
    {
        task.ForgetTimers();
        EndTrace(task);
        EndTurn(task);
        SetState(task, TaskState.Dead);
        LetGo(task);
        task.Held.Drop();
        task.Opening?.Release();
        task.Opening = null;
        foreach (WaitQueue queue in task.Queues)
            queue.Remove(task);
        task.Queues.Clear();
        if (task.Cell.TaskAt(task.SlotIndex) == task)
            task.Cell.SetTask(task.SlotIndex, null);
        task.Process.Tasks.Remove(task);
        if (task.IsLeader || task.Process.Ended is null)
            task.Process.Ended = task;
        tasks.Remove(task.Tid);
        task.Process.Ending.WakeAll(this);
    }

    /// <summary>exit(2) of one thread; the last one ends its process.</summary>
    /// <param name="task">Whose.</param>
    /// <param name="status">Its argument.</param>
    /// <param name="isGone">The gate has not waited for an answer.</param>
    public long ExitTask(GuestTask task, int status, bool isGone = false)
    {
        Process process = task.Process;
        task.ExitStatus = (status & 0xff) << 8;
        if (!isGone && StopsBeforeEnd(task, task.ExitStatus, told => ExitTask(told, status)))
            return Fail.Answered;
        if (process.Tasks.Count == 1)
        {
            EndProcess(process, (status & 0xff) << 8);
            Ends(task);
            return Fail.Answered;
        }
        // The slot's next thread must find no request; an answer stays until the old one has read it.
        if (isGone)
            System.Threading.Volatile.Write(ref task.Slot->State, GateLayout.Idle);
        else
            Send(task, ReplyAction.Exit);
        Leave(task);
        return Fail.Answered;
    }

    /// <summary>exit_group(2).</summary>
    public long ExitGroup(GuestTask task, int status)
    {
        if (StopsBeforeEnd(task, (status & 0xff) << 8, told => ExitGroup(told, status)))
            return Fail.Answered;
        EndProcess(task.Process, (status & 0xff) << 8);
        Ends(task);
        return Fail.Answered;
    }

    /// <summary>One thread of several is gone. The host's first stays, on its stack: with it the process would lose its memory for us.</summary>
    private void Leave(GuestTask task)
    {
        RemoveTask(task);
        if (task.HostTid == task.HostPid)
            task.Cell.SetTask(task.SlotIndex, task);
    }

    /// <summary>One thread of several ends without an answer; of exit(2) the gate waits for none, unless it was to ask about each call.</summary>
    public void KillTask(GuestTask task)
    {
        Send(task, ReplyAction.Exit);
        Leave(task);
    }

    /// <summary>All threads but <paramref name="survivor"/> end: execve(2).</summary>
    public void EndOtherTasks(GuestTask survivor)
    {
        EndBorrowers(survivor.Process);
        foreach (GuestTask other in survivor.Process.Tasks.ToArray())
        {
            if (other == survivor)
                continue;
            if (other is { IsLeader: true, Trace: { } trace })
                ForgetTrace(trace); // its number goes over to the survivor
            if (IsShared(other.Cell, other.Process))
                Dismiss(other);
            RemoveTask(other);
        }
    }

    /// <summary>exit_group(2) or a deadly signal. <paramref name="status"/>: as wait(2) has it.</summary>
    public void EndProcess(Process process, int status)
    {
        if (process.IsZombie)
            return;
        process.IsZombie = true;
        process.IsStopped = false;
        process.ExitStatus = status;
        GiveUpLocks(process);
        CpuUsage.KeepAtEnd(process);
        LeaveMemory(process);
        Ipc.Undo(process);
        Syscalls.AioCalls.Forget(process);
        process.IntervalTimers.Clear();
        process.CpuLimit.Stop();
        process.PosixTimers.Clear();
        GuestTask? borrower = null;
        EndBorrowers(process);
        foreach (GuestTask task in process.Tasks.ToArray())
        {
            if (task.VforkParent is not null)
                borrower = task;
            else
                EndHostThread(task);
        }
        foreach (GuestTask task in process.Tasks.ToArray())
        {
            if (task != borrower)
                RemoveTask(task);
        }
        if (process.Ended is { Trace.Ended: null } leader)
            EndTrace(leader); // it had ended before the others
        process.Files.Release();
        Network.InFlight.Collect();
        process.Ending.WakeAll(this);
        process.Place.Release();
        process.Program?.Release();
        process.Program = null;
        LeaveTerminal(process);
        Orphan(process);
        ReturnBorrowed(borrower);
        ReleaseVforkWaiter(process);
        if (process.Pid == 1)
        {
            ExitStatus = status;
            return;
        }
        Announce(process);
    }

    /// <summary>
    /// Robust mutexes of a process whose memory is about to go. Others may wait for them in the host: they are brought back into their gates,
    /// look at the word again and find it changed.
    /// </summary>
    public void GiveUpLocks(Process process)
    {
        if (process.Leader is not { HostPid: > 0, VforkParent: null } leader || leader.Cell.IsGone)
            return;
        // No other thread of it takes one between the look and its end.
        if (process.Tasks.Count > 1)
            HostEvents.Kill(leader.HostPid, Signal.SIGSTOP);
        if (!RobustLists.Bury(process))
            return;
        foreach (GuestTask task in tasks.Values)
        {
            if (task.Process != process && task.State == TaskState.Running && !task.Cell.IsGone)
                Kick(task);
        }
    }

    /// <summary>Vfork children would go on in memory that is about to vanish.</summary>
    private void EndBorrowers(Process process)
    {
        foreach (GuestTask task in process.Tasks.ToArray())
        {
            if (task.Cell.TaskAt(task.SlotIndex) is { } onTop && onTop != task && onTop.VforkParent is not null)
                EndProcess(onTop.Process, Signal.SIGKILL);
        }
    }

    /// <summary>The dead vfork child's thread: at once when it waits in a request, else when its next one comes.</summary>
    private void ReturnBorrowed(GuestTask? borrower)
    {
        if (borrower is null)
            return;
        bool waits = borrower.State != TaskState.Running || borrower.Cell.IsGone || System.Threading.Volatile.Read(ref borrower.Slot->State) == GateLayout.Request;
        foreach (WaitQueue queue in borrower.Queues)
            queue.Remove(borrower);
        borrower.Queues.Clear();
        EndTrace(borrower);
        borrower.Process.Ended ??= borrower;
        borrower.Held.Drop();
        borrower.Process.Tasks.Remove(borrower);
        tasks.Remove(borrower.Tid);
        if (waits)
            GiveBack(borrower);
        else
            Kick(borrower);
    }

    private void Orphan(Process process)
    {
        Process? heir = process.Parent;
        while (heir is not null && (heir.IsZombie || !heir.IsSubreaper))
            heir = heir.Parent;
        heir ??= Find(1);
        if (heir == process)
            heir = null; // init: all end with it
        List<Process> children = [.. process.Children];
        foreach (Process child in process.Children)
        {
            child.Parent = heir == child ? null : heir;
            child.ExitSignal = Signal.SIGCHLD; // kernel/exit.c, reparent_leader: its new parent's plain wait(2) must find it
            heir?.Children.Add(child);
            if (child.Leader is { State: not TaskState.Dead } leader && !leader.Cell.IsGone)
                Fill(leader);
            if (child.ParentDeathSignal != 0)
                SendSignal(child, SignalInfo.From(child.ParentDeathSignal, SignalInfo.UserCode, process.Pid, 0));
            if (child.IsZombie && heir is not null)
                TellEnd(child);
        }
        process.Children.Clear();
        HangUpOrphans(process, children);
    }

    private void Announce(Process process)
    {
        if (process.Ended?.Trace is { Ended: not null })
            return; // its tracer first (Detach)
        process.OnEnd?.Invoke(process.ExitStatus);
        if (process.Parent is not { } parent)
        {
            Bury(process);
            return;
        }
        SignalAction action = parent.Actions.Read(Signal.SIGCHLD);
        bool unwanted = process.ExitSignal == Signal.SIGCHLD && (action.Handler == SignalAction.Ignore || (action.Flags & SignalAction.NoChildWait) != 0);
        TellEnd(process);
        if (unwanted)
            Bury(process);
    }

    private void TellEnd(Process process)
    {
        Process parent = process.Parent!;
        int signal = process.ExitStatus & 0x7f;
        // First who waits: a wait that has what it wants is not interrupted (do_notify_parent of kernel/signal.c).
        parent.ChildChanges.WakeAll(this);
        if (process.ExitSignal is > 0 and <= SignalSet.Highest) // clone(2) takes any number
        {
            SignalInfo info = SignalInfo.From(process.ExitSignal, signal == 0 ? SignalInfo.ChildExited : SignalInfo.ChildKilled, process.Pid, (process.Leader ?? process.Ended)?.Credentials.Uid ?? 0);
            info.Status = signal == 0 ? process.ExitStatus >> 8 : signal;
            SendSignal(parent, info);
        }
    }

    /// <summary>Nothing of the process is left: wait(2) took its status.</summary>
    public void Bury(Process process)
    {
        process.Parent?.Children.Remove(process);
        processes.Remove(process.Pid);
        process.Ending.WakeAll(this);
    }

    private void EndAll()
    {
        foreach (Cell cell in new List<Cell>(cells.Values))
            Drop(cell);
        pool.Clear();
        factory.Dispose();
    }
}
