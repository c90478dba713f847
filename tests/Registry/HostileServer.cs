using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Bulkhead.Images.References;

namespace Bulkhead.Registries;

/// <summary>One request as it came.</summary>
internal sealed record Asked(string Method, string Path, Dictionary<string, string> Headers, byte[] Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>A server on loopback that says what the test wants, byte for byte; a connection for each request.</summary>
internal sealed class HostileServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Lock gate = new();
    private readonly List<Asked> asked = [];
    private readonly Func<Asked, int, string> answer;
    private readonly ManualResetEventSlim end = new();

    /// <param name="answer">Of the request and its number from 1: the bytes, in Latin-1. <see cref="Stall"/> in them: nothing more comes; <see cref="Trickle"/>: the rest comes byte by byte.</param>
    public HostileServer(Func<Asked, int, string> answer)
    {
        this.answer = answer;
        listener.Start();
        _ = Task.Factory.StartNew(Accept, TaskCreationOptions.LongRunning);
    }

    /// <summary>Beyond Latin-1: no byte of a blob is one of them.</summary>
    public const char Stall = '\uE001', Trickle = '\uE002';

    public string Host => "127.0.0.1:" + ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

    public ImageReference Image => ImageReference.Parse(Host + "/image:one");

    public Asked[] Requests
    {
        get
        {
            lock (gate)
                return [.. asked];
        }
    }

    public static string Reply(int status, string body = "", params string[] headers) =>
        $"HTTP/1.1 {status} Words\r\nConnection: close\r\nContent-Length: {body.Length}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n{body}";

    /// <summary>Without a length: the body ends with the connection.</summary>
    public static string Endless(string body, params string[] headers) => $"HTTP/1.1 200 OK\r\nConnection: close\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n{body}";

    public void Dispose()
    {
        end.Set();
        listener.Stop();
    }

    private void Accept()
    {
        try
        {
            for (; ; )
            {
                TcpClient client = listener.AcceptTcpClient();
                _ = Task.Factory.StartNew(() => Serve(client), TaskCreationOptions.LongRunning);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private void Serve(TcpClient client)
    {
        using TcpClient owned = client;
        try
        {
            using NetworkStream stream = client.GetStream();
            if (Read(stream) is not { } request)
                return;
            int number;
            lock (gate)
            {
                asked.Add(request);
                number = asked.Count;
            }
            Write(stream, answer(request, number));
            client.Client.Shutdown(SocketShutdown.Send);
            // Until the client has closed: an early reset would take away what it has not read.
            while (stream.Read(new byte[4096]) > 0)
                continue;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // The client has gone.
        }
    }

    private static Asked? Read(NetworkStream stream)
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            int one = stream.ReadByte();
            if (one < 0)
                return null;
            head.Append((char)one);
        }
        string[] lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] words = lines[0].Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines[1..])
            headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        byte[] body = new byte[int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture)];
        stream.ReadExactly(body);
        return new Asked(words[0], words[1], headers, body);
    }

    private void Write(NetworkStream stream, string text)
    {
        int special = text.IndexOfAny([Stall, Trickle]);
        stream.Write(Encoding.Latin1.GetBytes(special < 0 ? text : text[..special]));
        if (special < 0)
            return;
        if (text[special] == Stall)
            end.Wait();
        foreach (char one in text[(special + 1)..])
        {
            if (end.Wait(20))
                return;
            stream.WriteByte((byte)one);
        }
    }

}
