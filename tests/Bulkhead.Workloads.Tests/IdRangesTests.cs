using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using Bulkhead.Isolation.Users;
using Bulkhead.Linux;
using Bulkhead.TestSupport;
using Bulkhead.Workloads.Ids;

namespace Bulkhead.Workloads.Tests;

public sealed class IdRangesTests
{
    private static readonly IdRange Pool = new(100_000, 3 * IdRanges.RangeSize);

    [Fact]
    public void Ranges_are_disjoint_and_come_back()
    {
        using var folder = new TempFolder("ids");
        var ranges = new IdRanges(folder.FullPath + "/ids", [Pool]);
        string[] owners = [folder.Make("a"), folder.Make("b"), folder.Make("c"), folder.Make("d")];
        IdRange a = ranges.Take(owners[0]), b = ranges.Take(owners[1]), c = ranges.Take(owners[2]);
        Assert.Equal([100_000u, 165_536u, 231_072u], [a.First, b.First, c.First]);
        StepException full = Assert.Throws<StepException>(() => ranges.Take(owners[3]));
        Assert.Contains("all ranges of user ids are in use (3 containers)", full.Message);
        ranges.Free(b);
        Assert.Equal(b, ranges.Take(owners[3]));
    }

    [Fact]
    public void A_container_has_one_range_however_often_it_asks()
    {
        using var folder = new TempFolder("ids");
        var ranges = new IdRanges(folder.FullPath + "/ids", [Pool]);
        string other = folder.Make("other"), owner = folder.Make("owner");
        ranges.Take(other);
        Assert.Equal(ranges.Take(owner), ranges.Take(owner));
    }

    [Fact]
    public void A_range_whose_container_is_gone_is_free()
    {
        using var folder = new TempFolder("ids");
        var ranges = new IdRanges(folder.FullPath + "/ids", [new IdRange(100_000, IdRanges.RangeSize)]);
        string gone = folder.Make("gone"), next = folder.Make("next");
        ranges.Take(gone);
        Directory.Delete(gone);
        Assert.Equal(100_000u, ranges.Take(next).First);
    }

    [Fact]
    public async Task Sixty_four_at_once_get_sixty_four()
    {
        using var folder = new TempFolder("ids");
        string place = folder.FullPath + "/ids";
        var tasks = new List<Task<IdRange>>();
        for (int i = 0; i < 64; i++)
        {
            string owner = folder.Make($"c{i}");
            tasks.Add(Task.Run(() => new IdRanges(place, [new IdRange(100_000, 64 * IdRanges.RangeSize)]).Take(owner)));
        }
        Assert.Equal(64, new HashSet<IdRange>(await Task.WhenAll(tasks)).Count);
    }

    [Theory]
    [InlineData("bulkhead:100000:65536\n", 1)]
    [InlineData("other:100000:65536\n", 0)]
    [InlineData("bulkhead:100000\nbulkhead:x:1\nbulkhead:4294967295:65536\nbulkhead:1:0\n:::\n", 0)]
    [InlineData("", 0)]
    public void Lines_of_subuid_that_are_not_well_formed_give_nothing(string text, int count)
    {
        using var folder = new TempFolder("ids");
        string file = folder.FullPath + "/subuid";
        File.WriteAllText(file, text);
        Assert.Equal(count, SubordinateIds.Read(file, "bulkhead").Count);
    }
}
