using System;
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

    private const string Proc = "/proc", ProcType = "proc";

    /// <summary>The name of its program, beside ours.</summary>
    public const string ProgramName = "bulkhead-kernel";

    public string Name => TierName;

    public TierFeatures Features => walls.Features;

    public ISandbox Create(SandboxPlan plan, ContainerRecord state, StateFolder folder, ProcessStreams streams)
    {
        if (plan.Process is not { } guest)
            return walls.Create(plan, state, folder, streams);
        Check(plan, guest);
        using Fd kernel = OpenProgram();
        using Fd control = folder.MakeControl();
        SandboxPlan inner = plan with { Process = KernelProcess.For(plan, guest, kernel, control) };
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

    /// <summary>What this tier has no answer for is refused by name, never passed over.</summary>
    private static void Check(SandboxPlan plan, ProcessPlan guest)
    {
        if (!plan.Namespaces.IsNew(Sched.CLONE_NEWPID))
            throw Refused("$.linux.namespaces: a pid namespace of the sandbox's own is needed: its processes end with its kernel");
        if (guest.Seccomp?.ListenerPath is not null)
            throw Refused("$.linux.seccomp.listenerPath: the guest's system calls never reach the host's filter");
        foreach (DevicePlan device in plan.Devices)
        {
            if (!IsDefault(device))
                throw Refused($"$.linux.devices: {device.Path}: devices of the host are not given to guests");
        }
        foreach (MountPlan mount in plan.Mounts)
        {
            if (mount.Source is { } source && Array.IndexOf(DefaultDevices, mount.Destination) < 0 && IsDevice(source))
                throw Refused($"$.mounts: {mount.Destination}: devices of the host are not given to guests");
        }
        CheckProc(plan.Mounts);
    }

    /// <summary>
    /// The kernel trusts what /proc says of itself, so that it must be procfs, not the image's; and no guest may reach it by another name: it
    /// leads to the kernel's own memory.
    /// </summary>
    private static void CheckProc(MountPlan[] mounts)
    {
        string? last = null;
        foreach (MountPlan mount in mounts)
        {
            if (mount.Destination == Proc && mount.Type != MountPlan.Remount)
                last = mount.Type;
            else if (!mount.Destination.StartsWith(Proc + "/", StringComparison.Ordinal) && IsProc(mount))
                throw Refused($"$.mounts: {mount.Destination}: the host's procfs is not given to guests");
        }
        if (last != ProcType)
            throw Refused($"$.mounts: a procfs is needed at {Proc}");
    }

    private static bool IsProc(MountPlan mount) => mount.Source is { } source
        ? Sys.FileSystemMagic(source).OrThrow("ask for the file system of a mount's source") == Mount.PROC_SUPER_MAGIC
        : mount.Type == ProcType;

    private static bool IsDefault(DevicePlan device) => Array.IndexOf(DefaultDevices, device.Path) >= 0;

    private static bool IsDevice(Fd file) =>
        (Sys.Fstat(file).OrThrow("stat a mount's source").st_mode & StatMode.S_IFMT) is StatMode.S_IFCHR or StatMode.S_IFBLK;

    private static readonly string[] DefaultDevices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];

    private static StepException Refused(string why) => new($"isolation {TierName}: {why}");
}
