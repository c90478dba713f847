using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Trust;

/// <summary>sign: one signature more beside an image at its registry, in cosign's layout by tag.</summary>
/// <param name="client">The registry.</param>
public sealed class ImageSigner(RegistryClient client)
{
    /// <returns>What was signed.</returns>
    public Digest Sign(ImageReference image, PrivateKey key)
    {
        Digest manifest = client.GetManifest(image, image.Digest).Digest;
        ImageReference place = image.WithTag(SignatureFinder.TagOf(manifest));
        byte[] payload = SignedPayload.Make(image, manifest);
        byte[] config = "{}"u8.ToArray();
        Descriptor layer = Describe(payload, SignatureFinder.PayloadType) with
        {
            Annotations = new Dictionary<string, string> { [SignatureFinder.Annotation] = Convert.ToBase64String(key.Sign(payload)) },
        };
        Descriptor[] others = client.TryGetManifest(place) is { } there
            ? ImageLibrary.Parse(there.Bytes, ImageJson.Default.Manifest, place.ToString()).Layers ?? []
            : [];
        Put(place, Describe(config, MediaTypes.Config), config);
        Put(place, layer, payload);
        var list = new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Manifest, Config = Describe(config, MediaTypes.Config), Layers = [.. others, layer] };
        client.PutManifest(place, JsonSerializer.SerializeToUtf8Bytes(list, ImageJson.Default.Manifest), MediaTypes.Manifest);
        return manifest;
    }

    private static Descriptor Describe(byte[] content, string type) => new() { MediaType = type, Digest = Digest.Of(content).Text, Size = content.Length };

    private void Put(ImageReference place, Descriptor blob, byte[] content)
    {
        if (!client.HasBlob(place, blob))
            client.PushBlob(place, blob with { Annotations = null }, () => new MemoryStream(content));
    }
}
