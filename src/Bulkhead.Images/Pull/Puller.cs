using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Store;
using Bulkhead.Images.Trust;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Pull;

/// <summary>
/// An image from a registry into the store: documents, then layers, several at once; each is checked whole before it is unpacked, and the name is written last, so that
/// no half image has one.
/// </summary>
/// <param name="client">The registry.</param>
/// <param name="library">The store.</param>
/// <param name="gate">Lets it through or not, before its layers are fetched.</param>
/// <param name="progress">Hears of it.</param>
public sealed class Puller(RegistryClient client, ImageLibrary library, TrustGate gate, IPullProgress progress)
{
    /// <summary>Docker's number.</summary>
    private const int AtOnce = 3;

    private const int BufferSize = 1 << 18;

    /// <param name="reference">What.</param>
    /// <param name="platform">OS/ARCHITECTURE[/VARIANT]; null: this machine's.</param>
    public LoadedImage Pull(ImageReference reference, string? platform = null)
    {
        using StoreLock held = StoreLock.Shared(library.Root);
        FetchedManifest top = client.GetManifest(reference, reference.Digest);
        FetchedManifest chosen = top;
        if (MediaTypes.IsIndex(top.MediaType))
        {
            Descriptor wanted = PlatformChoice.Choose(ImageLibrary.Parse(top.Bytes, ImageJson.Default.Manifest, $"{reference}: index {top.Digest}"), platform is null ? null : PlatformChoice.Parse(platform), reference.ToString());
            chosen = client.GetManifest(reference, Digest.Parse(wanted.Digest, reference.ToString()));
        }
        if (!MediaTypes.IsManifest(chosen.MediaType))
            throw new StepException($"{reference}: its media type {chosen.MediaType} is not known: an image manifest or index of OCI or Docker is expected");
        ImageSignature[] signatures = gate.WantsSignatures(reference) ? SignatureFinder.FindAll(client, reference, top.Digest, chosen.Digest) : [];
        gate.Require(gate.Judge(reference, [top.Digest, chosen.Digest], signatures), reference.ToString());
        Put(top);
        Put(chosen);
        Manifest manifest = library.ReadManifest(chosen.Digest, reference.ToString());
        Fetch(reference, manifest.Config!, unpack: null);
        ImageConfig config = library.ReadConfig(Digest.Parse(manifest.Config!.Digest, reference.ToString()), manifest, reference.ToString());
        FetchLayers(reference, manifest, config);
        NamedImage named = library.Names.Put(new NamedImage
        {
            Reference = reference.ToString(),
            Target = new Descriptor { MediaType = top.MediaType, Digest = top.Digest.Text, Size = top.Bytes.Length },
            Manifest = chosen.Digest.Text,
            Pulled = Clock.Now(),
            Signatures = signatures,
        });
        return new LoadedImage(named, manifest, config);
    }

    private void Put(FetchedManifest document)
    {
        if (library.Content.Put(document.Bytes) != document.Digest)
            throw new StepException($"manifest {document.Digest} is not what its digest says");
    }

    private void FetchLayers(ImageReference reference, Manifest manifest, ImageConfig config)
    {
        var layers = new Queue<(Descriptor Layer, Digest DiffId)>();
        var seen = new HashSet<string>();
        for (int i = 0; i < manifest.Layers!.Length; i++)
        {
            Descriptor layer = manifest.Layers[i];
            if (MediaTypes.PackingOf(layer.MediaType) is null)
                throw new StepException($"{reference}: layer {layer.Digest} has the media type {layer.MediaType}, which cannot be unpacked: tar, tar+gzip and tar+zstd can");
            if (seen.Add(layer.Digest))
                layers.Enqueue((layer, Digest.Parse(config.Root.DiffIds[i], $"{reference}: diff id")));
        }
        Exception? first = null;
        void Work()
        {
            while (true)
            {
                (Descriptor Layer, Digest DiffId) next;
                lock (layers)
                {
                    if (first is not null || !layers.TryDequeue(out next))
                        return;
                }
                try
                {
                    Fetch(reference, next.Layer, next.DiffId);
                }
                catch (Exception error)
                {
                    lock (layers)
                        first ??= error;
                    return;
                }
            }
        }
        var threads = new Thread[Math.Min(AtOnce, layers.Count)];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true };
            threads[i].Start();
        }
        foreach (Thread thread in threads)
            thread.Join();
        if (first is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }

    private void Fetch(ImageReference reference, Descriptor blob, Digest? unpack)
    {
        Digest digest = Digest.Parse(blob.Digest, $"{reference}: blob");
        if (blob.Size < 0)
            throw new StepException($"{reference}: blob {digest} has the size {blob.Size}");
        using (BlobWriter writer = library.Content.Begin(digest, blob.Size))
        {
            progress.Begin(digest, blob.Size, writer.AlreadyThere);
            if (!writer.AlreadyThere)
            {
                Download(reference, blob, digest, writer);
                writer.Commit();
            }
        }
        if (unpack is { } diffId && !library.Layers.Has(diffId))
        {
            progress.Unpacking(digest);
            using Fd packed = library.Content.TryOpen(digest) ?? throw new StepException($"{reference}: layer {digest} was removed meanwhile: pull it again");
            library.Layers.Unpack(new FdStream(packed), MediaTypes.PackingOf(blob.MediaType)!.Value, diffId);
        }
        progress.Done(digest);
    }

    /// <summary>What is there of an earlier try is gone on with.</summary>
    private void Download(ImageReference reference, Descriptor blob, Digest digest, BlobWriter writer)
    {
        byte[] buffer = new byte[BufferSize];
        using Stream rest = client.OpenBlob(reference, blob, writer.Offset);
        while (rest.Read(buffer) is > 0 and var count)
        {
            writer.Write(buffer.AsSpan(0, count));
            progress.Fetched(digest, writer.Offset);
        }
    }
}
