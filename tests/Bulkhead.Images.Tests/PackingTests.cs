using System.IO;
using Bulkhead.Images.Store;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;
using Bulkhead.TestSupport;

namespace Bulkhead.Images.Tests;

public sealed class PackingTests
{
    [Fact]
    public void Plain_gzip_and_zstd_give_the_same_tree()
    {
        using var folder = new TempFolder("pack");
        string made = folder.Make("made");
        File.WriteAllText(made + "/file", "content");
        byte[] plain = Tars.Of(made);
        Digest diffId = Digest.Of(plain);
        (byte[] Packed, LayerPacking Packing)[] rows = [(plain, LayerPacking.Plain), (Tars.Gzip(plain), LayerPacking.Gzip), (Tars.Zstd(plain), LayerPacking.Zstd)];
        foreach ((byte[] packed, LayerPacking packing) in rows)
        {
            string tree = Tars.Unpack(folder[packing.ToString()], packed, packing, diffId);
            Assert.Equal("content", File.ReadAllText(tree + "/file"));
        }
    }

    [Fact]
    public void A_wrong_diff_id_leaves_nothing()
    {
        using var folder = new TempFolder("pack");
        string made = folder.Make("made");
        byte[] plain = Tars.Of(made);
        Digest wrong = Digest.Of([1]);
        var layers = new LayerStore(folder["store"]);
        StepException error = Assert.Throws<StepException>(() => layers.Unpack(new MemoryStream(plain), wrong));
        Assert.Contains("has the digest " + Digest.Of(plain), error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(folder["store/layers"]));
    }
}
