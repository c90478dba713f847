namespace Bulkhead.Images.Registry;

/// <summary>A manifest or an index as a registry gave it.</summary>
/// <param name="Bytes">Exactly: its digest is theirs.</param>
/// <param name="MediaType">One of those that <see cref="Oci.Image.MediaTypes"/> knows as manifest or index.</param>
/// <param name="Digest">Of the bytes.</param>
public sealed record FetchedManifest(byte[] Bytes, string MediaType, Digest Digest);
