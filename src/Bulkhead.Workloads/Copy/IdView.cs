using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads.Ids;

namespace Bulkhead.Workloads.Copy;

/// <summary>Ids as one side numbers them: a container's are those inside it.</summary>
/// <param name="Ids">Null, or without ids of its own: they are the host's.</param>
public readonly record struct IdView(ContainerIds? Ids)
{
    /// <summary>overflowuid: nobody's.</summary>
    private const uint Nobody = 65534;

    /// <summary>The user whom the host knows by this id.</summary>
    public uint User(uint host) => FromHost(host, Ids?.Uids);

    public uint Group(uint host) => FromHost(host, Ids?.Gids);

    /// <exception cref="StepException">The container has no such id.</exception>
    public uint HostUser(uint id) => ToHost(id, Ids?.Uids);

    /// <exception cref="StepException">The container has no such id.</exception>
    public uint HostGroup(uint id) => ToHost(id, Ids?.Gids);

    private static uint FromHost(uint id, LinuxIdMapping[]? map)
    {
        if (map is not { Length: > 0 })
            return id;
        foreach (LinuxIdMapping part in map)
        {
            if (id >= part.HostId && id - part.HostId < part.Size)
                return part.ContainerId + (id - part.HostId);
        }
        return Nobody;
    }

    private static uint ToHost(uint id, LinuxIdMapping[]? map)
    {
        if (map is not { Length: > 0 })
            return id;
        foreach (LinuxIdMapping part in map)
        {
            if (id >= part.ContainerId && id - part.ContainerId < part.Size)
                return part.HostId + (id - part.ContainerId);
        }
        string where = map is [{ ContainerId: 0 } all] ? $", which end at {all.Size - 1}" : "";
        throw new StepException($"the id {id} is not among the container's{where}: copy without --archive");
    }
}
