using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel;

/// <summary>What a traced thread stops for: signals, its process's stop, begins and ends of system calls.</summary>
internal sealed unsafe partial class Kernel
{
    private const int StepCode = 2; // TRAP_TRACE of siginfo.h

    /// <summary>The process is stopped, and no tracer has let the thread go on all the same.</summary>
    private static bool IsHeldBack(GuestTask task) => task.Process.IsStopped && task.Trace is not { PassesStop: true };

    private static bool IsTraced(Process process) => process.Tasks.Exists(task => task.Trace is not null);

    // ---- On the way back to the guest ----

    /// <summary>True: the thread has something to stop for, and asks again when its tracer lets it go.</summary>
    private bool StopsForTracer(GuestTask task)
    {
        if (task.Trace is not { } trace)
            return false;
        if (Takes(task, TraceDue.Exec))
            StopForEvent(task, Trace.EventExec, trace.Message, null, AnswerSignals);
        else if (Takes(task, TraceDue.CallEnd))
            StopAtCall(task, TraceStop.Exit, task.MayRestart ? RestartCode : null, AnswerSignals);
        else if (Takes(task, TraceDue.Step))
            Show(task, new SignalInfo { Signal = Signal.SIGTRAP, Code = StepCode, Address = task.Slot->Ip });
        else if (Takes(task, TraceDue.Interrupt))
            StopByTrap(task, AnswerSignals);
        else
            return false;
        return true;
    }

    private static bool Takes(GuestTask task, TraceDue due)
    {
        bool takes = (task.Due & due) != 0;
        task.Due &= ~due;
        return takes;
    }

    /// <summary>A signal that a tracer has let pass: it is not shown again.</summary>
    private static bool TakeAccepted(GuestTask task, out SignalInfo info)
    {
        info = task.Accepted;
        return task.Due != TraceDue.None && Takes(task, TraceDue.Accepted);
    }

    /// <summary>PTRACE_EVENT_STOP: of a seized thread that its tracer has interrupted, or that begins.</summary>
    private void StopByTrap(GuestTask task, Action<GuestTask> resume)
    {
        Trace trace = task.Trace!;
        int signal = task.Process.IsStopped ? task.Process.StopSignal : Signal.SIGTRAP;
        trace.PassesStop |= task.Process.IsStopped;
        int code = signal | (Trace.EventStop << 8);
        trace.Message = 0;
        Halt(task, TraceStop.Group, code, Own(task, Signal.SIGTRAP, code), trace.IsInPlace ? RestartCode : null, resume);
    }

    /// <summary>Group-stop: the whole process is stopped, and the tracer hears of each thread.</summary>
    private void StopWithGroup(GuestTask task, Action<GuestTask> resume)
    {
        Trace trace = task.Trace!;
        if (trace.IsSeized)
        {
            StopByTrap(task, resume);
            return;
        }
        trace.PassesStop = true;
        Halt(task, TraceStop.Group, task.Process.StopSignal, null, trace.IsInPlace ? RestartCode : null, resume);
    }

    private static SignalInfo Own(GuestTask task, int signal, int code) => SignalInfo.From(signal, code, task.Tid, task.Credentials.Uid);

    /// <summary>Signal-delivery-stop: the tracer says what becomes of the signal.</summary>
    private void Show(GuestTask task, in SignalInfo info)
    {
        Trace trace = task.Trace!;
        trace.Injected = info.Signal;
        Halt(task, TraceStop.Signal, info.Signal, info, trace.IsInPlace ? RestartCode : null, shown => AfterSignal(shown, trace));
        trace.Info = info;
    }

    /// <summary>ptrace_signal of kernel/signal.c.</summary>
    private void AfterSignal(GuestTask task, Trace trace)
    {
        int signal = trace.Injected;
        trace.Injected = 0;
        if (signal == Signal.SIGKILL)
        {
            EndProcess(task.Process, signal);
            Ends(task);
            return;
        }
        if (signal != 0)
        {
            // Another number than the one shown comes from the tracer.
            SignalInfo info = trace.Info is { } shown && shown.Signal == signal ? shown : FromTracer(trace, signal);
            if ((task.Mask & SignalSet.Of(signal)) != 0)
            {
                task.Pending.Add(info);
            }
            else
            {
                task.Accepted = info;
                task.Due |= TraceDue.Accepted;
            }
        }
        if (!trace.IsInPlace)
            AnswerSignals(task);
        else if ((task.Due & TraceDue.Accepted) != 0)
            AcceptInPlace(task, trace);
        else
            GoOnWaiting(task, trace);
    }

