using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using Bulkhead.Linux;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>
/// All that a tier needs to make a sandbox with its first container: validated, within policy, every host path resolved to a
/// descriptor. A tier never reads the OCI configuration again. Disposing closes the descriptors.
/// </summary>
public sealed record SandboxPlan : IDisposable
{
    /// <summary>A plan is itself only: what a record compares and prints by would be pages at every start.</summary>
    public bool Equals(SandboxPlan? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    public override string ToString() => nameof(SandboxPlan);

    public required string Id { get; init; }

    /// <summary>Absolute path of the bundle, for hooks' state.</summary>
    public required string Bundle { get; init; }

    public required NamespacePlan Namespaces { get; init; }

    public required RootPlan Root { get; init; }

    /// <summary>In the order of the configuration: later ones may stand on earlier ones.</summary>
    public required MountPlan[] Mounts { get; init; }

    public required DevicePlan[] Devices { get; init; }

    /// <summary>False when /dev is a bind mount of the caller's: its nodes are not ours to make.</summary>
    public required bool MakeDevices { get; init; }

    public required string[] MaskedPaths { get; init; }

    public required string[] ReadonlyPaths { get; init; }

    /// <summary>Name in the form of a path below /proc/sys, and value.</summary>
    public required KeyValuePair<string, string>[] Sysctls { get; init; }

    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    /// <summary>Argument of personality(2).</summary>
    public uint? Personality { get; init; }

    /// <summary>null: the container has no process of its own; it can be created and deleted, not started.</summary>
    public ProcessPlan? Process { get; init; }

    public required Hooks Hooks { get; init; }

    public required KeyValuePair<string, string>[] Annotations { get; init; }

    public required CgroupPlan Cgroup { get; init; }

    /// <summary>Host interfaces that move into the container's network namespace, with their new names.</summary>
    public required KeyValuePair<string, string>[] NetDevices { get; init; }

    /// <summary>What was asked for and can have no effect here, by JSON path: told to the caller, since peers pass it over in silence.</summary>
    public required string[] Warnings { get; init; }

    /// <summary>A session keyring of the container's own, so that it cannot read ours (escape E26).</summary>
    public required bool NewKeyring { get; init; }

    public void Dispose()
    {
        Root.Tree.Dispose();
        Namespaces.Dispose();
        foreach (MountPlan mount in Mounts)
            mount.Source?.Dispose();
        foreach (DevicePlan device in Devices)
            device.HostNode?.Dispose();
    }
}

/// <summary>The root file system as a detached mount tree.</summary>
public sealed class RootPlan
{
    /// <summary>Absolute host path without symbolic links: where the tree is mounted in the container's mount namespace before pivot_root.</summary>
    public required string Path { get; init; }

    /// <summary>The directory of the new mount namespace that the tree is mounted on before it becomes the root.</summary>
    public required string Place { get; init; }

    /// <summary>open_tree(2) clone of <see cref="Path"/>, recursive.</summary>
    public required Fd Tree { get; init; }

    public required bool ReadOnly { get; init; }

    /// <summary>MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC if asked for; 0: slave, as runc.</summary>
    public required ulong Propagation { get; init; }

    /// <summary>MS_MOVE and chroot instead of pivot_root, for a root on initramfs.</summary>
    public required bool NoPivot { get; init; }
}

/// <summary>Where the sandbox's processes live in the host's cgroups, and their limits.</summary>
public sealed class CgroupPlan
{
    /// <summary>As in the configuration, or the default for the id.</summary>
    public required string Path { get; init; }

    public required bool Systemd { get; init; }

    public CgroupResources? Resources { get; init; }
}
