using System;
using System.Net.Http;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry.Http;

/// <summary>Follows what a registry points to, within bounds: five times, never down from HTTPS, and with authorization to itself alone.</summary>
internal sealed class Redirects(Transport transport)
{
    private const int Most = 5;

    /// <exception cref="TransportException">No answer, or one that points where we do not go.</exception>
    public HttpResponseMessage Follow(Call call, string? authorization)
    {
        Uri url = call.Url;
        for (int count = 0; ; count++)
        {
            using HttpRequestMessage request = call.ToMessage(url, call.Endpoint.IsOrigin(url) ? authorization : null);
            HttpResponseMessage response = transport.Send(request);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
                return response;
            using (response)
            {
                if (call.Method != HttpMethod.Get && call.Method != HttpMethod.Head)
                    throw Refused($"it answers a {call.Method} with status {(int)response.StatusCode}, a redirect, which is not followed");
                if (count == Most)
                    throw Refused($"it redirects more than {Most} times");
                url = Next(call.Endpoint, url, Headers.First(response, "Location"));
            }
        }
    }

    /// <summary>Where a Location leads, if it may.</summary>
    public static Uri Next(Endpoint endpoint, Uri from, string? location)
    {
        if (location is null || !Uri.TryCreate(from, location, out Uri? to) || to.UserInfo.Length > 0 || (to.Scheme != Uri.UriSchemeHttps && to.Scheme != Uri.UriSchemeHttp))
            throw Refused(location is null ? "it redirects without a Location" : $"it redirects to '{Printable.Name(location)}', which is no http(s) URL");
        if (to.Scheme == Uri.UriSchemeHttps || endpoint.IsOrigin(to))
            return to;
        // Plain HTTP goes on only as what it was, and among loopback's own.
        if (from.Scheme == Uri.UriSchemeHttp && Endpoint.IsLoopback(from.Authority) && Endpoint.IsLoopback(to.Authority))
            return to;
        throw Refused($"it redirects to {Printable.Name(to.GetLeftPart(UriPartial.Authority))}, which is not HTTPS");
    }

    private static TransportException Refused(string why) => new(TransportFault.Final, why);
}
