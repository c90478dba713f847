namespace Bulkhead.Images.Trust;

/// <summary>How a signature says what it signs.</summary>
public enum SignatureKind
{
    /// <summary>cosign's simple signing: the payload is JSON with the digest and the name.</summary>
    Simple,

    /// <summary>cosign's bundle: a DSSE envelope with an in-toto statement, which has the digest and no name.</summary>
    Envelope,
}

/// <summary>One signature that a registry has of an image; kept with the image's name, so that it can be checked again with other keys. Says nothing until it is.</summary>
public sealed record ImageSignature
{
    public required SignatureKind Kind { get; init; }

    /// <summary>The bytes that were signed, or that the envelope holds.</summary>
    public required byte[] Payload { get; init; }

    /// <summary>Envelope: the payload's type, which is signed too.</summary>
    public string PayloadType { get; set; } = "";

    public required byte[] Signature { get; init; }
}
