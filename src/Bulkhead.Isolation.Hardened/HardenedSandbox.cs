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

    private Cgroup Cgroup => cgroup ??= Cgroup.Open(state.Cgroup ?? throw new StepException("the container was never made: remove it with delete --force"));

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
            return Cgroup.State() == FreezeState.Frozen ? ContainerStatus.Paused : status;
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

    public RunningProcess Exec(ProcessPlan plan, ExecRequest request) => new ExecCreator(state, Cgroup.ForExec(request.SubCgroups, state.Pid), plan, request).Create();

    public Errno Signal(int signal, bool all)
    {
        if (all)
            return Cgroup.Kill(signal) ? Errno.None : Errno.ESRCH;
        Result<Fd> pidfd = InitProcess.Open(state);
        if (!pidfd.Ok)
            return pidfd.Error;
        using Fd target = pidfd.Value;
        return Sys.PidfdSendSignal(target, signal);
    }

    public void Freeze() => Cgroup.Freeze();

    public void Thaw() => Cgroup.Thaw();

    public void Update(CgroupResources resources) => Cgroup.Update(resources);

    public List<int> Pids() => Cgroup.Pids();

    public CgroupStats Stats() => Cgroup.Stats();

    public ulong? OomKills() => Cgroup.OomKills();

    public OomWatch WatchOom() => Cgroup.WatchOom();

    /// <summary>The cgroup knows every process, also those that init's end left in a shared pid namespace.</summary>
    public void Delete()
    {
        Result<Fd> pidfd = InitProcess.Open(state);
        if (pidfd.Ok)
        {
            using Fd init = pidfd.Value;
            Sys.PidfdSendSignal(init, Linux.Abi.Signal.SIGKILL);
            Cgroup.Kill();
            HookRunner.WaitFor(init, timeout: 10);
        }
        if (state.Cgroup is null)
            return;
        Cgroup.Kill();
        Cgroup.Remove();
    }

    public void Dispose()
    {
        Report?.Dispose();
        cgroup?.Dispose();
    }
}
