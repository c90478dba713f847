using System;
using System.Globalization;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry.Http;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Registry;

public sealed partial class RegistryClient
{
    private const int MaxReply = 1 << 16;

    /// <summary>Gives the registry a blob unless it has it.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="blob">What; the registry verifies its digest.</param>
    /// <param name="content">Called for each attempt: a stream from the first byte on, which is disposed.</param>
    public void PushBlob(ImageReference repository, Descriptor blob, Func<Stream> content)
    {
        Endpoint endpoint = Itself(repository.Registry);
        if (HasBlob(endpoint, repository, blob, Push))
            return;
        Digest digest = Digest.Parse(blob.Digest, repository.Name + ": a blob's");
        Call call = UploadCall(endpoint, repository, "", "push blob " + digest.ShortHex);
        Answer answer = exchange.Run(call, () => Upload(call, blob, content), one => one.Message);
        if (answer.Status != 201)
            throw exchange.Refusal(call, answer.Message, answer.Body);
    }

    /// <summary>Lets the registry take a blob from another of its repositories; false: it does not, and the blob is to be pushed.</summary>
    public bool MountBlob(ImageReference repository, Descriptor blob, ImageReference from)
    {
        if (from.Registry != repository.Registry)
            return false;
        Endpoint endpoint = Itself(repository.Registry);
        Digest digest = Digest.Parse(blob.Digest, repository.Name + ": a blob's");
        Call call = UploadCall(endpoint, repository, $"?mount={digest}&from={Uri.EscapeDataString(from.Repository)}", "mount blob " + digest.ShortHex);
        call = call with { Scopes = [.. call.Scopes, .. Pull(endpoint, from)] };
        Answer answer = exchange.Fetch(call, MaxReply);
        switch (answer.Status)
        {
            case 201:
                return true;
            case 202:
                // It began an upload instead: it is given up, and what the registry says to that is nobody's concern.
                Cancel(call, answer);
                return false;
            case 401 or 403 or 404 or 405:
                return false;
            default:
                throw exchange.Refusal(call, answer.Message, answer.Body);
        }
    }

    /// <summary>Puts a manifest under the reference's digest or tag. One about another, in a registry without referrers, is put on the list that stands for them.</summary>
    /// <param name="at">Where.</param>
    /// <param name="bytes">The manifest.</param>
    /// <param name="mediaType">Its type.</param>
    public void PutManifest(ImageReference at, byte[] bytes, string mediaType)
    {
        if (at.Digest is { } digest && digest != Digest.Of(bytes))
            throw new StepException($"{at}: the manifest has another digest: {Digest.Of(bytes)}");
        Answer answer = Put(at, at.Version, bytes, mediaType);
        if (answer.Header("OCI-Subject") is null)
            AddToFallback(at, bytes, mediaType);
    }

    private Answer Put(ImageReference at, string version, byte[] bytes, string mediaType)
    {
        Endpoint endpoint = Itself(at.Registry);
        var call = new Call(endpoint, HttpMethod.Put, endpoint.Url(at.Repository, "manifests/" + version), at.Repository, "put manifest " + version)
        {
            Scopes = Push(endpoint, at),
            Body = () => Content(new ByteArrayContent(bytes), mediaType),
        };
        Answer answer = exchange.Fetch(call, MaxReply);
        return answer.Status is 201 or 200 or 202 ? answer : throw exchange.Refusal(call, answer.Message, answer.Body);
    }

    private static Call UploadCall(Endpoint endpoint, ImageReference repository, string query, string what) =>
        new(endpoint, HttpMethod.Post, endpoint.Url(repository.Repository, "blobs/uploads/" + query), repository.Repository, what)
        {
            Scopes = Push(endpoint, repository),
            Body = static () => new ByteArrayContent([]),
        };

    /// <summary>One attempt, from its first request to its last: the answer that ended it.</summary>
    private Answer Upload(Call call, Descriptor blob, Func<Stream> content)
    {
        Answer begun = exchange.Once(call, MaxReply);
        if (begun.Status != 202)
            return begun;
        Uri place = Location(call, call.Url, begun);
        using Stream stream = content();
        long sent = 0;
        while (options.PushChunk > 0 && blob.Size - sent > options.PushChunk)
        {
            long from = sent;
            Call patch = call with { Method = HttpMethod.Patch, Url = place, Body = () => Range(stream, from, options.PushChunk) };
            Answer answer = exchange.Once(patch, MaxReply);
            if (answer.Status != 202)
                return answer;
            place = Location(call, place, answer);
            sent += options.PushChunk;
        }
        Call put = call with { Method = HttpMethod.Put, Url = With(place, "digest=" + Uri.EscapeDataString(blob.Digest)), Body = () => Range(stream, sent, blob.Size - sent) };
        return exchange.Once(put, MaxReply);
    }

    private void Cancel(Call call, Answer answer)
    {
        try
        {
            exchange.Once(call with { Method = HttpMethod.Delete, Url = Location(call, call.Url, answer), Body = null }, MaxReply);
        }
        catch (TransportException)
        {
            // Registries forget uploads by themselves.
        }
    }

    private static Uri Location(Call call, Uri from, Answer answer) => Redirects.Next(call.Endpoint, from, answer.Header("Location"));

    private static Uri With(Uri place, string field) => new(place.GetLeftPart(UriPartial.Query) + (place.Query.Length > 1 ? "&" : "?") + field);

    private StreamContent Range(Stream stream, long from, long length)
    {
        StreamContent content = Content(new StreamContent(new BoundedStream(stream, length)), "application/octet-stream");
        content.Headers.ContentLength = length;
        if (options.PushChunk > 0 && length > 0)
            content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{from}-{from + length - 1}"));
        return content;
    }

    private static T Content<T>(T content, string mediaType) where T : HttpContent
    {
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
        return content;
    }
}
