using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry.Http;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Registry;

public sealed partial class RegistryClient
{
    private const int MaxPages = 1000, MaxEntries = 100_000;
    private const string ReferrersFilter = "application/vnd.oci.image.index.v1+json";

    /// <summary>All tags of a repository, as the registry orders them.</summary>
    public IReadOnlyList<string> Tags(ImageReference repository)
    {
        Endpoint endpoint = Itself(repository.Registry);
        var call = new Call(endpoint, HttpMethod.Get, endpoint.Url(repository.Repository, "tags/list?n=1000"), repository.Repository, "list tags") { Scopes = Pull(endpoint, repository) };
        var all = new List<string>();
        bool found = Pages(call, RegistryJson.Default.TagList, page =>
        {
            foreach (string? tag in page.Tags ?? [])
            {
                // What is none could not be asked for, and may be meant for a terminal.
                if (tag is not null && ReferenceGrammar.IsTag(tag))
                    all.Add(tag);
            }
            return all.Count;
        });
        return found ? all : throw new StepException($"{repository.Name}: there is no such repository");
    }

    /// <summary>What is about a manifest, signatures above all: by the referrers API, else by the tag that stands for it (distribution-spec, "Listing Referrers").</summary>
    public Descriptor[] Referrers(ImageReference repository, Digest subject)
    {
        Endpoint endpoint = Itself(repository.Registry);
        var call = new Call(endpoint, HttpMethod.Get, endpoint.Url(repository.Repository, "referrers/" + subject), repository.Repository, "list referrers of " + subject.ShortHex)
        {
            Scopes = Pull(endpoint, repository),
            Accept = [ReferrersFilter],
        };
        var all = new List<Descriptor>();
        bool found = Pages(call, ImageJson.Default.Manifest, page =>
        {
            all.AddRange(page.Manifests ?? []);
            return all.Count;
        });
        return found ? all.ToArray() : Fallback(repository, subject).Manifests ?? [];
    }

    /// <summary>False: the registry knows no such list.</summary>
    private bool Pages<T>(Call call, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, Func<T, int> take) where T : class
    {
        for (int page = 0; ; page++)
        {
            Answer answer = exchange.Fetch(call, MaxManifest);
            if (answer.Status is 404 && page == 0)
                return false;
            if (answer.Status != 200)
                throw exchange.Refusal(call, answer.Message, answer.Body);
            if (take(Parse(call, answer.Body, type)) > MaxEntries || page == MaxPages)
                throw new StepException($"{call.Where}: {call.What}: the list has more than {MaxEntries} entries or {MaxPages} pages");
            if (NextLink.Of(answer.Header("Link")) is not { } link)
                return true;
            Uri? next = Uri.TryCreate(call.Url, link, out Uri? to) && call.Endpoint.IsOrigin(to) ? to : null;
            if (next is null || next == call.Url)
                throw new StepException($"{call.Where}: {call.What}: the registry's next page is '{Printable.Name(link)}', which is not another one of its own");
            call = call with { Url = next };
        }
    }

    private Manifest Fallback(ImageReference repository, Digest subject)
    {
        FetchedManifest? found = TryGetManifest(repository.WithTag("sha256-" + subject.Hex));
        if (found is null)
            return new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Index, Manifests = [] };
        try
        {
            return MediaTypes.IsIndex(found.MediaType) && JsonSerializer.Deserialize(found.Bytes, ImageJson.Default.Manifest) is { Manifests: not null } index ? index
                : throw new StepException($"{repository.Name}: tag sha256-{subject.Hex} is no index, so that nothing is known about what refers to it");
        }
        catch (JsonException)
        {
            throw new StepException($"{repository.Name}: tag sha256-{subject.Hex} is no JSON that can be read");
        }
    }

    /// <summary>For registries without the referrers API (distribution-spec, "Pushing Manifests with Subject").</summary>
    private void AddToFallback(ImageReference at, byte[] bytes, string mediaType)
    {
        Manifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(bytes, ImageJson.Default.Manifest);
        }
        catch (JsonException)
        {
            return;
        }
        if (manifest?.Subject is not { } subject)
            return;
        Digest about = Digest.Parse(subject.Digest, at.Name + ": the subject's");
        string own = Digest.Of(bytes).Text;
        Manifest index = Fallback(at, about);
        if (Array.Exists(index.Manifests!, one => one.Digest == own))
            return;
        var added = new Descriptor
        {
            MediaType = mediaType,
            Digest = own,
            Size = bytes.Length,
            ArtifactType = manifest.ArtifactType ?? manifest.Config?.MediaType,
            Annotations = manifest.Annotations,
        };
        byte[] document = JsonSerializer.SerializeToUtf8Bytes(index with { Manifests = [.. index.Manifests!, added] }, ImageJson.Default.Manifest);
        Put(at, "sha256-" + about.Hex, document, MediaTypes.Index);
    }

    private static T Parse<T>(Call call, byte[] body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new StepException($"{call.Where}: {call.What}: the registry's answer is not the JSON that was expected");
        }
    }
}

/// <summary>GET /v2/NAME/tags/list.</summary>
internal sealed record TagList
{
    public string?[]? Tags { get; init; }
}

/// <summary>Documents of distribution-spec.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TagList))]
internal sealed partial class RegistryJson : JsonSerializerContext;
