using System.Threading;
using System.Threading.Tasks;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Spawn;

/// <summary>
/// Reaps the program of exec, and what it made our child by CLONE_PARENT, on a thread of its own: a client whose reader has stopped (a pager, a terminal
/// after ctrl-s) must not keep the container's first process from its end (<see cref="Strays"/>).
/// </summary>
public sealed class ExecReaper
{
    private readonly TaskCompletionSource<Result<ProcessExit>> _exit = new();
    private readonly int _pid;

    public ExecReaper(int pid)
    {
        _pid = pid;
        new Thread(Reap) { IsBackground = true }.Start();
    }

    /// <summary>Waits for the program: its exit status.</summary>
    public int Status() => _exit.Task.GetAwaiter().GetResult().OrThrow("wait for the program").Status;

    private void Reap()
    {
        for (; ; )
        {
            Result<ProcessExit> found = Sys.Wait(Signal.P_ALL, 0, Signal.WEXITED | Signal.__WALL);
            if (!found.Ok || found.Value.Pid == _pid)
                _exit.TrySetResult(found);
            if (!found.Ok)
                return;
        }
    }
}
