using System;
using System.Diagnostics;
using System.IO;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Linux.Tests.Cgroups;

/// <summary>The device programs before the real verifier, and enforced: v2 programs work in the unified hierarchy of a hybrid machine too.</summary>
public sealed class DeviceProgramTests
{
    private static readonly DeviceRule s_nothing = new(false, 'a', null, null, "rwm");
    private static readonly DeviceRule s_everything = new(true, 'a', null, null, "rwm");

    [Fact]
    public void The_verifier_takes_every_shape_of_program()
    {
        DeviceRule[][] shapes =
        [
            [],
            [s_everything],
            [s_nothing, .. DeviceRule.Default],
            [s_everything, new(false, 'b', 8, null, "rw"), new(false, 'c', uint.MaxValue, uint.MaxValue, "m")],
            [new(true, 'c', null, 5, "r")],
        ];
        foreach (DeviceRule[] rules in shapes)
            DeviceProgram.Load(rules).Dispose();
    }

    [Fact]
    public void A_broken_program_is_refused_by_the_verifier()
    {
        bpf_insn[] code = DeviceProgram.Compile(DeviceRule.Default);
        Assert.Equal(Errno.EINVAL, Sys.BpfLoadDevice(code.AsSpan(0, code.Length - 1), "broken"u8, default).Error);
    }

    [Fact]
    public void Only_allowed_devices_open_and_only_as_allowed()
    {
        using var cgroup = new UnifiedCgroup();
        DeviceRule[] rules = [s_nothing, new(true, 'c', 1, 3, "rw"), new(true, 'c', 1, 5, "r"), new(true, 'c', null, null, "m")];
        DeviceProgram.Attach(cgroup.Fd, cgroup.Path, rules, fresh: true);
        Assert.Equal("ok", cgroup.Try("echo > /dev/null"));
        Assert.Equal("ok", cgroup.Try("head -c1 /dev/zero"));
        Assert.Contains("not permitted", cgroup.Try("echo > /dev/zero"), StringComparison.Ordinal);
        Assert.Contains("not permitted", cgroup.Try("head -c1 /dev/full"), StringComparison.Ordinal);
        Assert.Contains("not permitted", cgroup.Try($"mknod {cgroup.Temp}/b b 8 0"), StringComparison.Ordinal);
        Assert.Equal("ok", cgroup.Try($"mknod {cgroup.Temp}/c c 1 7"));
    }

    [Fact]
    public void Denied_devices_stay_closed_when_all_others_are_allowed()
    {
        using var cgroup = new UnifiedCgroup();
        DeviceProgram.Attach(cgroup.Fd, cgroup.Path, [s_everything, new(false, 'c', 1, 5, "w")], fresh: true);
        Assert.Equal("ok", cgroup.Try("head -c1 /dev/zero"));
        Assert.Equal("ok", cgroup.Try("echo > /dev/null"));
        Assert.Contains("not permitted", cgroup.Try("echo > /dev/zero"), StringComparison.Ordinal);
        // One denied access in a wish for two denies the whole.
        Assert.Contains("not permitted", cgroup.Try("exec 3<>/dev/zero"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_update_replaces_the_rules()
    {
        using var cgroup = new UnifiedCgroup();
        DeviceProgram.Attach(cgroup.Fd, cgroup.Path, [new(true, 'c', 1, 3, "rw")], fresh: true);
        Assert.Contains("not permitted", cgroup.Try("head -c1 /dev/zero"), StringComparison.Ordinal);
        DeviceProgram.Attach(cgroup.Fd, cgroup.Path, [new(true, 'c', 1, 3, "rw"), new(true, 'c', 1, 5, "r")], fresh: false);
        Assert.Equal("ok", cgroup.Try("head -c1 /dev/zero"));
        Span<uint> ids = stackalloc uint[8];
        Assert.Equal(1, Sys.BpfQueryDevice(cgroup.Fd, ids).OrThrow("query"));
    }

    [Theory]
    [InlineData('x', "rwm")]
    [InlineData('c', "")]
    [InlineData('c', "rwx")]
    [InlineData('a', "r")]
    public void A_bad_rule_is_refused(char type, string access) =>
        Assert.Throws<StepException>(() => DeviceProgram.Compile([new DeviceRule(true, type, null, null, access)]));

    [Fact]
    public void A_hole_in_a_wildcard_is_refused() =>
        Assert.Throws<StepException>(() => DeviceProgram.Compile([new(true, 'c', null, null, "rwm"), new(false, 'c', 1, 3, "w")]));

    /// <summary>A cgroup in the unified hierarchy, and commands inside it.</summary>
    private sealed class UnifiedCgroup : IDisposable
    {
        public UnifiedCgroup()
        {
            string root = Directory.Exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
            Path = $"{root}/bulkhead-dev-{Environment.ProcessId}-{Guid.NewGuid():N}";
            Directory.CreateDirectory(Path);
            Fd = Sys.OpenAt(Fd.Cwd, Path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY).OrThrow("open", Path);
            Temp = Directory.CreateTempSubdirectory("bulkhead-dev").FullName;
        }

        public string Path { get; }

        public string Temp { get; }

        public Fd Fd { get; }

        public string Try(string command)
        {
            // The redirection to the cgroup comes before the rules count for the shell; its own standard streams are pipes.
            var info = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
            info.ArgumentList.Add("-c");
            info.ArgumentList.Add($"echo 0 > {Path}/cgroup.procs || exit 97; {command}");
            using Process process = Process.Start(info)!;
            process.StandardOutput.ReadToEnd();
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? "ok" : error;
        }

        public void Dispose()
        {
            Fd.Dispose();
            Directory.Delete(Temp, recursive: true);
            using var leftover = Cgroup.Open(new CgroupPaths([new("", Path)]));
            leftover.Remove();
        }
    }
}
