using System;
using System.Globalization;
using Bulkhead.Isolation.Hardened;
using Bulkhead.Isolation.State;
using Bulkhead.Isolation.Users;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Linux.Users;
using Bulkhead.Oci;

namespace Bulkhead.Cli.Doctor;

/// <summary>All checks: each asks the kernel, not a version table, wherever the kernel can be asked.</summary>
internal static class Checks
{
    private const string Hardened = "hardened", UserKernel = "userkernel", Rootless = "rootless", MicroVm = "microvm";

    /// <summary>Truncation and ioctl of devices are held too (landlock(7)).</summary>
    private const int GoodLandlock = 5;

    public static readonly Check[] All =
    [
        new(Hardened, "kernel", true, Kernel, "run Linux 5.19 or newer: idmapped layers of an overlay need it"),
        new(Hardened, "user namespaces", true, UserNamespaces, "sysctl -w user.max_user_namespaces=65536 (and CONFIG_USER_NS in the kernel)"),
        new(Hardened, "idmapped mounts on the data directory", true, IdMap.Probe, "set BULKHEAD_DATA to a directory on ext4, xfs, btrfs or tmpfs (Linux 6.3); an overlay cannot be idmapped"),
        new(Hardened, "seccomp", true, Seccomp, "use a kernel with CONFIG_SECCOMP_FILTER"),
        new(Hardened, "cgroups", true, Cgroups, "mount cgroup2 on /sys/fs/cgroup, or v1 with the controllers cpu, memory and pids"),
        new(Hardened, "time namespaces", true, () => Exists("/proc/self/ns/time"), "use a kernel with CONFIG_TIME_NS (Linux 5.6)"),
        new(Hardened, "monitor", true, () => Exists(Sys.Beside("bulkhead-monitor")), "install bulkhead-monitor beside bulkhead (make install)"),
        new(Hardened, "landlock", false, Landlock, "add landlock to the kernel's lsm= list; ABI 5 and more needs Linux 6.10"),
        new(Hardened, "overlay, for --writable", false, () => FileSystem("overlay"), "modprobe overlay"),
        new(Hardened, "swap accounting", false, Swap, "boot a v1 kernel with swapaccount=1: --memory-swap has no effect without"),
        new(UserKernel, "kernel program", false, () => Exists(Sys.Beside("bulkhead-kernel")), "install bulkhead-kernel beside bulkhead (make install); all that hardened needs is needed too"),
        new(Rootless, "unprivileged user namespaces", false, Unprivileged, "sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0"),
        new(Rootless, "own user and group", false, OwnUsers, "see the check above: without user namespaces a plain user has no containers"),
        new(Rootless, "more ids (--as-root)", false, MoreUsers, "see what was found; without them a container has one user id only, which is what its program needs by default"),
        new(Rootless, "runtime directory", false, RuntimeDirectory, "log in with a session (loginctl enable-linger), or set XDG_RUNTIME_DIR to a private directory of yours"),
        new(Rootless, "limits", false, Delegation, "boot with cgroup v2 (systemd.unified_cgroup_hierarchy=1) and use a delegated cgroup: systemd-run --user --scope -p Delegate=yes bulkhead run ..."),
        new(MicroVm, "/dev/kvm", false, Kvm, "enable virtualisation in the firmware, modprobe kvm_intel or kvm_amd; without it only slow emulation works"),
    ];

    private static (bool, string) Kernel()
    {
        string release = HostFile.Read("/proc/sys/kernel/osrelease")?.Trim() ?? "unknown";
        string[] parts = release.Split('.', '-');
        bool known = parts.Length > 1 && int.TryParse(parts[0], out int major) && int.TryParse(parts[1], out int minor) && (major > 5 || (major == 5 && minor >= 19));
        return (known, release);
    }

    private static (bool, string) UserNamespaces()
    {
        string? most = HostFile.Read("/proc/sys/user/max_user_namespaces")?.Trim();
        return (most is not (null or "0"), most is null ? "not in this kernel" : most + " at most");
    }

    private static (bool, string) Seccomp()
    {
        string actions = HostFile.Read("/proc/sys/kernel/seccomp/actions_avail")?.Trim() ?? "";
        return (actions.Contains("errno", StringComparison.Ordinal), actions.Length > 0 ? actions : "not in this kernel");
    }

