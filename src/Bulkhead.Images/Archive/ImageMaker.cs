using System.IO;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Bulkhead.Images.References;
using Bulkhead.Images.Store;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Archive;

/// <summary>Images from plain tars: a root file system (import), or what a container changed (commit).</summary>
/// <param name="library">The store.</param>
public sealed class ImageMaker(ImageLibrary library)
{
    private const int BufferSize = 1 << 18;

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
        Descriptor top = new ArchiveLoader(library).Put(new Manifest
        {
            SchemaVersion = 2,
            MediaType = MediaTypes.Manifest,
            Config = new Descriptor { MediaType = MediaTypes.Config, Digest = library.Content.Put(document).Text, Size = document.Length },
            Layers = layers,
        });
        return library.Add(new NamedImage { Reference = name.ToString(), Target = top, Manifest = top.Digest, Pulled = Now() });
    }

    /// <summary>Packed by gzip, as registries and every engine take it; hashed on both sides of that.</summary>
    private (Descriptor Layer, Digest DiffId) AddLayer(Stream input, string shown)
    {
        using var tar = new PlainInput(input, shown);
        using Fd file = library.ScratchFile();
        Digest diffId = library.Scratching(() => Pack(tar, file, shown));
        long size = Sys.Fstat(file).OrThrow("look at", library.Root).st_size;
        Digest digest = ArchiveLoader.Hash(file);
        library.CopyIn(file, digest, size);
        return (new Descriptor { MediaType = MediaTypes.LayerGzip, Digest = digest.Text, Size = size }, diffId);
    }

    /// <summary>The plain tar's digest.</summary>
    private static Digest Pack(Stream tar, Fd file, string shown)
    {
        using var plain = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var gzip = new GZipStream(new FdStream(file), CompressionLevel.Fastest);
        byte[] buffer = new byte[BufferSize];
        long total = 0;
        for (int count; (count = tar.Read(buffer)) > 0; total += count)
        {
            plain.AppendData(buffer, 0, count);
            gzip.Write(buffer, 0, count);
        }
        return total > 0 ? Digest.From(plain.GetHashAndReset()) : throw new StepException($"{shown} is empty: a tar is expected");
    }
}
