using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Workloads.Monitor;

/// <summary>Starts a monitor: in a session of its own, without our terminal, files and environment.</summary>
public static class MonitorLauncher
{
    private const string Program = "bulkhead-monitor";

    /// <summary>The number of the descriptor that a monitor speaks to its starter on.</summary>
    public const int StarterFd = 3;

    /// <summary>The number of the descriptor that has the lock of the workload's folder.</summary>
    public const int LockFd = 4;

    /// <summary>Our end of the connection to it.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="held">The lock of the workload's folder: the monitor gets it.</param>
    public static Fd Start(MonitorPlan plan, Fd held)
    {
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd end = theirs;
        using Fd nothing = Sys.OpenAt(Fd.Cwd, "/dev/null", Fcntl.O_RDWR).OrThrow("open", "/dev/null");
        try
        {
            using SpawnedProcess process = Spawner.Start(new SpawnRequest { Program = Compile(plan, end, held, nothing), Inherit = new[] { end, held, nothing } });
            process.AwaitExec();
            return ours;
        }
        catch
        {
            ours.Dispose();
            throw;
        }
    }

    private static SpawnProgram Compile(MonitorPlan plan, Fd end, Fd held, Fd nothing)
    {
        string path = Beside();
        SpawnProgram program = SpawnProgram.ForStub();
        program.Call(SysNr.close_range, 3, uint.MaxValue, Memfd.CLOSE_RANGE_CLOEXEC);
        program.Step("start a session for the monitor");
        program.Call(SysNr.setsid);
        program.Step("pass the monitor its files");
        for (int fd = 0; fd <= 2; fd++)
            program.Call(SysNr.dup3, nothing, fd, 0);
        // dup3 onto the same number fails, and would keep close-on-exec: by way of numbers above.
        Slot starter = program.CallInto(program.NewSlot(), SysNr.fcntl, end, Fcntl.F_DUPFD_CLOEXEC, LockFd + 1);
        Slot right = program.CallInto(program.NewSlot(), SysNr.fcntl, held, Fcntl.F_DUPFD_CLOEXEC, LockFd + 1);
        program.Call(SysNr.dup3, starter, StarterFd, 0);
        program.Call(SysNr.dup3, right, LockFd, 0);
        program.Call(SysNr.chdir, program.Text("/"));
        program.Call(SysNr.rt_sigprocmask, Signal.SIG_SETMASK, program.Struct(0UL), 0, 8);
        program.Step("execute the monitor", path);
        program.Call(SysNr.execve, program.Text(path), program.TextArray([Program, .. plan.ToWords()]), program.TextArray(["LC_ALL=C"]));
        return program;
    }

    /// <summary>The installation's own: beside the program that runs.</summary>
    private static string Beside()
    {
        string self = Sys.ReadLinkAt(Fd.Cwd, "/proc/self/exe").OrThrow("find", "/proc/self/exe");
        return self[..(self.LastIndexOf('/') + 1)] + Program;
    }
}
