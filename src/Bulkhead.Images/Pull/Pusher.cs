using System.Collections.Generic;
using Bulkhead.Images.Archive;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Pull;

/// <summary>An image of the store to a registry: blobs that it lacks, then the manifest, so that a name there never stands for a half image.</summary>
/// <param name="client">The registry.</param>
/// <param name="library">The store.</param>
/// <param name="progress">Hears of it.</param>
public sealed class Pusher(RegistryClient client, ImageLibrary library, IPullProgress progress)
{
    /// <param name="image">What.</param>
    /// <param name="to">Where.</param>
    /// <returns>The digest that it has there.</returns>
    public Digest Push(LoadedImage image, ImageReference to)
    {
        var sent = new HashSet<string>();
        foreach (Descriptor blob in (Descriptor[])[.. image.Manifest.Layers!, image.Manifest.Config!])
        {
            if (sent.Add(blob.Digest))
                Send(image, to, blob);
        }
        byte[] manifest = library.Content.Read(image.ManifestDigest, ImageLibrary.MaxDocument);
        client.PutManifest(to, manifest, image.Manifest.MediaType ?? MediaTypes.Manifest);
        return image.ManifestDigest;
    }

    private void Send(LoadedImage image, ImageReference to, Descriptor blob)
    {
        Digest digest = Digest.Parse(blob.Digest, to.ToString());
        bool there = client.HasBlob(to, blob) || (image.Reference is { } from && from.Name != to.Name && client.MountBlob(to, blob, from));
        progress.Begin(digest, blob.Size, there);
        if (there)
            return;
        using Fd file = library.Content.TryOpen(digest) ?? throw new StepException($"{to}: blob {digest} is not in the store any more: pull the image again");
        client.PushBlob(to, blob, () => new StoredBlobStream(file, blob.Size, sent => progress.Fetched(digest, sent)));
        progress.Done(digest);
    }
}
