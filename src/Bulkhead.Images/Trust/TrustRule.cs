namespace Bulkhead.Images.Trust;

public enum TrustKind
{
    AcceptAnything,
    Reject,
    SigstoreSigned,
}

/// <summary>Which name a signature must have for an image (containers-policy.json(5), "signedIdentity").</summary>
public enum IdentityMatch
{
    /// <summary>The same repository and tag; for an image by digest the same repository.</summary>
    RepoDigestOrExact,
    Exact,
    Repository,
    ExactReference,
    ExactRepository,
    RemapIdentity,
}

/// <summary>One requirement of a scope; all of a scope's must hold.</summary>
public sealed record TrustRule
{
    public required TrustKind Kind { get; init; }

    /// <summary>Signed: absolute paths of PEM files; one of their keys is enough.</summary>
    public string[] KeyPaths { get; init; } = [];

    /// <summary>Signed: the PEM itself.</summary>
    public byte[]? KeyData { get; init; }

    public IdentityMatch Identity { get; init; }

    /// <summary>ExactReference, ExactRepository: the name. RemapIdentity: what is replaced.</summary>
    public string IdentityName { get; init; } = "";

    /// <summary>RemapIdentity: by what.</summary>
    public string SignedPrefix { get; init; } = "";
}
