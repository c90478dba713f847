using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Bulkhead.Images;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;
using Bulkhead.TestSupport;

namespace Bulkhead.Registries;

/// <summary>Debian's docker-registry on loopback in plain HTTP: everything a client does.</summary>
public sealed class PlainTests(PlainRegistry registry) : IClassFixture<PlainRegistry>, IDisposable
{
    private readonly RegistryClient client = new(registry.Options);

    public void Dispose() => client.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    [InlineData(150_000)]
    public void BlobsGoAndCome(int chunk)
    {
        using var chunked = new RegistryClient(registry.Options with { PushChunk = chunk });
        ImageReference at = registry.Reference($"blobs{chunk}");
        byte[] content = Content.Bytes(300_000);
        Descriptor blob = Content.Of(content);
        Assert.False(chunked.HasBlob(at, blob));
        chunked.PushBlob(at, blob, () => new MemoryStream(content));
        Assert.True(chunked.HasBlob(at, blob));
        Assert.Equal(content, Content.ReadAll(chunked.OpenBlob(at, blob)));
        Assert.Equal(content[200_000..], Content.ReadAll(chunked.OpenBlob(at, blob, 200_000)));
        Assert.Empty(Content.ReadAll(chunked.OpenBlob(at, blob, blob.Size)));
    }

    [Fact]
    public void AnEmptyBlob()
    {
        ImageReference at = registry.Reference("empty");
        client.PushBlob(at, Content.Of([]), () => new MemoryStream());
        Assert.Empty(Content.ReadAll(client.OpenBlob(at, Content.Of([]))));
    }

    [Fact]
    public void WhatIsThereIsNotSentAgain()
    {
        ImageReference at = registry.Reference("twice");
        byte[] content = Content.Bytes(1000);
        client.PushBlob(at, Content.Of(content), () => new MemoryStream(content));
        client.PushBlob(at, Content.Of(content), () => throw new InvalidOperationException("was read again"));
    }

