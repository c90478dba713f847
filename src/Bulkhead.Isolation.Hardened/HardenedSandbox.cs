using System;
using System.Collections.Generic;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened;

/// <summary>A hardened container: its cgroup and its first process. Everything is asked of the kernel each time.</summary>
internal sealed class HardenedSandbox(ContainerRecord state, StateFolder folder, RunningProcess? process) : ISandbox
{
    private Cgroup? cgroup;

    /// <summary>Kept open while the first process may still report.</summary>
    public SpawnedProcess? Report { get; init; }

    public RunningProcess? Process => process;

    /// <summary>Asked for by <paramref name="verb"/>, which is out of reach without one.</summary>
    private Cgroup Need(string verb) => cgroup ??= Cgroup.Open(state.Cgroup ?? throw new StepException(state.Pid == 0
        ? "the container was never made: remove it with delete --force"
        : $"{verb} {CgroupAccess.Mend}"));

    public ContainerStatus Status
    {
        get
        {
            ContainerStatus status = InitProcess.Status(state);
            // A creation that was cut off is over: what it made waits for delete.
            if (status == ContainerStatus.Creating && !folder.IsChangedByOther())
                return ContainerStatus.Stopped;
            if (status != ContainerStatus.Running || state.Cgroup is null)
                return status;
            return Need("state").State() == FreezeState.Frozen ? ContainerStatus.Paused : status;
        }
    }

    /// <summary>One byte wakes the first process; its end of the fifo closes with exec, so that start returns when the program runs.</summary>
    public void Start()
    {
        Result<Fd> opened = folder.OpenFifo();
        if (opened.Error is Errno.ENXIO or Errno.ENOENT)
            throw new StepException(InitProcess.IsAlive(state) ? "cannot start a container that has already been started" : "cannot start a container that has stopped");
        using Fd fifo = opened.OrThrow("open the fifo for start");
        Errno error = Sys.WriteAll(fifo, [1]);
        if (error != Errno.None)
            throw new StepException("wake the container's first process", error);
        Span<pollfd> fds = [new pollfd { fd = fifo.Value, events = 0 }];
        Sys.Poll(fds, -1).OrThrow("wait for the container's program");
        folder.RemoveFifo();
    }

    public RunningProcess Exec(ProcessPlan plan, ExecRequest request) =>
        new ExecCreator(state, ExecCgroup(request.SubCgroups), plan, request).Create();

    private Cgroup? ExecCgroup(IReadOnlyList<string> asked) =>
        state.Cgroup is null && asked.Count == 0 ? null : Need("exec --cgroup").ForExec(asked, state.Pid);

    public Errno Signal(int signal, bool all)
    {
        if (all)
            return state.Cgroup is null ? SignalNamespace(signal) : Need("kill").Kill(signal) ? Errno.None : Errno.ESRCH;
        Result<Fd> pidfd = InitProcess.Open(state);
        if (!pidfd.Ok)
            return pidfd.Error;
        using Fd target = pidfd.Value;
        return Sys.PidfdSendSignal(target, signal);
    }

    /// <summary>Without a cgroup: to each that is there now. The end of the first process ends them all.</summary>
    private Errno SignalNamespace(int signal)
    {
        using Fd? init = InitProcess.Open(state) is { Ok: true } opened ? opened.Value : null;
        if (init is null)
            return Errno.ESRCH;
        if (signal == Linux.Abi.Signal.SIGKILL)
            return Sys.PidfdSendSignal(init, signal);
        foreach (int pid in PidNamespace.Processes(state.Pid))
        {
            // The number may be another's by now: only what the pidfd holds is looked at again, and then signalled.
            if (Sys.PidfdOpen(pid) is not { Ok: true } process)
                continue;
            using Fd target = process.Value;
            if (PidNamespace.IsIn(pid, state.Pid))
                Sys.PidfdSendSignal(target, signal);
        }
        return Errno.None;
    }

    public void Freeze() => Need("pause").Freeze();

    public void Thaw() => Need("resume").Thaw();

    public void Update(CgroupResources resources) => Need("update").Update(resources);

    public List<int> Pids() => state.Cgroup is null ? PidNamespace.Processes(state.Pid) : Need("ps").Pids();

    public CgroupStats Stats() => Need("stats").Stats();

    public ulong? OomKills() => state.Cgroup is null ? null : Need("stats").OomKills();

    public OomWatch WatchOom() => Need("events").WatchOom();

    /// <summary>The host's kernel sees for itself.</summary>
    public void FilesChanged()
    {
    }

    /// <summary>The cgroup knows every process, also those that init's end left in a shared pid namespace.</summary>
    public void Delete()
    {
        Result<Fd> pidfd = InitProcess.Open(state);
        if (pidfd.Ok)
        {
            using Fd init = pidfd.Value;
            Sys.PidfdSendSignal(init, Linux.Abi.Signal.SIGKILL);
            if (state.Cgroup is not null)
                Need("delete").Kill();
            HookRunner.WaitFor(init, timeout: 10);
        }
        if (state.Cgroup is null)
            return;
        Need("delete").Kill();
        Need("delete").Remove();
    }

    public void Dispose()
    {
        Report?.Dispose();
        cgroup?.Dispose();
    }
}
