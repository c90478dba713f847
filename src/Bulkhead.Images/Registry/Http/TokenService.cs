using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using Bulkhead.Images.Registry.Configuration;
using Bulkhead.Images.Registry.Credentials;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry.Http;

/// <summary>A token, and until when it is used.</summary>
/// <param name="Header">Authorization's value.</param>
/// <param name="End">As Environment.TickCount64.</param>
internal sealed record Token(string Header, long End)
{
    public bool IsFresh => Environment.TickCount64 < End;
}

/// <summary>
/// Tokens for a registry from where it sends us (distribution, "Token Authentication" and "OAuth2 Token Authentication"). The registry chooses the
/// place, and the place sees the registry's own credentials: over HTTPS, or in plain only where the registry itself is spoken to in plain.
/// </summary>
internal sealed class TokenService(Transport transport, BodyReader bodies, TrustChoice trust)
{
    private const int MaxBody = 1 << 18, MaxToken = 1 << 16;
    private const int DefaultSeconds = 60, MostSeconds = 24 * 3600;

    /// <exception cref="TransportException">There is none.</exception>
    public Token Fetch(Endpoint endpoint, Challenge challenge, string[] scopes, Credential? credential)
    {
        Uri realm = Realm(endpoint, challenge);
        using HttpRequestMessage request = credential is { IsToken: true } ? Refresh(realm, challenge, scopes, credential) : Ask(realm, challenge, scopes, credential);
        HttpResponseMessage response = transport.Send(request);
        byte[] body = bodies.ReadAll(response, MaxBody, cut: false);
        int status = (int)response.StatusCode;
        if (status is 401 or 403 or 400)
            throw Failed(realm, $"gives no token ({ErrorText.Of(status, body)})" + (credential is null ? $"; nobody is logged in: use bulkhead login {endpoint.Host}" : $" for the credentials of {credential.Origin}"));
        if (status != 200)
            throw new TransportException(status is 429 or >= 500 ? TransportFault.Broken : TransportFault.Final, $"its token service {realm.Authority} answers {ErrorText.Of(status, body)}");
        return Parse(realm, body);
    }

    private Uri Realm(Endpoint endpoint, Challenge challenge)
    {
        if (!Uri.TryCreate(challenge.Realm, UriKind.Absolute, out Uri? realm) || realm.UserInfo.Length > 0 || (realm.Scheme != Uri.UriSchemeHttps && realm.Scheme != Uri.UriSchemeHttp))
            throw new TransportException(TransportFault.Final, $"it sends us for a token to '{Printable.Name(challenge.Realm)}', which is no http(s) URL");
        bool plain = endpoint.Base.Scheme == Uri.UriSchemeHttp && (endpoint.IsOrigin(realm) || Endpoint.IsLoopback(realm.Authority) || trust.Mode(realm) == TlsMode.Off);
        if (realm.Scheme == Uri.UriSchemeHttp && !plain)
            throw new TransportException(TransportFault.Final, $"it sends us for a token to {Printable.Name(realm.GetLeftPart(UriPartial.Authority))}, which is not HTTPS");
        return realm;
    }

    private static HttpRequestMessage Ask(Uri realm, Challenge challenge, string[] scopes, Credential? credential)
    {
        var query = new StringBuilder(realm.Query.Length > 1 ? realm.Query + "&" : "?");
        query.Append("service=").Append(Uri.EscapeDataString(challenge.Service ?? ""));
        foreach (string scope in scopes)
            query.Append("&scope=").Append(Uri.EscapeDataString(scope));
        if (credential is not null)
            query.Append("&account=").Append(Uri.EscapeDataString(credential.User));
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(realm, realm.AbsolutePath + query));
        request.Headers.TryAddWithoutValidation("User-Agent", "bulkhead");
        if (credential is not null)
            request.Headers.TryAddWithoutValidation("Authorization", credential.ToBasic());
        return request;
    }

    private static HttpRequestMessage Refresh(Uri realm, Challenge challenge, string[] scopes, Credential credential)
    {
        var form = new List<KeyValuePair<string, string>>
        {
            new("grant_type", "refresh_token"),
            new("refresh_token", credential.Secret),
            new("client_id", "bulkhead"),
            new("service", challenge.Service ?? ""),
        };
        if (scopes.Length > 0)
            form.Add(new("scope", string.Join(' ', scopes)));
        var request = new HttpRequestMessage(HttpMethod.Post, realm) { Content = new FormUrlEncodedContent(form) };
        request.Headers.TryAddWithoutValidation("User-Agent", "bulkhead");
        return request;
    }

    private static Token Parse(Uri realm, byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            string? token = Text(document.RootElement, "token") ?? Text(document.RootElement, "access_token");
            if (token is null || token.Length > MaxToken || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
                throw Failed(realm, "gives no token that can be used");
            int seconds = document.RootElement.TryGetProperty("expires_in", out JsonElement life) && life.ValueKind == JsonValueKind.Number && life.TryGetInt32(out int told) ? told : DefaultSeconds;
            // A tenth early: it must last to the registry.
            return new Token("Bearer " + token, Environment.TickCount64 + Math.Clamp(seconds, 0, MostSeconds) * 900L);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Failed(realm, "gives no token that can be used");
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static TransportException Failed(Uri realm, string what) => new(TransportFault.Final, $"its token service {realm.Authority} {what}");
}
