using System.Text.Json.Serialization;
using Bulkhead.Images.Unpack;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Store;

/// <summary>An image of the store under one of its references.</summary>
public sealed record NamedImage
{
    /// <summary>Canonical: docker.io/library/x:latest. Empty: its tag has moved to another image (docker's &lt;none&gt;), or it was pulled by digest only.</summary>
    public string Reference { get; set; } = "";

    /// <summary>What the reference led to: a manifest or an index.</summary>
    public required Descriptor Target { get; init; }

    /// <summary>Digest of the manifest that was taken: the target's own, or that of this machine's platform.</summary>
    public required string Manifest { get; init; }

    /// <summary>RFC 3339, UTC.</summary>
    public required string Pulled { get; init; }

    /// <summary>Digest of what the reference led to before; null: it never moved.</summary>
    public string? Previous { get; init; }

    /// <summary>Those that its registry had, which say nothing until a key has verified them; null or empty: none.</summary>
    public Trust.ImageSignature[]? Signatures { get; init; }
}

/// <summary>What is known of an unpacked layer.</summary>
public sealed record LayerRecord
{
    public const int CurrentVersion = 1;

    public int Version { get; set; } = CurrentVersion;

    public required string DiffId { get; init; }

    /// <summary>Bytes of its files' contents.</summary>
    public long Size { get; init; }

    public long Entries { get; init; }

    public LeftOut LeftOut { get; set; } = new();
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NamedImage))]
[JsonSerializable(typeof(LayerRecord))]
internal sealed partial class StoreJson : JsonSerializerContext;
