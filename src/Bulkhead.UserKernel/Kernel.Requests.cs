using System;
using System.Threading;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Syscalls;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel;

/// <summary>What guests ask, and the answers.</summary>
internal sealed unsafe partial class Kernel
{
    /// <summary>How often the gate lets others run before it sleeps: about as long as a wake-up takes.</summary>
    private ushort GateYields => (ushort)(Options.Looks ? 150 : 0);

    /// <summary>One request of a slot. False: nobody of ours is there.</summary>
    private bool Handle(Cell cell, int index)
    {
        if (cell.TaskAt(index) is not { State: TaskState.Running } task)
            return false;
        Slot* slot = cell.SlotAt(index);
        if (task.IsDismissed)
        {
            Part(task);
            return true;
        }
        Heat(cell, index);
        if (counts is not null)
            counts.Requests++;
        var kind = (RequestKind)Volatile.Read(ref slot->Kind);
        task.HasAsked = true;
        task.SyncSlot();
        // Who was told to do something says next that it is done, and nobody else does, but who may say how a birth went.
        bool isReport = kind is RequestKind.Start or RequestKind.Done;
        if (task.Then is not null ? !isReport : isReport && task.Newborn is null)
            kind = 0;
        switch (kind)
        {
            case RequestKind.Syscall:
                Begin(task, slot);
                break;
            case RequestKind.Exit:
                ExitTask(task, (int)slot->Args[0], isGone: true);
                break;
            case RequestKind.ExitGroup:
                // Also while it is stopped: its process is gone.
                EndProcess(task.Process, (int)(slot->Args[0] & 0xff) << 8);
                break;
            case RequestKind.Start:
            case RequestKind.Done:
                GoOn(task, slot);
                break;
            case RequestKind.Signals:
                if (Volatile.Read(ref slot->Interrupted) != 0)
                {
                    task.MayRestart = true;
                    task.Nr = (int)slot->Nr;
                }
                AnswerSignals(task);
                break;
            case RequestKind.SignalReturn:
                SignalReturn(task, slot);
                break;
            case RequestKind.Fault:
                Fault(task, slot);
                break;
            case RequestKind.Owner:
                // futex(2): the word of a lock names a thread that is not there, or a private one names another process's.
                GuestTask? owner = FindTask((int)slot->Args[0]);
                slot->Result = owner is null ? Fail.ESRCH : slot->Args[1] != 0 && owner.Process != task.Process ? Fail.EPERM : 0;
                Send(task, ReplyAction.Return);
                break;
            default:
                EndProcess(task.Process, Linux.Abi.Signal.SIGSEGV);
                break;
        }
        return true;
    }

    private void Begin(GuestTask task, Slot* slot)
    {
        uint nr = slot->Nr;
        task.Nr = nr < SyscallTable.Size ? (int)nr : SyscallTable.Size;
        bool isPlain = task.Trace is null && task.Seccomp?.Passes(task.Nr) != false;
        task.A0 = slot->Args[0];
        task.A1 = slot->Args[1];
        task.A2 = slot->Args[2];
        task.A3 = slot->Args[3];
        slot->Spin = GateYields; // a first write, so that the line is this CPU's when the answer is
        // Nobody else has a say, and the call has no more than four: the next line stays with the gate.
        (task.A4, task.A5) = isPlain && SyscallTable.IsShort(task.Nr) ? (0, 0) : (slot->Args[4], slot->Args[5]);
        LetGo(task);
        task.Retry = false;
        task.TimedOut = false;
        task.Deadline = -1;
        task.Progress = 0;
        task.MayRestart = false;
        task.ForgetTimers();
        task.Held.Drop();
        task.Given = 0;
        task.IsLasting = false;
        task.MayLast = isPlain && !task.AsksAlways;
        task.Sent = Math.Min((int)slot->Sent, GateLayout.MostData);
        task.IsTried = slot->Writable != 0;
        if (task.Trace is { } trace)
        {
            task.Sent = 0; // the tracer may change it first
            if (BeginsTraced(task, trace, (int)nr))
                return;
        }
        if (isPlain && !task.AsksAlways)
            Execute(task);
        else
            Admit(task, (int)nr, slot->Ip);
    }

    /// <summary>Apart from its caller, which must not pay for the closure when nobody traces.</summary>
    private bool BeginsTraced(GuestTask task, Trace trace, int nr)
    {
        bool isEmulated = trace.Mode == TraceMode.Emulate;
        return BeginsTraced(task, nr, begun => EnterCall(begun, trace, isEmulated));
    }

    /// <summary>The call is made, unless a filter has a say.</summary>
    private void Admit(GuestTask task, int nr, ulong instruction)
    {
        if ((task.Seccomp is not null || task.AsksAlways) && !IsAdmitted(task, nr, instruction))
            return;
        Execute(task);
    }

