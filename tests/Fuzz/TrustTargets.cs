using System;
using System.Security.Cryptography;
using Bulkhead.Images.References;
using Bulkhead.Images.Trust;

namespace Bulkhead.Fuzz;

/// <summary>policy.json: what is taken lets nothing in that no rule names.</summary>
internal sealed class TrustPolicyTarget : Target
{
    public override byte[][] Seeds { get; } =
    [
        Text("""{"default":[{"type":"reject"}],"transports":{"docker":{"a.example/b":[{"type":"sigstoreSigned","keyPath":"/k","signedIdentity":{"type":"matchRepository"}}],"":[{"type":"insecureAcceptAnything"}]}}}"""),
        Text("""{"default":[{"type":"sigstoreSigned","keyData":"AAAA","signedIdentity":{"type":"remapIdentity","prefix":"a","signedPrefix":"b"}}]}"""),
    ];

    public override string[] Words => ["\"default\":", "\"transports\":", "\"docker\":", "\"type\":", "\"reject\"", "\"insecureAcceptAnything\"", "\"sigstoreSigned\"", "[]", "{}", "null", "\\ud800", "\"*.example\":"];

    protected override void Parse(byte[] input)
    {
        TrustPolicy policy = PolicyReader.Parse(input, "policy.json");
        Must(policy.Default.Length > 0, "a default without a rule");
        (_, TrustRule[] rules) = policy.For(ImageReference.Parse("a.example/b/c:1"));
        Must(rules.Length > 0 && Array.TrueForAll(rules, rule => rule.Kind != TrustKind.SigstoreSigned || rule.KeyPaths.Length > 0 || rule.KeyData is not null), "a rule that wants a signature of nobody");
    }
}

/// <summary>Payloads that a registry has: what they claim is a digest and a name, or nothing.</summary>
internal sealed class PayloadTarget : Target
{
    public override byte[][] Seeds { get; } =
    [
        SignedPayload.Make(ImageReference.Parse("a.example/b:1"), Images.Digest.Of("x"u8)),
        Text("""{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://sigstore.dev/cosign/sign/v1","subject":[{"digest":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}]}"""),
    ];

    public override string[] Words => ["\"critical\":", "\"subject\":", "\"sha256\":", "[", "{}", "null", "5", "\\ud800"];

    protected override void Parse(byte[] input)
    {
        foreach (SignatureKind kind in (SignatureKind[])[SignatureKind.Simple, SignatureKind.Envelope])
        {
            var signature = new ImageSignature { Kind = kind, Payload = input, PayloadType = "application/vnd.in-toto+json", Signature = [] };
            SignedClaim claim = SignedPayload.Read(signature);
            Must(claim.Manifest is null || claim.Manifest.Value.Text.Length == 71, "a claim of no digest");
            Must(SignedPayload.MessageOf(signature).Length >= input.Length, "a message without its payload");
        }
    }
}

/// <summary>Keys in PEM; what is taken refuses a signature that is none.</summary>
internal sealed class KeyTarget : Target
{
    public override byte[][] Seeds { get; } =
    [
        Text(ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportSubjectPublicKeyInfoPem()),
        Text("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"),
    ];

    public override string[] Words => ["-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----", "PRIVATE", "EC ", "\n", "="];

    protected override void Parse(byte[] input) => Must(!PublicKey.FromPem(input, "key").Verifies("message"u8, new byte[64]), "a signature of zeros");
}
