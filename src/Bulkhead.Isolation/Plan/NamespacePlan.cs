using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>A namespace to join instead of making one.</summary>
public sealed record JoinPlan(ulong Type, Fd Namespace, string Path);

/// <summary>Which of the eight namespaces are new, which are joined; the rest stay the host's.</summary>
public sealed class NamespacePlan : IDisposable
{
    /// <summary>CLONE_NEW* of the new ones.</summary>
    public required ulong New { get; init; }

    public required JoinPlan[] Join { get; init; }

    public required LinuxIdMapping[] UidMappings { get; init; }

    public required LinuxIdMapping[] GidMappings { get; init; }

    /// <summary>Lines for /proc/PID/timens_offsets.</summary>
    public required KeyValuePair<string, LinuxTimeOffset>[] TimeOffsets { get; init; }

    public bool IsNew(ulong type) => (New & type) != 0;

    public JoinPlan? Joined(ulong type)
    {
        foreach (JoinPlan join in Join)
        {
            if (join.Type == type)
                return join;
        }
        return null;
    }

    /// <summary>New or joined: not the host's.</summary>
    public bool Has(ulong type) => IsNew(type) || Joined(type) is not null;

    public void Dispose()
    {
        foreach (JoinPlan join in Join)
            join.Namespace.Dispose();
    }
}