    private static SignalInfo FromTracer(Trace trace, int signal) =>
        SignalInfo.From(signal, SignalInfo.UserCode, trace.Tracer.Process.Pid, trace.Tracer.Credentials.Uid);

    // ---- System calls and events ----

    /// <summary>Syscall-stop. A signal that the tracer names is sent as if it had sent it itself.</summary>
    private void StopAtCall(GuestTask task, TraceStop stop, long? result, Action<GuestTask> resume)
    {
        Trace trace = task.Trace!;
        int code = Signal.SIGTRAP | ((trace.Options & Trace.GoodSyscalls) != 0 ? 0x80 : 0);
        trace.Message = stop == TraceStop.Entry ? 1u : 2u;
        Halt(task, stop, code, Own(task, Signal.SIGTRAP, code), result, stopped =>
        {
            int signal = trace.Injected;
            trace.Injected = 0;
            if (signal != 0)
                SendSignal(stopped, FromTracer(trace, signal));
            if (!Ends(stopped))
                resume(stopped);
        });
    }

    /// <summary>PTRACE_EVENT_*.</summary>
    private void StopForEvent(GuestTask task, int what, ulong message, long? result, Action<GuestTask> resume)
    {
        int code = Signal.SIGTRAP | (what << 8);
        task.Trace!.Message = message;
        Halt(task, TraceStop.Event, code, Own(task, Signal.SIGTRAP, code), result, resume);
    }

    /// <summary>A system call begins. True: the tracer is asked first.</summary>
    private bool BeginsTraced(GuestTask task, int number, Action<GuestTask> enter)
    {
        Trace trace = task.Trace!;
        (trace.IsInCall, trace.HasSeenEntry, trace.HasSeenExit, trace.Number) = (true, false, false, number);
        if (trace.Mode is not (TraceMode.Syscall or TraceMode.Emulate))
            return false;
        trace.HasSeenEntry = true;
        StopAtCall(task, TraceStop.Entry, Fail.ENOSYS, enter);
        return true;
    }

    /// <summary>With the number and the arguments as the tracer leaves them.</summary>
    private void EnterCall(GuestTask task, Trace trace, bool isEmulated)
    {
        TakeArguments(task, trace);
        if (trace.Number < 0 || isEmulated)
        {
            trace.HasSeenExit = isEmulated;
            Answer(task, (long)trace.Registers[TraceRegisters.Rax]);
            return;
        }
        Admit(task, (int)trace.Number, trace.Registers[TraceRegisters.Rip]);
    }

    private static void TakeArguments(GuestTask task, Trace trace)
    {
        ulong[] registers = trace.Registers;
        int number = (int)registers[TraceRegisters.OriginalRax];
        Slot* slot = task.Slot;
        task.A0 = slot->Args[0] = registers[TraceRegisters.Rdi];
        task.A1 = slot->Args[1] = registers[TraceRegisters.Rsi];
        task.A2 = slot->Args[2] = registers[TraceRegisters.Rdx];
        task.A3 = slot->Args[3] = registers[TraceRegisters.R10];
        task.A4 = slot->Args[4] = registers[TraceRegisters.R8];
        task.A5 = slot->Args[5] = registers[TraceRegisters.R9];
        slot->Nr = (uint)number;
        trace.Number = number;
        task.Nr = number < 0 ? Syscalls.SyscallTable.Size : Math.Min(number, Syscalls.SyscallTable.Size);
    }

    /// <summary>PTRACE_EVENT_SECCOMP: a filter has left the call to the tracer. False: there is none that wants it.</summary>
    public bool StopsForFilter(GuestTask task, int number, uint message)
    {
        if (task.Trace is not { } trace || (trace.Options & Trace.OnSeccomp) == 0)
            return false;
        (trace.IsInCall, trace.Number) = (true, number);
        int code = Signal.SIGTRAP | (Trace.EventSeccomp << 8);
        trace.Message = message;
        Halt(task, TraceStop.Seccomp, code, Own(task, Signal.SIGTRAP, code), Fail.ENOSYS, told => LeaveFilter(told, trace));
        return true;
    }

    private void LeaveFilter(GuestTask task, Trace trace)
    {
        TakeArguments(task, trace);
        if (trace.Number < 0)
            Answer(task, (long)trace.Registers[TraceRegisters.Rax]);
        else if (Syscalls.SeccompCalls.Admit(task, (int)trace.Number, trace.Registers[TraceRegisters.Rip], again: true) && !LeavesToGate(task))
            Execute(task);
    }

