using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text.Json;
using Bulkhead.Images.References;
using Bulkhead.Images.Store;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Archive;

/// <summary>
/// Images from an archive into the store: an OCI layout (image-spec, image-layout.md) as a directory or a tar, or what docker save writes. Every blob of a layout is checked
/// against its digest; what a Docker archive has no digests for gets a manifest that is made here.
/// </summary>
/// <param name="library">The store.</param>
public sealed class ArchiveLoader(ImageLibrary library)
{
    private const string RefName = "org.opencontainers.image.ref.name", ImageName = "io.containerd.image.name";
    private const int BufferSize = 1 << 18;

    /// <param name="input">The archive.</param>
    /// <param name="shown">Its name, for messages.</param>
    /// <param name="wanted">A name for what has none of its own, or only a tag; null: such ones are refused.</param>
    /// <returns>The names that were given, to images that are unpacked.</returns>
    public List<ImageReference> Load(Fd input, string shown, ImageReference? wanted)
    {
        using ArchiveFiles files = ArchiveFiles.Open(input, shown, library.Scratch);
        // A new docker save writes both, and its index has the names too.
        if (files.TryRead("index.json") is { } index)
            return LoadLayout(files, shown, ImageLibrary.Parse(index, ImageJson.Default.Manifest, $"{shown}: index.json"), wanted);
        if (files.TryRead(DockerArchive.FileName) is { } manifest)
            return LoadDocker(files, shown, ImageLibrary.Parse(manifest, ArchiveJson.Default.DockerArchiveArray, $"{shown}: {DockerArchive.FileName}"), wanted);
        throw new StepException($"{shown} holds no images: neither index.json (an OCI layout) nor {DockerArchive.FileName} (docker save) is in it; a root file system's tar is for bulkhead import");
    }

    private List<ImageReference> LoadLayout(ArchiveFiles files, string shown, Manifest index, ImageReference? wanted)
    {
        var names = new List<ImageReference>();
        foreach (Descriptor entry in index.Manifests ?? [])
        {
            Take(files, shown, entry);
            Descriptor chosen = entry;
            if (MediaTypes.IsIndex(entry.MediaType))
            {
                Manifest inner = ImageLibrary.Parse(library.Content.Read(DigestOf(entry, shown), ImageLibrary.MaxDocument), ImageJson.Default.Manifest, $"{shown}: index {entry.Digest}");
                chosen = Registry.PlatformChoice.Choose(inner, null, shown);
                Take(files, shown, chosen);
            }
            else if (!MediaTypes.IsManifest(entry.MediaType))
                continue;
            Manifest manifest = library.ReadManifest(DigestOf(chosen, shown), shown);
            Take(files, shown, manifest.Config!);
            foreach (Descriptor layer in manifest.Layers!)
                Take(files, shown, layer);
            library.ReadConfig(DigestOf(manifest.Config!, shown), manifest, shown);
            names.Add(Name(NameOf(entry, shown, wanted), entry, DigestOf(chosen, shown)));
        }
        return names.Count > 0 ? names : throw new StepException($"{shown}: its index.json names no image");
    }

    /// <summary>containerd's whole name, else the tag of the layout's own annotation.</summary>
    private static ImageReference NameOf(Descriptor entry, string shown, ImageReference? wanted)
    {
        if (entry.Annotations?.GetValueOrDefault(ImageName) is { } whole)
            return ImageReference.Parse(whole);
        string? tag = entry.Annotations?.GetValueOrDefault(RefName);
        if (tag is not null && tag.AsSpan().ContainsAny('/', ':'))
            return ImageReference.Parse(tag);
        if (wanted is not null)
            return tag is null ? wanted : wanted.WithTag(tag);
        throw new StepException($"{shown}: its image has no name{(tag is null ? "" : $" but the tag {tag}")}: give one by --name");
    }

