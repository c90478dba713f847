using System;
using System.Collections.Generic;
using System.Text.Json;
using Bulkhead.Images.References;
using Bulkhead.Images.Store;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images;

/// <summary>An image of the store, its documents read and checked.</summary>
/// <param name="Named">Its name, and what that stands for.</param>
/// <param name="Manifest">Of the platform that was chosen.</param>
/// <param name="Config">What it says of itself.</param>
public sealed record LoadedImage(NamedImage Named, Manifest Manifest, ImageConfig Config)
{
    /// <summary>Null: its tag has moved to another image.</summary>
    public ImageReference? Reference { get; } = Named.Reference.Length > 0 ? ImageReference.Parse(Named.Reference) : null;

    /// <summary>For messages and records.</summary>
    public string Name => Named.Reference.Length > 0 ? Named.Reference : Named.Target.Digest;

    public Digest ManifestDigest => Digest.Parse(Named.Manifest, Name);

    /// <summary>Docker's image id: the digest of its configuration.</summary>
    public Digest Id => Digest.Parse(Manifest.Config!.Digest, Name);
}

/// <summary>Images of one caller: names, content and unpacked layers, in one folder.</summary>
/// <param name="root">images/ of the data folder.</param>
public sealed class ImageLibrary(string root)
{
    /// <summary>Documents, not layers: distribution-spec asks registries to take 4 MiB.</summary>
    public const int MaxDocument = 4 << 20;

    private const int ShortestId = 4;
    private const uint PrivateFile = 0x180; // 0600

    private static readonly System.Buffers.SearchValues<char> s_digits = System.Buffers.SearchValues.Create("0123456789abcdef");

    public ContentStore Content { get; } = new(root);

    public ImageNames Names { get; } = new(root);

    public LayerStore Layers { get; } = new(root);

    public string Root => root;

    /// <summary>For files that are on their way, beside the content that is; what a killed command leaves there the collector removes.</summary>
    public string Scratch
    {
        get
        {
            StoreFolder.Open(root, "ingest").Dispose();
            return root + "/ingest";
        }
    }

