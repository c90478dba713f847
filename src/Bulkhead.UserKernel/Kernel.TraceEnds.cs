using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel;

/// <summary>Births, ends and new images of traced threads, and the end of a tracer (ptrace(2)).</summary>
internal sealed unsafe partial class Kernel
{
    private const ulong Untraced = 0x800000, TracedToo = 0x2000; // CLONE_UNTRACED, CLONE_PTRACE

    /// <summary>A child or a thread of a tracee: with the tracer's option it is traced from its first instruction on.</summary>
    private static void TraceBirth(GuestTask task, GuestTask twin, ulong flags)
    {
        if (task.Trace is not { } trace || (flags & Untraced) != 0)
            return;
        int birth = (flags & VforkFlag) != 0 ? Trace.EventVfork : (flags & 0xff) == Signal.SIGCHLD ? Trace.EventFork : Trace.EventClone;
        bool isTold = (trace.Options >> birth & 1) != 0;
        if (!isTold && (flags & TracedToo) == 0)
            return;
        Attach(twin, trace.Tracer, trace.IsSeized, trace.Options);
        if (trace.IsSeized)
            twin.Due |= TraceDue.Interrupt;
        else
            twin.Pending.Add(SignalInfo.From(Signal.SIGSTOP, SignalInfo.UserCode, 0, 0));
        trace.BirthEvent = isTold ? birth : 0;
    }

    /// <summary>The creator goes on; with CLONE_VFORK only when <paramref name="child"/> has executed or ended.</summary>
    private void AnswerBirth(GuestTask parent, int id, Process? child)
    {
        if (parent.Trace is { BirthEvent: > 0 } trace)
        {
            int birth = trace.BirthEvent;
            trace.BirthEvent = 0;
            StopForEvent(parent, birth, (ulong)id, Fail.ENOSYS, told => AnswerBirth(told, id, child));
            return;
        }
        if (child is null || child.IsZombie || child.HasExecuted)
        {
            Answer(parent, id);
            return;
        }
        child.VforkWaiter = parent;
        SetState(parent, TaskState.Suspended);
    }

    /// <summary>A child of CLONE_VFORK has a memory of its own, or none any more.</summary>
    public void ReleaseVforkWaiter(Process child)
    {
        if (child.VforkWaiter is not { } parent)
            return;
        child.VforkWaiter = null;
        if (parent.State != TaskState.Suspended)
            return;
        if (parent.Trace is { } trace && (trace.Options & Trace.OnVforkDone) != 0)
            StopForEvent(parent, Trace.EventVforkDone, (ulong)child.Pid, Fail.ENOSYS, told => Answer(told, child.Pid));
        else
            Answer(parent, child.Pid);
    }

    /// <summary>A new image is ready: the tracer sees it before its first instruction.</summary>
    private static void BeginImage(GuestTask task, Trace trace)
    {
        if ((trace.Options & Trace.OnExec) != 0)
            task.Due |= TraceDue.Exec;
        else if (!trace.IsSeized)
            task.Pending.Add(SignalInfo.From(Signal.SIGTRAP, SignalInfo.UserCode, task.Process.Pid, task.Credentials.Uid));
        EndCall(task, trace);
    }

    /// <summary>PTRACE_EVENT_EXIT. True: the tracer is asked first; <paramref name="end"/> follows.</summary>
    private bool StopsBeforeEnd(GuestTask task, int status, System.Action<GuestTask> end)
    {
        if (task.Trace is not { IsEnding: false } trace || (trace.Options & Trace.OnExit) == 0)
            return false;
        trace.IsEnding = true;
        StopForEvent(task, Trace.EventExit, (ulong)status, null, end);
        return true;
    }

    /// <summary>The default action of a signal that ends.</summary>
    private void EndBySignal(GuestTask task, int signal)
    {
        if (StopsBeforeEnd(task, signal, told => EndBySignal(told, signal)))
            return;
        EndProcess(task.Process, signal);
        Ends(task);
    }

    /// <summary>The thread has ended: its tracer hears of it, unless it is the parent, which hears of the process.</summary>
    private void EndTrace(GuestTask task)
    {
        LeaveTracees(task);
        Process process = task.Process;
        // A leader's end is told with its process's.
        if (task.Trace is not { Ended: null } trace || (task.IsLeader && !process.IsZombie))
            return;
        trace.Resume = null;
        trace.Stop = TraceStop.None;
        if (task.IsLeader && trace.Tracer.Process == process.Parent)
        {
            ForgetTrace(trace);
            return;
        }
        trace.Ended = process.IsZombie ? process.ExitStatus : task.ExitStatus;
        TellTracer(trace);
    }

    private static void ForgetTrace(Trace trace)
    {
        trace.Tracer.Process.Tracees.Remove(trace);
        trace.Tracee.Trace = null;
        trace.Tracee.Due &= TraceDue.Accepted;
    }

    /// <summary>PTRACE_DETACH, the tracer's end, or its wait(2) for an end. A thread that stands goes on.</summary>
    public void Detach(Trace trace, int signal)
    {
        GuestTask task = trace.Tracee;
        ForgetTrace(trace);
        if (trace.Ended is not null)
        {
            // Now its parent may hear of it.
            if (task.IsLeader && task.Process is { IsZombie: true, Pid: not 1 })
                Announce(task.Process);
            return;
        }
        if (task.State == TaskState.Dead)
            return;
        if (!task.Cell.IsGone && task.Cell.TaskAt(task.SlotIndex) == task)
            Fill(task);
        LetGo(trace, TraceMode.Continue, signal);
    }

    /// <summary>The thread is no more: its tracees are nobody's, or go with it (PTRACE_O_EXITKILL).</summary>
    private void LeaveTracees(GuestTask tracer)
    {
        if (tracer.Process.Tracees.Count == 0)
            return;
        foreach (Trace trace in tracer.Process.Tracees.ToArray())
        {
            if (trace.Tracer != tracer)
                continue;
            bool kill = (trace.Options & Trace.ExitKill) != 0 && trace.Ended is null;
            if (kill)
                ForgetTrace(trace);
            else
                Detach(trace, trace.Stop == TraceStop.Signal ? trace.Code : 0);
            if (kill)
                EndProcess(trace.Tracee.Process, Signal.SIGKILL);
        }
    }

    /// <summary>A thread that only listens (PTRACE_LISTEN) is to tell of a change: it stands already.</summary>
    public void TrapAgain(Trace trace)
    {
        int signal = trace.Tracee.Process.IsStopped ? trace.Tracee.Process.StopSignal : Signal.SIGTRAP;
        trace.IsListening = false;
        trace.Code = signal | (Trace.EventStop << 8);
        trace.Info = Own(trace.Tracee, Signal.SIGTRAP, trace.Code);
        TellTracer(trace);
    }

    /// <summary>A tracer attaches to a thread of a stopped process: from now on it stands for the tracer.</summary>
    public void TakeHeld(Trace trace)
    {
        GuestTask task = trace.Tracee;
        int at = task.Process.Held.FindIndex(held => held.Task == task);
        if (at >= 0)
        {
            HeldTask held = task.Process.Held[at];
            task.Process.Held.RemoveAt(at);
            StopWithGroup(task, _ => GoOn(held));
        }
        else
        {
            Bring(task);
        }
    }
}
