using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>Every flag of run, create, exec and update on the user kernel: what it does is what the hardened tier does, or it is refused by name (docs/userkernel.md).</summary>
public sealed class FlagTests
{
    private const string Limits = "--memory 64m --memory-swap 64m --memory-reservation 32m --cpus 0.5 --cpu-shares 512 --pids-limit 99 --cpuset-cpus 0 --cpuset-mems 0 --memory-swappiness 10";

    /// <summary>Flags and a shell script, which prints the same on both tiers. "@" is a folder with what <see cref="Prepare"/> puts there.</summary>
    private static readonly (string Flags, string Script)[] Same =
    [
        ("--env A=b --env-file @/env --unsetenv HOME", "echo $A $C ${HOME-none}"),
        ("--unsetenv-all", "env | sort"),
        ("--workdir /tmp --user 7:8 --group-add 9 --umask 077", "pwd; id; umask; touch x; stat -c %a:%u:%g x"),
        ("--as-root --cap-add NET_ADMIN --cap-add SETPCAP --cap-drop CHOWN", "id -u; grep Cap /proc/self/status; grep NoNewPrivs /proc/self/status; touch /tmp/x; chown 5 /tmp/x 2>&1"),
        ("--oom-score-adj 300", "cat /proc/self/oom_score_adj"),
        ("--hostname h --domainname d --add-host db:10.0.0.1 --dns 10.1.1.1 --dns-search x.y --dns-option ndots:3", "hostname; cat /proc/sys/kernel/domainname; tail -n 1 /etc/hosts; cat /etc/resolv.conf"),
        ("--no-hosts", "cat /etc/hosts 2>&1; grep -c /etc/hosts /proc/self/mountinfo"),
        ("--volume @/folder:/data --mount type=bind,source=@/folder,target=/ro,readonly --tmpfs /t:size=1m --shm-size 2m",
            "cat /data/file; echo new >/data/new; touch /ro/x 2>&1; ls /ro; for d in /t /dev/shm; do touch $d/y; df -k $d | awk -v d=$d '$6 == d { print $2 }'; done; grep -c ' /ro ro,' /proc/self/mountinfo; rm /data/new"),
        ("--volume named:/data --volumes-from other", "echo x >/data/f; cat /data/f; cat /shared/file; ls -d /own"),
        ("--secret id=key,src=@/secret", "cat /run/secrets/key; stat -c %a:%u /run/secrets/key"),
        ("--writable --as-root", "echo x >/etc/made; cat /etc/made; rm /etc/passwd && ls /etc | grep -c passwd"),
        ("--read-only", "touch /etc/x 2>&1; touch /var/x 2>&1"),
        (Limits, "nproc"),
        ("--ulimit nofile=100:200 --ulimit nproc=50 --ulimit core=0 --ulimit stack=4194304", "ulimit -Sn; ulimit -Hn; ulimit -p; ulimit -c; ulimit -s"),
        ("--security-opt seccomp=@/profile.json", "mkdir /tmp/x 2>&1; touch /tmp/y && echo made; grep Seccomp: /proc/self/status"),
        ("--security-opt seccomp=unconfined", "grep Seccomp: /proc/self/status"),
        ("--security-opt seccomp-allow=chroot --security-opt landlock=off", "grep Seccomp: /proc/self/status"),
        ("--sysctl net.ipv4.ip_unprivileged_port_start=80", "cat /proc/sys/net/ipv4/ip_unprivileged_port_start; (nc -l -p 81 127.0.0.1 </dev/null; echo $?) & sleep 0.3; echo hi | nc 127.0.0.1 81; wait"),
        ("--uts host", "hostname"),
        ("--network none", "ip -o link | wc -l; nc -w 1 10.9.8.7 80 2>&1"),
        ("--init", "tr '\\0' ' ' </proc/1/cmdline; echo $(($$ > 1))"),
        ("--label a=b --label-file @/labels --annotation x=y --log-driver json-file --log-opt max-size=1m --cgroup-parent /bulkhead --stop-signal USR1 --stop-timeout 1 --cpu-quota 50000 --cpu-period 100000", "echo runs"),
        ("--no-healthcheck", "echo runs"),
    ];

