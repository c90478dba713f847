using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Trust;

/// <summary>
/// Signatures that a registry has of a manifest: cosign's layout by tag (sha256-HEX.sig), and bundles that refer to it (referrers). All of it is a stranger's: what is damaged
/// or too large is no signature, and no error.
/// </summary>
/// <param name="client">The registry.</param>
public sealed class SignatureFinder(RegistryClient client)
{
    public const string PayloadType = "application/vnd.dev.cosign.simplesigning.v1+json";
    public const string Annotation = "dev.cosignproject.cosign/signature";

    private const string BundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
    private const int MaxSignatures = 64, MaxPayload = 1 << 20;

    public static string TagOf(Digest manifest) => $"sha256-{manifest.Hex}.sig";

    /// <summary>Of what a tag stands for, and of its platform's manifest.</summary>
    public static ImageSignature[] FindAll(RegistryClient client, ImageReference image, Digest target, Digest manifest)
    {
        var finder = new SignatureFinder(client);
        List<ImageSignature> found = finder.Find(image, target);
        if (manifest != target)
            found.AddRange(finder.Find(image, manifest));
        return found.ToArray();
    }

    private List<ImageSignature> Find(ImageReference image, Digest manifest)
    {
        var found = new List<ImageSignature>();
        ByTag(image, manifest, found);
        foreach (Descriptor referrer in client.Referrers(image, manifest))
        {
            if (referrer.ArtifactType == BundleType && found.Count < MaxSignatures)
                Bundles(image, referrer, found);
        }
        return found;
    }

    private void ByTag(ImageReference image, Digest manifest, List<ImageSignature> found)
    {
        if (client.TryGetManifest(image.WithTag(TagOf(manifest))) is not { } fetched || !TryParse(fetched.Bytes, out Manifest list))
            return;
        foreach (Descriptor layer in list.Layers ?? [])
        {
            if (layer.MediaType != PayloadType || found.Count >= MaxSignatures || layer.Annotations?.GetValueOrDefault(Annotation) is not { } text)
                continue;
            if (Base64(text) is { } signature && Blob(image, layer) is { } payload)
                found.Add(new ImageSignature { Kind = SignatureKind.Simple, Payload = payload, Signature = signature });
        }
    }

    private void Bundles(ImageReference image, Descriptor referrer, List<ImageSignature> found)
    {
        if (!Digest.TryParse(referrer.Digest, out Digest digest) || !TryParse(client.GetManifest(image, digest).Bytes, out Manifest list))
            return;
        foreach (Descriptor layer in list.Layers ?? [])
        {
            if (layer.MediaType == BundleType && found.Count < MaxSignatures && Blob(image, layer) is { } bundle)
                Bundle(bundle, found);
        }
    }

    private static void Bundle(byte[] bundle, List<ImageSignature> found)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bundle);
            if (!document.RootElement.TryGetProperty("dsseEnvelope", out JsonElement envelope) || !envelope.TryGetProperty("signatures", out JsonElement signatures))
                return;
            byte[] payload = envelope.GetProperty("payload").GetBytesFromBase64();
            string type = envelope.GetProperty("payloadType").GetString() ?? "";
            foreach (JsonElement one in signatures.EnumerateArray())
            {
                if (found.Count < MaxSignatures)
                    found.Add(new ImageSignature { Kind = SignatureKind.Envelope, Payload = payload, PayloadType = type, Signature = one.GetProperty("sig").GetBytesFromBase64() });
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            // No bundle that we know.
        }
    }

    /// <summary>Null: too large, or not what its digest says.</summary>
    private byte[]? Blob(ImageReference image, Descriptor blob)
    {
        if (blob.Size is < 0 or > MaxPayload || !Digest.TryParse(blob.Digest, out Digest digest))
            return null;
        byte[] bytes = new byte[blob.Size];
        using Stream stream = client.OpenBlob(image, blob);
        int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return count == bytes.Length && Digest.Of(bytes) == digest ? bytes : null;
    }

    private static byte[]? Base64(string text)
    {
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int count) ? bytes[..count] : null;
    }

    private static bool TryParse(byte[] bytes, out Manifest manifest)
    {
        manifest = new Manifest();
        try
        {
            manifest = ImageLibrary.Parse(bytes, ImageJson.Default.Manifest, "a manifest of signatures");
            return true;
        }
        catch (StepException)
        {
            return false;
        }
    }
}
