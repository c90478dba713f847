using System.Collections.Generic;

namespace Bulkhead.Images.Registry.Configuration;

/// <summary>Whom a registry has to prove itself to.</summary>
public enum TlsMode
{
    /// <summary>HTTPS, verified; without settings a loopback registry is spoken to in plain HTTP, unless there are certificates for it.</summary>
    Default,

    /// <summary>HTTPS, verified.</summary>
    Verify,

    /// <summary>HTTPS with anybody.</summary>
    Unverified,

    /// <summary>Plain HTTP.</summary>
    Off,
}

/// <summary>What registries.toml says about one host.</summary>
public sealed record HostSettings
{
    public static HostSettings Default { get; } = new();

    public TlsMode Tls { get; init; }

    /// <summary>HOST[:PORT][/PREFIX] each, asked in this order before the registry itself, by whatever only reads.</summary>
    public string[] Mirrors { get; init; } = [];

    /// <summary>Nothing is pulled from it or pushed to it.</summary>
    public bool Blocked { get; init; }
}

/// <summary>registries.toml as it was read (docs/registries.md).</summary>
public sealed class RegistrySettings
{
    public const string DefaultPath = "/etc/bulkhead/registries.toml";

    private readonly Dictionary<string, HostSettings> hosts;

    internal RegistrySettings(Dictionary<string, HostSettings> hosts) => this.hosts = hosts;

    public static RegistrySettings None { get; } = new([]);

    /// <summary><see cref="None"/> when there is no such file.</summary>
    /// <exception cref="Linux.StepException">It is broken or not trustworthy: nothing is spoken to.</exception>
    public static RegistrySettings Load(string path) => RegistriesFile.Read(path) is { } text ? RegistriesFile.Parse(text, path) : None;

    /// <param name="host">host[:port].</param>
    public HostSettings For(string host) => hosts.GetValueOrDefault(host, HostSettings.Default);
}
