using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bulkhead.Oci.Image;

/// <summary>What an image says of itself (image-spec, config.md). Durations are nanoseconds, as in Docker.</summary>
public sealed record ImageConfig
{
    /// <summary>RFC 3339.</summary>
    public string? Created { get; set; }

    public string? Author { get; set; }

    public string Architecture { get; set; } = "";

    public string Os { get; set; } = "";

    public string? Variant { get; set; }

    [JsonPropertyName("config")]
    public ProgramConfig? Program { get; set; }

    [JsonPropertyName("rootfs")]
    public ImageRoot Root { get; set; } = new();

    public HistoryEntry[]? History { get; set; }

    /// <summary>Fields that we do not know, kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Other { get; set; }
}

/// <summary>Its defaults for a container. The names are Docker's, with capitals.</summary>
public sealed record ProgramConfig
{
    [JsonPropertyName("User")]
    public string? User { get; set; }

    /// <summary>Keys like 80/tcp.</summary>
    [JsonPropertyName("ExposedPorts")]
    public Dictionary<string, JsonElement>? ExposedPorts { get; set; }

    [JsonPropertyName("Env")]
    public string[]? Env { get; set; }

    [JsonPropertyName("Entrypoint")]
    public string[]? Entrypoint { get; set; }

    [JsonPropertyName("Cmd")]
    public string[]? Cmd { get; set; }

    /// <summary>Keys are absolute paths.</summary>
    [JsonPropertyName("Volumes")]
    public Dictionary<string, JsonElement>? Volumes { get; set; }

    [JsonPropertyName("WorkingDir")]
    public string? WorkingDirectory { get; set; }

    [JsonPropertyName("Labels")]
    public Dictionary<string, string>? Labels { get; set; }

    /// <summary>A name or a number.</summary>
    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; set; }

    [JsonPropertyName("Healthcheck")]
    public Healthcheck? Healthcheck { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Other { get; set; }
}

/// <summary>Docker's extension of the image configuration.</summary>
public sealed record Healthcheck
{
    /// <summary>NONE; CMD and words; or CMD-SHELL and one text.</summary>
    [JsonPropertyName("Test")]
    public string[]? Test { get; set; }

    [JsonPropertyName("Interval")]
    public long Interval { get; set; }

    [JsonPropertyName("Timeout")]
    public long Timeout { get; set; }

    [JsonPropertyName("StartPeriod")]
    public long StartPeriod { get; set; }

    [JsonPropertyName("StartInterval")]
    public long StartInterval { get; set; }

    [JsonPropertyName("Retries")]
    public int Retries { get; set; }
}

/// <summary>Its layers by the digests of their plain tars.</summary>
public sealed record ImageRoot
{
    public string Type { get; set; } = "layers";

    [JsonPropertyName("diff_ids")]
    public string[] DiffIds { get; set; } = [];
}

/// <summary>How a layer came to be.</summary>
public sealed record HistoryEntry
{
    public string? Created { get; set; }

    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; set; }

    public string? Author { get; set; }

    public string? Comment { get; set; }

    [JsonPropertyName("empty_layer")]
    public bool? EmptyLayer { get; set; }
}
