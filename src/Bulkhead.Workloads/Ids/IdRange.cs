namespace Bulkhead.Workloads.Ids;

/// <summary>The host's user and group ids that stand behind a container's ids 0 to <see cref="Size"/> - 1.</summary>
/// <param name="First">The host id of the container's id 0.</param>
/// <param name="Size">How many.</param>
public readonly record struct IdRange(uint First, uint Size);
