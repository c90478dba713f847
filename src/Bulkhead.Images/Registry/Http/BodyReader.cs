using System;
using System.IO;
using System.Net.Http;

namespace Bulkhead.Images.Registry.Http;

/// <summary>Bodies that are small: read whole, to a limit of bytes and of time.</summary>
internal sealed class BodyReader(RegistryOptions options, Transport transport)
{
    /// <param name="message">Is disposed; its headers stay readable.</param>
    /// <param name="limit">Bytes.</param>
    /// <param name="cut">What is longer is cut there, where it would be an error.</param>
    /// <exception cref="TransportException">It is longer, it broke, or it came too slowly.</exception>
    public byte[] ReadAll(HttpResponseMessage message, int limit, bool cut)
    {
        using HttpResponseMessage owned = message;
        long end = Environment.TickCount64 + 2 * (long)options.IdleTimeout.TotalMilliseconds;
        if (!cut && message.Content.Headers.ContentLength > limit)
            throw TooLong(limit);
        byte[] buffer = new byte[8192];
        int length = 0;
        try
        {
            Stream stream = message.Content.ReadAsStream();
            for (; ; )
            {
                if (length == buffer.Length)
                    Array.Resize(ref buffer, length * 2);
                int count = stream.Read(buffer, length, Math.Min(buffer.Length - length, limit + 1 - length));
                options.Cancel.ThrowIfCancellationRequested();
                if (count == 0)
                    return buffer.AsSpan(0, length).ToArray();
                length += count;
                if (length > limit)
                    return cut ? buffer.AsSpan(0, limit).ToArray() : throw TooLong(limit);
                if (Environment.TickCount64 > end)
                    throw new TransportException(TransportFault.Stalled, "its answer comes too slowly");
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException or ObjectDisposedException)
        {
            throw transport.Explain(error, message.RequestMessage!.RequestUri!);
        }
    }

    private static TransportException TooLong(int limit) => new(TransportFault.Final, $"its answer is longer than {limit} bytes");
}
