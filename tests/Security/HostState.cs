using System;
using System.IO;
using System.Linq;

namespace Bulkhead.Security;

/// <summary>Settings and lists of the host that probes would change if they reached it.</summary>
internal static class HostState
{
    private static readonly string[] Files =
    [
        "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug", "/proc/sys/kernel/poweroff_cmd", "/proc/sys/kernel/panic", "/proc/sys/kernel/sysrq",
        "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname", "/proc/sys/kernel/io_uring_disabled", "/proc/swaps", "/sys/kernel/uevent_helper",
        "/proc/irq/default_smp_affinity",
    ];

    /// <summary>To be compared with a later look.</summary>
    public static string Look() => string.Join('\n', Files.Where(File.Exists).Select(file => file + " " + File.ReadAllText(file)))
        + string.Join('\n', Directory.GetFileSystemEntries("/dev", "probe*"))
        + string.Join('\n', File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(Rootfs.Shared, StringComparison.Ordinal)))
        + (Host.Victim.HasExited ? "the victim has ended" : "");
}
