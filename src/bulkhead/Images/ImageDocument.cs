using System.Text.Json;
using Bulkhead.Images;
using Bulkhead.Oci.Image;

namespace Bulkhead.Cli.Images;

/// <summary>One image as `docker image inspect` shows it.</summary>
internal static class ImageDocument
{
    public static void Write(Utf8JsonWriter json, LoadedImage image)
    {
        string name = image.Reference?.FamiliarName ?? "<none>";
        json.WriteStartObject();
        json.WriteString("Id", image.Id.Text);
        JsonOutput.Texts(json, "RepoTags", image.Reference?.Tag is { } tag ? [$"{name}:{tag}"] : []);
        JsonOutput.Texts(json, "RepoDigests", [$"{name}@{image.Named.Target.Digest}"]);
        json.WriteString("Comment", "");
        json.WriteString("Created", image.Config.Created ?? "");
        json.WriteString("Author", image.Config.Author ?? "");
        json.WriteString("Architecture", image.Config.Architecture);
        json.WriteString("Os", image.Config.Os);
        json.WriteNumber("Size", Machine.Images.SizeOf(image));
        json.WritePropertyName("Config");
        JsonSerializer.Serialize(json, image.Config.Program ?? new ProgramConfig(), ImageJson.Default.ProgramConfig);
        json.WriteStartObject("RootFS");
        json.WriteString("Type", "layers");
        JsonOutput.Texts(json, "Layers", image.Config.Root.DiffIds);
        json.WriteEndObject();
        json.WriteStartObject("Metadata");
        json.WriteString("LastTagTime", image.Named.Pulled);
        json.WriteEndObject();
        json.WriteString("Manifest", image.Named.Manifest);
        json.WriteString("MediaType", image.Named.Target.MediaType);
        json.WriteString("SignedBy", ImageSource.SignerOf(image) ?? "unsigned");
        if (image.Named.Previous is { } previous)
            json.WriteString("MovedFrom", previous);
        json.WriteEndObject();
    }
}
