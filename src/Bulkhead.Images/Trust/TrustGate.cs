using System;
using System.Collections.Generic;
using Bulkhead.Images.References;
using Bulkhead.Linux;

namespace Bulkhead.Images.Trust;

/// <summary>The policy at the doors that images come through: before layers are fetched, and before one is run.</summary>
/// <param name="files">The policy and its keys.</param>
/// <param name="allowUnsigned">What the policy refuses is let through all the same: a flag of the caller's, which is told and recorded.</param>
public sealed class TrustGate(TrustFiles files, bool allowUnsigned)
{
    private readonly TrustPolicy _policy = files.Load();
    private readonly TrustVerifier _verifier = new(TrustFiles.ReadFile);

    /// <summary>Signatures are of use: the policy names keys for it.</summary>
    public bool WantsSignatures(ImageReference image) => Array.Exists(_policy.For(image).Rules, rule => rule.Kind == TrustKind.SigstoreSigned);

    /// <summary>What the policy says, whatever the caller's flags.</summary>
    public TrustVerdict Judge(ImageReference image, IReadOnlyList<Digest> manifests, IReadOnlyList<ImageSignature> signatures) =>
        _verifier.Judge(_policy, image, manifests, signatures);

    public TrustVerdict Judge(LoadedImage image)
    {
        // One without a name is of no scope.
        ImageReference name = image.Reference ?? ImageReference.Parse("localhost/none").WithDigest(image.ManifestDigest);
        return Judge(name, [Digest.Parse(image.Named.Target.Digest, image.Name), image.ManifestDigest], image.Named.Signatures ?? []);
    }

    /// <summary>The signer's fingerprint; null: unsigned, and that is allowed.</summary>
    /// <exception cref="StepException">The policy refuses it, and the caller did not ask for less.</exception>
    public string? Require(TrustVerdict verdict, string name)
    {
        if (!verdict.Allowed && !allowUnsigned)
            throw new StepException($"{name} is refused: {verdict.Why}; --allow-unsigned lets it through once");
        return verdict.Signer;
    }
}
