using System;
using System.Collections.Generic;
using Bulkhead.Oci;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Ids;

namespace Bulkhead.Workloads.Volumes;

/// <summary>
/// Whose a volume's files are: on the disk one fixed id stands for the user of whatever container mounts it, so that the next one, with other host ids
/// or another --user, owns them too. That user's own number takes the place of the fixed one; all other ids are what they are. Id 0 of the disk is
/// in no mapping: no container can make a file of the host's root, setuid or not.
/// </summary>
internal static class VolumeIds
{
    public const uint OnDisk = ProcessUser.NonRoot;

    /// <summary>An idmapped mount's user namespace: "container" ids are those on the disk, "host" ids those that processes have.</summary>
    public static LinuxIdMapping[] Map(uint inside, IdRange range)
    {
        var map = new List<LinuxIdMapping> { One(OnDisk, range.First + inside, 1) };
        if (inside is not (0 or OnDisk))
            map.Add(One(inside, range.First + OnDisk, 1));
        uint low = Math.Min(inside, OnDisk), high = Math.Max(inside, OnDisk);
        Span(map, 1, low, range);
        Span(map, low + 1, high, range);
        Span(map, high + 1, IdRanges.RangeSize, range);
        return map.ToArray();
    }

    /// <summary>The id on the disk of what somebody of a root file system owns: what was root's is the container's user's, as nobody else can be root there.</summary>
    public static uint ToDisk(uint inside, uint user) => inside == user || inside == 0 ? OnDisk : inside == OnDisk ? user == 0 ? OnDisk : user : inside;

    /// <summary>Ids that are the same on the disk and inside, but for the two above.</summary>
    private static void Span(List<LinuxIdMapping> map, uint first, uint end, IdRange range)
    {
        if (end > first)
            map.Add(One(first, range.First + first, end - first));
    }

    private static LinuxIdMapping One(uint onDisk, uint process, uint size) => new() { ContainerId = onDisk, HostId = process, Size = size };
}
