using System;
using System.Security.Cryptography;
using System.Text;
using Bulkhead.Linux;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Bulkhead.Images.Trust;

/// <summary>A key that signatures are checked with: ECDSA P-256 over SHA-256 (signatures as ASN.1), or Ed25519 (RFC 8032). PEM, as cosign writes it.</summary>
public sealed class PublicKey
{
    internal const string Curve = "1.2.840.10045.3.1.7"; // secp256r1

    /// <summary>SubjectPublicKeyInfo of Ed25519 up to the key itself (RFC 8410), which has one encoding only.</summary>
    private static readonly byte[] s_edwardsHead = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];

    private readonly byte[] _spki;
    private readonly byte[]? _edwards;

    private PublicKey(byte[] spki, byte[]? edwards)
    {
        _spki = spki;
        _edwards = edwards;
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(spki));
    }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo (RFC 5280), 64 hexadecimal digits.</summary>
    public string Fingerprint { get; }

    public string Algorithm => _edwards is null ? "ECDSA P-256" : "Ed25519";

    /// <exception cref="StepException">It is no PEM, or the key is of another kind.</exception>
    public static PublicKey FromPem(ReadOnlySpan<byte> pem, string shown)
    {
        string text = Encoding.ASCII.GetString(pem);
        if (!PemEncoding.TryFind(text, out PemFields found))
            throw new StepException($"{shown} is no public key in PEM: ECDSA P-256 and Ed25519 are taken");
        string label = text[found.Label];
        if (label.Contains("PRIVATE", StringComparison.Ordinal))
            throw new StepException($"{shown} holds a private key: give the public one (openssl pkey -in KEY -pubout)");
        byte[] spki = label == "PUBLIC KEY" ? Convert.FromBase64String(text[found.Base64Data]) : [];
        if (spki.Length == s_edwardsHead.Length + Ed25519.PublicKeySize && spki.AsSpan().StartsWith(s_edwardsHead))
            return new PublicKey(spki, spki[s_edwardsHead.Length..]);
        return IsOurCurve(spki) ? new PublicKey(spki, null) : throw new StepException($"{shown}: its key is neither ECDSA P-256 nor Ed25519");
    }

    private static bool IsOurCurve(byte[] spki)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(spki, out int read);
            return read == spki.Length && key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == Curve;
        }
        catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException or ArgumentException)
        {
            // No key, or one on a curve that OpenSSL does not know.
            return false;
        }
    }

    public bool Verifies(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (_edwards is not null)
            return signature.Length == Ed25519.SignatureSize && Ed25519.Verify(signature.ToArray(), 0, _edwards, 0, message.ToArray(), 0, message.Length);
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_spki, out _);
        try
        {
            return key.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            // No ASN.1 at all.
            return false;
        }
    }
}
