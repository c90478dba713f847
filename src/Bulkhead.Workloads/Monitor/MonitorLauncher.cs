using System.Collections.Generic;
using Bulkhead.Isolation.Users;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;
using Bulkhead.Linux.Users;

namespace Bulkhead.Workloads.Monitor;

/// <summary>Starts a monitor: in a session of its own, without our terminal, files and environment.</summary>
public static class MonitorLauncher
{
    private const string Program = "bulkhead-monitor";

    /// <summary>The number of the descriptor that a monitor speaks to its starter on.</summary>
    public const int StarterFd = 3;

    /// <summary>The number of the descriptor that has the lock of the workload's folder.</summary>
    public const int LockFd = 4;

    /// <summary>The number of a user namespace that it joins.</summary>
    public const int UsersFd = 5;

    /// <summary>It waits to be told to run.</summary>
    /// <param name="plan">What it does.</param>
    /// <param name="held">The lock of the workload's folder: the monitor gets it.</param>
    /// <param name="order">The user namespace that it enters first (<see cref="UserOrder"/>); null for root.</param>
    /// <param name="users">The namespace that <paramref name="order"/> joins as <see cref="UsersFd"/>.</param>
    public static PreparedMonitor Start(MonitorPlan plan, Fd held, string? order = null, Fd? users = null)
    {
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd end = theirs;
        using Fd nothing = Sys.OpenAt(Fd.Cwd, "/dev/null", Fcntl.O_RDWR).OrThrow("open", "/dev/null");
        try
        {
            Fd[] inherit = users is null ? [end, held, nothing] : [end, held, nothing, users];
            return new PreparedMonitor(Spawner.Start(new SpawnRequest { Program = Compile(plan.ToWords(), order, end, nothing, held, users), Inherit = inherit }), ours);
        }
        catch
        {
            ours.Dispose();
            throw;
        }
    }

    /// <summary>Gives the terminal of a program of exec to a process that keeps it open and reads what is written, until nobody has it any more.</summary>
    /// <param name="master">Of the terminal.</param>
    /// <param name="id">The container, for those who list processes.</param>
    public static void HoldTerminal(Fd master, string id)
    {
        using Fd nothing = Sys.OpenAt(Fd.Cwd, "/dev/null", Fcntl.O_RDWR).OrThrow("open", "/dev/null");
        SpawnProgram program = Compile([MonitorPlan.HoldWord + id], order: null, master, nothing);
        using SpawnedProcess process = Spawner.Start(new SpawnRequest { Program = program, Inherit = new[] { master, nothing } });
        process.AwaitExec();
    }

    /// <summary>Removes a folder of the caller's as one who may enter what is in it: directories of mode 0 (an overlay's), and of its subordinate ids.</summary>
    public static void Remove(string folder)
    {
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd start = ours;
        using Fd end = theirs;
        using Fd nothing = Sys.OpenAt(Fd.Cwd, "/dev/null", Fcntl.O_RDWR).OrThrow("open", "/dev/null");
        SpawnProgram program = Compile([MonitorPlan.RemoveWord + folder], CallerUsers.All(), end, nothing);
        using SpawnedProcess process = Spawner.Start(new SpawnRequest { Program = program, Inherit = new[] { end, nothing } });
        process.AwaitExec();
        if (Sys.WaitExit(process.Pidfd).OrThrow("wait for the removal of", folder).Status != 0)
            throw new StepException($"remove {folder}: something in it belongs to somebody else");
    }

    /// <summary>Layers merged for looking, for a caller without root: mounted where it has the right to, in a user namespace that ends with the view.</summary>
    /// <param name="layers">As <see cref="Isolation.Plan.OverlayMount.View"/> takes them.</param>
    public static Fd View(IReadOnlyList<string> layers)
    {
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd asked = ours;
        using Fd nothing = Sys.OpenAt(Fd.Cwd, "/dev/null", Fcntl.O_RDWR).OrThrow("open", "/dev/null");
        SpawnProgram program = Compile([MonitorPlan.ViewWord], UserOrder.Alone(), theirs, nothing);
        using SpawnedProcess process = Spawner.Start(new SpawnRequest { Program = program, Inherit = new[] { theirs, nothing } });
        process.AwaitExec();
        theirs.Dispose();
        Fd view = LayerView.Ask(asked, layers);
        Sys.WaitExit(process.Pidfd).OrThrow("wait for the view of", layers[0]);
        return view;
    }

    private static SpawnProgram Compile(string[] words, string? order, Fd end, Fd nothing, Fd? held = null, Fd? users = null)
    {
        string path = Sys.Beside(Program);
        SpawnProgram program = SpawnProgram.ForStub();
        program.Call(SysNr.close_range, 3, uint.MaxValue, Memfd.CLOSE_RANGE_CLOEXEC);
        program.Step("start a session for the monitor");
        program.Call(SysNr.setsid);
        program.Step("pass the monitor its files");
        for (int fd = 0; fd <= 2; fd++)
            program.Call(SysNr.dup3, nothing, fd, 0);
        // dup3 onto the same number fails, and would keep close-on-exec: by way of numbers above.
        var above = new List<(Slot Slot, int Number)> { (Above(program, end), StarterFd) };
        if (held is not null)
            above.Add((Above(program, held), LockFd));
        if (users is not null)
            above.Add((Above(program, users), UsersFd));
        foreach ((Slot slot, int number) in above)
            program.Call(SysNr.dup3, slot, number, 0);
        program.Call(SysNr.chdir, program.Text("/"));
        program.Call(SysNr.rt_sigprocmask, Signal.SIG_SETMASK, program.Struct(0UL), 0, 8);
        program.Step("execute the monitor", path);
        program.Call(SysNr.execve, program.Text(path), program.TextArray([Program, .. words]),
            program.TextArray(order is null ? ["LC_ALL=C"] : ["LC_ALL=C", UserEntry.Variable + "=" + order]));
        return program;
    }

    private static Slot Above(SpawnProgram program, Fd fd) => program.CallInto(program.NewSlot(), SysNr.fcntl, fd, Fcntl.F_DUPFD_CLOEXEC, UsersFd + 1);
}
