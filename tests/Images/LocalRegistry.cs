using System;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using Bulkhead.TestSupport;

[assembly: AssemblyFixture(typeof(Bulkhead.ImageTests.LocalRegistry))]

namespace Bulkhead.ImageTests;

/// <summary>Debian's docker-registry on loopback, one for all tests; each uses repositories of its own.</summary>
public sealed class LocalRegistry : IDisposable
{
    private readonly TempFolder _folder = new("bhlocalregistry");
    private readonly Daemon _daemon;

    public LocalRegistry()
    {
        Host = "127.0.0.1:" + FreePort();
        string config = _folder.Write("config.yml", $"""
            version: 0.1
            log:
              accesslog:
                disabled: false
            storage:
              filesystem:
                rootdirectory: {_folder.Make("data")}
              delete:
                enabled: true
            http:
              addr: {Host}
            """);
        _daemon = new Daemon(_folder["log"], ["env", "-u", "REGISTRY_AUTH_FILE", "docker-registry", "serve", config], Answers);
        _daemon.Start();
    }

    public static string Host { get; private set; } = "";

    /// <summary>Where it keeps a blob.</summary>
    public string BlobPath(string hex) => _folder[$"data/docker/registry/v2/blobs/sha256/{hex[..2]}/{hex}/data"];

    /// <summary>What it was asked for.</summary>
    public string Log => System.IO.File.ReadAllText(_folder["log"]);

    public void Dispose()
    {
        _daemon.Dispose();
        _folder.Dispose();
    }

    private static bool Answers()
    {
        try
        {
            using var client = new HttpClient();
            return client.GetAsync(new Uri($"http://{Host}/v2/")).Result.IsSuccessStatusCode;
        }
        catch (AggregateException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
