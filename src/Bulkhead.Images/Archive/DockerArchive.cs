using System.Text.Json.Serialization;

namespace Bulkhead.Images.Archive;

/// <summary>An image in manifest.json of what `docker save` writes. Its names are Docker's, with capitals.</summary>
internal sealed record DockerArchive
{
    public const string FileName = "manifest.json";

    [JsonPropertyName("Config")]
    public string Config { get; set; } = "";

    [JsonPropertyName("RepoTags")]
    public string[]? RepoTags { get; set; }

    [JsonPropertyName("Layers")]
    public string[] Layers { get; set; } = [];
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DockerArchive[]))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
