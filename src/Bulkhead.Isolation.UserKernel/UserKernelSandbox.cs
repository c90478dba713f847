using System.Collections.Generic;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Isolation.UserKernel;

/// <summary>The sandbox around a kernel: all but exec is the walls' own.</summary>
internal sealed class UserKernelSandbox(ISandbox walls, StateFolder folder) : ISandbox
{
    public ContainerStatus Status => walls.Status;

    public RunningProcess? Process => walls.Process;

    public void Start() => walls.Start();

    /// <summary>
    /// Into the sandbox goes not the program but one of ours: it asks the kernel for a guest process with its own standard streams, passes signals
    /// on and ends as the guest does.
    /// </summary>
    public RunningProcess Exec(ProcessPlan plan, ExecRequest request)
    {
        Refusals.Check(plan, request);
        if (Status == ContainerStatus.Created)
            throw Refusals.Refused("exec: the guests' kernel runs from start on");
        using Fd control = folder.OpenControl().OrThrow("reach the container's kernel");
        using Fd program = UserKernelTier.OpenProgram();
        return walls.Exec(KernelProcess.Attached(plan, program, control), request);
    }

    /// <summary>A signal is for guests, whose processes the host does not know: their kernel passes it to the first of them.</summary>
    public Errno Signal(int signal, bool all) => !all || signal == Linux.Abi.Signal.SIGKILL
        ? walls.Signal(signal, all)
        : throw Refusals.Refused("kill --all: only KILL reaches every process of the guests");

    public void Freeze() => walls.Freeze();

    public void Thaw() => walls.Thaw();

    public void Update(CgroupResources resources) => walls.Update(resources);

    public List<int> Pids() => walls.Pids();

    public CgroupStats Stats() => walls.Stats();

    public ulong? OomKills() => walls.OomKills();

    public OomWatch WatchOom() => walls.WatchOom();

    /// <summary>One descriptor is no order, and closed when it was heard. A kernel that is paused hears it before its guests go on.</summary>
    public void FilesChanged()
    {
        const int Patience = 1000; // milliseconds
        Result<Fd> control = folder.OpenControl();
        if (!control.Ok)
            return; // it has ended
        using Fd kernel = control.Value;
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using (ours)
        {
            using (theirs)
                Sys.SendFd(kernel, theirs, [0]);
            if (Status == ContainerStatus.Running)
                Sys.PollOne(ours, Poll.POLLIN, Patience);
        }
    }

    public void Delete() => walls.Delete();

    public void Dispose() => walls.Dispose();
}
