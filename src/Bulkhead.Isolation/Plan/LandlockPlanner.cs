using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;
using static Bulkhead.Linux.Abi.Landlock;

namespace Bulkhead.Isolation.Plan;

/// <summary>
/// The rules of <see cref="Extensions.Landlock"/>, from the same configuration for create and for exec: read and execute everywhere; make,
/// write and remove only where a mount is writable; devices answer ioctl only in /dev; no device nodes.
/// </summary>
public static class LandlockPlanner
{
    private const ulong Read = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

    /// <summary>Of kernel file systems: nothing can be made there.</summary>
    private const ulong WriteFiles = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;

    private const ulong Write = WriteFiles | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR
        | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;

    private const ulong Nodes = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

    // ABI versions (landlock(7)): 2 REFER, 3 TRUNCATE, 4 network, 5 IOCTL_DEV, 6 scopes.
    private const int Refer = 2, Truncate = 3, Network = 4, IoctlDev = 5, Scopes = 6;

    /// <summary>Null when the configuration does not ask for it, or the kernel has none: then <paramref name="warnings"/> says so.</summary>
    public static LandlockPlan? Plan(RuntimeConfig config, List<string>? warnings)
    {
        if (Extensions.Get(config, Extensions.Landlock) is not { } asked)
            return null;
        if (asked != Extensions.LandlockDefault)
            throw new StepException($"$.annotations[\"{Extensions.Landlock}\"]: \"{asked}\" is not known; the only value is \"{Extensions.LandlockDefault}\"");
        Result<int> abi = Sys.LandlockAbi();
        if (abi.Ok)
            return Plan(config, abi.Value);
        warnings?.Add($"landlock: not in this kernel ({abi.Error}): read-only mounts alone keep the container from writing elsewhere");
        return null;
    }

    /// <param name="config">Validated.</param>
    /// <param name="abi">Landlock's version, from 1.</param>
    internal static LandlockPlan Plan(RuntimeConfig config, int abi)
    {
        ulong known = Known(abi);
        var rules = new List<LandlockRule>();
        Add(rules, "/", config.Root is { Readonly: false } ? Read | Write : Read, known);
        foreach (Oci.Mount mount in config.Mounts)
            Add(rules, mount.Destination, OfMount(mount), known);
        return new LandlockPlan
        {
            Attributes = new landlock_ruleset_attr { handled_access_fs = known, scoped = abi >= Scopes ? Scoped(config) : 0 },
            AttributesSize = (abi >= Scopes ? 3 : abi >= Network ? 2 : 1) * sizeof(ulong),
            Rules = rules.ToArray(),
        };
    }

    private static ulong Known(int abi) =>
        ((Read | Write | Nodes) & ~(abi < Refer ? LANDLOCK_ACCESS_FS_REFER : 0) & ~(abi < Truncate ? LANDLOCK_ACCESS_FS_TRUNCATE : 0))
        | (abi >= IoctlDev ? LANDLOCK_ACCESS_FS_IOCTL_DEV : 0);

    private static void Add(List<LandlockRule> rules, string path, ulong access, ulong known)
    {
        if ((access & known) != 0)
            rules.Add(new LandlockRule(path, access & known));
    }

    /// <summary>What a mount adds to reading; 0 for one that is read-only.</summary>
    private static ulong OfMount(Oci.Mount mount)
    {
        if (Array.Exists(mount.Options, option => option is "ro" or "rro"))
            return 0;
        return mount.Type switch
        {
            "proc" or "sysfs" or "cgroup" or "cgroup2" => WriteFiles,
            // The devices that are there at all are chosen by mounts and by the device cgroup.
            "devpts" => WriteFiles | LANDLOCK_ACCESS_FS_IOCTL_DEV,
            _ => mount.Destination == "/dev" ? Write | LANDLOCK_ACCESS_FS_IOCTL_DEV : Write,
        };
    }

    /// <summary>
    /// Abstract sockets belong to the network namespace, and signals to the pid namespace, which already end at the container. A domain is
    /// narrower: a process of exec has one of its own, and could not signal the first process (nginx -s reload). So only what is shared is scoped.
    /// </summary>
    private static ulong Scoped(RuntimeConfig config)
    {
        foreach (LinuxNamespace space in config.Linux?.Namespaces ?? [])
        {
            if (space.Type == "network" && space.Path is not { Length: > 0 })
                return 0;
        }
        return LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET;
    }
}
