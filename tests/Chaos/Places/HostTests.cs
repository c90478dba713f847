using System;

namespace Bulkhead.Chaos.Places;

/// <summary>A host that lacks what a runtime takes for granted, and callers who are not root.</summary>
/// <param name="trial">The place.</param>
public sealed class HostTests(Trial trial) : IClassFixture<Trial>
{
    [Theory]
    [InlineData("umount -l /proc", "resolve the bundle (is /proc mounted?)")]
    [InlineData("mount -t tmpfs t /proc", "resolve the bundle (is /proc mounted?)")]
    [InlineData("mount -t proc -o hidepid=2 p /proc", "")]
    [InlineData("umount -l /sys/fs/cgroup/* /sys/fs/cgroup", "no cgroup file system is mounted: mount one at /sys/fs/cgroup")]
    [InlineData("mount -t tmpfs t /sys/fs/cgroup", "mkdir /sys/fs/cgroup/")]
    [InlineData("mount -t tmpfs t /sys", "mkdir /sys/fs/cgroup/")]
    [InlineData("mount -t tmpfs t /dev", "")]
    [InlineData("mount -t tmpfs t /dev; exec 0<&-", "")]
    [InlineData("mount -t tmpfs t /etc", "")]
    [InlineData("mount -t tmpfs t /run", "")]
    [InlineData("mkdir -p $w/gone; cd $w/gone; rmdir $w/gone", "")]
    [InlineData("cd /; exec setpriv --bounding-set -sys_admin --inh-caps -sys_admin $oci run --bundle $b row", "operation not permitted")]
    [InlineData("export XDG_RUNTIME_DIR=", "")]
    [InlineData("export XDG_RUNTIME_DIR=../..", "")]
    [InlineData("export XDG_RUNTIME_DIR=/etc/passwd", "")]
    [InlineData("export PATH= HOME= TMPDIR=/nonexistent LC_ALL=xx DOTNET_GCHeapHardLimit=zz DOTNET_STARTUP_HOOKS=/x LD_PRELOAD=/x", "")]
    public void Run(string place, string words)
    {
        Trial.Says(trial.Run(place), words.Length == 0 ? 0 : 1, words);
        trial.LeftNothing();
    }

    /// <summary>Without /proc nothing is said of a running container, and least of all that it has stopped.</summary>
    [Theory]
    [InlineData("umount -l /proc")]
    [InlineData("mount -t tmpfs t /proc")]
    public void A_container_that_cannot_be_seen(string place)
    {
        trial.Prepare("$oci create --bundle $b row");
        try
        {
            foreach (string verb in (string[])["state", "start", "delete", "kill", "ps", "pause"])
                Trial.Says(trial.Oci(place, verb, "row"), 1, "/proc is not mounted");
            Trial.Says(trial.Oci(place, "delete", "--force", "row"), 1, "/proc is not mounted");
            Ran list = trial.Oci(place, "list", "--quiet");
            Assert.Equal(("", true), (list.Output, list.Errors.Contains("/proc is not mounted", StringComparison.Ordinal)));
            Assert.Contains("\"status\": \"created\"", trial.Bundle.Oci("state", "row").Output, StringComparison.Ordinal);
        }
        finally
        {
            Assert.Equal(0, trial.Bundle.Oci("delete", "--force", "row").Status);
        }
    }

    /// <summary>What needs no container works for everyone; the rest looks among the caller's own, and a bundle needs a user namespace.</summary>
    [Theory]
    [InlineData("--version", 0, "")]
    [InlineData("--help", 0, "")]
    [InlineData("spec --bundle $w", 0, "")]
    [InlineData("spec --rootless --bundle $w", 0, "")]
    [InlineData("features", 0, "")]
    [InlineData("list", 0, "")]
    [InlineData("create --bundle $b x", 1, "$.linux.namespaces: a caller that is not root needs {\"type\": \"user\"}")]
    [InlineData("run --bundle $b x", 1, "$.linux.namespaces: a caller that is not root needs {\"type\": \"user\"}")]
    [InlineData("start x", 1, "container \"x\" does not exist")]
    [InlineData("state x", 1, "container \"x\" does not exist")]
    [InlineData("kill x", 1, "container \"x\" does not exist")]
    [InlineData("delete x", 1, "container \"x\" does not exist")]
    [InlineData("delete --force x", 0, "")]
    [InlineData("exec x /bin/true", 255, "container \"x\" does not exist")]
    [InlineData("ps x", 1, "container \"x\" does not exist")]
    [InlineData("pause x", 1, "container \"x\" does not exist")]
    [InlineData("resume x", 1, "container \"x\" does not exist")]
    [InlineData("update --memory 1000000 x", 1, "container \"x\" does not exist")]
    [InlineData("events --stats x", 1, "container \"x\" does not exist")]
    public void Not_root(string words, int status, string said)
    {
        trial.Fresh();
        const string Nobody = "chmod 755 $b; chmod 777 $w; export XDG_RUNTIME_DIR=$w; cd $w; exec setpriv --reuid 65534 --regid 65534 --clear-groups ${oci%--root*} ";
        Trial.Says(trial.Shell(Nobody + words), status, said);
        trial.LeftNothing();
    }
}
