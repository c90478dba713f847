using Bulkhead.Linux;
using Bulkhead.Workloads.Ids;

namespace Bulkhead.Workloads.Copy;

/// <summary>Ids as one side numbers them: a container's are those inside it.</summary>
/// <param name="Range">Null: they are the host's.</param>
public readonly record struct IdView(IdRange? Range)
{
    /// <summary>overflowuid: nobody's.</summary>
    private const uint Nobody = 65534;

    public uint FromHost(uint id) => Range is not { } range ? id : id - range.First < range.Size && id >= range.First ? id - range.First : Nobody;

    /// <exception cref="StepException">The container has no such id.</exception>
    public uint ToHost(uint id) => Range is not { } range ? id
        : id < range.Size ? range.First + id : throw new StepException($"the id {id} is not among the container's, which end at {range.Size - 1}: copy without --archive");
}
