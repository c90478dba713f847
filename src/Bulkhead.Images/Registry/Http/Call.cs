using System;
using System.Net.Http;

namespace Bulkhead.Images.Registry.Http;

/// <summary>One request to a registry, as often as it is made.</summary>
/// <param name="Endpoint">Whom.</param>
/// <param name="Method">GET and so on.</param>
/// <param name="Url">Of the endpoint, or where its Location led.</param>
/// <param name="Repository">As the reference has it; empty: the registry itself.</param>
/// <param name="What">What it is for, for errors: "get manifest latest".</param>
internal sealed record Call(Endpoint Endpoint, HttpMethod Method, Uri Url, string Repository, string What)
{
    /// <summary>host/repository: for errors, and for whose credentials count.</summary>
    public string Where => Repository.Length == 0 ? Endpoint.Host : Endpoint.Host + "/" + Endpoint.Prefix + Repository;

    /// <summary>What a token must allow (distribution-spec's token scopes): "repository:NAME:pull".</summary>
    public string[] Scopes { get; init; } = [];

    public string[] Accept { get; init; } = [];

    /// <summary>Called for each attempt.</summary>
    public Func<HttpContent>? Body { get; init; }

    /// <summary>The first byte wanted; 0: all, without a Range header.</summary>
    public long From { get; init; }

    public HttpRequestMessage ToMessage(Uri url, string? authorization)
    {
        var message = new HttpRequestMessage(Method, url) { Content = Body?.Invoke() };
        message.Headers.TryAddWithoutValidation("User-Agent", "bulkhead");
        foreach (string type in Accept)
            message.Headers.TryAddWithoutValidation("Accept", type);
        if (From > 0)
            message.Headers.TryAddWithoutValidation("Range", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"bytes={From}-"));
        if (authorization is not null)
            message.Headers.TryAddWithoutValidation("Authorization", authorization);
        return message;
    }
}

/// <summary>An answer whose whole body is at hand.</summary>
internal sealed record Answer(HttpResponseMessage Message, byte[] Body)
{
    public int Status => (int)Message.StatusCode;

    /// <summary>Its first value; null: there is none.</summary>
    public string? Header(string name) => Headers.First(Message, name);
}
