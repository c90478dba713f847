using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Spawn;

/// <summary>
/// Children that this process did not make: one of exec that clones with CLONE_PARENT (clone(2)) makes its child ours. While such a child is dead and
/// nobody has reaped it, the first process of its pid namespace cannot end (zap_pid_ns_processes in the kernel), not even by SIGKILL.
/// </summary>
public sealed class Strays : IDisposable
{
    private const ulong Set = 1ul << (Signal.SIGCHLD - 1);

    private readonly Fd _write;

    private Strays(Fd pending, Fd write) => (Pending, _write) = (pending, write);

    /// <summary>Readable when a child may have ended.</summary>
    public Fd Pending { get; }

    /// <summary>From now on SIGCHLD is caught. One at a time in a process.</summary>
    public static Strays Watch()
    {
        Errno error = Sys.Pipe(out Fd pending, out Fd write, Fcntl.O_NONBLOCK);
        if (error == Errno.None)
            error = Sys.CatchSignals(Set, write);
        return error == Errno.None ? new Strays(pending, write) : throw new StepException("catch SIGCHLD", error);
    }

    /// <summary>Forgets what was pending.</summary>
    public void Clear()
    {
        Span<byte> signals = stackalloc byte[64];
        while (Sys.Read(Pending, signals) is { Ok: true, Value: > 0 })
        {
            // How many there were does not matter.
        }
    }

    /// <summary>Reaps all that have ended, up to the first of <paramref name="own"/>: those are waited for elsewhere.</summary>
    public static void Reap(ReadOnlySpan<int> own)
    {
        const int Look = Signal.WEXITED | Signal.WNOHANG | Signal.__WALL;
        while (Sys.Wait(Signal.P_ALL, 0, Look | Signal.WNOWAIT) is { Ok: true, Value.Pid: > 0 and int pid } && !own.Contains(pid))
            Sys.Wait(Signal.P_PID, pid, Look);
    }

    public void Dispose()
    {
        Sys.ReleaseSignals(Set);
        Pending.Dispose();
        _write.Dispose();
    }
}
