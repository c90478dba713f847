using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using System.Threading;
using Bulkhead.Images.Registry.Credentials;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry.Http;

/// <summary>
/// Says who we are, to whom it is meant for: each endpoint's own answer to its own challenge. One 401 is answered with new authorization; a second
/// one is the answer.
/// </summary>
internal sealed class Authorizer(RegistryOptions options, Redirects redirects, TokenService tokens)
{
    /// <summary>Guards what follows; held while a token is fetched, so that layers that come at once fetch one.</summary>
    private readonly Lock gate = new();

    private readonly Dictionary<string, Challenge> challenges = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Token> cache = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Credential?> credentials = new(StringComparer.Ordinal);

    /// <summary>One attempt, with its redirects.</summary>
    public HttpResponseMessage Send(Call call)
    {
        string? authorization = Known(call);
        HttpResponseMessage response = redirects.Follow(call, authorization);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !call.Endpoint.IsOrigin(response.RequestMessage!.RequestUri!) || Challenge.Of(response) is not { } challenge)
            return response;
        string? better = Renew(call, challenge, authorization);
        if (better is null || better == authorization)
            return response;
        response.Dispose();
        return redirects.Follow(call, better);
    }

    /// <summary>What is said to whom: the words for a denial.</summary>
    public string Identity(Call call)
    {
        lock (gate)
        {
            return CredentialFor(call) is { } credential
                ? $"as {Printable.Name(credential.User.Length > 0 ? credential.User : "the owner of a token")} of {credential.Origin}"
                : $"nobody is logged in; use bulkhead login {call.Endpoint.Host}";
        }
    }

    private string? Known(Call call)
    {
        lock (gate)
            return challenges.TryGetValue(call.Endpoint.Base.AbsoluteUri, out Challenge? challenge) ? Answer(call, challenge, refused: null) : null;
    }

    private string? Renew(Call call, Challenge challenge, string? refused)
    {
        lock (gate)
        {
            challenges[call.Endpoint.Base.AbsoluteUri] = challenge;
            return Answer(call, challenge, refused);
        }
    }

    /// <summary>The header's value; null: we have nothing to say.</summary>
    private string? Answer(Call call, Challenge challenge, string? refused)
    {
        Credential? credential = CredentialFor(call);
        if (!challenge.IsBearer)
            return credential is null || credential.IsToken ? null : credential.ToBasic();
        string[] scopes = call.Scopes.Length > 0 || challenge.Scope is null ? call.Scopes : challenge.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string key = call.Endpoint.Base.AbsoluteUri + " " + string.Join(' ', scopes);
        if (cache.TryGetValue(key, out Token? token) && token.IsFresh && token.Header != refused)
            return token.Header;
        token = tokens.Fetch(call.Endpoint, challenge, scopes, credential);
        cache[key] = token;
        return token.Header;
    }

    private Credential? CredentialFor(Call call)
    {
        if (options.Given is not null && !call.Endpoint.IsMirror)
            return options.Given;
        if (!credentials.TryGetValue(call.Where, out Credential? found))
            credentials[call.Where] = found = options.Credentials.Find(call.Endpoint.Host, call.Where);
        return found;
    }
}
