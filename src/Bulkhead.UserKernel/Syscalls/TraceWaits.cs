using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>wait4(2) and waitid(2) of a tracer: stops and ends of its tracees, children or not, by their thread ids (ptrace(2)).</summary>
internal static class TraceWaits
{
    private const int ExitedFlag = 4, OwnOnly = 0x20000000; // WEXITED, __WNOTHREAD

    /// <summary>One that has something to tell. <paramref name="any"/>: there are tracees that match, so that the caller may wait.</summary>
    public static Trace? Find(GuestTask task, int wanted, int options, out int status, out bool any)
    {
        any = false;
        status = 0;
        foreach (Trace trace in task.Process.Tracees)
        {
            GuestTask tracee = trace.Tracee;
            int group = tracee.Process.Group;
            bool matches = wanted switch { -1 => true, 0 => group == task.Process.Group, > 0 => tracee.Tid == wanted, _ => group == -wanted };
            if (!matches || ((options & OwnOnly) != 0 && trace.Tracer != task))
                continue;
            any = true;
            if (trace.Ended is { } end)
            {
                if ((options & ExitedFlag) == 0)
                    continue;
                status = end;
                return trace;
            }
            if (trace is not { Stop: not TraceStop.None, Resume: not null, IsTold: false, IsListening: false })
                continue;
            status = (trace.Code << 8) | 0x7f;
            return trace;
        }
        return null;
    }

    /// <summary>It is told once.</summary>
    public static void Take(Trace trace)
    {
        if (trace.Ended is not null)
            trace.Tracee.Kernel.Detach(trace, 0);
        else
            trace.IsTold = true;
    }

    /// <summary>For waitid(2).</summary>
    public static SignalInfo Info(GuestTask task, Trace trace, int status)
    {
        int code = trace.Ended is null ? SignalInfo.ChildTrapped : (status & 0x7f) == 0 ? SignalInfo.ChildExited : SignalInfo.ChildKilled;
        SignalInfo info = SignalInfo.From(Signal.SIGCHLD, code, trace.Tracee.Tid, task.Credentials.Uid);
        info.Status = code == SignalInfo.ChildKilled ? status & 0x7f : status >> 8;
        return info;
    }

    /// <summary>The child's stops are told to this process as its tracer, and its end to another one first.</summary>
    public static bool IsHidden(GuestTask task, Process child) => child.IsZombie
        ? child.Ended?.Trace is { Ended: not null }
        : child.Leader?.Trace is { } trace && trace.Tracer.Process == task.Process;
}
