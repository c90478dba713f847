using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;

namespace Bulkhead.Security;

/// <summary>
/// A root file system with something else than expected at a path that `bulkhead run` touches: whatever it is, nothing outside is read, written or
/// mounted on, nothing waits, and it works or says one line.
/// </summary>
public sealed class HostileRootTests
{
    private static readonly string[] Paths =
    [
        "etc", "etc/passwd", "etc/group", "etc/hosts", "etc/hostname", "etc/resolv.conf", "dev", "dev/null", "dev/pts", "dev/shm", "dev/mqueue", "dev/console", "dev/ptmx",
        "proc", "sys", "sys/fs", "sys/fs/cgroup", "run", "tmp", "run/secrets", "mnt", "mnt/work", "mnt/volume", "home/user", "root", "bin/busybox", "lib64",
    ];

    private const string ASocket = ": a socket";

    private static readonly string Template = Rootfs.Make("hostile-template");

    /// <summary>A shell makes it at $p; $o is a folder outside with a file and a folder.</summary>
    private static readonly string[] Kinds =
    [
        "ln -s $o/shadow $p", "ln -s $o/folder $p", "ln -s ../../../../../../../../../../../../../../..$o/folder $p", "ln -s ${p##*/} $p", "ln -s /proc/self/root $p",
        "ln -s /proc/self/fd/3 $p", "ln -s /proc/sys/kernel/core_pattern $p", "mkfifo $p", "mknod $p b 7 0", "mknod $p c 1 5", ASocket,
        "mkdir $p", "mkdir $p; echo x >$p/x", "echo x >$p", "echo x >$p; chmod 0 $p", "truncate -s 1G $p", "echo kept >$o.hard; ln $o.hard $p", "true",
    ];

    private static readonly string[] Modes = ["", "--writable --as-root"];

    public static TheoryData<string, Tier> Every() => new MatrixTheoryData<string, Tier>(Paths, Ways.Tiers);

    /// <summary>Every fourth kind in each mode, others at the next path; of the user kernel, whose walls are the same, every sixth. All of them are in the long test.</summary>
    [Theory]
    [MemberData(nameof(Every))]
    public void The_host_is_not_touched(string path, Tier tier)
    {
        int first = Array.IndexOf(Paths, path);
        Try(path, tier, (kind, mode) => IsNothing(kind, mode) || (tier == Tier.Hardened ? (kind + first + (2 * mode)) % 4 == 0 : (kind + first + (3 * mode)) % 6 == 0));
    }

    [Theory]
    [Trait("Speed", "Long")]
    [MemberData(nameof(Every))]
    public void The_host_is_not_touched_in_any_mode(string path, Tier tier) => Try(path, tier, (_, _) => true);

    /// <summary>The last kind, which works.</summary>
    private static bool IsNothing(int kind, int mode) => kind == Kinds.Length - 1 && mode == 1;

    private static void Try(string path, Tier tier, Func<int, int, bool> chosen)
    {
        var outside = new Outside($"root-{path.Replace('/', '-')}-{tier}");
        var ends = new List<int>();
        for (int kind = 0; kind < Kinds.Length; kind++)
        {
            for (int mode = 0; mode < Modes.Length; mode++)
            {
                if (chosen(kind, mode))
                    ends.Add(Try(path, tier, Kinds[kind], Modes[mode], outside));
            }
        }
        // Else it would be the command line that is refused. Of what stands for the program itself nothing runs.
        Assert.True(ends.Contains(0) != (path == "bin/busybox"), path + ": " + string.Join(' ', ends));
    }

    private static int Try(string path, Tier tier, string kind, string mode, Outside outside)
    {
        string root = Path.Combine(Host.Work, "hostile-root"), volume = Directory.CreateDirectory(Path.Combine(Host.Work, "hostile-volume")).FullName;
        Host.Run("/bin/sh", "-ec", "cp -a $4 $1; mkdir -p $1/home/user $1/root; echo u:x:1000:1000::/home/user:/bin/sh >$1/etc/passwd; echo g:x:7:u >$1/etc/group; p=$1/$2; o=$3; mkdir -p ${p%/*}; rm -rf $p; " + kind,
            "sh", root, path, outside.Path, Template).MustSucceed();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (kind == ASocket)
            socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(root, path)));
        // timeout: what waits for ever fails by its status, 124 or 137.
        using var workload = new Workload([.. mode.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--user", "1000", "--workdir", "/mnt/work", "--volume", volume + ":/mnt/volume", "--tmpfs", "/mnt/tmpfs"])
        {
            Root = root,
            Tier = tier,
            Wrapper = ["/usr/bin/timeout", "--kill-after=1", "30"],
        };

        Said said = workload.Run("/bin/busybox", "true");

        socket.Dispose();
        Host.Run("/bin/rm", "-rf", root).MustSucceed();
        string what = $"{path}: {kind} {mode} {tier}: {said}";
        Assert.True(said.Status is 0 or 125 or 126 or 127, what);
        string[] lines = said.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith("loosening: ", StringComparison.Ordinal) && !l.Contains("belongs to the host's root", StringComparison.Ordinal)).ToArray();
        Assert.True(lines.Length == (said.Status == 0 ? 0 : 1) && lines.All(l => l.StartsWith("bulkhead: ", StringComparison.Ordinal) || (tier == Tier.UserKernel && l.StartsWith("exec ", StringComparison.Ordinal))), what);
        outside.AssertUntouched();
        Assert.True(!File.Exists(outside.Path + ".hard") || File.ReadAllText(outside.Path + ".hard") == "kept\n", what);
        Assert.Empty(Directory.GetFileSystemEntries(volume));
        return said.Status;
    }
}