    private static (bool, string) Cgroups()
    {
        CgroupLayout layout = CgroupLayout.Detect();
        CgroupControllers all = CgroupControllers.None;
        foreach (CgroupHierarchy hierarchy in layout.Hierarchies)
            all |= hierarchy.Controllers;
        const CgroupControllers Wanted = CgroupControllers.Cpu | CgroupControllers.Memory | CgroupControllers.Pids;
        string? unified = layout.Mode == CgroupMode.Unified ? HostFile.Read("/sys/fs/cgroup/cgroup.controllers")?.Trim() : null;
        bool good = unified is null ? (all & Wanted) == Wanted
            : Array.TrueForAll(["cpu", "memory", "pids"], name => Array.IndexOf(unified.Split(' '), name) >= 0);
        return (good, layout.Mode switch { CgroupMode.Unified => "v2: " + unified, CgroupMode.Hybrid => "v1 with v2 beside (hybrid)", _ => "v1" });
    }

    private static (bool, string) Landlock()
    {
        Result<int> abi = Sys.LandlockAbi();
        return (abi.Ok && abi.Value >= GoodLandlock, abi.Ok ? string.Create(CultureInfo.InvariantCulture, $"ABI {abi.Value}") : "not in this kernel");
    }

    private static (bool, string) FileSystem(string name)
    {
        string known = HostFile.Read("/proc/filesystems") ?? "";
        bool found = Array.Exists(known.Split('\n'), line => line.TrimStart().EndsWith("\t" + name, StringComparison.Ordinal) || line.Trim() == name);
        return (found, found ? "in the kernel" : "not loaded");
    }

    private static (bool, string) Swap()
    {
        bool v2 = CgroupLayout.Detect().Mode == CgroupMode.Unified;
        return v2 || HostFile.Exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes") ? (true, "there") : (false, "off");
    }

    private static (bool, string) Unprivileged()
    {
        foreach ((string file, string bad) in new[] { ("/proc/sys/kernel/unprivileged_userns_clone", "0"), ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") })
        {
            if (HostFile.Read(file)?.Trim() == bad)
                return (false, file + " is " + bad);
        }
        return UserNamespaces();
    }

    /// <summary>Makes one, as every container of a plain user's does first.</summary>
    private static (bool, string) OwnUsers()
    {
        try
        {
            LinuxIdMapping[] uid = [new() { ContainerId = 0, HostId = Sys.GetEuid(), Size = 1 }], gid = [new() { ContainerId = 0, HostId = Sys.GetEgid(), Size = 1 }];
            using Fd users = Isolation.Plan.UserNamespaces.Make(uid, UserEntry.IsRootless ? [] : gid);
            return (true, "a user namespace was made");
        }
        catch (StepException error)
        {
            return (false, error.Message);
        }
    }

    private static (bool, string) MoreUsers()
    {
        if (!UserEntry.IsRootless)
            return HostFile.Exists(UserOrder.NewUidMap) ? (true, UserOrder.NewUidMap) : (false, UserOrder.NewUidMap + " is not there");
        if (CallerUsers.WhyAlone() is { } why)
            return (false, why);
        ulong count = 0;
        foreach (IdExtent range in CallerUsers.Ranges())
            count += range.Size;
        return (count > 0, string.Create(CultureInfo.InvariantCulture, $"{count} ids that /etc/subuid and /etc/subgid give alike"));
    }

    private static (bool, string) RuntimeDirectory()
    {
        if (!UserEntry.IsRootless)
            return (true, "asked for by plain users only");
        try
        {
            return (true, StateRoots.Runtime());
        }
        catch (StepException error)
        {
            return (false, error.Message);
        }
    }

    private static (bool, string) Delegation()
    {
        CgroupLayout layout = CgroupLayout.Detect();
        string? why = UserEntry.IsRootless ? CgroupAccess.WhyNot(layout) : layout.Mode == CgroupMode.Unified ? null : "cgroup v1: a plain user gets no limits";
        return (why is null, why ?? "cgroup v2");
    }

    private static (bool, string) Kvm()
    {
        Result<Fd> device = Sys.OpenAt(Fd.Cwd, "/dev/kvm", Fcntl.O_RDWR);
        if (!device.Ok)
            return (false, device.Error.Describe());
        device.Value.Dispose();
        return (true, "there");
    }

    private static (bool, string) Exists(string path) => HostFile.Exists(path) ? (true, path) : (false, path + " is not there");
}
