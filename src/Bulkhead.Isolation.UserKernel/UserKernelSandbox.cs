using System.Collections.Generic;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Isolation.UserKernel;

/// <summary>The sandbox around a kernel: all but exec is the walls' own.</summary>
internal sealed class UserKernelSandbox(ISandbox walls) : ISandbox
{
    public ContainerStatus Status => walls.Status;

    public RunningProcess? Process => walls.Process;

    public void Start() => walls.Start();

    /// <summary>The walls' exec would run the image's program on the host's kernel.</summary>
    public RunningProcess Exec(ProcessPlan plan, ExecRequest request) =>
        throw new StepException("exec: a container with isolation userkernel takes no further processes yet: run the program in a container of its own");

    public Errno Signal(int signal, bool all) => walls.Signal(signal, all);

    public void Freeze() => walls.Freeze();

    public void Thaw() => walls.Thaw();

    public void Update(CgroupResources resources) => walls.Update(resources);

    public List<int> Pids() => walls.Pids();

    public CgroupStats Stats() => walls.Stats();

    public ulong? OomKills() => walls.OomKills();

    public OomWatch WatchOom() => walls.WatchOom();

    public void Delete() => walls.Delete();

    public void Dispose() => walls.Dispose();
}
