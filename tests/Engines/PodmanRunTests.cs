using System.Collections.Generic;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>What a container of podman run gets, seen from inside.</summary>
[Collection(nameof(PodmanGroup))]
public sealed class PodmanRunTests(PodmanEngine podman) : IClassFixture<CleanAfter<PodmanEngine>>
{
    [Theory]
    [InlineData(0, "/bin/true")]
    [InlineData(3, "/bin/sh", "-c", "exit 3")]
    [InlineData(126, "/etc/not-executable")]
    [InlineData(127, "/bin/missing")]
    [InlineData(127, "missing-from-path")]
    [InlineData(137, "/bin/sh", "-c", "sh -c 'kill -9 $$'; exit $?")]
    public void ExitCodeIsPassedOn(int code, params string[] command) => podman.RunContainer([BusyboxImage.Shell, .. command]).Exits(code);

    [Fact]
    public void WhatPodmanCannotDoIs125() => podman.RunContainer("--pull", "never", "localhost/missing").Exits(125);

    [Fact]
    public void DefaultsAreConfined()
    {
        Dictionary<string, string> inside = Inside.Read(podman.RunContainer(BusyboxImage.Shell, "sh", "-c", Inside.Probe).Ok());
        Assert.Equal("0", inside["uid"]);
        Assert.Equal("2", inside["seccomp"]);
        Assert.Equal(Capability.Default, inside["capeff"]);
        Assert.Equal(Capability.Default, inside["capbnd"]);
        Assert.Equal("2048", inside["pids"]);
        Assert.StartsWith("rw", inside["root"]);
        Assert.StartsWith("sh -c", inside["pid1"]);
    }

    [Fact]
    public void EveryLimitArrives()
    {
        using var volume = new TempFolder();
        volume.Write("file", "from the host\n");
        string script = Inside.Probe + """

            echo "volume=$(cat /volume/file)"; echo "write=$(touch /volume/x 2>&1)"; echo "etc=$(touch /etc/x 2>&1)"
            echo "scratch=$(awk '$5 == "/scratch" { print $6 }' /proc/self/mountinfo)"; df -k /scratch | awk '$6 == "/scratch" { print "size=" $2 }'
            echo "sysctl=$(cat /proc/sys/kernel/shm_rmid_forced)"; echo "env=$COLOUR"
            """;
        Dictionary<string, string> inside = Inside.Read(podman.RunContainer(
            "--read-only", "--user", "app", "--memory", "64m", "--pids-limit", "50", "--cpus", "0.5", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--hostname", "ship", "--volume", volume.FullPath + ":/volume:ro", "--tmpfs", "/scratch:size=1m,noexec", "--sysctl", "kernel.shm_rmid_forced=1",
            "--ulimit", "nofile=100:200", "--ulimit", "nproc=300:400", "--env", "COLOUR=red", "--workdir", "/etc", BusyboxImage.Shell, "sh", "-c", script).Ok());
        Assert.Equal("1000", inside["uid"]);
        Assert.Equal("1000", inside["gid"]);
        Assert.Equal(Capability.None, inside["capeff"]);
        Assert.Equal(Capability.None, inside["capbnd"]);
        Assert.Equal("1", inside["nnp"]);
        Assert.StartsWith("ro", inside["root"]);
        Assert.Equal("67108864", inside["memory"]);
        Assert.Equal("50", inside["pids"]);
        Assert.Equal("50000", inside["quota"]);
        Assert.Equal("ship", inside["hostname"]);
        Assert.Equal("100:200", inside["nofile"]);
        Assert.Equal("/etc", inside["cwd"]);
        Assert.Equal("from the host", inside["volume"]);
        Assert.Contains("Read-only file system", inside["write"]);
        Assert.Contains("Read-only file system", inside["etc"]);
        Assert.Contains("noexec", inside["scratch"]);
        Assert.Equal("1024", inside["size"]);
        Assert.Equal("1", inside["sysctl"]);
        Assert.Equal("red", inside["env"]);
        Assert.False(File.Exists(volume["x"]));
    }

    [Fact]
    public void CapabilitiesAreAddedAndDropped()
    {
        string added = podman.RunContainer("--cap-add", "SYS_PTRACE", BusyboxImage.Shell, "grep", "CapEff", "/proc/self/status").Ok();
        Assert.EndsWith(Capability.DefaultAndSysPtrace, added);
        string only = podman.RunContainer("--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", BusyboxImage.Shell, "grep", "CapEff", "/proc/self/status").Ok();
        Assert.EndsWith(Capability.NetBindService, only);
    }

    [Fact]
    public void SeccompProfileIsTheOneAskedFor()
    {
        using var folder = new TempFolder();
        string profile = folder.Write("seccomp.json", """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":13}]}""");
        string own = podman.RunContainer("--security-opt", "seccomp=" + profile, BusyboxImage.Shell, "sh", "-c", "mkdir /tmp/x; touch /tmp/y && echo made").Ok();
        Assert.Equal("made", own);
        Assert.Contains("Permission denied", podman.RunContainer("--security-opt", "seccomp=" + profile, BusyboxImage.Shell, "mkdir", "/tmp/x").Exits(1));
        string none = podman.RunContainer("--security-opt", "seccomp=unconfined", BusyboxImage.Shell, "grep", "Seccomp:", "/proc/self/status").Ok();
        Assert.EndsWith("\t0", none);
    }

    [Fact]
    public void InitReapsForTheCommand()
    {
        string output = podman.RunContainer("--init", BusyboxImage.Shell, "sh", "-c", "cat /proc/1/comm; exit 0").Ok();
        Assert.Equal("podman-init", output);
    }

    [Theory]
    [InlineData("pid")]
    [InlineData("ipc")]
    [InlineData("uts")]
    public void NamespaceIsThatOfTheHost(string kind)
    {
        string inside = podman.RunContainer("--" + kind, "host", BusyboxImage.Shell, "readlink", $"/proc/self/ns/{kind}").Ok();
        Assert.Equal(File.ResolveLinkTarget($"/proc/self/ns/{kind}", false)?.Name, inside);
    }

    [Fact]
    public void NamespacesAreThoseOfAnotherContainer()
    {
        podman.Run(podman.Container("run", "-d", "--name", "first", "--ipc", "shareable", BusyboxImage.Shell, "sleep", "1000")).Ok();
        const string Script = "for n in pid ipc uts; do readlink /proc/self/ns/$n; done; ps -o comm | grep -c '^sleep$'";
        string first = podman.Run("exec", "first", "sh", "-c", Script).Ok();
        string second = podman.RunContainer("--pid", "container:first", "--ipc", "container:first", "--uts", "container:first", BusyboxImage.Shell, "sh", "-c", Script).Ok();
        Assert.Equal(first, second);
        podman.Run("rm", "-f", "-t", "0", "first").Ok();
    }

    [Fact]
    public void UserNamespaceMapsIds()
    {
        string output = podman.RunContainer(
            "--uidmap", "0:200000:65536", "--gidmap", "0:300000:65536", BusyboxImage.Shell, "sh", "-c",
            "awk '{ print $1, $2, $3 }' /proc/self/uid_map /proc/self/gid_map; id -u; touch /root/mine && stat -c %u:%g /root/mine").Ok();
        Assert.Equal("0 200000 65536\n0 300000 65536\n0\n0:0", output);
    }
}
