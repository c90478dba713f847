using System;
using System.Collections.Generic;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry.Configuration;
using Bulkhead.Images.Registry.Http;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry;

/// <summary>
/// Registries of distribution-spec 1.1. Safe for several threads: layers come at once. Whatever fails is one <see cref="StepException"/> that names
/// registry, repository, what was wanted, and the registry's own words made printable.
/// </summary>
public sealed partial class RegistryClient : IDisposable
{
    private readonly RegistryOptions options;
    private readonly TrustChoice trust;
    private readonly Transport transport;
    private readonly Exchange exchange;

    public RegistryClient(RegistryOptions options)
    {
        this.options = options;
        trust = new TrustChoice(options);
        transport = new Transport(options, trust);
        var bodies = new BodyReader(options, transport);
        exchange = new Exchange(options, new Authorizer(options, new Redirects(transport), new TokenService(transport, bodies, trust)), bodies);
    }

    /// <summary>Ends its connections; streams of it end with an error.</summary>
    public void Dispose() => transport.Dispose();

    private static string[] Pull(Endpoint endpoint, ImageReference at) => [$"repository:{endpoint.Prefix}{at.Repository}:pull"];

    private static string[] Push(Endpoint endpoint, ImageReference at) => [$"repository:{endpoint.Prefix}{at.Repository}:pull,push"];

    /// <summary>The registry itself, for what changes it.</summary>
    private Endpoint Itself(string registry)
    {
        if (options.Settings.For(registry).Blocked)
            throw new StepException($"{registry} is blocked by {RegistrySettings.DefaultPath}");
        return Endpoint.Of(registry, "", trust);
    }

    /// <summary>Asks the mirrors in their order, then the registry; a mirror that fails or has nothing is passed over.</summary>
    private T? Read<T>(ImageReference at, Func<Endpoint, T?> ask) where T : class
    {
        Endpoint itself = Itself(at.Registry);
        foreach (string mirror in options.Settings.For(at.Registry).Mirrors)
        {
            int slash = mirror.IndexOf('/');
            string host = slash < 0 ? mirror : mirror[..slash];
            if (IsSilent(host))
                continue;
            try
            {
                if (ask(Endpoint.Of(host, slash < 0 ? "" : mirror[(slash + 1)..] + "/", trust) with { IsMirror = true }) is { } found)
                    return found;
            }
            catch (StepException error)
            {
                options.Warn($"mirror {error.Message}");
                lock (silent)
                    silent.Add(host);
            }
        }
        return ask(itself);
    }

    /// <summary>Mirrors that failed once: the rest of a pull does not wait for them again.</summary>
    private readonly HashSet<string> silent = new(StringComparer.Ordinal);

    private bool IsSilent(string host)
    {
        lock (silent)
            return silent.Contains(host);
    }
}
