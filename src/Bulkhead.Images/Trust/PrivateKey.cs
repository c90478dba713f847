using System;
using System.Security.Cryptography;
using System.Text;
using Bulkhead.Linux;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Bulkhead.Images.Trust;

/// <summary>A key that signs: the other half of <see cref="PublicKey"/>, as PEM without a password (PKCS #8, or SEC 1).</summary>
public sealed class PrivateKey
{
    /// <summary>PKCS #8 of Ed25519 up to the key itself (RFC 8410).</summary>
    private static readonly byte[] s_edwardsHead = [0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

    private readonly byte[]? _edwards;
    private readonly string _pem;

    private PrivateKey(string pem, byte[]? edwards) => (_pem, _edwards) = (pem, edwards);

    public static PrivateKey FromPem(ReadOnlySpan<byte> pem, string shown)
    {
        string text = Encoding.ASCII.GetString(pem);
        if (text.Contains("ENCRYPTED", StringComparison.Ordinal))
            throw new StepException($"{shown} is encrypted, which is not supported: give one without a password (openssl genpkey -algorithm ED25519)");
        if (PemEncoding.TryFind(text, out PemFields found) && text[found.Label] is "PRIVATE KEY" or "EC PRIVATE KEY")
        {
            byte[] der = Convert.FromBase64String(text[found.Base64Data]);
            if (der.Length == s_edwardsHead.Length + Ed25519.SecretKeySize && der.AsSpan().StartsWith(s_edwardsHead))
                return new PrivateKey("", der[s_edwardsHead.Length..]);
            if (IsOurCurve(text[found.Location]))
                return new PrivateKey(text[found.Location], null);
        }
        throw new StepException($"{shown} is no private key in PEM: ECDSA P-256 and Ed25519 are taken");
    }

    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        if (_edwards is not null)
        {
            byte[] signature = new byte[Ed25519.SignatureSize];
            Ed25519.Sign(_edwards, 0, message.ToArray(), 0, message.Length, signature, 0);
            return signature;
        }
        using var key = ECDsa.Create();
        key.ImportFromPem(_pem);
        return key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static bool IsOurCurve(string pem)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            return key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == PublicKey.Curve;
        }
        catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException or ArgumentException)
        {
            return false;
        }
    }
}
