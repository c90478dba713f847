using System;
using Bulkhead.TestSupport;

namespace Bulkhead.Rootless;

/// <summary>What a plain user cannot have is refused by name, in one line, with nothing made. This machine has cgroup v1.</summary>
public sealed class RefusalTests
{
    private const string NoCgroup = "needs a cgroup, which a plain user has only on cgroup v2 where one was delegated (systemd-run --user --scope -p Delegate=yes), or run it as root";

    [Theory]
    [InlineData("--memory 64m", "--memory " + NoCgroup)]
    [InlineData("--memory-swap 64m --memory 64m", "--memory " + NoCgroup)]
    [InlineData("--memory-reservation 64m", "--memory-reservation " + NoCgroup)]
    [InlineData("--cpus 0.5", "--cpus " + NoCgroup)]
    [InlineData("--cpu-shares 512", "--cpu-shares " + NoCgroup)]
    [InlineData("--cpuset-cpus 0", "--cpuset-cpus " + NoCgroup)]
    [InlineData("--pids-limit 20", "--pids-limit " + NoCgroup)]
    [InlineData("--privileged", "--privileged needs the host's root")]
    [InlineData("--ulimit nofile=99999999", "set resource limit RLIMIT_NOFILE: operation not permitted")]
    [InlineData("-v /tmp:/x:rshared", "the propagation rshared of /x needs the host's mounts")]
    [InlineData("--network container:no-such", "no such container: no-such")]
    [InlineData("--sysctl net.core.somaxconn=-5", "set sysctl net/core/somaxconn: invalid argument")]
    public void AFlagIsRefusedByItsName(string flags, string said)
    {
        using var person = new Person();
        Refused(person.Try("true", flags.Split(' ')), said);
        Assert.Equal("", person.Type("ps", "-aq").Ok());
    }

    [Theory]
    [InlineData("--as-root", "--as-root needs more user ids than the caller's own: /usr/bin/newuidmap is not there: install it (Debian: apt-get install uidmap)")]
    [InlineData("-u 0", "--user 0 needs more user ids than the caller's own: /usr/bin/newuidmap is not there")]
    [InlineData("--cap-add SETUID", "--cap-add SETUID needs more user ids than the caller's own: /usr/bin/newuidmap is not there")]
    public void WithoutHelpersThereIsOneIdOnly(string flags, string said)
    {
        using var person = new Person(helpers: false);
        Refused(person.Try("true", flags.Split(' ')), said);
    }

    [Theory]
    [InlineData("pause box", "pause " + NoCgroup)]
    [InlineData("unpause box", "cannot resume a running container")]
    [InlineData("stats --no-stream box", "stats " + NoCgroup)]
    [InlineData("update --memory 64m box", "--memory " + NoCgroup)]
    [InlineData("update --pids-limit 64 box", "--pids-limit " + NoCgroup)]
    public void AVerbThatNeedsACgroupIsRefusedByItsName(string words, string said)
    {
        using var person = new Person();
        person.Sleep("box");
        Outcome outcome = person.Type(words.Split(' '));
        Assert.Equal(1, outcome.ExitCode);
        Assert.StartsWith("bulkhead: " + said, outcome.Err, StringComparison.Ordinal);
        Assert.Equal("running", person.Inspect("box").GetProperty("State").GetProperty("Status").GetString());
    }

    [Fact]
    public void WithoutAPlaceForItsStateItSaysWhere()
    {
        using var person = new Person();
        string said = person.Does("env", "-u", "XDG_RUNTIME_DIR", PlainUser.Programs + "/bulkhead", "run", "--rootfs", PlainUser.Root, "/bin/true").Exits(125);
        Assert.Contains($"XDG_RUNTIME_DIR is not set and /run/user/{PlainUser.Uid} is not there", said, StringComparison.Ordinal);
        Assert.Contains("XDG_RUNTIME_DIR is not an absolute path: here", person.Does("env", "XDG_RUNTIME_DIR=here", PlainUser.Programs + "/bulkhead-oci", "list").Fails(), StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutUserNamespacesItSaysSo()
    {
        using var person = new Person();
        // The limit is one of each namespace: in one that has all ids it is set, and the machine's stays as it is.
        const string Limited = """
            unshare --user sh -c 'until [ "$(id -u)" = 0 ]; do sleep 0.1; done; exec sh -c "echo 0 >/proc/sys/user/max_user_namespaces && exec \"\$@\"" sh "$@"' sh "$@" &
            until echo "0 0 4294967295" >/proc/$!/gid_map && echo "0 0 4294967295" >/proc/$!/uid_map; do sleep 0.1; done 2>/dev/null
            wait $!
            """;
        string[] words = person.As(PlainUser.Programs + "/bulkhead", "run", "--rm", "--rootfs", PlainUser.Root, "/bin/true");
        Outcome outcome = Command.Run(["sh", "-c", Limited, "sh", .. words]);
        Refused(outcome, "make a user namespace: no space left on device: none are left: raise user.max_user_namespaces");
    }

    private static void Refused(Outcome outcome, string said)
    {
        Assert.Equal(125, outcome.ExitCode);
        string[] lines = outcome.Err.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("bulkhead: ", lines[^1], StringComparison.Ordinal);
        Assert.Contains(said, lines[^1], StringComparison.Ordinal);
        Assert.All(lines[..^1], line => Assert.StartsWith("loosening: ", line, StringComparison.Ordinal));
    }
}
