using System;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Http;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry.Http;

/// <summary>A blob as it comes: exactly as many bytes as were promised. What breaks goes on where it broke, while there is progress.</summary>
internal sealed class BlobStream : ReadingStream
{
    /// <summary>Bytes that have to come in each time of <see cref="RegistryOptions.IdleTimeout"/>: less is a registry that plays dead.</summary>
    private const int LeastProgress = 1024;

    /// <summary>Bytes from one break to the next that make the next one the first again.</summary>
    private const int LongStretch = 1 << 20;

    private readonly Exchange exchange;
    private readonly Transport transport;
    private readonly RegistryOptions options;
    private readonly Call call;
    private readonly long size;
    private HttpResponseMessage? response;
    private Stream? body;
    private long position, skip, brokeAt, windowBytes, waited;
    private int failures;

    private BlobStream(Exchange exchange, Transport transport, RegistryOptions options, Call call, long size, long position) =>
        (this.exchange, this.transport, this.options, this.call, this.size, this.position) = (exchange, transport, options, call, size, position);

    public override long Length => size;

    public override long Position { get => position; set => throw new NotSupportedException(); }

    /// <summary>Null: the registry says that there is none.</summary>
    public static BlobStream? TryOpen(Exchange exchange, Transport transport, RegistryOptions options, Call call, long size, long offset)
    {
        var stream = new BlobStream(exchange, transport, options, call, size, offset);
        // Nothing is left to ask for: a range behind the end is an error of its own (RFC 9110 14.1.2).
        return offset == size || stream.Connect() ? stream : null;
    }

    public override int Read(Span<byte> buffer)
    {
        for (; ; )
        {
            // Also where the connection broke behind the last byte: nothing is missing.
            if (buffer.IsEmpty || (position == size && body is null))
                return 0;
            try
            {
                if (body is null && !Connect())
                    throw Bad("the registry says there is none any more");
                return ReadSome(buffer);
            }
            catch (Exception error) when (error is HttpRequestException or IOException or ObjectDisposedException or TransportException)
            {
                TransportException fault = error as TransportException ?? transport.Explain(error, call.Url);
                Drop();
                failures = position - brokeAt >= LongStretch ? 1 : failures + 1;
                brokeAt = position;
                if (!exchange.MayRepeat(fault.Fault, failures))
                    throw Exchange.Failure(call, fault, failures);
                exchange.Wait(exchange.Backoff(failures));
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        Drop();
        base.Dispose(disposing);
    }

    private int ReadSome(Span<byte> buffer)
    {
        if (position == size)
        {
            Finish();
            return 0;
        }
        if (skip > 0)
            Skip();
        int count = Take(buffer[..(int)Math.Min(buffer.Length, size - position)]);
        if (count == 0)
            throw new TransportException(TransportFault.Broken, string.Create(CultureInfo.InvariantCulture, $"it ended after {position} of {size} bytes"));
        position += count;
        return count;
    }

    /// <summary>Behind the last byte nothing may come.</summary>
    private void Finish()
    {
        Span<byte> more = stackalloc byte[1];
        bool tooLong = body!.Read(more) > 0;
        Drop();
        if (tooLong)
            throw Bad(string.Create(CultureInfo.InvariantCulture, $"the registry sends more than the {size} bytes that the manifest says"));
    }

    /// <summary>Reads, and counts the time that is spent waiting for bytes: a caller may be as slow as it likes.</summary>
    private int Take(Span<byte> buffer)
    {
        long began = Environment.TickCount64;
        int count = body!.Read(buffer);
        options.Cancel.ThrowIfCancellationRequested();
        waited += Environment.TickCount64 - began;
        windowBytes += count;
        if (waited < options.IdleTimeout.TotalMilliseconds)
            return count;
        if (count > 0 && windowBytes < LeastProgress)
            throw new TransportException(TransportFault.Stalled, string.Create(CultureInfo.InvariantCulture, $"{windowBytes} bytes came from it in {options.IdleTimeout.TotalSeconds:0.##} s"));
        (windowBytes, waited) = (0, 0);
        return count;
    }

    /// <summary>False: there is no such blob.</summary>
    private bool Connect()
    {
        Call ask = call with { From = position };
        HttpResponseMessage opened = exchange.Open(ask);
        if (opened.StatusCode == HttpStatusCode.NotFound)
        {
            opened.Dispose();
            return false;
        }
        if (opened.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
            throw exchange.Refusal(ask, opened);
        (response, windowBytes, waited) = (opened, 0, 0);
        try
        {
            long begin = Begin(opened);
            if (opened.Content.Headers.ContentLength is { } length && length != size - begin)
                throw Bad(string.Create(CultureInfo.InvariantCulture, $"the registry says {begin + length} bytes, the manifest {size}"));
            body = opened.Content.ReadAsStream();
            skip = position - begin;
            return true;
        }
        catch
        {
            Drop();
            throw;
        }
    }

    /// <summary>The offset of the answer's first byte.</summary>
    private long Begin(HttpResponseMessage opened)
    {
        if (opened.StatusCode == HttpStatusCode.OK)
            return 0;
        if (!Headers.TryContentRange(Headers.First(opened, "Content-Range"), out long first, out long? total) || first != position || (total ?? size) != size)
            throw Bad(string.Create(CultureInfo.InvariantCulture, $"the registry answers with another range than the one from byte {position} of {size}"));
        return first;
    }

    /// <summary>What the caller has already, from a registry that knows no ranges.</summary>
    private void Skip()
    {
        byte[] dropped = new byte[1 << 16];
        while (skip > 0)
        {
            int read = Take(dropped.AsSpan(0, (int)Math.Min(dropped.Length, skip)));
            if (read == 0)
                throw new TransportException(TransportFault.Broken, "it ended before the byte where it broke before");
            skip -= read;
        }
    }

    private void Drop()
    {
        body?.Dispose();
        response?.Dispose();
        (body, response) = (null, null);
    }

    private StepException Bad(string why) => new($"{call.Where}: {call.What}: {why}");
}