    [Fact]
    public void WrongBytesAreRefusedByTheRegistry()
    {
        ImageReference at = registry.Reference("wrong");
        StepException error = Assert.Throws<StepException>(() => client.PushBlob(at, Content.Of(Content.Bytes(1000)), () => new MemoryStream(Content.Bytes(1000))));
        Assert.Contains($"{registry.Host}/wrong: push blob", error.Message, StringComparison.Ordinal);
        Assert.Contains("status 400: DIGEST_INVALID: provided digest did not match uploaded content", error.Message, StringComparison.Ordinal);
        Assert.Contains("ends 10 bytes early", Assert.Throws<StepException>(() => client.PushBlob(at, Content.Of(Content.Bytes(1000)), () => new MemoryStream(new byte[990]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BlobsAreMounted()
    {
        byte[] content = Content.Bytes(1000);
        ImageReference from = registry.Reference("mount/from"), to = registry.Reference("mount/to");
        client.PushBlob(from, Content.Of(content), () => new MemoryStream(content));
        Assert.False(client.HasBlob(to, Content.Of(content)));
        Assert.True(client.MountBlob(to, Content.Of(content), from));
        Assert.True(client.HasBlob(to, Content.Of(content)));
        Assert.False(client.MountBlob(to, Content.Of(Content.Bytes(10)), from));
    }

    [Fact]
    public void ManifestsByTagAndDigest()
    {
        ImageReference at = registry.Reference("image:one");
        Descriptor pushed = Content.Push(client, at);
        FetchedManifest byTag = client.GetManifest(at), byDigest = client.GetManifest(at, Digest.Parse(pushed.Digest, "it"));
        Assert.Equal(pushed.Digest, byTag.Digest.Text);
        Assert.Equal(byTag.Bytes, byDigest.Bytes);
        Assert.Equal(MediaTypes.Manifest, byTag.MediaType);
        Assert.Equal(byTag.Digest, client.HeadManifest(at));
        Assert.Equal(byTag.Digest, client.GetManifest(at.WithTag("none").WithDigest(byTag.Digest)).Digest);
        Assert.Null(client.HeadManifest(at.WithTag("two")));
        Assert.Null(client.TryGetManifest(at.WithTag("two")));
        Assert.Equal($"{registry.Host}/image: there is no manifest two", Assert.Throws<StepException>(() => client.GetManifest(at.WithTag("two"))).Message);
        Assert.Contains("there is no blob sha256:", Assert.Throws<StepException>(() => client.OpenBlob(at, Content.Of([1, 2]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnIndexForSeveralPlatforms()
    {
        ImageReference at = registry.Reference("index:all");
        Descriptor[] images = [Content.Push(client, at.WithTag("a"), "arm64"), Content.Push(client, at.WithTag("b"))];
        client.PutManifest(at, Content.Json(new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Index, Manifests = images }), MediaTypes.Index);
        FetchedManifest index = client.GetManifest(at);
        Assert.Equal(MediaTypes.Index, index.MediaType);
        Descriptor chosen = PlatformChoice.Choose(JsonSerializer.Deserialize(index.Bytes, ImageJson.Default.Manifest)!, null, at.ToString());
        Assert.Equal(images[1].Digest, chosen.Digest);
        Assert.Equal(MediaTypes.Manifest, client.GetManifest(at, Digest.Parse(chosen.Digest, "it")).MediaType);
    }

    /// <summary>More than a page: docker-registry gives as many as are asked for, so that the page is made small by asking over skopeo's shoulder.</summary>
    [Fact]
    public void Tags()
    {
        ImageReference at = registry.Reference("tags:t0");
        Content.Push(client, at);
        FetchedManifest image = client.GetManifest(at);
        for (int i = 1; i < 25; i++)
            client.PutManifest(at.WithTag("t" + i), image.Bytes, image.MediaType);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => "t" + i).Order(StringComparer.Ordinal), client.Tags(at).Order(StringComparer.Ordinal));
        Assert.Contains("no such repository", Assert.Throws<StepException>(() => client.Tags(registry.Reference("nothing"))).Message, StringComparison.Ordinal);
    }

    /// <summary>docker-registry 2.8 has no referrers API: the tag that stands for it is written and read.</summary>
    [Fact]
    public void ReferrersByTag()
    {
        ImageReference at = registry.Reference("signed:one");
        Descriptor image = Content.Push(client, at);
        var digest = Digest.Parse(image.Digest, "it");
        Assert.Empty(client.Referrers(at, digest));
        Descriptor first = Content.Push(client, at.WithTag("s1"), subject: image with { Platform = null }), second = Content.Push(client, at.WithTag("s2"), subject: image with { Platform = null });
        Assert.Equal([first.Digest, second.Digest], client.Referrers(at, digest).Select(one => one.Digest));
        Assert.Equal(MediaTypes.Config, client.Referrers(at, digest)[0].ArtifactType);
    }

    [Fact]
    public void SkopeoReadsWhatWePush()
    {
        ImageReference at = registry.Reference("ours:one");
        Descriptor image = Content.Push(client, at);
        using var folder = new TempFolder("bhreg");
        Command.Run("skopeo", "copy", "--src-tls-verify=false", "docker://" + at, "dir:" + folder["image"]).Ok();
        Assert.Equal(image.Digest, Digest.Of(File.ReadAllBytes(folder["image/manifest.json"])).Text);
    }

    [Fact]
    public void WeReadWhatSkopeoPushes()
    {
        using var folder = new TempFolder("bhreg");
        Content.Push(client, registry.Reference("theirs:one"));
        Command.Run("skopeo", "copy", "--src-tls-verify=false", "docker://" + registry.Reference("theirs:one"), "dir:" + folder["image"]).Ok();
        Command.Run("skopeo", "copy", "--dest-tls-verify=false", "--format", "v2s2", "dir:" + folder["image"], "docker://" + registry.Reference("theirs:docker")).Ok();
        FetchedManifest image = client.GetManifest(registry.Reference("theirs:docker"));
        Assert.Equal(MediaTypes.DockerManifest, image.MediaType);
        foreach (Descriptor layer in JsonSerializer.Deserialize(image.Bytes, ImageJson.Default.Manifest)!.Layers!)
            Assert.Equal(layer.Digest, Digest.Of(Content.ReadAll(client.OpenBlob(registry.Reference("theirs:docker"), layer))).Text);
    }

    [Fact]
    public void SeveralLayersAtOnce()
    {
        ImageReference at = registry.Reference("many");
        byte[][] layers = [.. Enumerable.Range(0, 12).Select(i => Content.Bytes(200_000 + i))];
        Parallel.ForEach(layers, layer => client.PushBlob(at, Content.Of(layer), () => new MemoryStream(layer)));
        Parallel.ForEach(layers, layer => Assert.Equal(layer, Content.ReadAll(client.OpenBlob(at, Content.Of(layer)))));
    }
}
