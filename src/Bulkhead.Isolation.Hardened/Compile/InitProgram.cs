using System.Collections.Generic;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>What create and exec add to the plan: descriptors of this one call.</summary>
internal sealed class InitInputs
{
    /// <summary>Files whose write of "0" moves the writer into a cgroup: v1 "tasks", v2 "cgroup.procs".</summary>
    public required IReadOnlyList<Fd> CgroupJoins { get; init; }

    /// <summary>systemd moves the process: it waits until that is done.</summary>
    public bool CgroupByParent { get; init; }

    public required IReadOnlyList<CgroupView> CgroupViews { get; init; }

    /// <summary>Gets the terminal's master.</summary>
    public Fd? Console { get; init; }

    /// <summary>The fifo that start writes to; null: the process runs on as soon as the runtime says so.</summary>
    public Fd? StartFifo { get; init; }

    /// <summary>Descriptors from 3 on that the program inherits.</summary>
    public int PreserveFds { get; init; }

    public bool HasHooks { get; init; }

    /// <summary>Becomes stdin.</summary>
    public Fd? Input { get; init; }

    /// <summary>Those of 0, 1, 2 that are pipes or sockets.</summary>
    public required int[] OwnStreams { get; init; }
}

/// <summary>The program of a container's first process: from clone to exec.</summary>
internal static class InitProgram
{
    public const int SyncHooks = 3;
    public const int SyncReady = 4;
    public const int SyncSeccomp = 5;
    public const int SyncCgroup = 6;

    public static CompileContext Compile(SandboxPlan plan, InitInputs inputs, NamespaceSteps namespaces, CompileContext context)
    {
        SpawnProgram program = context.Program;
        if (namespaces.NewUser)
            program.Sync(SpawnedProcess.SyncStub);
        Begin(context, inputs.PreserveFds);
        namespaces.DieWithParent();
        if (inputs.CgroupByParent)
            program.Sync(SyncCgroup);
        JoinCgroups(context, inputs.CgroupJoins);
        namespaces.Enter();
        program.Step("start a session");
        program.Call(SysNr.setsid);
        program.Accept(Errno.EPERM); // already a leader: the caller made it one
        namespaces.MakeLate();
        if (plan.NewKeyring)
            NewKeyring(program);
        namespaces.Configure();
        MakeFileSystem(plan, inputs, context);
        Finish(plan, inputs, namespaces, context);
        return context;
    }

    public static void Begin(CompileContext context, int preserve)
    {
        SpawnProgram program = context.Program;
        program.Step("mark open files to be closed");
        program.Call(SysNr.close_range, 3 + preserve, uint.MaxValue, Memfd.CLOSE_RANGE_CLOEXEC);
        program.Call(SysNr.umask, 0);
    }

    public static void JoinCgroups(CompileContext context, IReadOnlyList<Fd> joins)
    {
        if (joins.Count == 0)
            return;
        SpawnProgram program = context.Program;
        program.Step("join the container's cgroups");
        ulong zero = program.Text("0");
        for (int i = 0; i < joins.Count; i++)
            program.Call(SysNr.write, context.Use(joins[i]), zero, 1);
    }

    /// <summary>An anonymous session keyring: the container cannot find ours (escape E26).</summary>
    public static void NewKeyring(SpawnProgram program)
    {
        program.Step("make a session keyring");
        program.Call(SysNr.keyctl, Prctl.KEYCTL_JOIN_SESSION_KEYRING, 0);
        program.Accept(Errno.ENOSYS); // a kernel without keyrings has none to leak
    }

    private static void MakeFileSystem(SandboxPlan plan, InitInputs inputs, CompileContext context)
    {
        var paths = new RootPaths(context.Program, context.Use(plan.Root.Tree));
        var mounts = new MountSteps(context, plan, paths);
        if (plan.Namespaces.Has(Sched.CLONE_NEWNS))
            mounts.EnterRoot();
        mounts.MountAll(new CgroupMounts(context, plan, paths, inputs.CgroupViews));
        new DeviceSteps(context, plan, paths, mounts).MakeAll();
        if (plan.Process is { } process)
            MakeDirectory(context, paths, process.Cwd);
        OpenTerminal(plan, inputs, context, paths, mounts);
        if (inputs.HasHooks)
            context.Program.Sync(SyncHooks);
        mounts.ChangeRoot();
        var masks = new MaskSteps(context, plan, paths, mounts);
        masks.MakeReadOnly();
        masks.Mask();
        mounts.SetRootPropagation();
        mounts.Seal();
        if (plan.Personality is { } personality)
        {
            context.Program.Step("set the personality");
            context.Program.Call(SysNr.personality, personality);
        }
    }

    private static void MakeDirectory(CompileContext context, RootPaths paths, string path)
    {
        context.Program.Step("make the working directory", path);
        int mark = context.Program.Mark();
        context.Close(paths.OpenOrMake(context.Program.NewSlot(), path, directory: true));
        context.Program.Release(mark);
    }

    private static void OpenTerminal(SandboxPlan plan, InitInputs inputs, CompileContext context, RootPaths paths, MountSteps mounts)
    {
        if (plan.Process is not { Terminal: true } process || inputs.Console is null)
            return;
        var terminal = new TerminalSteps(context, paths);
        Slot slave = terminal.Open(process, inputs.Console);
        terminal.BindConsole(slave, mounts);
        terminal.Attach(slave);
    }

    private static void Finish(SandboxPlan plan, InitInputs inputs, NamespaceSteps namespaces, CompileContext context)
    {
        SpawnProgram program = context.Program;
        ProcessSteps? process = plan.Process is null ? null : new ProcessSteps(context, plan.Process);
        process?.Prepare(plan.Process!.Terminal ? [] : inputs.OwnStreams);
        // Before the sync, not after: the runtime may end as soon as it has answered. Should it die without an answer, the sync reads the end of
        // the socket and this process ends too.
        namespaces.OutliveParent();
        program.Sync(SyncReady);
        if (inputs.StartFifo is { } fifo)
        {
            process?.FilterBeforeWait(SyncSeccomp);
            program.Step("wait for start");
            program.Call(SysNr.read, context.Use(fifo), program.Reserve(1), 1);
        }
        if (process is null)
            program.Die("the container's configuration has no process to start\n", 1);
        else
            process.Execute(reports: inputs.StartFifo is null, SyncSeccomp);
    }
}
