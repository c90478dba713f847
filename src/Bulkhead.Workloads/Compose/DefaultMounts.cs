using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose;

/// <summary>What every container has below its root.</summary>
internal static class DefaultMounts
{
    /// <summary>Docker's list: kernel memory, keys, timers and firmware of the host.</summary>
    public static readonly string[] MaskedPaths =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];

    public static readonly string[] ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>A root file system decides how many there are, and each is a mount.</summary>
    private const int MaxRunFolders = 8;

    public static void Add(List<Mount> mounts, WorkloadOptions options, ProcessUser user, bool oneGroup, bool cgroup)
    {
        mounts.Add(Make("/proc", "proc", "proc", "nosuid", "noexec", "nodev"));
        mounts.Add(Make("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"));
        mounts.Add(Make("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", TerminalGroup(user, oneGroup)));
        mounts.Add(Make("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", Size(options.ShmSize)));
        mounts.Add(Make("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"));
        mounts.Add(options.Network == "none" || options.Privileged
            ? Make("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", options.Privileged ? "rw" : "ro")
            // sysfs shows the network namespace that it was mounted in, and only its owner may mount it: the host's is bound instead.
            : Make("/sys", "none", "/sys", "rbind", "nosuid", "noexec", "nodev", "rro"));
        if (cgroup)
            mounts.Add(Make("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", options.Privileged ? "rw" : "ro"));
        if (options.Writable || options.Privileged)
            return;
        string owner = string.Create(CultureInfo.InvariantCulture, $"uid={user.Uid},gid={user.Gid}");
        if (!IsTarget(options, "/tmp"))
            mounts.Add(Make("/tmp", "tmpfs", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777"));
        if (!IsTarget(options, "/run"))
            AddRun(mounts, options, owner);
    }

    /// <summary>
    /// /run is the program's own, and so are the folders that the root file system has there (/run/mysqld, /run/postgresql): servers make their
    /// sockets in them, and expect them to be there.
    /// </summary>
    private static void AddRun(List<Mount> mounts, WorkloadOptions options, string owner)
    {
        mounts.Add(Make("/run", "tmpfs", "tmpfs", "nosuid", "noexec", "nodev", "mode=755", owner));
        int count = 0;
        foreach (string name in RootFiles.Directories(RootPath.Of(options), "run"))
        {
            if (!IsTarget(options, "/run/" + name) && ++count <= MaxRunFolders)
                mounts.Add(Make("/run/" + name, "tmpfs", "tmpfs", "nosuid", "noexec", "nodev", "mode=755", owner));
        }
    }

    /// <summary>Files that the runtime keeps for the container, instead of the root file system's.</summary>
    public static void AddFiles(List<Mount> mounts, string folder, bool noHosts)
    {
        foreach (string name in noHosts ? new[] { "hostname", "resolv.conf" } : ["hosts", "hostname", "resolv.conf"])
            mounts.Add(Make("/etc/" + name, "none", folder + "/" + name, "bind", "ro", "nosuid", "noexec", "nodev", "private"));
    }

    public static Mount Make(string destination, string type, string source, params string[] options) =>
        new() { Destination = destination, Type = type, Source = source, Options = options };

    /// <summary>"tty", 5 in every distribution, where there is such a group.</summary>
    private static string TerminalGroup(ProcessUser user, bool oneGroup) => string.Create(CultureInfo.InvariantCulture, $"gid={(oneGroup ? user.Gid : 5)}");

    private static bool IsTarget(WorkloadOptions options, string path)
    {
        foreach (VolumeOption mount in options.Mounts)
        {
            if (mount.Target == path)
                return true;
        }
        return false;
    }

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"size={bytes}");
}
