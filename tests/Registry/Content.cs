using System;
using System.IO;
using System.Text;
using System.Text.Json;
using Bulkhead.Images;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Oci.Image;

namespace Bulkhead.Registries;

/// <summary>Images made of words.</summary>
internal static class Content
{
    public static byte[] Bytes(int size) => Encoding.UTF8.GetBytes((Guid.NewGuid() + new string('x', size))[..size]);

    public static Descriptor Of(byte[] content, string type = MediaTypes.Layer) => new() { MediaType = type, Digest = Digest.Of(content).Text, Size = content.Length };

    public static byte[] ReadAll(Stream stream)
    {
        using Stream owned = stream;
        using var copy = new MemoryStream();
        owned.CopyTo(copy);
        return copy.ToArray();
    }

    public static byte[] Json(Manifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, ImageJson.Default.Manifest);

    /// <summary>Pushes an image of one layer: its manifest's descriptor.</summary>
    public static Descriptor Push(RegistryClient client, ImageReference at, string architecture = "amd64", Descriptor? subject = null)
    {
        byte[] layer = Bytes(5000), config = JsonSerializer.SerializeToUtf8Bytes(new ImageConfig { Os = "linux", Architecture = architecture }, ImageJson.Default.ImageConfig);
        client.PushBlob(at, Of(layer), () => new MemoryStream(layer));
        client.PushBlob(at, Of(config), () => new MemoryStream(config));
        byte[] manifest = Json(new Manifest
        {
            SchemaVersion = 2,
            MediaType = MediaTypes.Manifest,
            Config = Of(config, MediaTypes.Config),
            Layers = [Of(layer)],
            Subject = subject,
        });
        client.PutManifest(at, manifest, MediaTypes.Manifest);
        return Of(manifest, MediaTypes.Manifest) with { Platform = new Platform { Os = "linux", Architecture = architecture } };
    }
}
