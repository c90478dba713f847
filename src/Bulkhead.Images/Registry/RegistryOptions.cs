using System;
using System.Threading;
using Bulkhead.Images.Registry.Configuration;
using Bulkhead.Images.Registry.Credentials;

namespace Bulkhead.Images.Registry;

/// <summary>How registries are spoken to. The defaults are those of the command.</summary>
public sealed record RegistryOptions
{
    /// <summary>registries.toml.</summary>
    public RegistrySettings Settings { get; init; } = RegistrySettings.None;

    /// <summary>Folders with one folder for each HOST[:PORT], as Docker and podman lay them out: *.crt are CAs, *.cert with *.key the client's.</summary>
    public string[] CertificateFolders { get; init; } = ["/etc/bulkhead/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d"];

    /// <summary>Where user names and passwords are.</summary>
    public CredentialStore Credentials { get; init; } = CredentialStore.FromEnvironment();

    /// <summary>In place of what the files say, for the registry itself: mirrors are not told.</summary>
    public Credential? Given { get; init; }

    /// <summary>How often a request is made before the answer is an error.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Before the second attempt; doubled before each further one.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What a registry's Retry-After may ask for at most; one that asks for more is not waited for.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a connection may bring nothing.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For each address of a host.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Bytes in each request of an upload; 0: one request, whatever the size.</summary>
    public int PushChunk { get; init; }

    /// <summary>Gets what went wrong and did not matter: a mirror that does not answer, a registry that is not verified.</summary>
    public Action<string> Warn { get; init; } = static _ => { };

    /// <summary>Ends every wait and every transfer with <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>The command's: /etc/bulkhead/registries.toml and the caller's credentials.</summary>
    public static RegistryOptions FromHost() => new() { Settings = RegistrySettings.Load(RegistrySettings.DefaultPath) };
}