    /// <summary>False: a filter has answered, or the gate will, which asked only because there is one.</summary>
    private bool IsAdmitted(GuestTask task, int nr, ulong instruction)
    {
        if (task.Seccomp is not null && !SeccompCalls.Admit(task, nr, instruction))
            return false;
        // A gate that answers by itself asks only for what it cannot do.
        return (task.Trace is null && task.Seccomp?.IsAsked(nr) == false) || !LeavesToGate(task);
    }

    private bool LeavesToGate(GuestTask task)
    {
        if (!SeccompCalls.IsOfGate(task))
            return false;
        if (task.Trace is { } trace)
            EndCall(task, trace);
        task.Slot->More = HasDeliverable(task);
        Send(task, ReplyAction.Local);
        return true;
    }

    /// <summary>Runs the system call in hand, for the first time or again.</summary>
    private void Execute(GuestTask task)
    {
        if (Ends(task))
            return;
        if (IsHeldBack(task))
        {
            Hold(task, HeldKind.Call);
            return;
        }
        SetState(task, TaskState.Running);
        Current = task;
        Identity.Assume(task.Credentials);
        int nr = task.Nr;
        long result = SyscallTable.Call(task);
        FileSystem.NoteCall(task, nr);
        switch (result)
        {
            case Fail.Blocked:
                SetState(task, TaskState.Blocked);
                task.Held.Hold();
                Volatile.Write(ref task.Slot->Spin, 0);
                if (task.Deadline >= 0 && !task.Retry)
                    Timers.WakeAt(task, task.Deadline);
                // A signal that came before the wait must end it.
                if (HasDeliverable(task))
                    Disturb(task);
                break;
            case Fail.Answered:
                break;
            default:
                Answer(task, result);
                break;
        }
    }

    /// <summary>The gate has run its ops, or a new cell speaks for the first time.</summary>
    private void GoOn(GuestTask task, Slot* slot)
    {
        System.Action<GuestTask, long>? then = task.Then;
        task.Then = null;
        if (then is null)
        {
            TakeReport(task, task.Newborn!, slot->Result);
            LetGo(task);
        }
        else
            then(task, slot->Result);
        if (task.Then is null)
            EndTurn(task);
    }

    /// <summary>The system call's result goes to the guest; held back while its process is stopped.</summary>
    public void Answer(GuestTask task, long result)
    {
        if (task.State == TaskState.Dead || task.IsDismissed || Ends(task))
            return;
        if (IsHeldBack(task))
        {
            Hold(task, HeldKind.Answer, result);
            return;
        }
        task.Held.Drop();
        if (result == Fail.Restart)
        {
            task.MayRestart = true;
            result = Fail.EINTR;
        }
        if (task.Trace is { } trace)
            EndCall(task, trace);
        // A call that is to run again says so when the thread asks, even if the signal is gone by then.
        bool more = HasDeliverable(task) || task.MayRestart;
        if (!more)
            RestoreMask(task);
        Slot* slot = task.Slot;
        slot->Result = result;
        slot->More = more;
        slot->Lasting = task.IsLasting;
        slot->Given = (ushort)task.Given;
        if (task.Given > 0)
        {
            slot->Args[1] = task.GivenTo;
            slot->Counted = task.IsCounted;
            slot->Place = task.GivenPlace;
            if (task.GivenPlace == GivenPlace.Little)
                (slot->Args[2], slot->Args[3]) = task.Little;
            task.Given = 0;
        }
        Send(task, ReplyAction.Return);
    }

    /// <summary>The slot is filled: hand it over and wake who sleeps.</summary>
    private void Send(GuestTask task, ReplyAction action)
    {
        Slot* slot = task.Slot;
        SetState(task, TaskState.Running);
        task.NotePending();
        slot->Action = (byte)action;
        slot->Spin = GateYields;
        Interlocked.Exchange(ref slot->State, GateLayout.Reply);
        if (Volatile.Read(ref slot->Sleeping) != 0)
            HostEvents.FutexWake(&slot->State);
    }

    /// <summary>The gate does this on the host, then <paramref name="then"/> goes on with its result.</summary>
    public void SendAction(GuestTask task, ReplyAction action, System.Action<GuestTask, long> then)
    {
        task.Then = then;
        Send(task, action);
    }

    /// <summary>Counts who runs, for the decision to spin.</summary>
    private void SetState(GuestTask task, TaskState state)
    {
        if (task.State == state)
            return;
        if (task.State == TaskState.Running)
            running--;
        if (state == TaskState.Running)
            running++;
        task.State = state;
    }

    /// <summary>A vfork child whose process has ended still holds its parent's host thread: it goes back.</summary>
    private bool Ends(GuestTask task)
    {
        if (!task.Process.IsZombie)
            return false;
        if (task.VforkParent is not null)
            GiveBack(task);
        else if (!task.Cell.IsGone && task.Cell.TaskAt(task.SlotIndex) == task)
            Drop(task.Cell); // or its request would be looked at for ever
        return true;
    }
}
