using System.Runtime.CompilerServices;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>A process of a container, by create or by exec: one plan for both, so that both get the same confinement.</summary>
public sealed record ProcessPlan
{
    /// <summary>A plan is itself only: what a record compares and prints by would be pages at every start.</summary>
    public bool Equals(ProcessPlan? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    public override string ToString() => nameof(ProcessPlan);

    /// <summary>The file to execute where it is not Args[0].</summary>
    public string? Executable { get; init; }

    /// <summary>A program of the host's to execute instead, by descriptor: a tier's own. Args and Env are its.</summary>
    public Fd? Program { get; init; }

    /// <summary>A descriptor that such a program inherits under its own number.</summary>
    public Fd? ProgramFile { get; init; }

    public required string[] Args { get; init; }

    public required string[] Env { get; init; }

    /// <summary>Absolute path inside the root.</summary>
    public required string Cwd { get; init; }

    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    /// <summary><see cref="Uid"/> outside of the container's user namespace; null without one, or when the configuration does not map it.</summary>
    public uint? HostUid { get; init; }

    public required uint[] Groups { get; init; }

    /// <summary>0022 unless the configuration says otherwise, as runc.</summary>
    public required uint Umask { get; init; }

    public required CapabilityPlan Capabilities { get; init; }

    public required RlimitPlan[] Rlimits { get; init; }

    public required bool NoNewPrivileges { get; init; }

    public SeccompPlan? Seccomp { get; init; }

    /// <summary>Null: not asked for, or not in this kernel.</summary>
    public LandlockPlan? Landlock { get; init; }

    public string? ApparmorProfile { get; init; }

    public string? SelinuxLabel { get; init; }

    public int? OomScoreAdj { get; init; }

    public Scheduler? Scheduler { get; init; }

    /// <summary>Argument of ioprio_set(2).</summary>
    public int? IoPriority { get; init; }

    public MemoryPolicyPlan? MemoryPolicy { get; init; }

    /// <summary>CPU mask of exec before (initial) and at (final) the program's start; null: unchanged.</summary>
    public byte[]? InitialAffinity { get; init; }

    public byte[]? FinalAffinity { get; init; }

    /// <summary>The signals that the program begins with blocked; bit n - 1 is signal n. All of them, or none (<see cref="Extensions.SignalsBlocked"/>).</summary>
    public ulong BlockedSignals { get; init; }

    public required bool Terminal { get; init; }

    public Box? ConsoleSize { get; init; }
}

/// <summary>Bit masks of capability numbers (linux/capability.h).</summary>
public readonly record struct CapabilityPlan(ulong Bounding, ulong Effective, ulong Permitted, ulong Inheritable, ulong Ambient)
{
    /// <summary>
    /// Without what cannot be given: capset(2) would fail as a whole. Callers ask for "all", and runc too passes over those that this
    /// kernel does not know or that the runtime itself was not given. Only ever less than asked for.
    /// </summary>
    public CapabilityPlan Within(ulong available) =>
        new(Bounding & available, Effective & available, Permitted & available, Inheritable & available, Ambient & available);
}

/// <summary>setrlimit(2): resource number and limits, ~0 for infinity.</summary>
public readonly record struct RlimitPlan(int Resource, ulong Soft, ulong Hard);

/// <summary>set_mempolicy(2): mode with flags, and the node mask.</summary>
public sealed record MemoryPolicyPlan(int Mode, byte[] Nodes, int NodeCount);

/// <summary>A compiled filter.</summary>
public sealed class SeccompPlan
{
    /// <summary>struct sock_filter array.</summary>
    public required byte[] Filter { get; init; }

    /// <summary>SECCOMP_FILTER_FLAG_*, NEW_LISTENER included where a rule notifies.</summary>
    public required uint Flags { get; init; }

    /// <summary>A unix socket that gets the listener's descriptor.</summary>
    public string? ListenerPath { get; init; }

    public string? ListenerMetadata { get; init; }
}
