using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.Plan;

/// <summary>One rule: what a process may do at and below a path inside the container.</summary>
/// <param name="Path">Absolute, inside.</param>
/// <param name="Access">LANDLOCK_ACCESS_FS_*.</param>
public readonly record struct LandlockRule(string Path, ulong Access);

/// <summary>A landlock(7) domain: a second wall behind the mounts' read-only flags.</summary>
public sealed class LandlockPlan
{
    /// <summary>Rights that apply to files as well as to directories: a rule on a file may have no other.</summary>
    public const ulong OfFiles = Landlock.LANDLOCK_ACCESS_FS_EXECUTE | Landlock.LANDLOCK_ACCESS_FS_WRITE_FILE | Landlock.LANDLOCK_ACCESS_FS_READ_FILE
        | Landlock.LANDLOCK_ACCESS_FS_TRUNCATE | Landlock.LANDLOCK_ACCESS_FS_IOCTL_DEV;

    /// <summary>What is refused unless a rule allows it; only what the kernel knows.</summary>
    public required landlock_ruleset_attr Attributes { get; init; }

    /// <summary>How much of <see cref="Attributes"/> this kernel takes, bytes.</summary>
    public required int AttributesSize { get; init; }

    public required LandlockRule[] Rules { get; init; }
}
