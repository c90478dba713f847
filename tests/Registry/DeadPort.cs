using System;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Bulkhead.Registries;

/// <summary>A port of loopback that is taken, so that nobody else gets it, and where nobody listens.</summary>
internal sealed class DeadPort : IDisposable
{
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public DeadPort() => socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public string Host => "127.0.0.1:" + ((IPEndPoint)socket.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);

    public void Dispose() => socket.Dispose();
}