    private List<ImageReference> LoadDocker(ArchiveFiles files, string shown, DockerArchive[] images, ImageReference? wanted)
    {
        var names = new List<ImageReference>();
        foreach (DockerArchive image in images)
        {
            byte[] config = files.TryRead(image.Config) ?? throw new StepException($"{shown}: its configuration {image.Config} is missing");
            ImageConfig parsed = ImageLibrary.Parse(config, ImageJson.Default.ImageConfig, $"{shown}: {image.Config}");
            var layers = new Descriptor[image.Layers.Length];
            if (parsed.Root.DiffIds.Length != layers.Length)
                throw new StepException($"{shown}: {image.Config} names {parsed.Root.DiffIds.Length} layers, {DockerArchive.FileName} {layers.Length}");
            for (int i = 0; i < layers.Length; i++)
                layers[i] = TakeLayer(files, shown, image.Layers[i]);
            Descriptor top = Put(new Manifest
            {
                SchemaVersion = 2,
                MediaType = MediaTypes.Manifest,
                Config = new Descriptor { MediaType = MediaTypes.Config, Digest = library.Content.Put(config).Text, Size = config.Length },
                Layers = layers,
            });
            if (image.RepoTags is not { Length: > 0 } && wanted is null)
                throw new StepException($"{shown}: its image has no name: give one by --name");
            foreach (ImageReference name in image.RepoTags is { Length: > 0 } tags ? Array.ConvertAll(tags, ImageReference.Parse) : [wanted!])
                names.Add(Name(name, top, DigestOf(top, shown)));
        }
        return names.Count > 0 ? names : throw new StepException($"{shown}: its {DockerArchive.FileName} names no image");
    }

    public Descriptor Put(Manifest manifest)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(manifest, ImageJson.Default.Manifest);
        return new Descriptor { MediaType = manifest.MediaType!, Digest = library.Content.Put(bytes).Text, Size = bytes.Length };
    }

    private ImageReference Name(ImageReference name, Descriptor target, Digest manifest)
    {
        library.Add(new NamedImage
        {
            Reference = name.ToString(),
            Target = new Descriptor { MediaType = target.MediaType, Digest = target.Digest, Size = target.Size },
            Manifest = manifest.Text,
            Pulled = Clock.Now(),
        });
        return name;
    }

    private static Digest DigestOf(Descriptor blob, string shown) => Digest.Parse(blob.Digest, shown);

    private void Take(ArchiveFiles files, string shown, Descriptor blob)
    {
        Digest digest = DigestOf(blob, shown);
        using Fd? file = files.TryOpen("blobs/sha256/" + digest.Hex);
        if (file is null && library.Content.Has(digest))
            return;
        if (file is null)
            throw new StepException($"{shown}: its blob {digest} is missing");
        library.CopyIn(file, digest, blob.Size);
    }

    /// <summary>Its packing shows in its first bytes; its digest is not said.</summary>
    private Descriptor TakeLayer(ArchiveFiles files, string shown, string name)
    {
        using Fd file = files.TryOpen(name) ?? throw new StepException($"{shown}: its layer {name} is missing");
        long size = Sys.Fstat(file).OrThrow("look at", name).st_size;
        byte[] head = new byte[4];
        Sys.ReadAt(file, head, 0).OrThrow("read", name);
        string type = PlainInput.PackingOf(head) switch { LayerPacking.Gzip => MediaTypes.LayerGzip, LayerPacking.Zstd => MediaTypes.LayerZstd, _ => MediaTypes.Layer };
        Digest digest = Hash(file);
        library.CopyIn(file, digest, size);
        return new Descriptor { MediaType = type, Digest = digest.Text, Size = size };
    }

    internal static Digest Hash(Fd file)
    {
        byte[] buffer = new byte[BufferSize];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; Sys.ReadAt(file, buffer, at).OrThrow("read a layer") is > 0 and var count; at += count)
            hash.AppendData(buffer.AsSpan(0, count));
        return Digest.From(hash.GetHashAndReset());
    }
}
