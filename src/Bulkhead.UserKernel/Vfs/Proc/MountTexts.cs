using System.Globalization;
using System.Text;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/PID/mounts and mountinfo: the root and the trees of the kernel's own.</summary>
internal static class MountTexts
{
    public const int RootId = 20;

    private static readonly (string Place, string Source, string Type, string Options, string Super)[] Mounts =
    [
        ("/", "root", "rootfs", "rw", "rw"),
        ("/proc", "proc", "proc", "rw,nosuid,nodev,noexec,relatime", "rw"),
        ("/sys", "sysfs", "sysfs", "ro,nosuid,nodev,noexec,relatime", "ro"),
        ("/sys/fs/cgroup", "cgroup", "cgroup2", "ro,nosuid,nodev,noexec,relatime", "ro"),
        ("/dev", "devtmpfs", "tmpfs", "rw,nosuid,noexec", "rw,mode=755"),
    ];

    public static string Table { get; } = MakeTable();

    public static string Info { get; } = MakeInfo();

    private static string MakeTable()
    {
        var text = new StringBuilder();
        foreach ((string place, string source, string type, string options, _) in Mounts)
            text.Append(CultureInfo.InvariantCulture, $"{source} {place} {type} {options} 0 0\n");
        return text.ToString();
    }

    private static string MakeInfo()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Mounts.Length; i++)
        {
            (string place, string source, string type, string options, string super) = Mounts[i];
            int parent = i == 0 ? RootId - 1 : type == "cgroup2" ? RootId + i - 1 : RootId;
            text.Append(CultureInfo.InvariantCulture, $"{RootId + i} {parent} 0:{RootId + i} / {place} {options} - {type} {source} {super}\n");
        }
        return text.ToString();
    }
}
