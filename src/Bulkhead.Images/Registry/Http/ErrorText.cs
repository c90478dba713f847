using System;
using System.Globalization;
using System.Text.Json;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry.Http;

/// <summary>A registry's error in a few printable words: the status, and the code and message of its document if it has one (distribution-spec, "Error Codes").</summary>
internal static class ErrorText
{
    /// <summary>Bytes of an error's body that are looked at.</summary>
    public const int MaxBody = 1 << 16;

    public static string Of(int status, ReadOnlyMemory<byte> body)
    {
        string words = "status " + status.ToString(CultureInfo.InvariantCulture);
        return Document(body) is { Length: > 0 } said ? $"{words}: {Printable.Name(said)}" : words;
    }

    private static string? Document(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return null;
            if (!root.TryGetProperty("errors", out JsonElement errors) || errors.ValueKind != JsonValueKind.Array || errors.GetArrayLength() == 0)
                return Text(root, "details") ?? Text(root, "error_description") ?? Text(root, "error") ?? Text(root, "message");
            string? code = Text(errors[0], "code"), message = Text(errors[0], "message");
            return code is null || message is null ? code ?? message : code + ": " + message;
        }
        // GetString of a lone surrogate.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
