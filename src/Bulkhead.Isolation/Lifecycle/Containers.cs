using System;
using System.Collections.Generic;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>
/// The operations on containers, the same for every tier and every command. Each takes the container's lock for as long as it changes
/// something, and asks the kernel, not a record, what the container is doing.
/// </summary>
/// <param name="store">Where the states are.</param>
/// <param name="tiers">Those that make sandboxes.</param>
/// <param name="warn">Gets failures that the specification wants logged and passed over.</param>
public sealed class Containers(StateStore store, Tiers tiers, Action<string> warn)
{
    /// <summary>Makes a container whose first process waits for start, or runs at once if the request says so.</summary>
    public Container Create(CreateRequest request)
    {
        LoadedConfig loaded = ConfigLoader.Load(request);
        ITier tier = tiers.Named(loaded.Isolation);
        using SandboxPlan plan = PlanBuilder.Build(loaded.Config, request.Plan, loaded.Sources);
        foreach (string warning in plan.Warnings)
            warn(warning);
        foreach (string warning in tier.Warnings(plan))
            warn(warning);
        StateFolder folder = store.Create(request.Plan.Id);
        var record = new ContainerRecord
        {
            Id = request.Plan.Id,
            OciVersion = loaded.Config.OciVersion,
            Bundle = request.Plan.Bundle,
            Isolation = tier.Name,
            Created = Clock.Now(),
            OwnerUid = Sys.GetEuid(),
            Annotations = plan.Annotations,
            HasProcess = plan.Process is not null,
            PolicyFile = request.PolicyFile,
            Hooks = Later(plan.Hooks),
        };
        try
        {
            folder.SaveConfig(loaded.Bytes);
            ISandbox sandbox = tier.Create(plan, record, folder, Streams(plan, request.Streams));
            return new Container(record, folder, sandbox, loaded.Config);
        }
        catch
        {
            using (folder)
                folder.Remove();
            throw;
        }
    }

    public void Start(string id)
    {
        using Container container = Open(id);
        Start(container);
    }

    /// <summary>startContainer hooks, the program, poststart hooks.</summary>
    public void Start(Container container)
    {
        ContainerStatus status = container.Sandbox.Status;
        if (status != ContainerStatus.Created)
            throw new StepException(status == ContainerStatus.Stopped
                ? "cannot start a container that has stopped"
                : $"cannot start an already {HookState.Name(status)} container");
        if (!container.Record.HasProcess)
            throw new StepException($"container {container.Record.Id} cannot be started: its configuration has no process");
        try
        {
            RunStartContainer(container);
        }
        catch
        {
            // runtime-spec, Lifecycle, step 8: an error, and the container is stopped.
            container.Sandbox.Signal(Linux.Abi.Signal.SIGKILL, all: true);
            throw;
        }
        container.Sandbox.Start();
        RunPoststart(container);
    }

    /// <summary>After <see cref="Create"/> for a request to start at once: does what is left of start.</summary>
    public void FinishStart(Container container)
    {
        if (container.Record.Hooks.HasFlag(LaterHooks.StartContainer))
            Start(container);
        else
            RunPoststart(container);
    }

    /// <summary>Takes a created or running container down: killed only with force. Succeeds with force on one that is not there.</summary>
    public void Delete(string id, bool force)
    {
        StateFolder? folder = OpenForDelete(id, force);
        if (folder is null)
            return;
        using (folder)
        {
            string? damage = null;
            ContainerRecord? record = force ? folder.Load(out damage) : folder.Load();
            if (record is not null)
                Delete(record, folder, force);
            else if (!force)
                throw new StepException($"container {id} was never made completely: remove it with delete --force");
            else
                folder.Remove();
            if (damage is not null)
                warn($"container {id} is removed, but its processes and cgroups, if there are any, are not: {damage}");
        }
    }

    public void Delete(Container container)
    {
        container.Sandbox.Delete();
        Finish(container.Record, container.Folder);
    }

    /// <summary>What `state` says.</summary>
    public ContainerState State(string id)
    {
        using StateFolder folder = store.OpenUnlocked(id);
        ContainerRecord record = folder.Load() ?? throw new ContainerMissingException(id);
        return Describe(record, folder);
    }

