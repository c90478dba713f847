using System;
using Bulkhead.TestSupport;

[assembly: AssemblyFixture(typeof(Bulkhead.ImageTests.LocalRegistry))]

namespace Bulkhead.ImageTests;

/// <summary>One registry for all tests; each uses repositories of its own.</summary>
public sealed class LocalRegistry : IDisposable
{
    private readonly RegistryDaemon _daemon = new();

    public LocalRegistry() => Host = _daemon.Host;

    public static string Host { get; private set; } = "";

    public string Log => _daemon.Log;

    public string BlobPath(string hex) => _daemon.BlobPath(hex);

    public void Dispose() => _daemon.Dispose();
}
