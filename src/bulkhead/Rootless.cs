using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Isolation.Hardened;
using Bulkhead.Isolation.Users;
using Bulkhead.Linux;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Linux.Users;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Ids;

namespace Bulkhead.Cli;

/// <summary>What a caller without root cannot have: refused by the name of the flag, before anything is made; what is left out is told.</summary>
internal static class Rootless
{
    private static readonly (string Flag, Func<LimitOptions, bool> Given)[] Limits =
    [
        ("--memory", limits => limits.Memory is not null),
        ("--memory-swap", limits => limits.MemorySwap is not null),
        ("--memory-reservation", limits => limits.MemoryReservation is not null),
        ("--cpus", limits => limits.Cpus is not null),
        ("--cpu-shares", limits => limits.CpuShares is not null),
        ("--cpu-period", limits => limits.CpuPeriod is not null),
        ("--cpu-quota", limits => limits.CpuQuota is not null),
        ("--memory-swappiness", limits => limits.MemorySwappiness is not null),
        ("--cpuset-cpus", limits => limits.CpusetCpus is not null),
        ("--cpuset-mems", limits => limits.CpusetMems is not null),
        ("--pids-limit", limits => limits.Pids is not null),
    ];

    /// <summary>Why this caller's containers have no cgroup; null: they have one.</summary>
    public static string? WhyNoCgroup() => UserEntry.IsRootless ? CgroupAccess.WhyNot(CgroupLayout.Detect()) : null;

    public static void Check(WorkloadOptions options)
    {
        if (!UserEntry.IsRootless)
            return;
        if (options.Privileged)
            throw new StepException("--privileged needs the host's root, which a plain user cannot give: leave it out, add what is needed by --cap-add, or run bulkhead as root");
        if (options.Devices.Length > 0)
            throw new StepException("--device needs the host's root, which a plain user cannot give: leave it out, or run bulkhead as root");
        if (options.CgroupParent is not null)
            throw new StepException("--cgroup-parent needs the host's root: a plain user's containers stand beside the caller's own cgroup; leave it out, or run bulkhead as root");
        foreach (SecretOption secret in options.Secrets)
        {
            if (secret.Uid is not null || secret.Gid is not null)
                throw new StepException($"--secret {secret.Name}: uid= and gid= need the host's root: a plain user's secret belongs to the program's user; leave them out");
        }
        CheckLimits(options.Limits);
        if (ContainerIds.WhyMore(options, ProcessUser.Resolve(options)) is { } flag && CallerUsers.WhyAlone() is { } why)
            throw new StepException($"{flag} needs more user ids than the caller's own: {why}");
        if (ContainerIds.WhyMore(options, ProcessUser.Resolve(options)) is { } more && options.Network.StartsWith("container:", StringComparison.Ordinal))
            throw new StepException($"{more} and --network {options.Network} exclude each other for a plain user: the other container's ids are the only ones that both could have; leave one out, or run bulkhead as root");
        foreach (VolumeOption mount in options.Mounts)
        {
            if (mount.Propagation is "shared" or "rshared")
                throw new StepException($"the propagation {mount.Propagation} of {mount.Target} needs the host's mounts, which a plain user cannot change: leave it out, or run bulkhead as root");
        }
    }

    public static void CheckLimits(LimitOptions limits)
    {
        if (WhyNoCgroup() is not { } why)
            return;
        foreach ((string flag, Func<LimitOptions, bool> given) in Limits)
        {
            if (given(limits))
                throw new StepException($"{flag} {CgroupAccess.Mend}: {why}");
        }
    }

    /// <summary>As <see cref="Loosenings"/>: a line for each.</summary>
    public static List<string> Loosened(WorkloadOptions options)
    {
        List<string> lines = Loosenings.Of(options);
        if (WhyNoCgroup() is { } why)
            lines.Add($"no limits: it can use all memory and processes that its caller can: {why}");
        return lines;
    }

    /// <summary>A folder of somebody else's mounts well and then refuses what its owner alone may: said before the program finds out.</summary>
    public static void ExplainFolders(WorkloadOptions options)
    {
        foreach (VolumeOption mount in options.Mounts)
        {
            if (mount.Kind != VolumeKind.Bind || Sys.StatAt(Fd.Cwd, mount.Source) is not { Ok: true } found || found.Value.st_uid == Sys.GetEuid())
                continue;
            string owner = string.Create(CultureInfo.InvariantCulture, $"{found.Value.st_uid}");
            Program.Say($"{mount.Source} belongs to user {owner}, not to you: it shows as nobody's in the container, which can do there what everybody may; chown it, or run bulkhead as root");
        }
    }

    /// <summary>The ids of a new start: a range only for who can use it.</summary>
    public static ContainerIds Ids(WorkloadRecord record, WorkloadFolder folder)
    {
        ProcessUser user = ProcessUser.Resolve(record.Options);
        return ContainerIds.WhyMore(record.Options, user) is null
            ? ContainerIds.OfCaller(user)
            : ContainerIds.OfCaller(user, Machine.Ranges.Take(folder.Path));
    }
}
