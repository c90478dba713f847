using System;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>Fields of the configuration, each by what the container's process sees of it.</summary>
public class FieldTests(RootFs root) : IClassFixture<RootFs>
{
    private const string Ids = """ "uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":200000,"size":65536}] """;

    [Theory]
    [InlineData("hostname", """{"hostname":"web1"}""", "hostname", "web1")]
    [InlineData("domainname", """{"domainname":"example.org"}""", "cat /proc/sys/kernel/domainname", "example.org")]
    [InlineData("env, cwd", """{"process":{"env":["PATH=/bin","A=b c"],"cwd":"/tmp"}}""", "pwd; echo \"$A\"", "/tmp\nb c")]
    [InlineData("user", """{"process":{"user":{"uid":5,"gid":6,"additionalGids":[7,8],"umask":63}}}""", "id -u; id -g; id -G; umask", "5\n6\n6 7 8\n0077")]
    [InlineData("rlimits", """{"process":{"rlimits":[{"type":"RLIMIT_NOFILE","soft":100,"hard":200}]}}""", "ulimit -Sn; ulimit -Hn", "100\n200")]
    [InlineData("noNewPrivileges", """{"process":{"noNewPrivileges":true}}""", "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1")]
    [InlineData("capabilities",
        """{"process":{"user":{"uid":1000,"gid":1000},"capabilities":{"bounding":["CAP_KILL","CAP_CHOWN"],"permitted":["CAP_KILL"],"effective":["CAP_KILL"],"inheritable":["CAP_KILL"],"ambient":["CAP_KILL"]}}}""",
        "grep Cap /proc/self/status | cut -f2", "0000000000000020\n0000000000000020\n0000000000000020\n0000000000000021\n0000000000000020")]
    [InlineData("oomScoreAdj", """{"process":{"oomScoreAdj":500}}""", "cat /proc/self/oom_score_adj", "500")]
    [InlineData("scheduler", """{"process":{"scheduler":{"policy":"SCHED_BATCH","nice":5}}}""", "cut -d' ' -f19,41 /proc/self/stat", "5 3")]
    [InlineData("ioPriority", """{"process":{"ioPriority":{"class":"IOPRIO_CLASS_BE","priority":6}}}""", "ionice", "best-effort: prio 6")]
    [InlineData("personality", """{"linux":{"personality":{"domain":"LINUX32"}}}""", "uname -m", "i686")]
    [InlineData("maskedPaths", """{"linux":{"maskedPaths":["/etc/passwd","/var"]}}""", "wc -c </etc/passwd; ls /var | wc -l; touch /var/x 2>/dev/null || echo no", "0\n0\nno")]
    [InlineData("readonlyPaths", """{"root":{"readonly":false},"linux":{"readonlyPaths":["/root"]}}""", "touch /root/x 2>&1", "touch: /root/x: Read-only file system")]
    [InlineData("root.readonly", """{"root":{"readonly":true}}""", "touch /x 2>&1", "touch: /x: Read-only file system")]
    [InlineData("devices", """{"linux":{"devices":[{"path":"/dev/mine","type":"c","major":1,"minor":5,"fileMode":432,"uid":1,"gid":2}]}}""",
        "stat -c '%t %T %a %u %g' /dev/mine", "1 5 660 1 2")]
    [InlineData("device rules", """{"linux":{"resources":{"devices":[{"allow":false,"access":"rwm"}]},"devices":[{"path":"/dev/mem2","type":"c","major":1,"minor":1}]}}""",
        "head -c1 /dev/mem2 2>&1; head -c1 /dev/zero | wc -c", "head: /dev/mem2: Operation not permitted\n1")]
    [InlineData("sysctl", """{"linux":{"sysctl":{"net.ipv4.ip_forward":"1","kernel.msgmax":"4096"}}}""", "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax", "1\n4096")]
    [InlineData("tmpfs", """{"mounts+":[{"destination":"/t","type":"tmpfs","source":"tmpfs","options":["size=64k","mode=1770","noexec","nosuid"]}]}""",
        "grep ' /t ' /proc/mounts; stat -c %a /t", "tmpfs /t tmpfs rw,nosuid,noexec,relatime,size=64k,mode=1770 0 0\n1770")]
    [InlineData("tmpcopyup", """{"mounts+":[{"destination":"/etc","type":"tmpfs","source":"tmpfs","options":["tmpcopyup","nosuid"]}]}""",
        "grep -c app /etc/passwd; touch /etc/new && echo written; stat -f -c %T /etc", "1\nwritten\ntmpfs")]
    [InlineData("user namespace", "{\"linux\":{\"namespaces+\":[{\"type\":\"user\"}]," + Ids + "}}",
        "cat /proc/self/uid_map /proc/self/gid_map | tr -s ' '; id -u", " 0 100000 65536\n 0 200000 65536\n0")]
    [InlineData("time namespace", """{"linux":{"namespaces+":[{"type":"time"}],"timeOffsets":{"boottime":{"secs":100000000,"nanosecs":0}}}}""",
        "[ $(cut -d. -f1 /proc/uptime) -gt 100000000 ] && echo yes", "yes")]
    [InlineData("pid namespace", "{}", "echo $$; set -- /proc/[0-9]*; echo $#", "1\n1")]
    [InlineData("seccomp", """{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}}}""",
        "mkdir /tmp/x 2>&1", "mkdir: can't create directory '/tmp/x': No space left on device")]
    [InlineData("rootfsPropagation", """{"linux":{"rootfsPropagation":"shared"}}""", "grep -c ' / / .* shared:\\| /.* / .* shared:' /proc/self/mountinfo", "1")]
    [InlineData("bind ro", """{"mounts+":[{"destination":"/mnt1","source":"/etc","options":["rbind","rro"]}]}""", "touch /mnt1/x 2>&1", "touch: /mnt1/x: Read-only file system")]
    [InlineData("memoryPolicy", """{"linux":{"memoryPolicy":{"mode":"MPOL_BIND","nodes":"0"}}}""", "head -1 /proc/self/numa_maps | cut -d' ' -f2", "bind:0")]
    [InlineData("apparmorProfile, empty", """{"process":{"apparmorProfile":"","selinuxLabel":""}}""", "echo runs", "runs")]
    [InlineData("loopback", "{}", "ip addr show lo | grep -c 127.0.0.1/8", "1")]
    public void IsApplied(string field, string patch, string script, string expected)
    {
        using var bundle = new Bundle(root, script, patch);
        Outcome outcome = bundle.RunToEnd();
        if (root.Instead("FieldTests.IsApplied", field) is { } instead)
        {
            if (instead.StartsWith("$.", StringComparison.Ordinal))
            {
                bundle.IsRefused(instead, outcome);
                return;
            }
            expected = instead;
        }
        string shown = (outcome.Out + outcome.Err).TrimEnd('\n');
        Assert.True(expected == shown, $"{field}: expected\n{expected}\ngot\n{shown}");
    }

