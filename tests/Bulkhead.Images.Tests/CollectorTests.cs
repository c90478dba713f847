using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Bulkhead.Images.Store;
using Bulkhead.Oci.Image;
using Bulkhead.TestSupport;

namespace Bulkhead.Images.Tests;

public sealed class CollectorTests : IDisposable
{
    private readonly TempFolder _folder = new("gc");

    private string Root => _folder["images"];

    private ContentStore Content => new(Root);

    private LayerStore Layers => new(Root);

    private ImageNames Names => new(Root);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_names_and_containers_need_stays()
    {
        (Digest named, Digest namedLayer) = MakeImage("named");
        (Digest contained, Digest containedLayer) = MakeImage("contained");
        (_, Digest mountedLayer) = MakeImage("mounted");
        (_, Digest lostLayer) = MakeImage("lost");
        Names.Put(StoreTests.Image("docker.io/library/x:latest", named));
        Collected collected = new Collector(Root).Run(() => new KeptContent { Manifests = [contained], DiffIds = [mountedLayer] }, untagged: true);
        Assert.Equal((6, 1), (collected.Blobs, collected.Layers));
        Assert.Equal(6, Content.All().Count);
        Assert.Equal([true, true, true, false], new[] { namedLayer, containedLayer, mountedLayer, lostLayer }.Select(Layers.Has));
    }

    [Fact]
    public void An_index_keeps_its_manifests_and_untagged_images_go_when_asked_for()
    {
        (Digest manifest, Digest layer) = MakeImage("one");
        byte[] index = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.Index}}","manifests":[{"mediaType":"{{MediaTypes.Manifest}}","digest":"{{manifest}}","size":1},{"digest":"{{Digest.Of([9])}}","size":1}]}""");
        Digest indexDigest = Content.Put(index);
        Names.Put(StoreTests.Image("", indexDigest));
        Assert.Equal(0, new Collector(Root).Run(() => new KeptContent(), untagged: false).Blobs);
        Assert.True(Layers.Has(layer));
        Assert.Equal(new Collected(4, 1, Content.All().Sum(blob => blob.Size) + 3), new Collector(Root).Run(() => new KeptContent(), untagged: true));
        Assert.Empty(Names.All());
        Assert.Empty(Content.All());
        Assert.Empty(Layers.All());
    }

    [Fact]
    public void It_waits_for_pulls_and_pulls_wait_for_it()
    {
        (_, Digest layer) = MakeImage("coming");
        var collector = new Thread(() => new Collector(Root).Run(() => new KeptContent(), untagged: true));
        using (StoreLock.Shared(Root))
        using (StoreLock.Shared(Root))
        {
            Assert.Null(StoreLock.TryExclusive(Root));
            collector.Start();
            StoreTests.WaitForWaiter(Root + "/lock");
            Assert.True(Layers.Has(layer));
        }
        collector.Join();
        Assert.False(Layers.Has(layer));
        using (StoreLock.Exclusive(Root))
            Assert.Null(StoreLock.TryExclusive(Root));
    }

    [Fact]
    public void What_killed_processes_left_goes()
    {
        MakeImage("one");
        Assert.Empty(Names.All());
        File.WriteAllText(Root + "/ingest/" + Digest.Of([1]).Hex, "part");
        Directory.CreateDirectory(Root + "/layers/.new-" + Digest.Of([1]).Hex + "/tree/a");
        Directory.CreateDirectory(Root + "/layers/.gone-1/tree/a");
        File.WriteAllText(Root + "/names/.new-1", "half");
        new Collector(Root).Run(() => new KeptContent(), untagged: true);
        Assert.Equal(["blobs", "blobs/sha256", "ingest", "layers", "lock", "names", "version"],
            Directory.GetFileSystemEntries(Root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Root, path)).Order(StringComparer.Ordinal));
    }

    /// <summary>Pulls of images whose layers are the collector's to take at any moment between them, from many threads.</summary>
    [Fact]
    public async Task No_pull_loses_its_layer_to_a_collector()
    {
        bool done = false;
        Task collector = Task.Run(() =>
        {
            while (!Volatile.Read(ref done))
                new Collector(Root).Run(() => new KeptContent(), untagged: true);
        }, TestContext.Current.CancellationToken);
        int whole = 0;
        Task[] pulls = Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                using var held = StoreLock.Shared(Root);
                (Digest manifest, Digest layer) = MakeImage("race" + (i % 3));
                Names.Put(StoreTests.Image($"docker.io/library/x{thread}:latest", manifest));
                if (Layers.Has(layer) && Content.Has(manifest) && File.ReadAllText(Layers.Tree(layer) + "/file") == "race" + (i % 3))
                    Interlocked.Increment(ref whole);
            }
        }, TestContext.Current.CancellationToken)).ToArray();
        try
        {
            await Task.WhenAll(pulls);
        }
        finally
        {
            Volatile.Write(ref done, true);
            await collector;
        }
        Assert.Equal(80, whole);
        Assert.All(Names.All().Where(image => image.Reference.Length > 0), image => Assert.True(Content.Has(Digest.Parse(image.Manifest, "test"))));
    }

    /// <summary>Blobs of manifest, configuration and layer, and the layer unpacked.</summary>
    private (Digest Manifest, Digest DiffId) MakeImage(string name)
    {
        byte[] tar = new TarBuilder().File("file", name).Done(), packed = Tars.Gzip(tar);
        Digest diffId = Digest.Of(tar), layer = Content.Put(packed);
        Digest config = Content.Put(Encoding.UTF8.GetBytes($$"""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["{{diffId}}"] } }"""));
        Digest manifest = Content.Put(Encoding.UTF8.GetBytes($$"""
            {"schemaVersion":2,"config":{"mediaType":"{{MediaTypes.Config}}","digest":"{{config}}","size":1},"layers":[{"mediaType":"{{MediaTypes.LayerGzip}}","digest":"{{layer}}","size":1}]}
            """));
        Layers.Unpack(new MemoryStream(packed), LayerPacking.Gzip, diffId);
        return (manifest, diffId);
    }
}
