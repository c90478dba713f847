using System.Collections.Generic;

namespace Bulkhead.Workloads.Volumes;

/// <summary>What is kept of a volume beside its files.</summary>
public sealed record VolumeRecord
{
    public required string Name { get; init; }

    /// <summary>RFC 3339, UTC.</summary>
    public required string Created { get; init; }

    public KeyValuePair<string, string>[] Labels { get; set; } = [];

    /// <summary>Nobody gave it a name: it goes with its container.</summary>
    public bool Anonymous { get; init; }
}
