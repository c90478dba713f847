using Bulkhead.Linux;

namespace Bulkhead.Isolation.Plan;

/// <summary>One mount: a detached tree of the host's (bind), or a file system that the container's first process makes in its namespaces.</summary>
public sealed class MountPlan
{
    /// <summary>Absolute path inside the root.</summary>
    public required string Destination { get; init; }

    /// <summary>The type of a plan that changes the attributes of what is mounted at the destination already.</summary>
    public const string Remount = "remount";

    /// <summary>File system type; "bind" when <see cref="Source"/> is set.</summary>
    public required string Type { get; init; }

    /// <summary>The text for the source column of mountinfo.</summary>
    public required string SourceText { get; init; }

    /// <summary>A detached tree with its attributes already set; null for a new file system.</summary>
    public Fd? Source { get; init; }

    /// <summary>Whether <see cref="Source"/> is a directory: its mount point is made accordingly.</summary>
    public bool SourceIsDirectory { get; init; }

    public required MountSpec Options { get; init; }

    /// <summary>Options for the file system itself, fsconfig(2) strings and flags.</summary>
    public required string[] Data { get; init; }
}

/// <summary>A device node of the container's /dev.</summary>
public sealed class DevicePlan
{
    /// <summary>Absolute path inside the root.</summary>
    public required string Path { get; init; }

    /// <summary>S_IFCHR, S_IFBLK or S_IFIFO with permissions.</summary>
    public required uint Mode { get; init; }

    public required uint Major { get; init; }

    public required uint Minor { get; init; }

    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    /// <summary>In a user namespace nodes cannot be made: this detached mount of the host's node is bound instead.</summary>
    public Fd? HostNode { get; init; }
}
