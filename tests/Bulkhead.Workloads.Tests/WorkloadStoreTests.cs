using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Bulkhead.Linux;
using Bulkhead.TestSupport;

namespace Bulkhead.Workloads.Tests;

public sealed class WorkloadStoreTests
{
    [Fact]
    public void A_record_comes_back_as_it_was()
    {
        using var folder = new TempFolder("store");
        var store = new WorkloadStore(folder.FullPath);
        WorkloadRecord record = Make("web") with
        {
            Options = new WorkloadOptions
            {
                Rootfs = "/r",
                Command = ["a", "b c"],
                Env = ["X=é"],
                Mounts = [new VolumeOption { Kind = VolumeKind.Bind, Source = "/s", Target = "/t", ReadOnly = true }],
                Limits = new LimitOptions { Cpus = 1.5, Memory = 1 << 30, Ulimits = [new UlimitOption("nofile", 1, 2)] },
            },
        };
        store.Create(record);
        Assert.Equivalent(record, store.Find("web").Load(), strict: true);
        Assert.Equal(record.Id, store.Find(record.Id[..5]).Id);
    }

    [Fact]
    public void A_name_is_one_containers_only_and_free_after_it()
    {
        using var folder = new TempFolder("store");
        var store = new WorkloadStore(folder.FullPath);
        WorkloadFolder first = store.Create(Make("web"));
        StepException error = Assert.Throws<StepException>(() => store.Create(Make("web")));
        Assert.Contains("the name 'web' is in use", error.Message);
        Assert.Single(store.All());
        store.Remove(first);
        store.Create(Make("web"));
        Assert.Single(Directory.GetFileSystemEntries(folder.FullPath + "/containers"));
    }

    /// <summary>Killed before it wrote its record, or while it removed one: a name that nobody chose is wanted by nobody again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_killed_command_left_has_no_name(bool whileRemoved)
    {
        using var folder = new TempFolder("store");
        var store = new WorkloadStore(folder.FullPath);
        store.Create(Make("kept"));
        WorkloadFolder killed = store.Create(Make("web"));
        if (whileRemoved)
            Directory.Move(killed.Path, killed.Path + ".gone");
        else
            File.Delete(killed.Path + "/workload.json");
        Assert.Single(store.All());
        Assert.Equal(folder.FullPath + "/names/kept", Assert.Single(Directory.GetFileSystemEntries(folder.FullPath + "/names")));
        Assert.Single(Directory.GetFileSystemEntries(folder.FullPath + "/containers"));
    }

    [Fact]
    public async Task Of_many_that_want_one_name_one_gets_it()
    {
        using var folder = new TempFolder("store");
        var store = new WorkloadStore(folder.FullPath);
        bool[] won = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => TryCreate(store))));
        Assert.Equal(1, won.Count(w => w));
        Assert.Single(store.All());
        Assert.Single(Directory.GetFileSystemEntries(folder.FullPath + "/containers"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("../x")]
    [InlineData("-x")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("ä2")]
    public void Names_are_words(string name)
    {
        using var folder = new TempFolder("store");
        Assert.Throws<StepException>(() => new WorkloadStore(folder.FullPath).Create(Make(name)));
        Assert.Empty(Directory.GetFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public void What_a_container_left_is_removed_without_following_links()
    {
        using var folder = new TempFolder("store");
        string kept = folder.Make("kept");
        File.WriteAllText(kept + "/file", "");
        var store = new WorkloadStore(folder.FullPath + "/data");
        WorkloadFolder made = store.Create(Make("web"));
        Directory.CreateDirectory(made.Path + "/layer/upper/deep/er");
        File.CreateSymbolicLink(made.Path + "/layer/upper/out", kept);
        store.Remove(made);
        Assert.False(Directory.Exists(made.Path));
        Assert.True(File.Exists(kept + "/file"));
    }

    private static bool TryCreate(WorkloadStore store)
    {
        try
        {
            store.Create(Make("same"));
            return true;
        }
        catch (StepException)
        {
            return false;
        }
    }

    private static WorkloadRecord Make(string name) => new()
    {
        Id = WorkloadStore.NewId(),
        Name = name,
        Created = "2026-01-01T00:00:00Z",
        Options = new WorkloadOptions { Rootfs = "/", Command = ["x"] },
    };
}
