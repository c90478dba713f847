using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>What exec adds: the container's first process and descriptors of this one call.</summary>
internal sealed class ExecInputs
{
    public required Fd InitPidfd { get; init; }

    /// <summary>CLONE_NEW* to enter with setns(2) on the pidfd, without the user and pid namespaces.</summary>
    public required ulong Enter { get; init; }

    /// <summary>Fork into the pid namespace: only where our own thread could not enter it for the clone.</summary>
    public bool EnterPidByFork { get; init; }

    public required InitInputs Common { get; init; }
}

/// <summary>The program of a process that joins a running container: the same last steps as the first process.</summary>
internal static class ExecProgram
{
    public static void Compile(ProcessPlan plan, ExecInputs inputs, CompileContext context)
    {
        SpawnProgram program = context.Program;
        InitProgram.Begin(context, inputs.Common.PreserveFds);
        program.Step("hide from the container's processes");
        // While it still has our rights inside their namespaces: no ptrace, no /proc/PID/fd (CVE-2016-9962).
        program.Call(SysNr.prctl, Prctl.PR_SET_DUMPABLE, 0, 0, 0, 0);
        DieWithParent(program);
        SetInitialAffinity(plan, program);
        InitProgram.JoinCgroups(context, inputs.Common.CgroupJoins);
        EnterNamespaces(inputs, context);
        program.Step("start a session");
        program.Call(SysNr.setsid);
        program.Accept(Errno.EPERM);
        InitProgram.NewKeyring(program);
        OpenTerminal(plan, inputs, context);
        if (inputs.Common.Input is { } input)
            program.Call(SysNr.dup3, context.Use(input), 0, 0);
        var process = new ProcessSteps(context, plan);
        process.Prepare(plan.Terminal ? [] : inputs.Common.OwnStreams);
        // Before the sync: the runtime may end as soon as it has answered; without an answer the sync reads the end of the socket.
        program.Call(SysNr.prctl, Prctl.PR_SET_PDEATHSIG, 0, 0, 0, 0);
        program.Sync(InitProgram.SyncReady);
        process.Execute(reports: true, InitProgram.SyncSeccomp);
    }

    private static void DieWithParent(SpawnProgram program)
    {
        program.Step("follow the runtime's death");
        program.Call(SysNr.prctl, Prctl.PR_SET_PDEATHSIG, Signal.SIGKILL, 0, 0, 0);
    }

    /// <summary>execCPUAffinity.initial: before the cgroup is joined (runtime-spec).</summary>
    private static void SetInitialAffinity(ProcessPlan plan, SpawnProgram program)
    {
        if (plan.InitialAffinity is not { } cpus)
            return;
        program.Step("set the initial CPU affinity");
        program.Call(SysNr.sched_setaffinity, 0, cpus.Length, program.Bytes(cpus));
    }

    private static void EnterNamespaces(ExecInputs inputs, CompileContext context)
    {
        SpawnProgram program = context.Program;
        if (inputs.Enter != 0)
        {
            program.Step("join the container's namespaces");
            program.Call(SysNr.setns, context.Use(inputs.InitPidfd), inputs.Enter);
        }
        if (!inputs.EnterPidByFork)
            return;
        program.Step("fork into the container's pid namespace");
        program.Call(SysNr.setns, context.Use(inputs.InitPidfd), Sched.CLONE_NEWPID);
        program.Fork(Sched.CLONE_PARENT | Signal.SIGCHLD);
        DieWithParent(program);
    }

    private static void OpenTerminal(ProcessPlan plan, ExecInputs inputs, CompileContext context)
    {
        if (!plan.Terminal || inputs.Common.Console is null)
            return;
        SpawnProgram program = context.Program;
        program.Step("open the container's root", "/");
        Slot root = program.CallInto(program.NewSlot(), SysNr.openat, Fcntl.AT_FDCWD, program.Text("/"),
            Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC);
        var terminal = new TerminalSteps(context, new RootPaths(program, root));
        terminal.Attach(terminal.Open(plan, inputs.Common.Console));
        context.Close(root);
    }
}
