using System;
using System.Text.Json;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Registry.Http;

/// <summary>Whether a manifest is what it says it is: digest, and one media type alone (CVE-2021-41190: a document that is manifest and index, by who reads it).</summary>
internal static class ManifestCheck
{
    /// <exception cref="StepException">It is not, or it is of a kind that is not known.</exception>
    public static FetchedManifest Of(Call call, Answer answer, Digest? wanted)
    {
        Digest digest = Digest.Of(answer.Body);
        if (wanted is not null && digest != wanted)
            throw Bad(call, $"the registry gives other bytes: they hash to {digest}");
        if (answer.Header("Docker-Content-Digest") is { } told && told != digest.Text && told.StartsWith("sha256:", StringComparison.Ordinal))
            throw Bad(call, $"the registry calls it {Printable.Name(told)}, but its bytes hash to {digest}");
        (string? written, bool layers, bool manifests) = Look(call, answer.Body);
        if (layers && manifests)
            throw Bad(call, "it is a manifest and an index at once");
        string? type = Type(answer.Header("Content-Type"));
        if (type is not null && written is not null && type != written)
            throw Bad(call, $"the registry says {Printable.Name(type)}, the document itself {Printable.Name(written)}");
        type ??= written ?? throw Bad(call, "neither the registry nor the document says its media type");
        if (!MediaTypes.IsIndex(type) && !MediaTypes.IsManifest(type))
            throw Bad(call, $"its media type {Printable.Name(type)} is not one that is known");
        if (MediaTypes.IsIndex(type) ? layers : manifests)
            throw Bad(call, $"it says {type}, and is none");
        return new FetchedManifest(answer.Body, type, digest);
    }

    /// <summary>Null where the header says nothing of what it is.</summary>
    private static string? Type(string? header)
    {
        string? type = header?.Split(';')[0].Trim();
        return type is null or "" or "application/json" or "application/octet-stream" or "text/plain" ? null : type;
    }

    private static (string? MediaType, bool Layers, bool Manifests) Look(Call call, byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
            JsonElement root = document.RootElement;
            string? type = root.TryGetProperty("mediaType", out JsonElement value) ? value.GetString() : null;
            return (type, root.TryGetProperty("layers", out _), root.TryGetProperty("manifests", out _));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Bad(call, "it is no JSON object whose names are there once");
        }
    }

    private static StepException Bad(Call call, string why) => new($"{call.Where}: {call.What}: {why}");
}
