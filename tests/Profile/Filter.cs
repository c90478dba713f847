using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Seccomp;
using Bulkhead.Linux.Tests.Seccomp;
using Bulkhead.Oci;
using Bulkhead.TestSupport;
using Bulkhead.Workloads.Compose.Seccomp;

namespace Bulkhead.Profile;

/// <summary>A profile, compiled as create does it, and asked call by call.</summary>
internal sealed class Filter
{
    public const uint Allow = SeccompAbi.SECCOMP_RET_ALLOW;

    private readonly LinuxSeccomp _profile;
    private readonly BpfInterpreter _program;

    public Filter(LinuxSeccomp profile)
    {
        _profile = profile;
        var config = new RuntimeConfig { Linux = new LinuxConfig { Seccomp = profile } };
        _program = new BpfInterpreter(ProcessPlanner.Plan(new Process { Args = ["x"] }, config, exec: false, userNamespace: true).Seccomp!.Filter);
    }

    /// <summary>The calls of Linux 6.1, by which profiles are compared (362).</summary>
    public static string[] Calls { get; } = File.ReadLines("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
        .Select(line => line.Split(' ')).Where(words => words.Length == 3 && words[1].StartsWith("__NR_", StringComparison.Ordinal)).Select(words => words[1][5..]).ToArray();

    /// <summary>What dockerd 20.10 wrote for a container with its default capabilities.</summary>
    public static Filter Docker() =>
        new(DockerProfile.Resolve(File.ReadAllBytes(Repository.Root + "/tests/Bulkhead.Linux.Tests/Data/docker-seccomp.json"), "docker", []));

    public int Length => _program.Length;

    public static uint Errno(Linux.Errno errno) => SeccompAbi.SECCOMP_RET_ERRNO | (uint)errno;

    public uint Verdict(string call, params ulong[] arguments)
    {
        Assert.True(SeccompSyscalls.TryGetNumber(SeccompArch.X64, call, out int number), call);
        return Verdict(Audit.AUDIT_ARCH_X86_64, (uint)number, arguments);
    }

    public uint Verdict(uint arch, uint number, params ulong[] arguments) =>
        _program.Run(new Call(arch, number, [.. arguments, .. new ulong[6 - arguments.Length]]));

    /// <summary>Whether some arguments let the call through: zeros, or those that a rule asks for.</summary>
    public bool Reaches(string call) =>
        Verdict(call) == Allow || _profile.Syscalls.Where(rule => rule.Names.Contains(call)).Any(rule => Verdict(call, Matching(rule.Args)) == Allow);

    private static ulong[] Matching(IEnumerable<LinuxSeccompArg> conditions)
    {
        ulong[] arguments = new ulong[6];
        foreach (LinuxSeccompArg condition in conditions)
        {
            arguments[condition.Index] = condition.Op switch
            {
                "SCMP_CMP_MASKED_EQ" => condition.ValueTwo,
                "SCMP_CMP_GT" or "SCMP_CMP_NE" => condition.Value + 1,
                "SCMP_CMP_LT" => condition.Value - 1,
                _ => condition.Value,
            };
        }
        return arguments;
    }
}
