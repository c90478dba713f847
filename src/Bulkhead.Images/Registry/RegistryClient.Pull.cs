using System;
using System.Globalization;
using System.IO;
using System.Net.Http;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry.Http;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Registry;

public sealed partial class RegistryClient
{
    /// <summary>Bytes. What distribution takes at most.</summary>
    public const int MaxManifest = 4 << 20;

    private static readonly string[] ManifestTypes = [MediaTypes.Index, MediaTypes.Manifest, MediaTypes.DockerList, MediaTypes.DockerManifest];

    /// <param name="at">Where.</param>
    /// <param name="digest">Which, and the bytes are those; null: what the reference says.</param>
    /// <exception cref="StepException">There is none, or it is not what it says it is.</exception>
    public FetchedManifest GetManifest(ImageReference at, Digest? digest = null) =>
        TryGetManifest(at, digest) ?? throw new StepException($"{at.Name}: there is no manifest {digest?.Text ?? at.Version}");

    /// <summary>Null: the registry says that there is none.</summary>
    public FetchedManifest? TryGetManifest(ImageReference at, Digest? digest = null)
    {
        Digest? wanted = digest ?? at.Digest;
        string version = wanted?.Text ?? at.Version;
        return Read(at, endpoint =>
        {
            Call call = ManifestCall(endpoint, HttpMethod.Get, at, version, "get");
            Answer answer = exchange.Fetch(call, MaxManifest);
            return answer.Status switch
            {
                200 => ManifestCheck.Of(call, answer, wanted),
                404 => null,
                _ => throw exchange.Refusal(call, answer.Message, answer.Body),
            };
        });
    }

    /// <summary>What a tag stands for, without getting it; null: nothing. Registries count this less than a pull.</summary>
    public Digest? HeadManifest(ImageReference at) => Read(at, endpoint =>
    {
        Call call = ManifestCall(endpoint, HttpMethod.Head, at, at.Version, "look at");
        Answer answer = exchange.Fetch(call, MaxManifest);
        if (answer.Status == 404)
            return null;
        if (answer.Status != 200)
            throw exchange.Refusal(call, answer.Message, answer.Body);
        return answer.Header("Docker-Content-Digest");
    }) is { } text ? Digest.Parse(text, at.Name + ": the registry's Docker-Content-Digest") : null;

    public bool HasBlob(ImageReference repository, Descriptor blob) => HasBlob(Itself(repository.Registry), repository, blob, Pull);

    /// <summary>
    /// A blob's bytes from an offset on: exactly as many as the descriptor says, or an error. A connection that breaks is made again where it broke.
    /// Nothing is verified but the count: the digest is the caller's to check. Urls of the descriptor are not followed.
    /// </summary>
    /// <param name="repository">Where.</param>
    /// <param name="blob">What.</param>
    /// <param name="offset">Bytes that are there already; a registry that knows no ranges sends them again, and they are dropped here.</param>
    public Stream OpenBlob(ImageReference repository, Descriptor blob, long offset = 0)
    {
        Digest digest = Digest.Parse(blob.Digest, repository.Name + ": a blob's");
        if (blob.Size < 0 || offset < 0 || offset > blob.Size)
            throw new StepException(string.Create(CultureInfo.InvariantCulture, $"{repository.Name}: blob {digest}: a size of {blob.Size} bytes, of which {offset} are there, makes no sense"));
        return Read(repository, endpoint =>
        {
            var call = new Call(endpoint, HttpMethod.Get, endpoint.Url(repository.Repository, "blobs/" + digest), repository.Repository, "get blob " + digest.ShortHex) { Scopes = Pull(endpoint, repository) };
            return BlobStream.TryOpen(exchange, transport, options, call, blob.Size, offset);
        }) ?? throw new StepException($"{repository.Name}: there is no blob {digest}");
    }

    private static Call ManifestCall(Endpoint endpoint, HttpMethod method, ImageReference at, string version, string verb) =>
        new(endpoint, method, endpoint.Url(at.Repository, "manifests/" + version), at.Repository, $"{verb} manifest {version}") { Scopes = Pull(endpoint, at), Accept = ManifestTypes };

    private bool HasBlob(Endpoint endpoint, ImageReference repository, Descriptor blob, Func<Endpoint, ImageReference, string[]> scopes)
    {
        Digest digest = Digest.Parse(blob.Digest, repository.Name + ": a blob's");
        var call = new Call(endpoint, HttpMethod.Head, endpoint.Url(repository.Repository, "blobs/" + digest), repository.Repository, "look for blob " + digest.ShortHex) { Scopes = scopes(endpoint, repository) };
        Answer answer = exchange.Fetch(call, MaxManifest);
        return answer.Status switch
        {
            200 => true,
            404 => false,
            _ => throw exchange.Refusal(call, answer.Message, answer.Body),
        };
    }
}
