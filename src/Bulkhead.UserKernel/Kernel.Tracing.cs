using System;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel;

/// <summary>
/// Stops of traced threads (ptrace(2)). A thread stops only where its gate waits for an answer: its registers lie in the gate's frame then, in its own
/// memory. One that waits in a system call stops in place and goes on waiting. The host's part is the two segment bases: the gate tells them.
/// </summary>
internal sealed unsafe partial class Kernel
{
    private const int SetGs = 0x1001, SetFs = 0x1002, GetFs = 0x1003, GetGs = 0x1004;
    private const ulong ContextOffset = 40; // struct ucontext: flags, link, stack

    /// <summary>-ERESTARTSYS of include/linux/errno.h: what a tracer sees of a call that is to be made again.</summary>
    private const long RestartCode = -512;

    private static ulong DataOf(GuestTask task) => GateLayout.ChannelBase + ((ulong)task.SlotIndex * GateLayout.SlotSize) + GateLayout.DataOffset;

    /// <summary>The thread, whose gate waits, stops; <paramref name="resume"/> goes on when the tracer lets it.</summary>
    /// <param name="task">The tracee.</param>
    /// <param name="stop">What it stops in.</param>
    /// <param name="code">Signal, and event in the upper byte.</param>
    /// <param name="info">For PTRACE_GETSIGINFO.</param>
    /// <param name="result">What rax shows, where that is not what lies in the frame.</param>
    /// <param name="resume">How it goes on; without a tracer at once.</param>
    private void Halt(GuestTask task, TraceStop stop, int code, SignalInfo? info, long? result, Action<GuestTask> resume)
    {
        Trace trace = task.Trace!;
        long number = stop is TraceStop.Entry or TraceStop.Exit or TraceStop.Event || trace.IsInCall ? trace.Number : -1;
        ulong data = DataOf(task);
        RunOps(task, [new HostOp(SysNr.arch_prctl, GetFs, data), new HostOp(SysNr.arch_prctl, GetGs, data + 8)], (halted, _) =>
        {
            var bases = (ulong*)halted.Slot->Data;
            ulong fs = bases[0], gs = bases[1];
            SetState(halted, TaskState.Suspended);
            if (Ends(halted))
                return;
            if (halted.Trace != trace)
            {
                resume(halted);
                return;
            }
            ReadContext(halted, trace);
            TraceRegisters.Show(trace, fs, gs, number, result);
            (trace.Stop, trace.Code, trace.Info, trace.Resume) = (stop, code, info, resume);
            TellTracer(trace);
        });
    }

    private static void ReadContext(GuestTask task, Trace trace)
    {
        trace.Frame = task.Slot->Frame;
        if (!HostMemory.Read(task.HostPid, trace.Frame + ContextOffset, MemoryMarshal.AsBytes(trace.Context.AsSpan())))
            Array.Clear(trace.Context);
        FindSite(task, trace);
        if (!trace.HasForcedTrap)
            return;
        // The trap flag was the tracer's, not the guest's.
        trace.HasForcedTrap = false;
        TraceRegisters.SetTrap(trace, false);
        WriteContext(task, trace);
    }

    /// <summary>
    /// A call of a rewritten site is trapped in its trampoline (eng/native/gate/rewrite.c), which jumps back: the tracer sees the place after the site. What
    /// these bytes are is the guest's word, and so is what the tracer sees of it.
    /// </summary>
    private static void FindSite(GuestTask task, Trace trace)
    {
        const int Before = 5, Length = 10;
        ReadOnlySpan<byte> pattern = [0x41, 0xff, 0xe3, 0x0f, 0x05, 0xe9]; // jmp *%r11; syscall; jmp
        Span<byte> code = stackalloc byte[Length];
        ulong ip = trace.Context[TraceRegisters.RipWord];
        if (!HostMemory.Read(task.HostPid, ip - Before, code) || !code.StartsWith(pattern))
            return;
        trace.Trampoline = ip;
        trace.Site = ip + 5 + (ulong)(long)BitConverter.ToInt32(code[(Before + 1)..]);
    }

    private static void WriteContext(GuestTask task, Trace trace) =>
        HostMemory.Write(task.HostPid, trace.Frame + ContextOffset, MemoryMarshal.AsBytes(trace.Context.AsSpan()));

    /// <summary>A new stop, or an end: SIGCHLD and whoever waits.</summary>
    private void TellTracer(Trace trace)
    {
        trace.IsTold = false;
        Process tracer = trace.Tracer.Process;
        int code = trace.Ended is not { } end ? SignalInfo.ChildTrapped : (end & 0x7f) == 0 ? SignalInfo.ChildExited : SignalInfo.ChildKilled;
        SignalAction action = tracer.Actions.Read(Signal.SIGCHLD);
        if (trace.Ended is not null || (action.Handler != SignalAction.Ignore && (action.Flags & SignalAction.NoChildStop) == 0))
        {
            SignalInfo info = SignalInfo.From(Signal.SIGCHLD, code, trace.Tracee.Tid, trace.Tracee.Credentials.Uid);
            info.Status = trace.Ended is not { } status ? trace.Code & 0x7f : code == SignalInfo.ChildExited ? status >> 8 : status & 0x7f;
            SendSignal(tracer, info);
        }
        tracer.ChildChanges.WakeAll(this);
    }

