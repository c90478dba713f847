using System;
using System.IO;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Bulkhead.Images.References;
using Bulkhead.Images.Store;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Archive;

/// <summary>Images from plain tars: a root file system (import), or what a container changed (commit).</summary>
/// <param name="library">The store.</param>
/// <param name="scratch">Directory for the new layer while its digest is not known.</param>
public sealed class ImageMaker(ImageLibrary library, string scratch)
{
    private const int BufferSize = 1 << 18;
    private const uint PrivateFile = 0x180; // 0600

    /// <param name="input">The tar, plain, gzip or zstd.</param>
    /// <param name="shown">Its name, for messages.</param>
    /// <param name="name">Of the image.</param>
    /// <param name="program">Its defaults.</param>
    /// <param name="message">For its history.</param>
    public LoadedImage Import(Fd input, string shown, ImageReference name, ProgramConfig program, string message)
    {
        using var source = new FdStream(input);
        (Descriptor layer, Digest diffId) = AddLayer(source, shown);
        var config = new ImageConfig
        {
            Created = Now(),
            Architecture = "amd64",
            Os = "linux",
            Program = program,
            Root = new ImageRoot { DiffIds = [diffId.Text] },
            History = [new HistoryEntry { Created = Now(), CreatedBy = "bulkhead import", Comment = message.Length > 0 ? message : "Imported from " + shown }],
        };
        return Finish(name, config, [layer]);
    }

    /// <summary>The image with one layer more.</summary>
    /// <param name="from">The image that the container was made from.</param>
    /// <param name="changes">A plain tar of the layer.</param>
    /// <param name="name">Of the new image.</param>
    /// <param name="program">Its defaults.</param>
    /// <param name="entry">For its history.</param>
    public LoadedImage Commit(LoadedImage from, Stream changes, ImageReference name, ProgramConfig program, HistoryEntry entry)
    {
        (Descriptor layer, Digest diffId) = AddLayer(changes, name.ToString());
        ImageConfig config = from.Config with
        {
            Created = Now(),
            Author = entry.Author ?? from.Config.Author,
            Program = program,
            Root = new ImageRoot { DiffIds = [.. from.Config.Root.DiffIds, diffId.Text] },
            History = [.. from.Config.History ?? [], entry with { Created = Now() }],
        };
        return Finish(name, config, [.. from.Manifest.Layers!, layer]);
    }

    private static string Now() => Clock.Now();

    private LoadedImage Finish(ImageReference name, ImageConfig config, Descriptor[] layers)
    {
        byte[] document = JsonSerializer.SerializeToUtf8Bytes(config, ImageJson.Default.ImageConfig);
        Descriptor top = new ArchiveLoader(library, scratch).Put(new Manifest
        {
            SchemaVersion = 2,
            MediaType = MediaTypes.Manifest,
            Config = new Descriptor { MediaType = MediaTypes.Config, Digest = library.Content.Put(document).Text, Size = document.Length },
            Layers = layers,
        });
        return library.Load(library.Names.Put(new NamedImage { Reference = name.ToString(), Target = top, Manifest = top.Digest, Pulled = Now() }));
    }

    /// <summary>Packed by gzip, as registries and every engine take it; hashed on both sides of that.</summary>
    private (Descriptor Layer, Digest DiffId) AddLayer(Stream input, string shown)
    {
        using Stream tar = Unpacked(input);
        string path = scratch + "/layer-" + Guid.NewGuid().ToString("N");
        using Fd file = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, PrivateFile).OrThrow("make a file for the layer", path);
        Sys.UnlinkAt(Fd.Cwd, path);
        using var plain = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var gzip = new GZipStream(new FdStream(file), CompressionLevel.Fastest))
        {
            byte[] buffer = new byte[BufferSize];
            long total = 0;
            for (int count; (count = Read(tar, buffer, shown)) > 0; total += count)
            {
                plain.AppendData(buffer, 0, count);
                gzip.Write(buffer, 0, count);
            }
            if (total == 0)
                throw new StepException($"{shown} is empty: a tar is expected");
        }
        long size = Sys.Fstat(file).OrThrow("look at", path).st_size;
        Digest digest = ArchiveLoader.Hash(file);
        library.CopyIn(file, digest, size);
        return (new Descriptor { MediaType = MediaTypes.LayerGzip, Digest = digest.Text, Size = size }, Digest.From(plain.GetHashAndReset()));
    }

    private static int Read(Stream tar, byte[] buffer, string shown)
    {
        try
        {
            return tar.Read(buffer);
        }
        catch (Exception error) when (error is InvalidDataException or ZstdSharp.ZstdException)
        {
            throw new StepException($"{shown} is damaged: {error.Message}");
        }
    }

    private static Stream Unpacked(Stream input)
    {
        byte[] head = new byte[4];
        int count = input.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        Stream whole = new HeadStream(head[..count], input);
        return head switch
        {
            [0x1F, 0x8B, ..] => new GZipStream(whole, CompressionMode.Decompress),
            [0x28, 0xB5, 0x2F, 0xFD] => new ZstdSharp.DecompressionStream(whole),
            _ => whole,
        };
    }
}
