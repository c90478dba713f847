using System;
using System.Net;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry.Configuration;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry.Http;

/// <summary>One host that serves a repository: the registry itself or a mirror.</summary>
/// <param name="Host">host[:port], as settings, certificates and credentials name it.</param>
/// <param name="Base">scheme://host[:port]/.</param>
/// <param name="Prefix">Before the repository's name: empty, or ending with '/'.</param>
internal sealed record Endpoint(string Host, Uri Base, string Prefix)
{
    /// <summary>It stands for another: what was given for the registry is not meant for it.</summary>
    public bool IsMirror { get; init; }

    /// <summary>Where docker.io is in truth.</summary>
    private const string DockerHost = "registry-1.docker.io";

    public static Endpoint Of(string host, string prefix, TrustChoice trust)
    {
        string place = host == ImageReference.DefaultRegistry ? DockerHost : host;
        string scheme = trust.Mode(host) == TlsMode.Off ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        return Uri.TryCreate($"{scheme}://{place}/", UriKind.Absolute, out Uri? url) ? new Endpoint(host, url, prefix)
            : throw new StepException($"'{Printable.Name(host)}' is no host that can be reached");
    }

    /// <summary>/v2/NAME/<paramref name="rest"/>.</summary>
    public Uri Url(string repository, string rest) => new(Base, $"/v2/{Prefix}{repository}/{rest}");

    /// <summary>Scheme, host and port are those of this endpoint: what it may see, the other may see.</summary>
    public bool IsOrigin(Uri url) => SameOrigin(Base, url);

    public static bool SameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.Host, other.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>localhost, 127.0.0.0/8 or ::1, by its name alone: nobody's DNS decides.</summary>
    /// <param name="host">host[:port].</param>
    public static bool IsLoopback(string host)
    {
        int close = host.IndexOf(']');
        int colon = host.IndexOf(':', close + 1);
        string name = colon < 0 ? host : host[..colon];
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(name, out IPAddress? address) && IPAddress.IsLoopback(address));
    }
}
