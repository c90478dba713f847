using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>What a container of docker run gets, seen from inside.</summary>
[Collection(nameof(DockerGroup))]
public sealed class DockerRunTests(DockerEngine docker) : IClassFixture<CleanAfter<DockerEngine>>
{
    [Theory]
    [InlineData(0, "/bin/true")]
    [InlineData(3, "/bin/sh", "-c", "exit 3")]
    [InlineData(126, "/etc/not-executable")]
    [InlineData(127, "/bin/missing")]
    [InlineData(127, "missing-from-path")]
    [InlineData(137, "/bin/sh", "-c", "sh -c 'kill -9 $$'; exit $?")]
    public void ExitCodeIsPassedOn(int code, params string[] command) => docker.RunContainer([BusyboxImage.Shell, .. command]).Exits(code);

    [Fact]
    public void WhatDockerCannotDoIs125() => docker.RunContainer("--pull", "never", "localhost/missing").Exits(125);

    [Fact]
    public void DefaultsAreConfined()
    {
        Dictionary<string, string> inside = Inside.Read(docker.RunContainer(BusyboxImage.Shell, "sh", "-c", Inside.Probe + "\necho links=$(ls /sys/class/net)").Ok());
        Assert.Equal("0", inside["uid"]);
        Assert.Equal("2", inside["seccomp"]);
        Assert.Equal(Capability.Default, inside["capeff"]);
        Assert.Equal(Capability.Default, inside["capbnd"]);
        Assert.StartsWith("rw", inside["root"]);
        Assert.Equal("lo", inside["links"]);
    }

    [Fact]
    public void NetworkHookGivesANamespace()
    {
        // Without a bridge there is one network kind with a namespace of its own: docker makes it by a prestart hook that gets the state on stdin.
        string id = docker.Run("run", "-d", "--network", "none", BusyboxImage.Shell, "sleep", "1000").Ok();
        string key = docker.Inspect(id, "{{.NetworkSettings.SandboxKey}}");
        Assert.True(File.Exists(key));
        string inside = docker.Run("exec", id, "readlink", "/proc/self/ns/net").Ok();
        string entered = Command.Run("nsenter", "--net=" + key, "readlink", "/proc/self/ns/net").Ok();
        Assert.Equal(inside, entered);
        Assert.Contains("LOOPBACK,UP", docker.Run("exec", id, "ip", "link", "show", "lo").Ok());
        docker.Run("rm", "-f", id).Ok();
    }

    [Fact]
    public void EveryLimitArrives()
    {
        using var volume = new TempFolder();
        volume.Write("file", "from the host\n");
        string script = Inside.Probe + """

            echo "volume=$(cat /volume/file)"; echo "write=$(touch /volume/x 2>&1)"; echo "etc=$(touch /etc/x 2>&1)"
            echo "scratch=$(awk '$5 == "/scratch" { print $6 }' /proc/self/mountinfo)"; df -k /scratch | awk '$6 == "/scratch" { print "size=" $2 }'
            echo "sysctl=$(cat /proc/sys/kernel/shm_rmid_forced)"; echo "env=$COLOUR"; df -k /dev/shm | awk '$6 == "/dev/shm" { print "shm=" $2 }'
            """;
        Dictionary<string, string> inside = Inside.Read(docker.RunContainer(
            "--read-only", "--user", "app", "--memory", "64m", "--pids-limit", "50", "--cpus", "0.5", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--hostname", "ship", "--volume", volume.FullPath + ":/volume:ro", "--tmpfs", "/scratch:size=1m,noexec", "--sysctl", "kernel.shm_rmid_forced=1",
            "--ulimit", "nofile=100:200", "--env", "COLOUR=red", "--workdir", "/etc", "--shm-size", "2m", BusyboxImage.Shell, "sh", "-c", script).Ok());
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
        Assert.Equal("2048", inside["shm"]);
        Assert.Equal("1", inside["sysctl"]);
        Assert.Equal("red", inside["env"]);
        Assert.False(File.Exists(volume["x"]));
    }

    [Fact]
    public void CapabilitiesAreAddedAndDropped()
    {
        string added = docker.RunContainer("--cap-add", "SYS_PTRACE", BusyboxImage.Shell, "grep", "CapEff", "/proc/self/status").Ok();
        Assert.EndsWith(Capability.DefaultAndSysPtrace, added);
        string only = docker.RunContainer("--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", BusyboxImage.Shell, "grep", "CapEff", "/proc/self/status").Ok();
        Assert.EndsWith(Capability.NetBindService, only);
    }

