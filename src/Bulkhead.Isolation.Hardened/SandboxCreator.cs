using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Isolation.Hardened.Compile;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Linux.Cgroups.Systemd;
using Bulkhead.Linux.Netlink;
using Bulkhead.Linux.Spawn;
using Bulkhead.Linux.Users;

namespace Bulkhead.Isolation.Hardened;

/// <summary>The steps of create, host side. Each resource is written down in the state before it is made, and taken back on an error.</summary>
internal sealed class SandboxCreator(SandboxPlan plan, ContainerRecord state, StateFolder folder, ProcessStreams streams)
{
    private readonly CompileContext context = new();
    private CgroupLayout layout = null!;
    private Cgroup? cgroup;
    private SpawnedProcess? process;

    public ISandbox Create()
    {
        try
        {
            layout = CgroupLayout.Detect();
            string? none = UserEntry.IsRootless ? CgroupAccess.WhyNot(layout) : null;
            if (none is not null)
                CgroupAccess.RequireNothing(plan, none);
            CgroupTarget target = CgroupTarget.Parse(plan.Cgroup.Path, plan.Id, plan.Cgroup.Systemd);
            state.Cgroup = none is null ? Cgroup.PathsOf(layout, target) : null;
            state.Namespaces = NamespacesToEnter();
            state.Rootfs = plan.Root.Path;
            folder.Save(state);
            if (!target.Systemd && none is null)
                cgroup = Cgroup.Create(layout, target, plan.Cgroup.Resources, UserEntry.IsRootless);
            Spawn();
            if (target.Systemd)
                JoinScope(target);
            RunHooks();
            process!.Await(InitProgram.SyncReady);
            Settle();
            return new HardenedSandbox(state, folder, new RunningProcess(process.Pid, process.Pidfd)) { Report = process };
        }
        catch (StepException error) when (error.Errno == Errno.EPERM && error.Step.StartsWith("mount proc ", StringComparison.Ordinal))
        {
            Undo();
            throw new StepException($"{error.Message}: parts of the /proc that we see are covered or read-only (are we in a container?), and a user namespace may then mount no other; uncover them, or bind /proc");
        }
        catch
        {
            Undo();
            throw;
        }
        finally
        {
            context.DisposeOwn();
            cgroup?.Dispose();
        }
    }

    private ulong NamespacesToEnter()
    {
        ulong types = plan.Namespaces.New;
        foreach (JoinPlan join in plan.Namespaces.Join)
            types |= join.Type;
        return types;
    }

    private void Spawn()
    {
        var namespaces = new NamespaceSteps(context, plan);
        int[] own = StandardStreams.Own();
        if (plan.Process is { } program)
            StandardStreams.Give(own, program);
        using Fd? fifo = streams.StartAtOnce ? null : folder.MakeFifo();
        InitProgram.Compile(plan, new InitInputs
        {
            CgroupJoins = cgroup?.JoinFds ?? [],
            CgroupByParent = cgroup is null && state.Cgroup is not null,
            CgroupViews = state.Cgroup is { } paths ? CgroupViews.Of(plan, layout, paths) : [],
            Console = streams.Console,
            StartFifo = fifo,
            PreserveFds = streams.PreserveFds,
            HasHooks = NeedsHookStop,
            OwnStreams = own,
        }, namespaces, context);
        using ThreadNamespaces entered = EnterJoined(namespaces.EnteredByParent());
        process = Spawner.Start(new SpawnRequest
        {
            Program = context.Program,
            CloneFlags = namespaces.CloneFlags,
            Cgroup = cgroup?.CloneFd,
            Inherit = context.Inherited,
            Prelude = namespaces.Prelude(),
            BeforePrelude = namespaces.NewUser ? WriteMaps : null,
        });
    }

    /// <summary>systemd makes a scope for a process that exists: the first process waits until it is in.</summary>
    private void JoinScope(CgroupTarget target)
    {
        process!.Await(InitProgram.SyncCgroup);
        cgroup = SystemdScope.Create(layout, target, process.Pid, plan.Cgroup.Resources, plan.Id);
        state.Cgroup = cgroup.Paths;
        folder.Save(state);
        process.Continue();
    }

    private static ThreadNamespaces EnterJoined(JoinPlan[] joins)
    {
        var list = new (Fd, ulong, string)[joins.Length];
        for (int i = 0; i < joins.Length; i++)
            list[i] = (joins[i].Namespace, joins[i].Type, joins[i].Path);
        return ThreadNamespaces.Enter(list);
    }

    private void WriteMaps(SpawnedProcess child) =>
        UserNamespaces.WriteMaps(child.Pid, plan.Namespaces.UidMappings, plan.Namespaces.GidMappings);

    private bool NeedsHookStop =>
        plan.NetDevices.Length + plan.Hooks.Prestart.Length + plan.Hooks.CreateRuntime.Length + plan.Hooks.CreateContainer.Length > 0;

    /// <summary>All namespaces and mounts are there, the root is not changed yet (runtime-spec, "createRuntime" and "createContainer").</summary>
    private void RunHooks()
    {
        if (!NeedsHookStop)
            return;
        process!.Await(InitProgram.SyncHooks);
        MoveNetDevices();
        byte[] document = HookState.Write(state, ContainerStatus.Creating, process.Pid);
        HookRunner.RunAll("prestart", plan.Hooks.Prestart, document);
        HookRunner.RunAll("createRuntime", plan.Hooks.CreateRuntime, document);
        HookRunner.RunAll("createContainer", plan.Hooks.CreateContainer, document, process.Pidfd, state.Namespaces);
        process.Continue();
    }

    private void MoveNetDevices()
    {
        if (plan.NetDevices.Length == 0)
            return;
        var devices = new List<NetDevice>();
        foreach (KeyValuePair<string, string> device in plan.NetDevices)
            devices.Add(new NetDevice(device.Key, device.Value));
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{process!.Pid}/ns/net");
        using Fd netns = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY).OrThrow("open", path);
        NetDevices.Move(netns, devices);
    }

    /// <summary>The process is ready: it is written down, told to whom it concerns, and from then on lives without us.</summary>
    private void Settle()
    {
        int pid = process!.Pid;
        stat stub = Sys.StatAt(Fd.Cwd, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/exe")).OrThrow("stat the first process");
        state.Pid = pid;
        state.StartTime = InitProcess.StartTime(pid);
        state.StubDevice = stub.st_dev;
        state.StubInode = stub.st_ino;
        ProcessFiles.SetOomScore(pid, plan.Process?.OomScoreAdj);
        folder.Save(state);
        ProcessFiles.Announce(pid, process.Pidfd, streams);
        process.Continue();
        if (plan.Process is null)
            return;
        if (streams.StartAtOnce)
            ProcessFiles.FinishExec(process, plan.Process, state);
        else
            ProcessFiles.PassListener(process, plan.Process, state);
    }

    private void Undo()
    {
        try
        {
            process?.Abandon();
        }
        finally
        {
            if (cgroup is not null)
            {
                cgroup.Kill();
                cgroup.Remove();
            }
        }
    }
}
