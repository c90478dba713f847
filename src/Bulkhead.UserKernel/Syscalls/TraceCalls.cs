using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>ptrace(2): who traces whom, and how a tracee goes on. Only tasks of this kernel can be named, so only those of the sandbox.</summary>
internal static class TraceCalls
{
    private const int TraceMe = 0, PeekText = 1, PeekData = 2, PeekUser = 3, PokeText = 4, PokeData = 5, PokeUser = 6, Continue = 7, Kill = 8, SingleStep = 9,
        GetRegisters = 12, SetRegisters = 13, GetFloats = 14, SetFloats = 15, AttachCode = 16, DetachCode = 17, ToSyscall = 24, Emulate = 31,
        SetOptions = 0x4200, GetMessage = 0x4201, GetInfo = 0x4202, SetInfo = 0x4203, GetSet = 0x4204, SetSet = 0x4205, Seize = 0x4206, Interrupt = 0x4207, Listen = 0x4208,
        GetMask = 0x420a, SetMask = 0x420b, GetCall = 0x420e;
    private const ulong MaskSize = 8;

    public static long Call(GuestTask task)
    {
        int request = (int)task.A0;
        if (request == TraceMe)
            return BecomeTraced(task);
        if (task.Kernel.FindTask((int)task.A1) is not { } target)
            return Fail.ESRCH;
        if (request is AttachCode or Seize)
            return Attach(task, target, request == Seize);
        if (target.Trace is not { } trace || trace.Tracer != task)
            return Fail.ESRCH;
        switch (request)
        {
            case Kill:
                task.Kernel.SendSignal(target.Process, SignalInfo.From(Signal.SIGKILL, SignalInfo.UserCode, task.Process.Pid, task.Credentials.Uid));
                return 0;
            case Interrupt:
                return Stop(task, trace);
            default:
                return trace is { Stop: not TraceStop.None, Resume: not null, IsListening: false } ? OfStopped(task, trace, request) : Fail.ESRCH;
        }
    }

    private static long OfStopped(GuestTask task, Trace trace, int request)
    {
        GuestTask target = trace.Tracee;
        switch (request)
        {
            case PeekText or PeekData: return TraceData.Peek(task, trace);
            case PokeText or PokeData: return TraceData.Poke(task, trace);
            case PeekUser: return TraceData.PeekUser(task, trace);
            case PokeUser: return TraceData.PokeUser(task, trace);
            case GetRegisters or SetRegisters: return TraceData.Registers(task, trace, request == SetRegisters);
            case GetFloats or SetFloats: return TraceData.Floats(task, trace, request == SetFloats);
            case GetSet or SetSet: return TraceData.RegisterSet(task, trace, request == SetSet);
            case GetCall: return TraceData.CallInfo(task, trace);
            case Continue: return GoOn(task, trace, TraceMode.Continue);
            case ToSyscall: return GoOn(task, trace, TraceMode.Syscall);
            case SingleStep: return GoOn(task, trace, TraceMode.Step);
            case Emulate: return GoOn(task, trace, TraceMode.Emulate);
            case DetachCode:
                if (task.A3 > SignalSet.Highest)
                    return Fail.EIO;
                task.Kernel.Detach(trace, (int)task.A3);
                return 0;
            case SetOptions:
                if (CheckOptions(task.A3) is var wrong and < 0)
                    return wrong;
                trace.Options = task.A3;
                return 0;
            case GetMessage: return Guest.Put(task, task.A3, trace.Message);
            case GetInfo: return trace.Info is { } info ? Guest.Put(task, task.A3, info) : Fail.EINVAL;
            case SetInfo: return ChangeInfo(task, trace);
            case Listen: return BeginListening(task, trace);
            case GetMask: return task.A2 == MaskSize ? Guest.Put(task, task.A3, target.MaskBefore ?? target.Mask) : Fail.EINVAL;
            case SetMask: return ChangeMask(task, target);
            default: return Fail.EIO;
        }
    }

    // ---- Begin and end ----

