using System.IO;

namespace Bulkhead.Security;

/// <summary>Root file systems of busybox and the probe.</summary>
internal static class Rootfs
{
    private const UnixFileMode Program = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Shared by all containers that only read it.</summary>
    public static string Shared { get; } = MakeShared();

    /// <summary>A new one to plant something in.</summary>
    public static string Make(string name)
    {
        string root = Path.Combine(Host.Work, name);
        foreach (string folder in new[] { "bin", "dev", "proc", "sys", "etc", "tmp", "run", "mnt" })
            Directory.CreateDirectory(Path.Combine(root, folder));
        Copy("/bin/busybox", Path.Combine(root, "bin/busybox"));
        File.CreateSymbolicLink(Path.Combine(root, "bin/sh"), "busybox");
        Copy(Host.Probe, Path.Combine(root, "probe"));
        return root;
    }

    private static string MakeShared()
    {
        string root = Make("rootfs");
        File.WriteAllText(Path.Combine(root, "readonly-file"), "nobody may change this");
        File.SetUnixFileMode(Path.Combine(root, "readonly-file"), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        string setuid = Path.Combine(root, "setuid"), capable = Path.Combine(root, "filecap");
        Copy(Host.Probe, setuid);
        File.SetUnixFileMode(setuid, Program | UnixFileMode.SetUser);
        Copy(Host.Probe, capable);
        Host.Run("/sbin/setcap", "cap_net_raw+ep", capable).MustSucceed();
        return root;
    }

    private static void Copy(string from, string to)
    {
        Host.Run("cp", from, to).MustSucceed();
        File.SetUnixFileMode(to, Program);
    }
}
