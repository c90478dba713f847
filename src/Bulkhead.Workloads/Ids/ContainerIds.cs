using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Users;
using Bulkhead.Oci;
using Bulkhead.Workloads.Compose;

namespace Bulkhead.Workloads.Ids;

/// <summary>The host's ids behind a container's.</summary>
public sealed record ContainerIds
{
    /// <summary>Of "nobody", which programs that drop their rights like to become.</summary>
    private const uint Nobody = 65534;

    /// <summary>Empty: the container has the host's ids.</summary>
    public LinuxIdMapping[] Uids { get; private init; } = [];

    public LinuxIdMapping[] Gids { get; private init; } = [];

    /// <summary>All of them lie in one range of no user's: mounts are mapped to it. Null: the caller's own id is among them, and nothing is mapped.</summary>
    public IdRange? Range { get; private init; }

    /// <summary>The namespace that the container's must be made in, for its monitor to enter; null for root.</summary>
    public string? Order { get; init; }

    public bool Own => Uids.Length > 0;

    /// <summary>The process's own group is the only one that there is.</summary>
    public bool OneGroup => Gids is [{ Size: 1 }];

    public static ContainerIds Host { get; } = new();

    public static ContainerIds Of(IdRange range)
    {
        LinuxIdMapping[] whole = [new() { ContainerId = 0, HostId = range.First, Size = range.Size }];
        return new ContainerIds { Uids = whole, Gids = whole, Range = range };
    }

    /// <summary>A caller without root: its own user and group, as the process's, so that its folders just work. No other id exists.</summary>
    public static ContainerIds OfCaller(ProcessUser user) => new()
    {
        Uids = [new() { ContainerId = user.Uid, HostId = Sys.GetEuid(), Size = 1 }],
        Gids = [new() { ContainerId = user.Gid, HostId = Sys.GetEgid(), Size = 1 }],
        Order = UserOrder.Alone(),
    };

    /// <summary>The same, and the caller's subordinate ids for the others.</summary>
    public static ContainerIds OfCaller(ProcessUser user, IdRange others)
    {
        IdExtent[] handed = [new IdExtent(others.First, others.Size)];
        return new ContainerIds
        {
            Uids = Around(user.Uid, Sys.GetEuid(), others),
            Gids = Around(user.Gid, Sys.GetEgid(), others),
            Order = UserOrder.WithHelpers(handed, handed),
        };
    }

    /// <summary>
    /// Null: the program needs no id but its own, since it has no capability to change to another; else the flag that makes it need them.
    /// </summary>
    public static string? WhyMore(WorkloadOptions options, ProcessUser user)
    {
        if (options.AsRoot)
            return "--as-root";
        if (user.Groups.Length > 0)
            return $"--user {options.User} with its groups";
        foreach (string capability in CapabilityChoice.Of(options, user).Bounding)
        {
            if (capability is "CAP_CHOWN" or "CAP_SETUID" or "CAP_SETGID" or "CAP_DAC_OVERRIDE" or "CAP_FOWNER")
                return user.Uid == 0 ? $"--user {options.User}" : "--cap-add " + capability["CAP_".Length..];
        }
        return null;
    }

    private static LinuxIdMapping[] Around(uint inside, uint caller, IdRange others)
    {
        var map = new List<LinuxIdMapping> { new() { ContainerId = inside, HostId = caller, Size = 1 } };
        uint below = Math.Min(inside, others.Size);
        if (below > 0)
            map.Add(new() { ContainerId = 0, HostId = others.First, Size = below });
        if (inside + 1 < others.Size)
            map.Add(new() { ContainerId = inside + 1, HostId = others.First + inside + 1, Size = others.Size - inside - 1 });
        // The id that the process's own would have had is free.
        if (inside < others.Size && others.Size <= Nobody)
            map.Add(new() { ContainerId = Nobody, HostId = others.First + inside, Size = 1 });
        return map.ToArray();
    }
}
