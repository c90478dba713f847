using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace Bulkhead.Oci.Image;

/// <summary>A manifest or an index, whichever its media type says (image-spec, manifest.md and image-index.md; Docker's schema 2 has the same fields).</summary>
public sealed record Manifest
{
    public int SchemaVersion { get; set; }

    /// <summary>Null where an OCI document leaves it out.</summary>
    public string? MediaType { get; set; }

    public string? ArtifactType { get; set; }

    public Descriptor? Config { get; set; }

    /// <summary>From the lowest up; null in an index.</summary>
    public Descriptor[]? Layers { get; set; }

    /// <summary>Null but in an index.</summary>
    public Descriptor[]? Manifests { get; set; }

    /// <summary>What a signature or another artifact is about.</summary>
    public Descriptor? Subject { get; set; }

    public Dictionary<string, string>? Annotations { get; set; }
}

/// <summary>The field names of OCI and Docker documents. Their properties have setters: of others the generated reader forgets the initial values.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(ImageConfig))]
[JsonSerializable(typeof(ProgramConfig))]
[JsonSerializable(typeof(ImageLayout))]
[JsonSerializable(typeof(string[]))]
public sealed partial class ImageJson : JsonSerializerContext;

/// <summary>The file oci-layout (image-spec, image-layout.md).</summary>
public sealed record ImageLayout
{
    public string ImageLayoutVersion { get; set; } = "1.0.0";
}
