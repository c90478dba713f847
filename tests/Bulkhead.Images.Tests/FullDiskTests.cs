using System;
using System.IO;
using Bulkhead.Images.Store;
using Bulkhead.Linux;
using Bulkhead.TestSupport;

namespace Bulkhead.Images.Tests;

/// <summary>A store on a file system of 1 MiB.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TempFolder _folder = new("full");

    public FullDiskTests() => Command.Run("mount", "-t", "tmpfs", "-o", "size=1m", "none", _folder.Make("disk")).Ok();

    private string Root => _folder["disk/images"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Content_that_does_not_fit_says_so_and_leaves_room()
    {
        byte[] small = new byte[100_000], large = new byte[3 << 20];
        var content = new ContentStore(Root);
        content.Put(small);
        StepException error = Assert.Throws<StepException>(() => content.Put(large));
        Assert.Contains("no space left on device: free space there (bulkhead image prune", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(Root + "/ingest"));
        Assert.Equal(small, content.Read(Digest.Of(small), 1 << 20));
        content.Put(new byte[200_000]);
    }

    [Fact]
    public void A_layer_that_does_not_fit_says_so_and_leaves_room()
    {
        byte[] small = new TarBuilder().File("a", new string('x', 100_000)).Done(), large = new TarBuilder().File("before", "x").File("big", new string('x', 3 << 20)).Done();
        Tars.Unpack(Root, small);
        StepException error = Assert.Throws<StepException>(() => Tars.Unpack(Root, large));
        Assert.Contains("write big of layer", error.Message);
        Assert.Contains("no space left on device: free space there", error.Message);
        Assert.Equal([Digest.Of(small).Hex], Array.ConvertAll(Directory.GetFileSystemEntries(Root + "/layers"), path => Path.GetFileName(path)));
        new ContentStore(Root).Put(new byte[200_000]);
    }
}
