using System;
using System.Security.Cryptography;
using Bulkhead.Linux;

namespace Bulkhead.Images;

/// <summary>What content hashes to (image-spec, descriptor.md, "Digests"). Only sha256 is taken, in lower case: its text is safe as a file's name.</summary>
public readonly record struct Digest
{
    private const string Prefix = "sha256:";
    private const int HexLength = 64;

    private Digest(string text) => Text = text;

    /// <summary>sha256:HEX.</summary>
    public string Text { get; }

    public string Hex => Text[Prefix.Length..];

    /// <summary>Twelve digits, as docker shows.</summary>
    public string ShortHex => Hex[..12];

    public static bool TryParse(string? text, out Digest digest)
    {
        digest = default;
        if (text is null || text.Length != Prefix.Length + HexLength || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        foreach (char one in text.AsSpan(Prefix.Length))
        {
            if (one is not ((>= '0' and <= '9') or (>= 'a' and <= 'f')))
                return false;
        }
        digest = new Digest(text);
        return true;
    }

    /// <param name="text">A stranger's.</param>
    /// <param name="what">Whose, for the message.</param>
    public static Digest Parse(string? text, string what) =>
        TryParse(text, out Digest digest) ? digest : throw new StepException($"{what}: '{text}' is no digest: sha256: and 64 digits of 0-9a-f are expected");

    public static Digest Of(ReadOnlySpan<byte> content) => From(SHA256.HashData(content));

    /// <param name="hash">32 bytes.</param>
    public static Digest From(ReadOnlySpan<byte> hash) => new(Prefix + Convert.ToHexStringLower(hash));

    public override string ToString() => Text;
}
