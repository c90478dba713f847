using System.Collections.Generic;

namespace Bulkhead.Oci.Image;

/// <summary>One piece of content by what it is (image-spec, descriptor.md). Comes from strangers: a digest and a size are claims until the bytes have been hashed and counted.</summary>
public sealed record Descriptor
{
    public string MediaType { get; set; } = "";

    /// <summary>algorithm:hexadecimal digits.</summary>
    public string Digest { get; set; } = "";

    /// <summary>Bytes.</summary>
    public long Size { get; set; }

    public string? ArtifactType { get; set; }

    public Platform? Platform { get; set; }

    public Dictionary<string, string>? Annotations { get; set; }

    /// <summary>Elsewhere; never followed.</summary>
    public string[]? Urls { get; set; }
}

/// <summary>What a manifest of an index is for (image-spec, image-index.md).</summary>
public sealed record Platform
{
    /// <summary>GOARCH: amd64, arm64 and so on.</summary>
    public string Architecture { get; set; } = "";

    /// <summary>GOOS.</summary>
    public string Os { get; set; } = "";

    public string? Variant { get; set; }
}
