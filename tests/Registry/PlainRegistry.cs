using System;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Registry.Credentials;
using Bulkhead.TestSupport;

namespace Bulkhead.Registries;

/// <summary>docker-registry on loopback, without TLS and passwords.</summary>
public sealed class PlainRegistry : IDisposable
{
    private readonly RegistryDaemon daemon = new();

    public string Host => daemon.Host;

    /// <summary>Nobody's credentials, short pauses.</summary>
    public RegistryOptions Options { get; } = Plain();

    public ImageReference Reference(string name) => ImageReference.Parse($"{Host}/{name}");

    public void Dispose() => daemon.Dispose();

    internal static RegistryOptions Plain() => new()
    {
        CertificateFolders = ["/nonexistent"],
        Credentials = CredentialStore.None,
        FirstPause = TimeSpan.FromMilliseconds(5),
    };
}
