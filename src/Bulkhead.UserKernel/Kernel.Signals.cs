using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel;

/// <summary>Signals: queued here, delivered by the gate's frame (signal(7), arch/x86/kernel/signal_64.c).</summary>
internal sealed unsafe partial class Kernel
{
    private static readonly int[] HostSignals = [Signal.SIGCHLD, Signal.SIGPIPE, .. GuestSignals.All];

    /// <summary>To a process: to a thread that does not block it. False: its queue is full.</summary>
    public bool SendSignal(Process process, in SignalInfo info)
    {
        if (process.IsZombie || Acts(process, info.Signal))
            return true;
        if (IsIgnored(process, null, info.Signal))
            return true;
        if (!process.Pending.Add(info, process.Limits[ResourceLimits.QueuedSignals].Soft))
            return false;
        process.SignalChanges.WakeAll(this);
        ulong bit = SignalSet.Of(info.Signal);
        // A gate that changes its mask meanwhile sees this, or we see its mask.
        foreach (GuestTask task in process.Tasks)
            task.NotePending();
        System.Threading.Interlocked.MemoryBarrier();
        foreach (GuestTask task in process.Tasks)
        {
            if ((task.Mask & bit) != 0)
                continue;
            Notice(task, info.Signal);
            return true;
        }
        return true;
    }

    /// <summary>To one thread.</summary>
    public bool SendSignal(GuestTask task, in SignalInfo info)
    {
        if (task.State == TaskState.Dead || task.Process.IsZombie || Acts(task.Process, info.Signal))
            return true;
        if (IsIgnored(task.Process, task, info.Signal))
            return true;
        if (!task.Pending.Add(info, task.Process.Limits[ResourceLimits.QueuedSignals].Soft))
            return false;
        task.Process.SignalChanges.WakeAll(this);
        task.NotePending();
        System.Threading.Interlocked.MemoryBarrier();
        if ((task.Mask & SignalSet.Of(info.Signal)) == 0)
            Notice(task, info.Signal);
        return true;
    }

    /// <summary>A fault, or the kernel's own word: a blocked or ignored one ends the process.</summary>
    public void ForceSignal(GuestTask task, in SignalInfo info)
    {
        SignalActions actions = task.Process.Actions;
        if (task.Trace is not null)
        {
            // Its tracer decides (force_sig_info of kernel/signal.c).
            if ((task.Mask & SignalSet.Of(info.Signal)) != 0 || actions.Ignores(info.Signal))
                actions[info.Signal].Handler = SignalAction.Default;
            task.Mask &= ~SignalSet.Of(info.Signal);
            task.Pending.Add(info);
            return;
        }
        if ((task.Mask & SignalSet.Of(info.Signal)) != 0 || actions.Ignores(info.Signal) || actions.IsDefault(info.Signal))
        {
            EndProcess(task.Process, info.Signal);
            return;
        }
        task.Pending.Add(info);
    }

    /// <summary>What needs no handler: the end, a stop, a continuation. True: nothing is left to queue.</summary>
    private bool Acts(Process process, int signal)
    {
        // Its own children neither kill nor stop init (pid_namespaces(7)); who may do it from outside ends this whole process.
        if (process.Pid == 1 && signal is (Signal.SIGKILL or Signal.SIGSTOP))
            return true;
        if (signal == Signal.SIGKILL)
        {
            EndProcess(process, signal);
            return true;
        }
        if (signal == Signal.SIGCONT)
        {
            DropPending(process, SignalSet.Stops);
            Continue(process);
            return false;
        }
        if ((SignalSet.Stops & SignalSet.Of(signal)) != 0)
            DropPending(process, SignalSet.Of(Signal.SIGCONT));
        if (signal != Signal.SIGSTOP || IsTraced(process))
            return false; // a tracer sees it first
        Stop(process, signal);
        return true;
    }

    private static void DropPending(Process process, ulong signals)
    {
        process.Pending.Drop(signals);
        foreach (GuestTask task in process.Tasks)
            task.Pending.Drop(signals);
    }

    private static bool IsIgnored(Process process, GuestTask? task, int signal)
    {
        ulong bit = SignalSet.Of(signal);
        if (task is not null ? task.Trace is not null : IsTraced(process))
            return false; // a tracer wants to know of those too
        if (task is not null ? (task.Mask & bit) != 0 : IsBlockedByAll(process, bit))
            return false; // by the time it is unblocked there may be a handler, and sigwait(3) and signalfd(2) want it
        // Init is not killed by what it did not ask for (pid_namespaces(7)).
        if (process.Pid == 1 && process.Actions.IsDefault(signal) && signal != Signal.SIGCONT)
            return true;
        return process.Actions.Ignores(signal);
    }

    private static bool IsBlockedByAll(Process process, ulong bit)
    {
        foreach (GuestTask each in process.Tasks)
        {
            if ((each.Mask & bit) == 0)
                return false;
        }
        return true;
    }

    /// <summary>An unblocked signal waits for this thread: act now where no handler is needed, else bring the thread here.</summary>
    private void Notice(GuestTask task, int signal)
    {
        Process process = task.Process;
        if (IsHeldBack(task))
            return; // Continue looks for it
        if (task.Trace is not null)
        {
            Bring(task);
            return;
        }
        if (process.Actions.IsDefault(signal) && SignalActions.DefaultEnds(signal))
        {
            EndProcess(process, signal);
            return;
        }
        ulong bit = SignalSet.Of(signal);
        if (process.Actions.IsDefault(signal) && (SignalSet.Stops & bit) != 0)
        {
            // Here and now: a wait that no handler ends is not to end.
            process.Pending.Drop(bit);
            task.Pending.Drop(bit);
            StopByDefault(process, signal);
            return;
        }
        if (task.State == TaskState.Running)
            Kick(task);
        else if (task.State == TaskState.Blocked && !task.IsReady)
            Interrupt(task); // one that is ready looks for itself (Execute)
    }