    /// <summary>A system call has its result: what its tracer is to see of that, the thread asks for on its way back.</summary>
    private static void EndCall(GuestTask task, Trace trace)
    {
        if (!trace.IsInCall)
            return;
        trace.IsInCall = false;
        if (trace.Mode == TraceMode.Syscall && !trace.HasSeenExit)
            task.Due |= TraceDue.CallEnd;
        else if (trace.Mode == TraceMode.Step)
            task.Due |= TraceDue.Step;
    }

    /// <summary>A handler begins in a single step: its first instruction is not run yet (signal_setup_done of kernel/signal.c).</summary>
    private static void StepIntoHandler(GuestTask task)
    {
        if (task.Trace is not { Mode: TraceMode.Step } trace)
            return;
        task.Due |= TraceDue.Step;
        if (!trace.HasForcedTrap)
            return;
        trace.HasForcedTrap = false;
        TraceRegisters.SetTrap(trace, false);
        WriteContext(task, trace);
    }

    // ---- In a call that waits ----

    /// <summary>A traced thread that waits has something to stop for: it does so where it is, and goes on waiting afterwards.</summary>
    private void StopWaiting(GuestTask task)
    {
        Trace trace = task.Trace!;
        if (task.IsReady || (!IsHeldBack(task) && !HasDeliverable(task)))
            return; // one that is ready runs its call first (Execute)
        SetState(task, TaskState.Suspended);
        (trace.IsInPlace, trace.IsWoken) = (true, false);
        // Linux ends the call and makes it again: the tracer sees that.
        if (trace is { Mode: TraceMode.Syscall, HasSeenEntry: true, HasSeenExit: false })
        {
            trace.HasSeenExit = true;
            StopAtCall(task, TraceStop.Exit, RestartCode, stopped => StopInPlace(stopped, trace));
        }
        else
        {
            StopInPlace(task, trace);
        }
    }

    private void StopInPlace(GuestTask task, Trace trace)
    {
        if (task.Trace != trace)
            GoOnWaiting(task, trace);
        else if (IsHeldBack(task))
            StopWithGroup(task, held => GoOnWaiting(held, trace));
        else if (Takes(task, TraceDue.Interrupt))
            StopByTrap(task, stopped => GoOnWaiting(stopped, trace));
        else if (task.TakeSignal(~task.Mask, out SignalInfo info))
            Show(task, info);
        else
            GoOnWaiting(task, trace);
    }

    private void AcceptInPlace(GuestTask task, Trace trace)
    {
        int signal = task.Accepted.Signal;
        ulong bit = SignalSet.Of(signal);
        SignalAction action = task.Process.Actions.Read(signal);
        if (action.Handler is not (SignalAction.Default or SignalAction.Ignore))
        {
            trace.IsInPlace = false;
            SetState(task, TaskState.Blocked);
            Interrupt(task);
            return;
        }
        Takes(task, TraceDue.Accepted);
        bool isDefault = action.Handler == SignalAction.Default && task.Process.Pid != 1;
        if (isDefault && (SignalSet.Stops & bit) != 0)
        {
            StopByDefault(task.Process, signal);
        }
        else if (isDefault && (SignalSet.IgnoredByDefault & bit) == 0)
        {
            EndBySignal(task, signal);
            return;
        }
        GoOnWaiting(task, trace);
    }

    /// <summary>What came meanwhile runs the call again.</summary>
    private void GoOnWaiting(GuestTask task, Trace trace)
    {
        if (Ends(task))
            return;
        bool isTraced = task.Trace == trace;
        if (isTraced && trace.Mode is TraceMode.Syscall or TraceMode.Emulate && (trace.HasSeenExit || !trace.HasSeenEntry))
        {
            (trace.HasSeenEntry, trace.HasSeenExit) = (true, false);
            StopAtCall(task, TraceStop.Entry, Fail.ENOSYS, stopped => GoOnWaiting(stopped, trace));
            return;
        }
        if (isTraced && IsHeldBack(task))
        {
            StopInPlace(task, trace);
            return;
        }
        bool late = task.Deadline >= 0 && HostEvents.Now(1) >= task.Deadline;
        bool woken = trace.IsWoken || late;
        (trace.IsInPlace, trace.IsWoken) = (false, false);
        SetState(task, TaskState.Blocked);
        task.TimedOut |= late;
        if (woken)
            MakeReady(task);
        else if (HasDeliverable(task) && !IsHeldBack(task))
            Disturb(task);
    }

    /// <summary>A signal waits for a thread that waits in a system call.</summary>
    private void Disturb(GuestTask task)
    {
        if (task.Trace is not null)
            StopWaiting(task);
        else
            Interrupt(task);
    }
}
