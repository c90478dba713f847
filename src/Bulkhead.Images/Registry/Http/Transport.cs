using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Bulkhead.Images.Registry.Configuration;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry.Http;

/// <summary>One attempt at one request: HTTP/1.1 on pooled connections, one set of certificates for each host. Follows nothing and repeats nothing.</summary>
internal sealed class Transport(RegistryOptions options, TrustChoice trust) : IDisposable
{
    /// <summary>KiB.</summary>
    private const int MaxHeaders = 64;

    private readonly Lock gate = new();
    private readonly Dictionary<string, (HttpMessageInvoker Client, TlsCheck Check)> clients = new(StringComparer.Ordinal);

    /// <summary>Waits for the head of the answer alone.</summary>
    /// <exception cref="TransportException">There is none.</exception>
    public HttpResponseMessage Send(HttpRequestMessage request)
    {
        Uri url = request.RequestUri!;
        (HttpMessageInvoker client, TlsCheck check) = ClientFor(url);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(options.Cancel);
        // A head that trickles, byte for byte. While a body goes out only the socket's own patience counts.
        TimeSpan most = options.ConnectTimeout + 2 * options.IdleTimeout;
        if (request.Content is null)
            patience.CancelAfter(most);
        try
        {
            return client.Send(request, patience.Token);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException or SocketException)
        {
            options.Cancel.ThrowIfCancellationRequested();
            // A socket whose own patience ended told first, even if it was heard late.
            throw patience.IsCancellationRequested && !IsTimeout(Find<SocketException>(error))
                ? new TransportException(TransportFault.Stalled, string.Create(CultureInfo.InvariantCulture, $"the head of its answer did not come within {most.TotalSeconds:0.##} s"))
                : Explain(error, check, url);
        }
    }

    /// <summary>For a connection that broke after its head had come.</summary>
    public TransportException Explain(Exception error, Uri url)
    {
        options.Cancel.ThrowIfCancellationRequested();
        return Explain(error, null, url);
    }

    public void Dispose()
    {
        foreach ((HttpMessageInvoker client, _) in clients.Values)
            client.Dispose();
    }

    private (HttpMessageInvoker Client, TlsCheck Check) ClientFor(Uri url)
    {
        string key = url.Scheme + "://" + url.Authority;
        lock (gate)
        {
            if (clients.TryGetValue(key, out (HttpMessageInvoker Client, TlsCheck Check) known))
                return known;
            (X509Certificate2Collection authorities, X509Certificate2Collection own) = url.Scheme == Uri.UriSchemeHttps ? trust.Certificates(url) : ([], []);
            TlsMode mode = trust.Mode(url);
            if (mode == TlsMode.Unverified && url.Scheme == Uri.UriSchemeHttps)
                options.Warn($"{url.Authority}: its certificate is not verified, as {RegistrySettings.DefaultPath} says");
            var check = new TlsCheck(mode, authorities);
            var handler = new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                UseCookies = false,
                UseProxy = !Endpoint.IsLoopback(url.Authority),
                ActivityHeadersPropagator = null,
                MaxResponseHeadersLength = MaxHeaders,
                MaxResponseDrainSize = 1 << 16,
                ResponseDrainTimeout = TimeSpan.FromSeconds(1),
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
                SslOptions = check.Options(own),
                ConnectCallback = Connect,
            };
            return clients[key] = (new HttpMessageInvoker(handler), check);
        }
    }

    /// <summary>Blocking, with the kernel's timeouts: a connection that brings nothing ends by itself.</summary>
    private ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        SocketException? last = null;
        foreach (IPAddress address in Dns.GetHostAddresses(context.DnsEndPoint.Host))
        {
            cancel.ThrowIfCancellationRequested();
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            {
                NoDelay = true,
                SendTimeout = (int)options.ConnectTimeout.TotalMilliseconds,
                ReceiveTimeout = (int)options.IdleTimeout.TotalMilliseconds,
            };
            try
            {
                socket.Connect(address, context.DnsEndPoint.Port);
                socket.SendTimeout = (int)options.IdleTimeout.TotalMilliseconds;
                return ValueTask.FromResult<Stream>(new NetworkStream(socket, ownsSocket: true));
            }
            catch (SocketException error)
            {
                socket.Dispose();
                last = error;
            }
        }
        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private TransportException Explain(Exception error, TlsCheck? check, Uri url)
    {
        if (Find<SocketException>(error) is { } socket)
            return Explain(socket);
        if (error is OperationCanceledException)
            return Stalled();
        if (check?.Refusal is { } refusal)
            return new TransportException(TransportFault.Final, $"{refusal}; the authority's certificate belongs into {options.CertificateFolders[0]}/{url.Authority}/ca.crt");
        HttpRequestError kind = (error as HttpRequestException)?.HttpRequestError ?? (error as HttpIOException)?.HttpRequestError ?? HttpRequestError.Unknown;
        return kind switch
        {
            HttpRequestError.NameResolutionError => new TransportException(TransportFault.Final, "its name has no address"),
            HttpRequestError.SecureConnectionError when Find<AuthenticationException>(error) is not null =>
                new TransportException(TransportFault.Final, "no TLS with it: it speaks another protocol there, or wants a client's certificate"),
            HttpRequestError.ConfigurationLimitExceeded => new TransportException(TransportFault.Final, $"the head of its answer is longer than {MaxHeaders} KiB"),
            HttpRequestError.InvalidResponse => new TransportException(TransportFault.Final, "its answer is no HTTP" + (url.Scheme == Uri.UriSchemeHttp ? "; it may speak TLS: see docs/registries.md, tls" : "")),
            HttpRequestError.ProxyTunnelError => new TransportException(TransportFault.Final, "the proxy of the environment refuses"),
            _ => new TransportException(TransportFault.Broken, "the connection broke"),
        };
    }

    private static bool IsTimeout(SocketException? error) => error is { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock or SocketError.IOPending };

    private TransportException Explain(SocketException error) => error.SocketErrorCode switch
    {
        _ when IsTimeout(error) => Stalled(),
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => new TransportException(TransportFault.Final, "its name has no address"),
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => new TransportException(TransportFault.Broken, "the connection broke"),
        _ => new TransportException(TransportFault.Final, "connect: " + ((Errno)error.NativeErrorCode).Describe()),
    };

    private TransportException Stalled() => new(TransportFault.Stalled, string.Create(CultureInfo.InvariantCulture, $"nothing came from it for {options.IdleTimeout.TotalSeconds:0.##} s"));

    private static T? Find<T>(Exception error) where T : Exception
    {
        for (Exception? one = error; one is not null; one = one.InnerException)
        {
            if (one is T found)
                return found;
        }
        return null;
    }
}
