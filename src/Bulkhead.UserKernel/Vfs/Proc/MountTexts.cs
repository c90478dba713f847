using System.Globalization;
using System.Text;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/PID/mounts and mountinfo: what the sandbox has mounted, with the kernel's own trees in the places of the host's.</summary>
internal static class MountTexts
{
    private const int PlaceInTable = 1, PlaceInInfo = 4, FirstOwnId = 1, UsualRootId = 20;

    private static readonly (string Place, string Source, string Type, string Options, string Super)[] Own =
    [
        ("/proc", "proc", "proc", "rw,nosuid,nodev,noexec,relatime", "rw"),
        ("/sys", "sysfs", "sysfs", "ro,nosuid,nodev,noexec,relatime", "ro"),
        ("/sys/fs/cgroup", "cgroup", "cgroup2", "ro,nosuid,nodev,noexec,relatime", "ro"),
        ("/dev", "devtmpfs", "tmpfs", "rw,nosuid,noexec", "rw,mode=755"),
        ("/dev/pts", "devpts", "devpts", "rw,nosuid,noexec,relatime", "rw,gid=5,mode=620,ptmxmode=666"),
    ];

    public static string Table(Kernel kernel)
    {
        var text = new StringBuilder();
        string[] lines = kernel.Sandbox.Mounts;
        if (lines.Length == 0)
            text.Append("root / rootfs rw 0 0\n");
        AddShown(kernel, text, lines, PlaceInTable, isRoot: true);
        foreach ((string place, string source, string type, string options, _) in Own)
            text.Append(CultureInfo.InvariantCulture, $"{source} {place} {type} {options} 0 0\n");
        AddShown(kernel, text, lines, PlaceInTable, isRoot: false);
        return text.ToString();
    }

    public static string Info(Kernel kernel)
    {
        var text = new StringBuilder();
        string[] lines = kernel.Sandbox.MountInfo;
        int root = RootId(lines);
        if (lines.Length == 0)
            text.Append(CultureInfo.InvariantCulture, $"{root} {root - 1} 0:{root} / / rw - rootfs root rw\n");
        AddShown(kernel, text, lines, PlaceInInfo, isRoot: true);
        for (int i = 0; i < Own.Length; i++)
        {
            (string place, string source, string type, string options, string super) = Own[i];
            int id = FirstOwnId + i, parent = place.LastIndexOf('/') == 0 ? root : id - 1;
            text.Append(CultureInfo.InvariantCulture, $"{id} {parent} 0:{UsualRootId + id} / {place} {options} - {type} {source} {super}\n");
        }
        AddShown(kernel, text, lines, PlaceInInfo, isRoot: false);
        return text.ToString();
    }

    /// <summary>mnt_id of what is open: the root's.</summary>
    public static int RootId(Kernel kernel) => RootId(kernel.Sandbox.MountInfo);

    private static int RootId(string[] info)
    {
        foreach (string line in info)
        {
            string[] words = line.Split(' ');
            if (words.Length > PlaceInInfo && words[PlaceInInfo] == "/" && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                return id;
        }
        return UsualRootId;
    }

    private static void AddShown(Kernel kernel, StringBuilder text, string[] lines, int column, bool isRoot)
    {
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            if (words.Length > column && (words[column] == "/") == isRoot && !kernel.FileSystem.IsOwn(words[column]))
                text.Append(line).Append('\n');
        }
    }
}
