using System.Collections.Generic;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.UserKernel;

/// <summary>
/// Containers on a Linux kernel of our own. The sandbox is a hardened one whose program is that kernel: what breaks out of the kernel still
/// stands in a hardened container (docs/decisions/0034).
/// </summary>
/// <param name="walls">The tier that makes the sandbox around the kernel.</param>
public sealed class UserKernelTier(ITier walls) : ITier
{
    public const string TierName = "userkernel";

    /// <summary>The name of its program, beside ours.</summary>
    public const string ProgramName = "bulkhead-kernel";

    /// <summary>Values of /proc/sys, by path below it, that have their effect in the kernel too.</summary>
    public static readonly string[] Sysctls = ["net/ipv4/ip_unprivileged_port_start", "net/ipv4/ping_group_range"];

    public string Name => TierName;

    public TierFeatures Features => walls.Features;

    public IEnumerable<string> Warnings(SandboxPlan plan) => Refusals.Warnings(plan);

    public ISandbox Create(SandboxPlan plan, ContainerRecord state, StateFolder folder, ProcessStreams streams)
    {
        if (plan.Process is not { } guest)
            return walls.Create(plan, state, folder, streams);
        Refusals.Check(plan, guest, streams);
        using Fd kernel = OpenProgram();
        using Fd control = folder.MakeControl();
        SandboxPlan inner = plan with { Process = KernelProcess.For(plan, guest, kernel, control, streams.PreserveFds) };
        return new UserKernelSandbox(walls.Create(inner, state, folder, streams), folder);
    }

    public ISandbox Open(ContainerRecord state, StateFolder folder) => new UserKernelSandbox(walls.Open(state, folder), folder);

    internal static Fd OpenProgram()
    {
        string program = Sys.Beside(ProgramName);
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, program, Fcntl.O_RDONLY);
        if (opened.Error == Errno.ENOENT)
            throw new StepException($"isolation {TierName}: {program} is not there: install {ProgramName} beside this program (make install)");
        return opened.OrThrow("open", program);
    }
}