    /// <summary>Flags whose use is in another test of this project.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["--tty"] = nameof(TerminalTests),
        ["--interactive"] = nameof(TierTests.ItGetsWhatItWasGiven),
        ["--rm"] = nameof(TierTests.ExitStatusesAreTheShells),
        ["--rootfs"] = nameof(TierTests.ExitStatusesAreTheShells),
        ["--name"] = nameof(TierTests.ALifeInTheBackground),
        ["--detach"] = nameof(TierTests.ALifeInTheBackground),
        ["--isolation"] = nameof(TierTests.ItSaysWhichKernelItHas),
        ["--file-access"] = nameof(FileAccessTests),
        ["--file-access-mounts"] = nameof(FileAccessTests),
        ["--health-cmd"] = nameof(TierTests.HealthChecksRunInside),
        ["--health-interval"] = nameof(TierTests.HealthChecksRunInside),
        ["--health-retries"] = nameof(TierTests.HealthChecksRunInside),
        ["--health-timeout"] = nameof(HealthTimesAreKept),
        ["--health-start-period"] = nameof(HealthTimesAreKept),
        ["--health-start-interval"] = nameof(HealthTimesAreKept),
        ["--entrypoint"] = nameof(EntrypointAndFilesOfNumbers),
        ["--pidfile"] = nameof(EntrypointAndFilesOfNumbers),
        ["--cidfile"] = nameof(EntrypointAndFilesOfNumbers),
        ["--restart"] = nameof(ItIsRunAgain),
        ["--bundle"] = nameof(FromABundle),
        ["--sig-proxy"] = nameof(SignalsAreForTheProgram),
        ["--detach-keys"] = nameof(DetachKeysLeaveItRunning),
        ["--pull"] = nameof(FromAnImage),
        ["--platform"] = nameof(FromAnImage),
        ["--quiet"] = nameof(FromAnImage),
        ["--allow-unsigned"] = nameof(FromAnImage),
    };

    private static readonly (string Flags, string Word)[] Refused =
    [
        ("--privileged", "--privileged: not with --isolation userkernel"),
        ("--device /dev/kmsg", "--device: not with --isolation userkernel"),
        ("--network host", "--network host: not with --isolation userkernel"),
        ("--network container:life", "--network container: not with --isolation userkernel"),
        ("--sysctl net.ipv4.ip_forward=1", "--sysctl net.ipv4.ip_forward=1: not with --isolation userkernel"),
    ];

    public static TheoryData<string, string> SameRows => [.. Same.Select(row => new TheoryDataRow<string, string>(row.Flags, row.Script))];

    public static TheoryData<string, string> RefusedRows => [.. Refused.Select(row => new TheoryDataRow<string, string>(row.Flags, row.Word))];

    [Theory]
    [MemberData(nameof(SameRows))]
    public void DoesTheSameOnBothTiers(string flags, string script)
    {
        using var person = new Person();
        Prepare(person);
        string[] words = Words(person, flags);
        Outcome native = person.Script("hardened", script, words), ours = person.Script("userkernel", script, words);
        Assert.NotEqual("", native.Out);
        Assert.Equal((native.Out, native.ExitCode), (ours.Out, ours.ExitCode));
    }

    [Theory]
    [MemberData(nameof(RefusedRows))]
    public void IsRefusedByName(string flags, string word)
    {
        using var person = new Person();
        Prepare(person);
        person.Do("run", "-d", "--name", "life", "--rootfs", Roots.Busybox, "sleep", "1000").Ok();
        foreach (string verb in (string[])["run", "create"])
        {
            string error = person.Do([verb, "--isolation", "userkernel", .. Words(person, flags), "--rootfs", Roots.Busybox, "true"]).Exits(125);
            Assert.Contains(word, error, StringComparison.Ordinal);
        }
        Assert.Equal(["life", "other"], person.Do("ps", "-a", "--format", "{{.Names}}").Ok().Split('\n').Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(TierTests.Tiers), MemberType = typeof(TierTests))]
    public void LimitsAreTheSandboxs(string tier)
    {
        using var person = new Person();
        string id = person.Do(["run", "-d", "--name", "life", "--isolation", tier, .. Limits.Split(' '), "--rootfs", Roots.Busybox, "sleep", "1000"]).Ok();
        string Cgroup(string controller, string file) => File.ReadAllText(Directory.Exists("/sys/fs/cgroup/bulkhead") ? $"/sys/fs/cgroup/bulkhead/{id}/{file}" : $"/sys/fs/cgroup/{controller}/bulkhead/{id}/{file}").Trim();
        Assert.Equal("67108864", Cgroup("memory", "memory.limit_in_bytes"));
        Assert.Equal("99", Cgroup("pids", "pids.max"));
        Assert.Equal("512", Cgroup("cpu", "cpu.shares"));
        Assert.Equal("50000", Cgroup("cpu", "cpu.cfs_quota_us"));
        Assert.Equal("0", Cgroup("cpuset", "cpuset.cpus"));
        person.Do("update", "--memory", "80m", "--memory-swap", "90m", "--memory-reservation", "33m", "--cpus", "0.25", "--cpu-shares", "300", "--cpuset-cpus", "0", "--cpuset-mems", "0", "--pids-limit", "88", "--restart", "no", "life").Ok();
        Assert.Equal("83886080", Cgroup("memory", "memory.limit_in_bytes"));
        Assert.Equal("88", Cgroup("pids", "pids.max"));
        Assert.Equal("25000", Cgroup("cpu", "cpu.cfs_quota_us"));
        JsonElement stats = JsonDocument.Parse(person.Do("stats", "--no-stream", "--format", "json", "life").Ok()).RootElement;
        Assert.NotEqual("", stats.ToString());
        Assert.Contains(tier == "hardened" ? "sleep" : "bulkhead-kernel", person.Do("top", "life").Ok(), StringComparison.Ordinal);
    }

    [Fact]
    public void HealthTimesAreKept()
    {
        using var person = new Person();
        person.Do("run", "-d", "--name", "life", "--isolation", "userkernel", "--health-cmd", "sleep 10", "--health-timeout", "100ms", "--health-start-period", "1ms", "--health-start-interval", "50ms", "--health-interval", "50ms", "--health-retries", "1", "--rootfs", Roots.Busybox, "sleep", "1000").Ok();
        Poll.Until("a check that takes too long", () => person.Do("inspect", "--format", "{{.State.Health.Status}}", "life").Ok() == "unhealthy");
    }

    [Fact]
    public void EntrypointAndFilesOfNumbers()
    {
        using var person = new Person();
        Assert.Equal("a b", person.Run("userkernel", "--entrypoint", "/bin/echo", "--rootfs", Roots.Busybox, "a", "b").Ok());
        string id = person.Do("run", "-d", "--isolation", "userkernel", "--cidfile", person.At("cid"), "--pidfile", person.At("pid"), "--rootfs", Roots.Busybox, "sleep", "1000").Ok();
        Assert.Equal(id, File.ReadAllText(person.At("cid")));
        // On the host it is the kernel's process.
        Assert.Equal("bulkhead-kernel", File.ReadAllText($"/proc/{File.ReadAllText(person.At("pid"))}/cmdline").Split('\0')[0]);
    }

    [Fact]
    public void ItIsRunAgain()
    {
        using var person = new Person();
        person.Do("run", "-d", "--name", "life", "--isolation", "userkernel", "--restart", "on-failure:2", "--rootfs", Roots.Busybox, "sh", "-c", "echo once; exit 3").Ok();
        Poll.Until("three lines", () => person.Do("logs", "life").Ok() == "once\nonce\nonce");
        Assert.Equal("3", person.Do("wait", "life").Ok());
    }

    [Fact]
    public void FromABundle()
    {
        using var person = new Person();
        string bundle = person.Make("bundle");
        Command.Run(Repository.Runtime, "spec", "--bundle", bundle).Ok();
        string config = File.ReadAllText(bundle + "/config.json").Replace("\"rootfs\"", $"\"{Roots.Busybox}\"", StringComparison.Ordinal);
        File.WriteAllText(bundle + "/config.json", config);
        Assert.EndsWith("-bulkhead", person.Run("userkernel", "--bundle", bundle, "uname", "-r").Ok(), StringComparison.Ordinal);
    }

    [Fact]
    public void FromAnImage()
    {
        using var person = new Person();
        Command.Run("tar", "-C", Roots.Busybox, "-cf", person.At("image.tar"), ".").Ok();
        person.Do("import", "-c", "ENTRYPOINT [\"/bin/echo\", \"hello from\"]", person.At("image.tar"), "localhost/image:1").Ok();
        Assert.Equal("hello from it", person.Run("userkernel", "-q", "--pull", "never", "--platform", "linux/amd64", "--allow-unsigned", "localhost/image:1", "it").Ok());
        Assert.EndsWith("-bulkhead", person.Run("userkernel", "-q", "--pull", "never", "--entrypoint", "/bin/uname", "localhost/image:1", "-r").Ok(), StringComparison.Ordinal);
    }

    /// <summary>To the command, and so to the program: also one of the real-time signals.</summary>
    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("USR1", 10)]
    [InlineData("RTMIN+3", 37)]
    public void SignalsAreForTheProgram(string name, int number)
    {
        using var person = new Person();
        string script = $"trap 'echo got {number}; exit 9' {number}; echo up; while :; do sleep 0.05; done";
        person.Do("run", "-d", "--name", "life", "--isolation", "userkernel", "--stop-signal", name, "--rootfs", Roots.Busybox, "sh", "-c", script).Ok();
        Poll.Until("its first line", () => person.Do("logs", "life").Ok() == "up");
        person.Do("stop", "-t", "20", "life").Ok();
        Assert.Equal($"up\ngot {number}", person.Do("logs", "life").Ok());
        Assert.Equal("9", person.Do("wait", "life").Ok());
        if (number > 31)
            return;
        using Pty terminal = person.Sit(24, 80, "run", "--rm", "-t", "--sig-proxy", "--isolation", "userkernel", "--rootfs", Roots.Busybox, "sh", "-c", script);
        terminal.Expect("up");
        int pid = int.Parse(Leftovers.Processes("--sig-proxy").First(line => line.Contains(Person.Program + " run --rm -t", StringComparison.Ordinal)).Split(' ')[0], CultureInfo.InvariantCulture);
        TestSupport.Linux.Kill(pid, number);
        terminal.Expect($"got {number}");
        Assert.Equal(9, terminal.WaitForExit());
    }

    [Fact]
    public void DetachKeysLeaveItRunning()
    {
        using var person = new Person();
        using (Pty terminal = person.Sit(24, 80, "run", "-it", "--name", "life", "--detach-keys", "ctrl-x", "--isolation", "userkernel", "--rootfs", Roots.Busybox, "sh", "-c", "echo up; read x; echo got $x"))
        {
            terminal.Expect("up");
            terminal.Type("\u0018");
            Assert.Equal(0, terminal.WaitForExit());
        }
        Assert.Equal("running", person.Do("inspect", "--format", "{{.State.Status}}", "life").Ok());
        using (Pty terminal = person.Sit(24, 80, "attach", "life"))
        {
            terminal.Type("word\n");
            terminal.Expect("got word");
        }
        Assert.Equal("0", person.Do("wait", "life").Ok());
    }

    /// <summary>docs/userkernel.md has each flag of run, and says of it what a test here shows.</summary>
    [Fact]
    public void TheTableOfFlagsIsTrue()
    {
        HashSet<string> tested = [.. Same.SelectMany(row => Long(row.Flags)), .. Elsewhere.Keys];
        HashSet<string> refused = [.. Refused.SelectMany(row => Long(row.Flags))];
        Dictionary<string, string> table = Table();
        Assert.Equal(HelpFlags.Of(Person.Program).Where(flag => flag != "--help").Order(StringComparer.Ordinal), table.Keys.Order(StringComparer.Ordinal));
        Assert.All(Elsewhere.Values, name => Assert.True(typeof(FlagTests).GetMethod(name) is not null || typeof(TierTests).GetMethod(name) is not null || name is nameof(TerminalTests) or nameof(FileAccessTests), name));
        foreach ((string flag, string state) in table)
        {
            bool works = state is "works" or "differs", isPartly = state == "partly";
            Assert.True(tested.Contains(flag) == (works || isPartly) && refused.Contains(flag) == (state == "refused" || isPartly), $"{flag}: {state}");
        }
    }

    private static void Prepare(Person person)
    {
        string folder = person.Make("folder");
        File.WriteAllText(folder + "/file", "of the host\n");
        Command.Run("chown", "-R", "1000:1000", folder).Ok();
        File.WriteAllText(person.At("env"), "C=d\n");
        File.WriteAllText(person.At("labels"), "team=web\n");
        File.WriteAllText(person.At("secret"), "secret\n");
        File.WriteAllText(person.At("profile.json"), """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}""");
        person.Do("run", "--name", "other", "-v", folder + ":/shared", "-v", "/own", "--rootfs", Roots.Busybox, "true").Ok();
    }

    private static string[] Words(Person person, string flags) => flags.Replace("@/", person.At("") + "/", StringComparison.Ordinal).Replace("//", "/", StringComparison.Ordinal).Split(' ');

    private static IEnumerable<string> Long(string flags) => flags.Split(' ').Where(word => word.StartsWith("--", StringComparison.Ordinal));

    /// <summary>Flag to state.</summary>
    private static Dictionary<string, string> Table()
    {
        var rows = new Dictionary<string, string>();
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs/userkernel.md"));
        text = text[text.IndexOf("## Flags of run", StringComparison.Ordinal)..];
        foreach (string line in text[..text.IndexOf("\n## ", 5, StringComparison.Ordinal)].Split('\n'))
        {
            if (!line.StartsWith("| `", StringComparison.Ordinal))
                continue;
            string[] cells = line.Split('|');
            foreach (string flag in cells[1].Split(','))
                rows.Add(flag.Trim(' ', '`'), cells[2].Trim());
        }
        return rows;
    }
}
