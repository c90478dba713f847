using System;
using System.Collections.Generic;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.UserKernel;

/// <summary>What this tier has no answer for is refused by name, never passed over (docs/userkernel.md).</summary>
internal static class Refusals
{
    private const string Proc = "/proc", ProcType = "proc";

    private static readonly string[] DefaultDevices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];

    /// <summary>Trees of the kernel's own, into which nothing of the host's can be mounted, and the places that are mounted there by every caller.</summary>
    private static readonly string[] OwnTrees = ["/proc", "/sys"], UsualPlaces = ["/proc", "/sys", "/sys/fs/cgroup"];

    private static readonly (ulong Type, string Name, string Why)[] OwnNamespaces =
    [
        (Sched.CLONE_NEWPID, "pid", "its processes end with its kernel"),
        (Sched.CLONE_NEWNET, "network", "guests have the loopback device alone"),
        (Sched.CLONE_NEWIPC, "ipc", "guests have message queues and semaphores of their own kernel"),
    ];

    public static void Check(SandboxPlan plan, ProcessPlan guest, ProcessStreams streams)
    {
        foreach ((ulong type, string name, string why) in OwnNamespaces)
        {
            if (type == Sched.CLONE_NEWPID ? !plan.Namespaces.IsNew(type) : !plan.Namespaces.Has(type))
                throw Refused($"$.linux.namespaces: a {name} namespace of the sandbox's own is needed: {why}");
        }
        if (guest.Seccomp?.ListenerPath is not null)
            throw Refused("$.linux.seccomp.listenerPath: the guest's system calls never reach the host's filter");
        if (plan.NetDevices.Length > 0)
            throw Refused($"$.linux.netDevices: {plan.NetDevices[0].Key}: guests have the loopback device alone");
        if (plan.Hooks.StartContainer.Length > 0)
            throw Refused("$.hooks.startContainer: the guests' kernel runs from start on, and the image's programs run on no other");
        foreach (KeyValuePair<string, string> sysctl in plan.Sysctls)
        {
            if (Array.IndexOf(UserKernelTier.Sysctls, sysctl.Key) < 0)
                throw Refused($"$.linux.sysctl[\"{sysctl.Key.Replace('/', '.')}\"]: not among the user kernel's: {string.Join(", ", UserKernelTier.Sysctls).Replace('/', '.')}");
        }
        CheckDevices(plan);
        CheckProc(plan.Mounts);
        CheckFiles(streams);
    }

    /// <summary>What exec asks for beyond a program: it must be the guest's, not that of the process of ours that stands for it.</summary>
    public static void Check(ProcessPlan guest, ExecRequest request)
    {
        if (request.SubCgroups.Count > 0)
            throw Refused("exec: --cgroup: all guests are in the sandbox's cgroup");
        if (request.Streams.PreserveFds > 0)
            throw Refused("exec: --preserve-fds: only the first process gets further descriptors");
        if ((guest.InitialAffinity ?? guest.FinalAffinity) is not null)
            throw Refused("$.process.execCPUAffinity: guests run on the CPUs of the sandbox's cgroup");
        if (guest.Seccomp?.ListenerPath is not null)
            throw Refused("$.linux.seccomp.listenerPath: the guest's system calls never reach the host's filter");
    }

    /// <summary>What is taken, since every engine gives it, and means less than in other tiers.</summary>
    public static IEnumerable<string> Warnings(SandboxPlan plan)
    {
        if (plan.Namespaces.Joined(Sched.CLONE_NEWNET) is { } network)
            yield return $"isolation {UserKernelTier.TierName}: $.linux.namespaces: {network.Path}: guests have a loopback device of their own and no other network";
        if (plan.Namespaces.Joined(Sched.CLONE_NEWIPC) is { } ipc)
            yield return $"isolation {UserKernelTier.TierName}: $.linux.namespaces: {ipc.Path}: message queues, semaphores and shared memory of System V are not shared with other containers";
    }

    private static void CheckDevices(SandboxPlan plan)
    {
        foreach (DevicePlan device in plan.Devices)
        {
            if (Array.IndexOf(DefaultDevices, device.Path) < 0)
                throw Refused($"$.linux.devices: {device.Path}: devices of the host are not given to guests");
        }
        foreach (MountPlan mount in plan.Mounts)
        {
            bool isUsual = Array.IndexOf(UsualPlaces, mount.Destination) >= 0;
            if (!isUsual && Array.Exists(OwnTrees, tree => mount.Destination.StartsWith(tree + "/", StringComparison.Ordinal)))
                throw Refused($"$.mounts: {mount.Destination}: /proc and /sys are the user kernel's own");
            if (mount.Source is { } source && Array.IndexOf(DefaultDevices, mount.Destination) < 0 && IsForeignDevice(source))
                throw Refused($"$.mounts: {mount.Destination}: devices of the host are not given to guests");
        }
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

    /// <summary>Files and pipes are the guest's to read and write; what a socket is for needs calls that the kernel may not make.</summary>
    private static void CheckFiles(ProcessStreams streams)
    {
        const int FirstPreserved = 3;
        for (int fd = FirstPreserved; fd < FirstPreserved + streams.PreserveFds; fd++)
        {
            if (Sys.Fstat(Fd.Borrow(fd)) is { Ok: true } found && (found.Value.st_mode & StatMode.S_IFMT) == StatMode.S_IFSOCK)
                throw Refused($"--preserve-fds: descriptor {fd} is a socket of the host's, which guests are not given");
        }
    }

    /// <summary>Not one of those that the kernel has of its own: null, zero, full, random and urandom, which masks are made of.</summary>
    private static bool IsForeignDevice(Fd file)
    {
        stat status = Sys.Fstat(file).OrThrow("stat a mount's source");
        bool isMemory = status.st_rdev is (1 << 8 | 3) or (1 << 8 | 5) or (1 << 8 | 7) or (1 << 8 | 8) or (1 << 8 | 9);
        return (status.st_mode & StatMode.S_IFMT) is var type && (type == StatMode.S_IFBLK || (type == StatMode.S_IFCHR && !isMemory));
    }

    public static StepException Refused(string why) => new($"isolation {UserKernelTier.TierName}: {why}");
}