    [Fact]
    public void ANetDeviceMovesAndIsRenamed()
    {
        using var bundle = new Bundle(root, "ip -o link show | grep -c -e ' inside@' -e ' bh2@'", """{"linux":{"netDevices":{"bh0":{"name":"inside"},"bh2":{}}}}""");
        // A network namespace for this test, so that the host keeps its own.
        Outcome outcome = Command.Run(["unshare", "--net", "/bin/sh", "-c",
            "ip link add bh0 type veth peer name bh1 && ip link add bh2 type veth peer name bh3 && \"$@\"; ip -o link show | grep -c -e ' bh0@' -e ' bh2@'",
            "sh", .. bundle.CommandLine("run", "--bundle", bundle.Path, bundle.Id)]);
        if (root.Instead("FieldTests.ANetDeviceMovesAndIsRenamed") is { } word)
        {
            Assert.Contains(word, outcome.Err, StringComparison.Ordinal);
            return;
        }
        Assert.Equal("2\n0\n", outcome.Out);
    }

    [Fact]
    public void AMissingNetDeviceIsRefusedByName()
    {
        using var bundle = new Bundle(root, "true", """{"linux":{"netDevices":{"bh-missing":{}}}}""");
        Assert.Contains("bh-missing", bundle.Create().Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void ExecRunsOnItsOwnCpus()
    {
        using var bundle = new Bundle(root, "sleep 100", """{"process":{"execCPUAffinity":{"initial":"0","final":"1"}}}""");
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        if (root.Instead("FieldTests.ExecRunsOnItsOwnCpus") is { } word)
        {
            Assert.Contains(word, bundle.Run("exec", bundle.Id, "/bin/true").Exits(255), StringComparison.Ordinal);
            return;
        }
        const string Allowed = "Cpus_allowed_list:\t";
        Assert.Equal(Allowed + "1", bundle.Run("exec", bundle.Id, "/bin/grep", "Cpus_allowed_list", "/proc/self/status").Ok());
        // It is for exec alone (runtime-spec): the first process keeps what it inherited.
        Assert.DoesNotContain(Allowed + "1\n", File.ReadAllText($"/proc/{bundle.Pid}/status"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"process":{"apparmorProfile":"bulkhead-none"}}""", "AppArmor")]
    [InlineData("""{"process":{"selinuxLabel":"no:such:label"}}""", "SELinux")]
    public void ALabelThatCannotBeSetIsOneClearError(string patch, string word)
    {
        using var bundle = new Bundle(root, "true", patch);
        string error = bundle.RunToEnd().Exits(1);
        Assert.Contains(word, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    /// <summary>Callers send these everywhere; runc 1.1 and crun say nothing.</summary>
    [Theory]
    [InlineData("""{"linux":{"mountLabel":"no:such:label"}}""", "$.linux.mountLabel")]
    [InlineData("""{"mounts+":[{"destination":"/tmp","source":"/tmp","type":"bind","options":["bind","mode=755"]}]}""", "mode=755")]
    public void WhatCanHaveNoEffectIsAWarning(string patch, string word)
    {
        using var bundle = new Bundle(root, "true", patch);
        Outcome outcome = bundle.RunToEnd();
        outcome.Ok();
        Assert.StartsWith("warning: ", outcome.Err, StringComparison.Ordinal);
        Assert.Contains(word, outcome.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void SystemdWithoutSystemdIsAClearError()
    {
        using var bundle = new Bundle(root, "true");
        bundle.Config["linux"]!["cgroupsPath"] = "system.slice:bh:" + bundle.Id;
        bundle.Save();
        string error = bundle.Run("--systemd-cgroup", "run", "--bundle", bundle.Path, bundle.Id).Exits(1);
        Assert.Contains("systemd", error, StringComparison.Ordinal);
    }
}
