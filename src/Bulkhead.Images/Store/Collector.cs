using System.Collections.Generic;
using System.Text.Json;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Store;

/// <summary>What a collection took away.</summary>
/// <param name="Blobs">How many.</param>
/// <param name="Layers">Unpacked ones.</param>
/// <param name="Bytes">Of blobs, and of the contents of layers' files.</param>
public readonly record struct Collected(int Blobs, int Layers, long Bytes);

/// <summary>What must stay though no name leads to it: what containers were made from.</summary>
public sealed record KeptContent
{
    /// <summary>Manifests, with all that they lead to.</summary>
    public IReadOnlyCollection<Digest> Manifests { get; init; } = [];

    /// <summary>Unpacked layers.</summary>
    public IReadOnlyCollection<Digest> DiffIds { get; init; } = [];
}

/// <summary>
/// Removes content that no name and no container needs, and what killed processes left. It waits for pulls and keeps new ones waiting (<see cref="StoreLock"/>), so that what a pull in
/// progress has brought is never taken.
/// </summary>
/// <param name="root">$BULKHEAD_DATA/images.</param>
public sealed class Collector(string root)
{
    /// <summary>As in registries: larger documents are no manifests.</summary>
    private const int MaxDocument = 4 << 20;

    private readonly ContentStore _content = new(root);
    private readonly LayerStore _layers = new(root);
    private readonly ImageNames _names = new(root);
    private readonly HashSet<Digest> _blobs = [], _diffIds = [];

    /// <summary>One collection.</summary>
    /// <param name="kept">Asked for once the store is locked: no container can be made from then on whose content is not in it.</param>
    /// <param name="untagged">Images without a name go too.</param>
    public Collected Run(System.Func<KeptContent> kept, bool untagged)
    {
        using var held = StoreLock.Exclusive(root);
        (int blobs, int layers, long bytes) = (0, 0, 0);
        Mark(kept(), untagged);
        foreach ((Digest digest, long size) in _content.All())
        {
            if (_blobs.Contains(digest))
                continue;
            _content.Remove(digest);
            (blobs, bytes) = (blobs + 1, bytes + size);
        }
        foreach (Digest diffId in _layers.All())
        {
            if (_diffIds.Contains(diffId))
                continue;
            long size = _layers.Record(diffId)?.Size ?? 0;
            _layers.Remove(diffId);
            (layers, bytes) = (layers + 1, bytes + size);
        }
        _layers.RemoveHalves();
        _names.RemoveHalves();
        return new Collected(blobs, layers, bytes + _content.RemoveParts());
    }

    private void Mark(KeptContent kept, bool untagged)
    {
        _blobs.Clear();
        _diffIds.Clear();
        _diffIds.UnionWith(kept.DiffIds);
        foreach (Digest manifest in kept.Manifests)
            MarkManifest(manifest);
        foreach (NamedImage image in _names.All())
        {
            if (image.Reference.Length == 0 && untagged)
            {
                _names.RemoveUntagged(Digest.Parse(image.Target.Digest, "an image without a name"));
                continue;
            }
            MarkManifest(Digest.Parse(image.Target.Digest, image.Reference));
            MarkManifest(Digest.Parse(image.Manifest, image.Reference));
        }
    }

    /// <summary>A manifest, or an index with those of its manifests that are there. What is damaged leads nowhere.</summary>
    private void MarkManifest(Digest digest)
    {
        if (!_content.Has(digest) || !_blobs.Add(digest) || TryRead(digest, ImageJson.Default.Manifest) is not { } manifest)
            return;
        foreach (Descriptor? below in manifest.Manifests ?? [])
            MarkChild(below, manifest: true);
        foreach (Descriptor? layer in manifest.Layers ?? [])
            MarkChild(layer, manifest: false);
        if (manifest.Config is not { } config || !Digest.TryParse(config.Digest, out Digest configDigest))
            return;
        _blobs.Add(configDigest);
        if (!MediaTypes.IsConfig(config.MediaType) || !_content.Has(configDigest) || TryRead(configDigest, ImageJson.Default.ImageConfig) is not { } document)
            return;
        foreach (string text in document.Root?.DiffIds ?? [])
        {
            if (Digest.TryParse(text, out Digest diffId))
                _diffIds.Add(diffId);
        }
    }

    private void MarkChild(Descriptor? child, bool manifest)
    {
        if (!Digest.TryParse(child?.Digest, out Digest digest))
            return;
        if (manifest)
            MarkManifest(digest);
        else
            _blobs.Add(digest);
    }

    private T? TryRead<T>(Digest digest, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(_content.Read(digest, MaxDocument), type);
        }
        catch (System.Exception error) when (error is JsonException or StepException)
        {
            return null;
        }
    }
}
