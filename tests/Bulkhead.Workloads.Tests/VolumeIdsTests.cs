using System.Collections.Generic;
using Bulkhead.Oci;
using Bulkhead.Workloads.Ids;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Workloads.Tests;

public sealed class VolumeIdsTests
{
    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(1000u)]
    [InlineData(65531u)]
    [InlineData(65532u)]
    [InlineData(65533u)]
    [InlineData(65535u)]
    public void Each_user_owns_the_volume_nobody_is_root_of_the_disk_and_no_id_is_two(uint user)
    {
        const uint First = 1_879_048_192;
        var onDisk = new Dictionary<uint, uint>();
        var seen = new HashSet<uint>();
        foreach (LinuxIdMapping map in VolumeIds.Map(user, new IdRange(First, 65536)))
        {
            for (uint i = 0; i < map.Size; i++)
            {
                Assert.True(seen.Add(map.HostId + i), "two ids of the disk are one inside");
                onDisk.Add(map.ContainerId + i, map.HostId + i - First);
            }
        }
        Assert.Equal(user, onDisk[65532]);
        Assert.DoesNotContain(0u, (IDictionary<uint, uint>)onDisk);
        Assert.Equal(65535, onDisk.Count);
        Assert.All(onDisk, pair => Assert.True(pair.Value is < 65536 && (pair.Key == pair.Value || pair.Key == 65532 || pair.Key == user)));
    }
}
