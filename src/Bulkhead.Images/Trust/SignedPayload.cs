using System;
using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Bulkhead.Images.References;

namespace Bulkhead.Images.Trust;

/// <summary>What a payload that was signed claims.</summary>
/// <param name="Manifest">The digest of the manifest or index; null: none of ours.</param>
/// <param name="Name">Simple: the image's name; null: none, which an envelope has never.</param>
public readonly record struct SignedClaim(Digest? Manifest, string? Name);

/// <summary>The payloads of both of cosign's layouts (facts of its specs/SIGNATURE_SPEC.md, in-toto Statement v1, DSSE v1).</summary>
public static class SignedPayload
{
    private const string SimpleType = "cosign container image signature";
    private const string OlderType = "atomic container signature";
    private const string StatementType = "application/vnd.in-toto+json";
    private const string SignPredicate = "https://sigstore.dev/cosign/sign/v1";
    private const string StatementPrefix = "https://in-toto.io/Statement/v";

    /// <summary>For a signature of our own.</summary>
    public static byte[] Make(ImageReference image, Digest manifest)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("critical");
            json.WriteStartObject("identity");
            json.WriteString("docker-reference", image.Name);
            json.WriteEndObject();
            json.WriteStartObject("image");
            json.WriteString("docker-manifest-digest", manifest.Text);
            json.WriteEndObject();
            json.WriteString("type", SimpleType);
            json.WriteEndObject();
            json.WriteNull("optional");
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The bytes that the signature is over.</summary>
    public static byte[] MessageOf(ImageSignature signature)
    {
        if (signature.Kind == SignatureKind.Simple)
            return signature.Payload;
        // Pre-authentication encoding of DSSE v1.
        byte[] head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"DSSEv1 {Encoding.UTF8.GetByteCount(signature.PayloadType)} {signature.PayloadType} {signature.Payload.Length} "));
        return [.. head, .. signature.Payload];
    }

    /// <summary>Nothing but what stands at the right places; a payload that is damaged claims nothing.</summary>
    public static SignedClaim Read(ImageSignature signature)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(signature.Payload);
            return signature.Kind == SignatureKind.Simple ? Simple(document.RootElement) : Statement(document.RootElement, signature);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return default;
        }
    }

    private static SignedClaim Simple(JsonElement root)
    {
        JsonElement critical = Member(root, "critical");
        if (Text(Member(critical, "type")) is not (SimpleType or OlderType))
            return default;
        return Digest.TryParse(Text(Member(Member(critical, "image"), "docker-manifest-digest")), out Digest digest)
            ? new SignedClaim(digest, Text(Member(Member(critical, "identity"), "docker-reference")))
            : default;
    }

    private static SignedClaim Statement(JsonElement root, ImageSignature signature)
    {
        JsonElement subjects = Member(root, "subject");
        // An attestation by the same key says something about the image, not that it may run.
        if (signature.PayloadType != StatementType || Text(Member(root, "predicateType")) != SignPredicate || Text(Member(root, "_type"))?.StartsWith(StatementPrefix, StringComparison.Ordinal) != true || subjects.ValueKind != JsonValueKind.Array || subjects.GetArrayLength() != 1)
            return default;
        return Digest.TryParse("sha256:" + Text(Member(Member(subjects[0], "digest"), "sha256")), out Digest digest) ? new SignedClaim(digest, null) : default;
    }

    private static JsonElement Member(JsonElement of, string name) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out JsonElement value) ? value : default;

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