    /// <summary>A file beside them without a name, for a layer whose digest is not known yet: it goes with its descriptor.</summary>
    public Fd ScratchFile()
    {
        string path = Scratch + "/layer-" + Guid.NewGuid().ToString("N");
        Result<Fd> made = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, PrivateFile);
        if (!made.Ok)
            throw StoreFolder.Failure("make a file for a layer", made.Error, path);
        Sys.UnlinkAt(Fd.Cwd, path);
        return made.Value;
    }

    /// <summary>Work that writes to such a file: a full disk is said with the place and the mend.</summary>
    public T Scratching<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (StepException failure) when (failure.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
            throw StoreFolder.Failure("write a layer to", failure.Errno, root);
        }
    }

    /// <summary>An image whose content is in the store: its layers are unpacked, and then it gets its name, so that one that is listed is whole.</summary>
    public LoadedImage Add(NamedImage named)
    {
        LoadedImage image = Load(named);
        Unpack(image);
        return image with { Named = Names.Put(named) };
    }

    public LoadedImage Load(NamedImage named)
    {
        string name = named.Reference.Length > 0 ? named.Reference : named.Target.Digest;
        Manifest manifest = ReadManifest(Digest.Parse(named.Manifest, name), name);
        Digest id = Digest.Parse(manifest.Config!.Digest, name);
        return new LoadedImage(named, manifest, ReadConfig(id, manifest, name));
    }

    /// <summary>By reference, or by the beginning of an id; null: there is none.</summary>
    public LoadedImage? Find(string text) => FindId(text) ?? (Names.Get(ImageReference.Parse(text).ToString()) is { } named ? Load(named) : null);

    public LoadedImage Require(string text) => Find(text) ?? throw new StepException($"no such image: {text}");

    public List<LoadedImage> All()
    {
        var all = new List<LoadedImage>();
        foreach (NamedImage named in Names.All())
            all.Add(Load(named));
        return all;
    }

    /// <summary>Trees of its layers, from the topmost down.</summary>
    public string[] Trees(LoadedImage image)
    {
        string[] ids = image.Config.Root.DiffIds;
        string[] trees = new string[ids.Length];
        for (int i = 0; i < ids.Length; i++)
            trees[ids.Length - 1 - i] = Layers.Tree(Digest.Parse(ids[i], image.Name));
        return trees;
    }

    /// <summary>Bytes of its unpacked layers.</summary>
    public long SizeOf(LoadedImage image)
    {
        long size = 0;
        foreach (string id in image.Config.Root.DiffIds)
            size += Layers.Record(Digest.Parse(id, image.Name))?.Size ?? 0;
        return size;
    }

    /// <summary>A file's bytes, from its beginning, as content.</summary>
    internal void CopyIn(Fd file, Digest digest, long size)
    {
        using BlobWriter writer = Content.Begin(digest, size);
        byte[] buffer = new byte[1 << 18];
        while (!writer.AlreadyThere && Sys.ReadAt(file, buffer, writer.Offset).OrThrow("read a blob") is > 0 and var count)
            writer.Write(buffer.AsSpan(0, count));
        writer.Commit();
    }

    /// <summary>Those of its layers that are not unpacked yet.</summary>
    public void Unpack(LoadedImage image)
    {
        for (int i = 0; i < image.Manifest.Layers!.Length; i++)
        {
            string name = image.Name;
            Digest diffId = Digest.Parse(image.Config.Root.DiffIds[i], name);
            if (Layers.Has(diffId))
                continue;
            Descriptor layer = image.Manifest.Layers[i];
            Digest blob = Digest.Parse(layer.Digest, name);
            using Fd packed = Content.TryOpen(blob) ?? throw new StepException($"{name}: its layer {blob} is not in the store any more: pull it again");
            Layers.Unpack(new FdStream(packed), MediaTypes.PackingOf(layer.MediaType) ?? throw new StepException($"{name}: layer {blob} has the media type {layer.MediaType}, which cannot be unpacked"), diffId);
        }
    }

    /// <summary>Checked: it has a configuration and layers of types that we can unpack.</summary>
    public Manifest ReadManifest(Digest digest, string name)
    {
        Manifest manifest = Parse(Content.Read(digest, MaxDocument), ImageJson.Default.Manifest, $"{name}: manifest {digest}");
        if (manifest.Config is null || manifest.Layers is null)
            throw new StepException($"{name}: manifest {digest} has no configuration or no layers: it is no image{(manifest.ArtifactType is { } type ? $" but an artifact of type {type}" : "")}");
        return manifest;
    }

    public ImageConfig ReadConfig(Digest digest, Manifest manifest, string name)
    {
        ImageConfig config = Parse(Content.Read(digest, MaxDocument), ImageJson.Default.ImageConfig, $"{name}: configuration {digest}");
        if (config.Root.DiffIds.Length != manifest.Layers!.Length)
            throw new StepException($"{name}: its configuration names {config.Root.DiffIds.Length} layers, its manifest {manifest.Layers.Length}");
        if (config.Root.DiffIds.Length == 0)
            throw new StepException($"{name}: it has no layers: there is nothing to run");
        return config;
    }

    public static T Parse<T>(byte[] bytes, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw new StepException($"{what} is null");
        }
        catch (JsonException error)
        {
            throw new StepException($"{what} is damaged at {error.Path ?? "$"}: {error.Message.Split('.')[0]}");
        }
    }

    private LoadedImage? FindId(string text)
    {
        const string Prefix = "sha256:";
        string hex = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : text;
        if (hex.Length < ShortestId || hex.AsSpan().ContainsAnyExcept(s_digits))
            return null;
        LoadedImage? found = null;
        foreach (LoadedImage image in All())
        {
            if (!image.Id.Hex.StartsWith(hex, StringComparison.Ordinal))
                continue;
            if (found is not null && found.Id != image.Id)
                throw new StepException($"{text} is the beginning of more than one image's id: say more of it");
            found ??= image;
        }
        return found;
    }
}
