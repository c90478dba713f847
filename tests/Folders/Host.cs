using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

[assembly: AssemblyFixture(typeof(Bulkhead.Folders.Host))]

namespace Bulkhead.Folders;

/// <summary>
/// The file systems, in a mount namespace of their own: however the tests end, the mounts and loop devices go with it. What holds it is a process
/// that waits for its input to end, as it does when the tests are gone.
/// </summary>
public sealed class Host : IDisposable
{
    private static readonly TempFolder s_folder = new("fo");
    private readonly Process _holder;

    public Host()
    {
        Root = s_folder.Make("rootfs");
        BusyboxImage.MakeRootFileSystem(Root);
        File.AppendAllText(Root + "/etc/passwd", "worker:x:777:778:worker:/:/bin/sh\n");
        Command.Run("gcc", "-std=gnu17", "-O1", "-Wall", "-Werror", "-static", "-o", Root + "/bin/folder", Repository.Root + "/tests/Folders/folder.c").Ok();
        s_folder.Make("data");
        _holder = Process.Start(new ProcessStartInfo("unshare", ["--mount", "--propagation", "private", "cat"]) { RedirectStandardInput = true })!;
        Namespace = string.Create(CultureInfo.InvariantCulture, $"/proc/{_holder.Id}/ns/mnt");
        Poll.Until("a mount namespace", () => File.ResolveLinkTarget(Namespace, false)?.Name != File.ResolveLinkTarget("/proc/self/ns/mnt", false)?.Name);
        foreach (FileSystem system in FileSystem.All)
            Shell($"mkdir {s_folder.FullPath}/{system.Name}; cd {s_folder.FullPath}; {system.Mount}; mount --make-shared {system.Name}").Ok();
    }

    public static string Program { get; } = Environment.GetEnvironmentVariable("BULKHEAD") is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "out/bulkhead");

    public static string Root { get; private set; } = "";

    private static string Namespace { get; set; } = "";

    /// <summary>A new folder on a file system, which belongs to a user of the host's.</summary>
    public static string MakeFolder(string system, string owner)
    {
        string path = s_folder[$"{system}/{Guid.NewGuid():N}"];
        Shell($"mkdir {path}; chown {owner} {path}").Ok();
        return path;
    }

    /// <summary>With what is mounted on its entries; what cannot be unmounted fails the test.</summary>
    public static void Remove(string folder) => Shell($"for m in {folder}/*; do if mountpoint -q $m; then umount $m; fi; done; rm -rf {folder}").Ok();

    /// <summary>As the host's root.</summary>
    public static Outcome Shell(string script) => Within("/bin/bash", "-c", "set -e; umask 022; " + script);

    public static Outcome Bulkhead(params string[] words) => Within(["env", $"BULKHEAD_DATA={s_folder["data"]}", Program, .. words]);

    public static Outcome Within(params string[] words) => Command.Run(["nsenter", "--mount=" + Namespace, .. words]);

    public void Dispose()
    {
        try
        {
            string[] left = Bulkhead("ps", "-aq").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (left.Length > 0)
                Bulkhead(["rm", "-f", .. left]).Ok();
            Assert.Empty(Directory.GetDirectories(s_folder["data/containers"]).Select(Path.GetFileName));
        }
        finally
        {
            _holder.StandardInput.Close();
            _holder.WaitForExit();
            _holder.Dispose();
            s_folder.Dispose();
        }
    }
}