    /// <summary>PTRACE_CONT and its relatives: the thread leaves its stop.</summary>
    public void LetGo(Trace trace, TraceMode mode, int signal)
    {
        GuestTask task = trace.Tracee;
        Action<GuestTask>? resume = trace.Resume;
        if (resume is null)
            return;
        bool inCall = trace.IsInCall && (trace.Stop != TraceStop.Exit || trace.IsInPlace);
        bool redirected = TakeChanges(task, trace, inCall);
        trace.Mode = mode;
        trace.Injected = signal;
        if (mode == TraceMode.Step && (!inCall || redirected))
        {
            trace.HasForcedTrap = !TraceRegisters.HasTrap(trace);
            TraceRegisters.SetTrap(trace, true);
            if (trace.Context[TraceRegisters.RipWord] == trace.Trampoline && trace.Trampoline != 0)
                trace.Context[TraceRegisters.RipWord] = trace.Site; // not through the jump back
            WriteContext(task, trace);
        }
        (trace.Resume, trace.IsTold, trace.IsListening) = (null, true, false);
        if (redirected && trace.IsInPlace)
            resume = left => LeaveCall(left, trace);
        var bases = new System.Collections.Generic.List<HostOp>();
        // GS is the gate's as long as no guest asks for it.
        if (TraceRegisters.Differs(trace, TraceRegisters.FsBase))
            bases.Add(new HostOp(SysNr.arch_prctl, SetFs, trace.Registers[TraceRegisters.FsBase]));
        if (TraceRegisters.Differs(trace, TraceRegisters.GsBase))
            bases.Add(new HostOp(SysNr.arch_prctl, SetGs, trace.Registers[TraceRegisters.GsBase]));
        if (bases.Count == 0)
        {
            trace.Stop = TraceStop.None;
            Later(task, resume);
            return;
        }
        RunOps(task, bases, (done, _) =>
        {
            SetState(done, TaskState.Suspended);
            trace.Stop = TraceStop.None;
            resume(done);
        });
    }

    /// <summary>After the tracer's call, not within it: what the tracee does then may be a tracer's call again, and so on.</summary>
    private void Later(GuestTask task, Action<GuestTask> resume) => Timers.At(0, _ =>
    {
        if (task.State != TaskState.Dead)
            resume(task);
    });

    /// <summary>The registers as the tracer leaves them. True: it has led the thread elsewhere, away from a call that waits.</summary>
    private static bool TakeChanges(GuestTask task, Trace trace, bool inCall)
    {
        ulong[] registers = trace.Registers;
        long result = (long)registers[TraceRegisters.Rax];
        bool moved = TraceRegisters.Differs(trace, TraceRegisters.Rip) || TraceRegisters.Differs(trace, TraceRegisters.OriginalRax)
            || TraceRegisters.Differs(trace, TraceRegisters.Rax);
        // A call that was to be made again, whose registers come back (arch_do_signal_or_restart of arch/x86/kernel/signal.c).
        bool again = moved && trace.Stop is not (TraceStop.Entry or TraceStop.Exit or TraceStop.Seccomp) && (long)registers[TraceRegisters.OriginalRax] >= 0 && result is >= -514 and <= -512;
        if (again)
        {
            ulong ip = registers[TraceRegisters.Rip];
            registers[TraceRegisters.Rip] = (ip == trace.Site ? trace.Trampoline : ip) - 2;
            registers[TraceRegisters.Rax] = registers[TraceRegisters.OriginalRax];
        }
        if (!TraceRegisters.Apply(trace))
            return moved && trace.IsInPlace;
        WriteContext(task, trace);
        Slot* slot = task.Slot;
        (slot->Ip, slot->Sp) = (registers[TraceRegisters.Rip], registers[TraceRegisters.Rsp]);
        return moved && (trace.IsInPlace || !inCall);
    }

    /// <summary>The call in which the thread waited is given up: its tracer has given it other registers.</summary>
    private void LeaveCall(GuestTask task, Trace trace)
    {
        ForgetWait(task);
        (trace.IsInPlace, trace.IsInCall, trace.Number) = (false, false, -1);
        Slot* slot = task.Slot;
        slot->Restart = 0;
        slot->More = HasDeliverable(task);
        Resume(task);
    }

    /// <summary>Brings a traced thread to its stop.</summary>
    public void Bring(GuestTask task)
    {
        if (task.State == TaskState.Blocked)
            StopWaiting(task);
        else if (task.State == TaskState.Running)
            Kick(task);
    }

    /// <summary>Links a tracer and its tracee.</summary>
    public static Trace Attach(GuestTask tracee, GuestTask tracer, bool isSeized, ulong options)
    {
        var trace = new Trace(tracee, tracer, isSeized) { Options = options };
        tracee.Trace = trace;
        tracee.AsksAlways = true;
        tracer.Process.Tracees.Add(trace);
        if (tracee.State == TaskState.Blocked)
            (trace.IsInCall, trace.Number) = (true, tracee.Nr);
        Fill(tracee);
        return trace;
    }
}
