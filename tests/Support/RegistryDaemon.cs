using System;
using System.Globalization;
using System.IO;
using System.Net.Sockets;

namespace Bulkhead.TestSupport;

/// <summary>Debian's docker-registry on loopback, with its files in a temporary folder.</summary>
public sealed class RegistryDaemon : IDisposable
{
    private readonly TempFolder _folder = new("bhreg");
    private readonly Daemon _daemon;

    /// <param name="more">Of its configuration: below http: with two spaces, or on top.</param>
    public RegistryDaemon(string more = "")
    {
        int port = FreePort();
        Host = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
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
            """ + "\n" + more + "\n");
        // Each variable that begins with REGISTRY_ is configuration to it, also the one that names credentials.
        _daemon = new Daemon(_folder["log"], ["env", "-u", "REGISTRY_AUTH_FILE", "docker-registry", "serve", config], () => Listens(port));
        _daemon.Start();
    }

    /// <summary>127.0.0.1:PORT.</summary>
    public string Host { get; }

    /// <summary>What it was asked for, and how that ended.</summary>
    public string Log => File.ReadAllText(_folder["log"]);

    /// <summary>Where it keeps a blob.</summary>
    public string BlobPath(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        return _folder[$"data/docker/registry/v2/blobs/sha256/{hex[..2]}/{hex}/data"];
    }

    public void Dispose()
    {
        _daemon.Dispose();
        _folder.Dispose();
    }

    /// <summary>Below those that the kernel gives away by itself: nobody takes it before the registry does.</summary>
    public static int FreePort()
    {
        int port;
        do
            port = Random.Shared.Next(20_000, 30_000);
        while (Listens(port));
        return port;
    }

    private static bool Listens(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
