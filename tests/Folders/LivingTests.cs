using System;
using System.Threading.Tasks;

namespace Bulkhead.Folders;

/// <summary>Rows of the matrix in which host and container work on a folder at the same time.</summary>
public sealed class LivingTests
{
    public static TheoryData<string> Systems => [.. FileSystem.Mapped];

    [Theory]
    [MemberData(nameof(Systems))]
    public void LocksHoldAcross(string system) => WithContainer(system, "-v @F:/data", (folder, inside) =>
    {
        Host.Shell($"echo a >{folder}/a; cp -p {folder}/a {folder}/b; chown 1234:2345 {folder}/*").Ok();
        inside("sh -c 'folder lock /data/a w >/tmp/locked & until [ \"$(wc -l </tmp/locked)\" = 2 ]; do sleep 0.1; done; cat /tmp/locked'", "flock ok\nfcntl ok");
        Assert.Equal("flock EAGAIN\nfcntl EAGAIN", Host.Shell($"{Host.Root}/bin/folder lock {folder}/a n").Ok());
        string holder = Host.Shell($"{Host.Root}/bin/folder lock {folder}/b w >{folder}/out 2>/dev/null & echo $!; until [ \"$(wc -l <{folder}/out)\" = 2 ]; do sleep 0.1; done").Ok();
        try
        {
            inside("folder lock /data/b n", "flock EAGAIN\nfcntl EAGAIN");
        }
        finally
        {
            Host.Shell($"kill {holder}; while kill -0 {holder} 2>/dev/null; do sleep 0.1; done").Ok();
        }
        inside("folder lock /data/b n", "flock ok\nfcntl ok");
    });

    [Theory]
    [MemberData(nameof(Systems))]
    public void SharedMappingsAreSeenAtOnce(string system) => WithContainer(system, "-v @F:/data", (folder, inside) =>
    {
        Host.Shell($"printf a >{folder}/m; chown 1234:2345 {folder}/m").Ok();
        // The host waits for the container's b, and answers with c.
        Task<string> host = Task.Run(() => Host.Within(Host.Root + "/bin/folder", "map", folder + "/m", "bc").Ok());
        inside("folder map /data/m ab", "map ok");
        inside("folder map /data/m cd", "map ok");
        Assert.Equal("map ok", host.Result);
        Assert.Equal("d", Host.Shell($"cat {folder}/m").Ok());
    });

    [Theory]
    [MemberData(nameof(Systems))]
    public void ChangesAreNotifiedAcross(string system) => WithContainer(system, "-v @F:/data", (folder, inside) =>
    {
        Host.Shell($"mkdir {folder}/w {folder}/r; chown 1234:2345 {folder}/*").Ok();
        Task<string> host = Task.Run(() => Host.Shell($"until [ -e {folder}/r/inside ]; do sleep 0.1; done; touch {folder}/w/from-host; {Host.Root}/bin/folder watch {folder}/w {folder}/r/outside").Ok());
        inside("folder watch /data/w /data/r/inside", "watch from-host");
        inside("sh -c 'until [ -e /data/r/outside ]; do sleep 0.1; done; touch /data/w/from-inside'", "");
        Assert.Equal("watch from-inside", host.Result);
    });

    /// <summary>rprivate is the default; rslave lets the host's later mounts in; only rshared, a loosening, lets the container's out.</summary>
    [Theory]
    [InlineData("ext4", "", "there: 0")]
    [InlineData("ext4", ":rslave", "there: 1")]
    [InlineData("ext4", ":rshared", "there: 1")]
    [InlineData("tmpfs", "", "there: 0")]
    [InlineData("tmpfs", ":rslave", "there: 1")]
    public void LaterMountsComeInAsAskedFor(string system, string propagation, string wanted) =>
        WithContainer(system, "-v @F:/data" + propagation, (folder, inside) =>
        {
            Host.Shell($"mkdir {folder}/late; mount -t tmpfs -o mode=755 t {folder}/late; touch {folder}/late/x").Ok();
            inside("sh -c 'echo there: $(ls /data/late | wc -l)'", wanted);
            // What comes in later is not mapped: to the container its owner is another.
            inside("sh -c 'touch /data/late/y 2>/dev/null || echo no'", "no");
            Host.Shell($"umount {folder}/late; rmdir {folder}/late").Ok();
        });

    private static void WithContainer(string system, string flags, Action<string, Action<string, string>> use)
    {
        string folder = Host.MakeFolder(system, "1234:2345"), name = "living" + folder[^32..];
        try
        {
            Host.Bulkhead(["run", "-d", "--name", name, "--rootfs", Host.Root, .. flags.Replace("@F", folder, StringComparison.Ordinal).Split(' '), "/bin/sleep", "1000"]).Ok();
            use(folder, (command, wanted) => Assert.Equal(wanted, Host.Bulkhead(["exec", name, .. Words(command)]).Ok()));
        }
        finally
        {
            Host.Bulkhead("rm", "-f", name).Ok();
            Host.Remove(folder);
        }
    }

    /// <summary>Words between blanks; a quoted one is the last.</summary>
    private static string[] Words(string command)
    {
        int quote = command.IndexOf('\'', StringComparison.Ordinal);
        return quote < 0 ? command.Split(' ') : [.. command[..quote].Trim().Split(' '), command[(quote + 1)..^1]];
    }
}