    /// <summary>The configuration that a container was made from.</summary>
    public RuntimeConfig SavedConfig(string id)
    {
        using StateFolder folder = store.OpenUnlocked(id);
        return ConfigLoader.Saved(folder) ?? throw new ContainerMissingException(id);
    }

    /// <summary>All containers; a folder without a state yet is one that is being created.</summary>
    public List<ContainerState> List()
    {
        var list = new List<ContainerState>();
        foreach (string id in store.List())
        {
            try
            {
                list.Add(State(id));
            }
            catch (ContainerMissingException)
            {
                // Deleted since the listing, or not written yet: not a container.
            }
            catch (StepException error)
            {
                warn($"container {id}: {error.Message}");
            }
        }
        return list;
    }

    public Container Open(string id)
    {
        StateFolder folder = store.Open(id);
        try
        {
            ContainerRecord record = folder.Load() ?? throw new StepException($"container {id} is being created or its creation was cut off");
            return new Container(record, folder, tiers.Named(record.Isolation).Open(record, folder));
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public void Kill(string id, int signal, bool all)
    {
        using Container container = Open(id);
        if (!all && container.Sandbox.Status == ContainerStatus.Stopped)
            throw new StepException("container not running");
        Errno error = container.Sandbox.Signal(signal, all);
        if (error == Errno.ESRCH && !all)
            throw new StepException("os: process already finished");
        if (error is not (Errno.None or Errno.ESRCH))
            throw new StepException("signal the container", error);
    }

    /// <summary>Somebody outside has changed a running container's files.</summary>
    public void FilesChanged(string id)
    {
        using Container container = Open(id);
        container.Sandbox.FilesChanged();
    }

    public void Pause(string id)
    {
        using Container container = Open(id);
        Require(container, "pause", ContainerStatus.Running, ContainerStatus.Created);
        container.Sandbox.Freeze();
    }

    public void Resume(string id)
    {
        using Container container = Open(id);
        Require(container, "resume", ContainerStatus.Paused, ContainerStatus.Paused);
        container.Sandbox.Thaw();
    }

    public void Update(string id, CgroupResources resources)
    {
        using Container container = Open(id);
        if (container.Sandbox.Status == ContainerStatus.Stopped)
            throw new StepException("container not running");
        container.Sandbox.Update(resources);
    }

    /// <summary>Host pids of a container's processes. No lock: it may be asked while another command waits.</summary>
    public List<int> Pids(string id) => Look(id, sandbox => sandbox.Pids());

    /// <summary>What the container uses now.</summary>
    public CgroupStats Stats(string id) => Look(id, sandbox => sandbox.Stats());

    /// <summary>Out-of-memory events of a container, until it ends.</summary>
    public ContainerWatch Watch(string id)
    {
        using StateFolder folder = store.OpenUnlocked(id);
        ContainerRecord record = folder.Load() ?? throw new ContainerMissingException(id);
        return new ContainerWatch(record, tiers.Named(record.Isolation).Open(record, folder));
    }

    /// <summary>Adds a process. The container's lock is held until it runs, not while it runs.</summary>
    public RunningProcess Exec(string id, Process process, ExecRequest request)
    {
        using Container container = Open(id);
        ContainerStatus status = container.Sandbox.Status;
        if (status is ContainerStatus.Stopped or ContainerStatus.Creating)
            throw new StepException($"cannot exec in a {HookState.Name(status)} container: container not running");
        if (status == ContainerStatus.Paused && !request.IgnorePaused)
            throw new StepException("cannot exec in a paused container (use --ignore-paused to override)");
        RuntimeConfig config = container.Config();
        Policy.Load(container.Record.PolicyFile).ApplyExec(process, config);
        ExecUser.RequireMapped(process.User, config.Linux);
        ProcessPlan plan = ProcessPlanner.Plan(process, config, exec: true, container.HasUserNamespace);
        return container.Sandbox.Exec(plan, request with { Joined = NamespaceNames.Joined(config.Linux) });
    }

    /// <summary>In the container, as its process will be: same user, capabilities and filter; what differs is the program.</summary>
    private static void RunStartContainer(Container container)
    {
        if (!container.Record.Hooks.HasFlag(LaterHooks.StartContainer))
            return;
        Hook[] hooks = container.Config().Hooks?.StartContainer ?? [];
        byte[] document = HookState.Write(container.Record, ContainerStatus.Created, container.Record.Pid);
        RuntimeConfig config = container.Config();
        Policy.Load(container.Record.PolicyFile).ApplyExec(config.Process!, config);
        for (int i = 0; i < hooks.Length; i++)
            ContainerHook.Run($"$.hooks.startContainer[{i}]", hooks[i], document, container, config);
    }

    private void RunPoststart(Container container)
    {
        if (!container.Record.Hooks.HasFlag(LaterHooks.Poststart))
            return;
        byte[] document = HookState.Write(container.Record, ContainerStatus.Running, container.Record.Pid);
        HookRunner.RunAllLogging("poststart", container.Config().Hooks?.Poststart ?? [], document, warn);
    }

    private static LaterHooks Later(Hooks hooks) =>
        (hooks.StartContainer.Length > 0 ? LaterHooks.StartContainer : 0)
        | (hooks.Poststart.Length > 0 ? LaterHooks.Poststart : 0)
        | (hooks.Poststop.Length > 0 ? LaterHooks.Poststop : 0);

    /// <summary>Who has hooks to run between create and start, or nothing to start, cannot start at once.</summary>
    private static ProcessStreams Streams(SandboxPlan plan, ProcessStreams asked)
    {
        bool terminal = plan.Process?.Terminal ?? false;
        if (terminal && asked.Console is null)
            throw new StepException("$.process.terminal: a container with a terminal that is not run in the foreground needs --console-socket");
        if (!terminal && asked.ConsoleIsSocket)
            throw new StepException("--console-socket was given, but $.process.terminal is not true");
        bool atOnce = asked.StartAtOnce && plan.Process is not null && plan.Hooks.StartContainer.Length == 0;
        return asked with { StartAtOnce = atOnce };
    }

    private void Delete(ContainerRecord record, StateFolder folder, bool force)
    {
        using ISandbox sandbox = tiers.Named(record.Isolation).Open(record, folder);
        ContainerStatus status = sandbox.Status;
        if (!force && status != ContainerStatus.Stopped)
            throw new StepException($"cannot delete container {record.Id} that is not stopped: {HookState.Name(status)}");
        sandbox.Delete();
        Finish(record, folder);
    }

    private void Finish(ContainerRecord record, StateFolder folder)
    {
        bool hasHooks = record.Pid != 0 && record.Hooks.HasFlag(LaterHooks.Poststop);
        Hook[] hooks = hasHooks ? ConfigLoader.Saved(folder)?.Hooks?.Poststop ?? [] : [];
        folder.Remove();
        if (hooks.Length > 0)
            HookRunner.RunAllLogging("poststop", hooks, HookState.Write(record, ContainerStatus.Stopped, 0), warn);
    }

    private StateFolder? OpenForDelete(string id, bool force)
    {
        try
        {
            return store.Open(id);
        }
        catch (ContainerMissingException) when (force)
        {
            return null;
        }
    }

    private T Look<T>(string id, Func<ISandbox, T> look)
    {
        using StateFolder folder = store.OpenUnlocked(id);
        ContainerRecord record = folder.Load() ?? throw new ContainerMissingException(id);
        using ISandbox sandbox = tiers.Named(record.Isolation).Open(record, folder);
        if (sandbox.Status == ContainerStatus.Stopped)
            throw new StepException("container not running");
        return look(sandbox);
    }

    private ContainerState Describe(ContainerRecord record, StateFolder folder)
    {
        using ISandbox sandbox = tiers.Named(record.Isolation).Open(record, folder);
        ContainerState state = HookState.Of(record, sandbox.Status, record.Pid);
        state.Owner = Owners.Name(record.OwnerUid);
        return state;
    }

    private static void Require(Container container, string verb, ContainerStatus one, ContainerStatus other)
    {
        ContainerStatus status = container.Sandbox.Status;
        if (status != one && status != other)
            throw new StepException($"cannot {verb} a {HookState.Name(status)} container" + (status == ContainerStatus.Stopped ? ": container not running" : ""));
    }
}