    [Fact]
    public void SeccompProfileIsTheOneAskedFor()
    {
        using var folder = new TempFolder();
        string profile = folder.Write("seccomp.json", """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":13}]}""");
        string own = docker.RunContainer("--security-opt", "seccomp=" + profile, BusyboxImage.Shell, "sh", "-c", "mkdir /tmp/x 2>&1; touch /tmp/y && echo made").Ok();
        Assert.Equal("mkdir: can't create directory '/tmp/x': Permission denied\nmade", own);
        string none = docker.RunContainer("--security-opt", "seccomp=unconfined", BusyboxImage.Shell, "grep", "Seccomp:", "/proc/self/status").Ok();
        Assert.EndsWith("\t0", none);
    }

    [Theory]
    [InlineData("pid")]
    [InlineData("ipc")]
    [InlineData("uts")]
    [InlineData("net")]
    public void NamespaceIsThatOfTheHost(string kind)
    {
        string[] flags = ["--network", kind == "net" ? "host" : "none"];
        string inside = docker.Run(["run", "--rm", .. flags, .. kind == "net" ? [] : (string[])["--" + kind, "host"], BusyboxImage.Shell, "readlink", $"/proc/self/ns/{kind}"]).Ok();
        Assert.Equal(File.ResolveLinkTarget($"/proc/self/ns/{kind}", false)?.Name, inside);
    }

    [Fact]
    public void NamespacesAreThoseOfAnotherContainer()
    {
        docker.Run("run", "-d", "--name", "first", "--network", "none", "--ipc", "shareable", BusyboxImage.Shell, "sleep", "1000").Ok();
        const string Script = "for n in pid ipc net; do readlink /proc/self/ns/$n; done; ps | grep -c '[s]leep 1000'";
        string first = docker.Run("exec", "first", "sh", "-c", Script).Ok();
        string second = docker.Run("run", "--rm", "--network", "container:first", "--pid", "container:first", "--ipc", "container:first", BusyboxImage.Shell, "sh", "-c", Script).Ok();
        Assert.Equal(first, second);
        docker.Run("rm", "-f", "first").Ok();
    }

    [Fact]
    public void InitReapsForTheCommand() => Assert.Equal("docker-init", docker.RunContainer("--init", BusyboxImage.Shell, "cat", "/proc/1/comm").Ok());

    [Fact]
    public void DeviceIsGivenWithItsPermissions()
    {
        // 10:229 is fuse, which no container may open by default. Its node is made here, as not every machine has the driver.
        using var folder = new TempFolder();
        Command.Run("mknod", folder["fuse"], "c", "10", "229").Ok();
        const string Script = "stat -c %t:%T /dev/thing; : < /dev/thing; : > /dev/thing && echo written";
        Assert.Contains("a:e5", docker.RunContainer("--device", folder["fuse"] + ":/dev/thing", BusyboxImage.Shell, "sh", "-c", Script).Out);
        Assert.DoesNotContain("not permitted", docker.RunContainer("--device", folder["fuse"] + ":/dev/thing", BusyboxImage.Shell, "sh", "-c", Script).Err);
        string reader = docker.RunContainer("--device", folder["fuse"] + ":/dev/thing:r", BusyboxImage.Shell, "sh", "-c", Script).Fails();
        Assert.Contains("can't create /dev/thing: Operation not permitted", reader);
        Assert.DoesNotContain("can't open", reader);
        Assert.Contains("can't open /tmp/f: Operation not permitted", docker.RunContainer(BusyboxImage.Shell, "sh", "-c", "mknod /tmp/f c 10 229; : < /tmp/f").Fails());
    }

    [Fact]
    public void PrivilegedGetsWhatTheEngineHas()
    {
        string[] lines = File.ReadAllLines("/proc/self/status");
        string bounding = System.Array.Find(lines, l => l.StartsWith("CapBnd", System.StringComparison.Ordinal))![8..];
        Outcome outcome = docker.RunContainer("--privileged", BusyboxImage.Shell, "sh", "-c", Inside.Probe + "\necho sysctl=$(echo 1 > /proc/sys/kernel/shm_rmid_forced && cat /proc/sys/kernel/shm_rmid_forced)");

        // docker asks for every capability that the kernel knows. Where the engine lacks one itself (CAP_SYS_RESOURCE in many build machines),
        // runc 1.1 fails; the specification asks to warn and go on, which we do.
        if (Repository.RuntimeIsRunc && outcome.ExitCode != 0)
        {
            Assert.Contains("unable to apply caps: operation not permitted", outcome.Err);
            return;
        }

        Dictionary<string, string> inside = Inside.Read(outcome.Ok());

        // docker 20.10 knows the capabilities up to 37 alone.
        ulong all = ulong.Parse(bounding, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Assert.Contains(ulong.Parse(inside["capeff"], NumberStyles.HexNumber, CultureInfo.InvariantCulture), (ulong[])[all, all & ((1UL << 38) - 1)]);
        Assert.Equal("0", inside["seccomp"]);
        Assert.Equal("1", inside["sysctl"]);
    }
}
