using System;
using System.Net.Sockets;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Registry.Credentials;
using Bulkhead.TestSupport;

namespace Bulkhead.Registries;

/// <summary>docker-registry on loopback, without TLS and passwords.</summary>
public sealed class PlainRegistry : IDisposable
{
    private readonly TempFolder folder = new("bhreg");
    private readonly Daemon daemon;

    public PlainRegistry()
    {
        Host = "127.0.0.1:" + FreePort();
        daemon = Start(folder, Host, "");
    }

    public string Host { get; }

    /// <summary>Nobody's credentials, short pauses.</summary>
    public RegistryOptions Options { get; } = Plain();

    public ImageReference Reference(string name) => ImageReference.Parse($"{Host}/{name}");

    public void Dispose()
    {
        daemon.Dispose();
        folder.Dispose();
    }

    internal static RegistryOptions Plain() => new()
    {
        CertificateFolders = ["/nonexistent"],
        Credentials = CredentialStore.None,
        FirstPause = TimeSpan.FromMilliseconds(5),
    };

    /// <summary>Below those that the kernel gives away by itself: nobody takes it before the registry does.</summary>
    internal static int FreePort()
    {
        int port;
        do
            port = Random.Shared.Next(20_000, 30_000);
        while (Listens(port));
        return port;
    }

    /// <param name="folder">For its files.</param>
    /// <param name="host">Where it listens.</param>
    /// <param name="more">Of its configuration: below http: with two spaces, or on top.</param>
    internal static Daemon Start(TempFolder folder, string host, string more)
    {
        string config = folder.Write("config.yml", $"""
            version: 0.1
            log:
              level: error
            storage:
              filesystem:
                rootdirectory: {folder.Make("data")}
              delete:
                enabled: true
            http:
              addr: {host}
            """ + "\n" + more + "\n");
        int port = int.Parse(host[(host.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        var daemon = new Daemon(folder["log"], ["docker-registry", "serve", config], () => Listens(port));
        daemon.Start();
        return daemon;
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