    /// <summary>PTRACE_TRACEME: the tracer is the thread that made this process.</summary>
    private static long BecomeTraced(GuestTask task)
    {
        if (task.Trace is not null)
            return Fail.EPERM;
        if (task.Process.Parent is not { IsZombie: false } parent)
            return 0;
        GuestTask? tracer = task.Process.Maker is { State: not TaskState.Dead } maker && maker.Process == parent ? maker : parent.Leader;
        if (tracer is null || tracer.Process == task.Process || (!PidCalls.HasCapabilitiesOf(tracer, task)))
            return Fail.EPERM;
        Kernel.Attach(task, tracer, isSeized: false, 0);
        return 0;
    }

    private static long Attach(GuestTask task, GuestTask target, bool isSeized)
    {
        if (isSeized && (task.A2 != 0 || (task.A3 & ~Trace.KnownOptions) != 0))
            return Fail.EIO;
        if (isSeized && CheckOptions(task.A3) is var wrong and < 0)
            return wrong;
        if (target.Process == task.Process || !PidCalls.MayAccess(task, target.Process, target) || target.State == TaskState.Dead || target.Process.IsZombie || target.Trace is not null)
            return Fail.EPERM;
        Trace trace = Kernel.Attach(target, task, isSeized, isSeized ? task.A3 : 0);
        if (!isSeized)
            target.Pending.Add(SignalInfo.From(Signal.SIGSTOP, SignalInfo.UserCode, 0, 0));
        if (target.Process.IsStopped)
            task.Kernel.TakeHeld(trace);
        else if (!isSeized)
            task.Kernel.Bring(target);
        return 0;
    }

    /// <summary>PTRACE_O_SUSPEND_SECCOMP would take a wall away: not for guests.</summary>
    private static long CheckOptions(ulong options)
    {
        const ulong SuspendSeccomp = 1 << 21;
        if ((options & ~Trace.KnownOptions) != 0)
            return Fail.EINVAL;
        return (options & SuspendSeccomp) != 0 ? Fail.EPERM : 0;
    }

    // ---- Stops and how they end ----

    private static long GoOn(GuestTask task, Trace trace, TraceMode mode)
    {
        if (task.A3 > SignalSet.Highest)
            return Fail.EIO;
        task.Kernel.LetGo(trace, mode, (int)task.A3);
        return 0;
    }

    private static long Stop(GuestTask task, Trace trace)
    {
        if (!trace.IsSeized)
            return Fail.EIO;
        if (trace.IsListening)
        {
            task.Kernel.TrapAgain(trace);
            return 0;
        }
        trace.Tracee.Due |= TraceDue.Interrupt;
        task.Kernel.Bring(trace.Tracee);
        return 0;
    }

    private static long BeginListening(GuestTask task, Trace trace)
    {
        if (!trace.IsSeized || trace.Code >> 8 != Trace.EventStop)
            return Fail.EIO;
        trace.IsListening = true;
        trace.IsTold = true;
        // SIGCONT has come meanwhile: that is to be told now.
        if (!trace.Tracee.Process.IsStopped && (trace.Code & 0xff) != Signal.SIGTRAP)
            task.Kernel.TrapAgain(trace);
        return 0;
    }

    private static long ChangeInfo(GuestTask task, Trace trace)
    {
        if (!Guest.Read(task, task.A3, out SignalInfo info))
            return Fail.EFAULT;
        if (trace.Info is null)
            return Fail.EINVAL;
        info.TimerSetting = info.Code == SignalInfo.TimerCode ? 0 : info.TimerSetting;
        trace.Info = info;
        return 0;
    }

    private static long ChangeMask(GuestTask task, GuestTask target)
    {
        if (task.A2 != MaskSize)
            return Fail.EINVAL;
        if (!Guest.Read(task, task.A3, out ulong mask))
            return Fail.EFAULT;
        target.Mask = mask & ~SignalSet.Unblockable;
        target.MaskBefore = null;
        return 0;
    }
}