    /// <summary>Ends a wait with EINTR, or with what was done before it.</summary>
    private void Interrupt(GuestTask task)
    {
        ForgetWait(task);
        SetState(task, TaskState.Running);
        Answer(task, task.Progress > 0 ? task.Progress : Syscalls.SyscallTable.Interrupted(task));
    }

    private static void ForgetWait(GuestTask task)
    {
        foreach (WaitQueue queue in task.Queues)
            queue.Remove(task);
        task.Queues.Clear();
        task.IsReady = false;
        task.Opening?.Release();
        task.Opening = null;
    }

    private static void Kick(GuestTask task)
    {
        int thread = task.HostTid;
        if (thread == 0 && task.Maker is { Cell.IsGone: false } maker)
        {
            // Its maker's gate is about to say which it is, or has just done so.
            System.Threading.Volatile.Write(ref maker.Slot->Report, 1);
            System.Threading.Interlocked.MemoryBarrier();
            thread = task.HostTid;
            if (thread == 0)
                return; // the report comes, and this again
        }
        if (task.HostPid > 0)
            HostEvents.SignalThread(task.HostPid, thread > 0 ? thread : task.HostPid, GateLayout.Kick);
    }

    public static bool HasDeliverable(GuestTask task) => ((task.Pending.Set | task.Process.Pending.Set) & ~task.Mask) != 0 || task.Due != TraceDue.None;

    private static void RestoreMask(GuestTask task)
    {
        if (task.MaskBefore is not { } mask)
            return;
        task.Mask = mask;
        task.MaskBefore = null;
    }

    /// <summary>The thread asks, on its way back to the guest.</summary>
    private void AnswerSignals(GuestTask task)
    {
        if (Ends(task))
            return;
        if (StopsForTracer(task))
            return;
        if (IsHeldBack(task))
        {
            Hold(task, HeldKind.Signals);
            return;
        }
        Slot* slot = task.Slot;
        ulong sp = slot->Sp;
        slot->Restart = 0;
        for (; ; )
        {
            bool isAccepted = TakeAccepted(task, out SignalInfo info);
            if (!isAccepted && !task.TakeSignal(~task.Mask, out info))
            {
                // Interrupted by nothing that runs a handler: the call goes on as if nothing had been.
                slot->Restart = TakeRestart(task);
                slot->More = false;
                RestoreMask(task);
                Resume(task);
                return;
            }
            if (!isAccepted && task.Trace is not null)
            {
                Show(task, info);
                return;
            }
            SignalAction action = task.Process.Actions.Read(info.Signal);
            if (action.Handler == SignalAction.Ignore)
                continue;
            if (action.Handler == SignalAction.Default)
            {
                if (!DefaultAction(task, info.Signal))
                    continue;
                return;
            }
            if (task.MayRestart && (action.Flags & SignalAction.Restart) != 0)
                slot->Restart = TakeRestart(task);
            task.MayRestart = false;
            FillFrame(task, slot, sp, info, action);
            StepIntoHandler(task);
            slot->More = HasDeliverable(task);
            Send(task, ReplyAction.Signal);
            return;
        }
    }

    private void Resume(GuestTask task)
    {
        if (IsHeldBack(task))
        {
            Hold(task, HeldKind.Continue);
            return;
        }
        Send(task, ReplyAction.Continue);
    }

    private static uint TakeRestart(GuestTask task)
    {
        if (!task.MayRestart)
            return 0;
        task.MayRestart = false;
        task.Slot->Nr = (uint)task.Nr;
        return 1;
    }

    /// <summary>True: the thread does not go on now.</summary>
    private bool DefaultAction(GuestTask task, int signal)
    {
        if ((SignalSet.IgnoredByDefault & SignalSet.Of(signal)) != 0 || task.Process.Pid == 1)
            return false;
        if ((SignalSet.Stops & SignalSet.Of(signal)) != 0)
        {
            StopByDefault(task.Process, signal);
            if (!task.Process.IsStopped)
                return false;
            Hold(task, HeldKind.Signals);
            return true;
        }
        EndBySignal(task, signal);
        return true;
    }

    private void Fault(GuestTask task, Slot* slot)
    {
        var info = default(SignalInfo);
        new ReadOnlySpan<byte>(slot->Data, 128).CopyTo(new Span<byte>(info.Bytes, 128));
        if (info.Signal is not (Signal.SIGSEGV or Signal.SIGBUS or Signal.SIGFPE or Signal.SIGILL or Signal.SIGTRAP))
            info.Signal = Signal.SIGSEGV;
        ForceSignal(task, info);
        if (Ends(task))
            return;
        AnswerSignals(task);
    }

    private void TakeHostSignals()
    {
        Span<byte> numbers = stackalloc byte[64];
        Result<int> length = Sys.Read(signalPipe, numbers);
        for (int i = 0; length.Ok && i < length.Value; i++)
        {
            int signal = numbers[i];
            if (signal == Signal.SIGCHLD)
                Reap();
            else if (signal != Signal.SIGPIPE)
                FromOutside(signal);
        }
    }

    /// <summary>`kill` of the container: for its init. What a terminal sends: for the foreground.</summary>
    private void FromOutside(int signal)
    {
        SignalInfo info = SignalInfo.From(signal, SignalInfo.KernelCode, 0, 0);
        if (Console is { Foreground: > 0 } console && signal is Signal.SIGINT or Signal.SIGQUIT or Signal.SIGTSTP or Signal.SIGWINCH)
        {
            SignalGroup(console.Foreground, signal);
            return;
        }
        if (Find(1) is { } init)
            SendSignal(init, info);
    }
}
