using System;
using System.Collections.Generic;
using Bulkhead.Images.References;
using Bulkhead.Linux;

namespace Bulkhead.Images.Trust;

/// <summary>What the policy says of an image.</summary>
/// <param name="Allowed">It may run.</param>
/// <param name="Signer">Fingerprint of the key whose signature was verified; null: unsigned.</param>
/// <param name="Why">It may not: a sentence's end for people.</param>
public sealed record TrustVerdict(bool Allowed, string? Signer, string Why);

/// <summary>Rules and signatures of one image.</summary>
/// <param name="readKey">A PEM file's bytes; throws a <see cref="StepException"/>.</param>
public sealed class TrustVerifier(Func<string, byte[]> readKey)
{
    /// <param name="policy">The rules.</param>
    /// <param name="image">Its name.</param>
    /// <param name="manifests">Digests that it goes by: of the index that its tag stands for, and of its platform's manifest.</param>
    /// <param name="signatures">Found at its registry.</param>
    public TrustVerdict Judge(TrustPolicy policy, ImageReference image, IReadOnlyList<Digest> manifests, IReadOnlyList<ImageSignature> signatures)
    {
        (string? scope, TrustRule[] rules) = policy.For(image);
        string place = scope is null ? "the policy's default" : $"the policy's scope '{scope}'";
        string? signer = null;
        foreach (TrustRule rule in rules)
        {
            if (rule.Kind == TrustKind.Reject)
                return new TrustVerdict(false, null, $"{place} rejects it: add a key for it (bulkhead trust add {image.Name} KEY.pem)");
            if (rule.Kind != TrustKind.SigstoreSigned)
                continue;
            signer = FindSigner(rule, image, manifests, signatures);
            if (signer is null)
                return new TrustVerdict(false, null, $"{place} wants a signature of a key that it names: {WhyNone(signatures)}");
        }
        return new TrustVerdict(true, signer, "");
    }

    private static string WhyNone(IReadOnlyList<ImageSignature> signatures) =>
        signatures.Count == 0 ? "the registry has no signature of it" : $"none of its {signatures.Count} signatures is of this key, this content and this name";

    private string? FindSigner(TrustRule rule, ImageReference image, IReadOnlyList<Digest> manifests, IReadOnlyList<ImageSignature> signatures)
    {
        foreach (PublicKey key in Keys(rule))
        {
            foreach (ImageSignature signature in signatures)
            {
                SignedClaim claim = SignedPayload.Read(signature);
                if (claim.Manifest is { } manifest && Contains(manifests, manifest) && NameMatches(rule, image, claim) && key.Verifies(SignedPayload.MessageOf(signature), signature.Signature))
                    return key.Fingerprint;
            }
        }
        return null;
    }

    private static bool Contains(IReadOnlyList<Digest> manifests, Digest wanted)
    {
        foreach (Digest manifest in manifests)
        {
            if (manifest == wanted)
                return true;
        }
        return false;
    }

    private List<PublicKey> Keys(TrustRule rule)
    {
        var keys = new List<PublicKey>();
        if (rule.KeyData is { } data)
            keys.Add(PublicKey.FromPem(data, "keyData of the policy"));
        foreach (string path in rule.KeyPaths)
            keys.Add(PublicKey.FromPem(readKey(path), path));
        return keys;
    }

    /// <summary>An envelope has no name: the digest alone says what is meant, and the key is the scope's own.</summary>
    private static bool NameMatches(TrustRule rule, ImageReference image, SignedClaim claim)
    {
        if (claim.Name is null)
            return rule.Identity is IdentityMatch.RepoDigestOrExact or IdentityMatch.Repository;
        ImageReference signed;
        try
        {
            signed = ImageReference.Parse(claim.Name);
        }
        catch (StepException)
        {
            return false;
        }
        // cosign signs the repository without a tag, which parses as "latest".
        bool hasTag = claim.Name.LastIndexOf(':') > claim.Name.LastIndexOf('/');
        bool sameTag = !hasTag || signed.Tag == image.Tag;
        return rule.Identity switch
        {
            IdentityMatch.Exact => signed.Name == image.Name && hasTag && image.Tag == signed.Tag,
            IdentityMatch.Repository => signed.Name == image.Name,
            IdentityMatch.ExactReference => claim.Name == rule.IdentityName || signed.ToString() == rule.IdentityName,
            IdentityMatch.ExactRepository => signed.Name == rule.IdentityName,
            IdentityMatch.RemapIdentity => signed.Name == Remapped(image.Name, rule) && sameTag,
            _ => signed.Name == image.Name && (image.Digest is not null || sameTag),
        };
    }

    private static string Remapped(string name, TrustRule rule) =>
        name == rule.IdentityName || name.StartsWith(rule.IdentityName + "/", StringComparison.Ordinal) ? rule.SignedPrefix + name[rule.IdentityName.Length..] : name;
}
