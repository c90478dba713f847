using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using System.Text.Json;
using Bulkhead.Images.References;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Archive;

/// <summary>What save writes.</summary>
public enum ArchiveFormat
{
    /// <summary>A tar that is an OCI layout and has Docker's manifest.json too, as docker save writes since 25: every loader reads it.</summary>
    DockerArchive,
    OciArchive,
}

/// <summary>Images of the store as one tar.</summary>
/// <param name="library">The store.</param>
public sealed class ArchiveWriter(ImageLibrary library)
{
    private const string RefName = "org.opencontainers.image.ref.name", ImageName = "io.containerd.image.name";

    /// <param name="output">The tar.</param>
    /// <param name="images">What.</param>
    /// <param name="format">How.</param>
    public void Write(Stream output, IReadOnlyList<LoadedImage> images, ArchiveFormat format)
    {
        using var tar = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
        var written = new HashSet<string>();
        var entries = new List<Descriptor>();
        var dockers = new Dictionary<Digest, DockerArchive>();
        foreach (LoadedImage image in images)
        {
            entries.Add(Blobs(tar, image, written));
            if (image.Reference is { Tag: not null } reference)
                Add(dockers, image, reference);
        }
        Document(tar, "oci-layout", JsonSerializer.SerializeToUtf8Bytes(new ImageLayout(), ImageJson.Default.ImageLayout));
        var index = new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Index, Manifests = entries.ToArray() };
        Document(tar, "index.json", JsonSerializer.SerializeToUtf8Bytes(index, ImageJson.Default.Manifest));
        if (format == ArchiveFormat.DockerArchive)
            Document(tar, DockerArchive.FileName, JsonSerializer.SerializeToUtf8Bytes([.. dockers.Values], ArchiveJson.Default.DockerArchiveArray));
    }

    /// <summary>All of an image but what it shares with those before. Only the platform that was chosen: the others are not in the store.</summary>
    private Descriptor Blobs(TarWriter tar, LoadedImage image, HashSet<string> written)
    {
        string name = image.Name;
        long size = Blob(tar, image.ManifestDigest, written, name);
        Blob(tar, image.Id, written, name);
        foreach (Descriptor layer in image.Manifest.Layers!)
            Blob(tar, Digest.Parse(layer.Digest, name), written, name);
        var annotations = new Dictionary<string, string>();
        if (image.Reference is { Tag: { } tag })
        {
            annotations[ImageName] = name;
            annotations[RefName] = tag;
        }
        return new Descriptor
        {
            MediaType = image.Manifest.MediaType ?? MediaTypes.Manifest,
            Digest = image.Named.Manifest,
            Size = size,
            Annotations = annotations,
        };
    }

    private long Blob(TarWriter tar, Digest digest, HashSet<string> written, string name)
    {
        using Fd file = library.Content.TryOpen(digest) ?? throw new StepException($"{name}: its blob {digest} is not in the store any more: pull it again");
        long size = Sys.Fstat(file).OrThrow("look at", digest.Text).st_size;
        if (!written.Add(digest.Hex))
            return size;
        // From a stream that can tell its length the writer takes the size for the header.
        using var content = new StoredBlobStream(file, size);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "blobs/sha256/" + digest.Hex) { DataStream = content, Mode = (UnixFileMode)0x1A4, ModificationTime = DateTimeOffset.UnixEpoch });
        return size;
    }

    private static void Document(TarWriter tar, string name, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = (UnixFileMode)0x1A4, ModificationTime = DateTimeOffset.UnixEpoch });
    }

    /// <summary>One entry an image, however many names it has.</summary>
    private static void Add(Dictionary<Digest, DockerArchive> dockers, LoadedImage image, ImageReference reference)
    {
        string path(string digest) => "blobs/sha256/" + Digest.Parse(digest, reference.ToString()).Hex;
        DockerArchive entry = dockers.GetValueOrDefault(image.ManifestDigest) ?? new DockerArchive
        {
            Config = path(image.Manifest.Config!.Digest),
            RepoTags = [],
            Layers = Array.ConvertAll(image.Manifest.Layers!, layer => path(layer.Digest)),
        };
        dockers[image.ManifestDigest] = entry with { RepoTags = [.. entry.RepoTags!, reference.Familiar] };
    }
}
