using Bulkhead.Isolation.Plan;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>create and run: whose bundle, under which id, with which descriptors.</summary>
public sealed class CreateRequest
{
    public required PlanRequest Plan { get; init; }

    public required ProcessStreams Streams { get; init; }

    /// <summary>The name that the runtime was called by (argv[0]).</summary>
    public string ProgramName { get; init; } = "";

    /// <summary>--policy; null: the machine's, if it has one.</summary>
    public string? PolicyFile { get; init; }
}
