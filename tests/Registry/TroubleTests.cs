using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Bulkhead.Images.Registry;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Registries;

/// <summary>Registries that stall, break, are busy, lie: each ends, with a clear error and after so many requests.</summary>
public sealed class TroubleTests
{
    private const string Json = "Content-Type: " + MediaTypes.Manifest;

    private static readonly byte[] s_bytes = Content.Bytes(50_000);
    private static readonly string s_blob = Encoding.Latin1.GetString(s_bytes);
    private static readonly string s_image = Encoding.UTF8.GetString(Content.Json(new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Manifest, Layers = [] }));

    private static RegistryOptions Options => PlainRegistry.Plain() with { FirstPause = TimeSpan.FromMilliseconds(1) };

    private static RegistryOptions Impatient => Options with { IdleTimeout = TimeSpan.FromMilliseconds(300), ConnectTimeout = TimeSpan.FromMilliseconds(300) };

    private static string Error(HostileServer server, RegistryOptions? options = null)
    {
        using var client = new RegistryClient(options ?? Options);
        string message = Assert.Throws<StepException>(() => client.GetManifest(server.Image)).Message;
        Assert.DoesNotContain(message, char.IsControl);
        Assert.StartsWith(server.Host + "/image: ", message, StringComparison.Ordinal);
        Assert.True(message.Length < 700, message);
        return message;
    }

    private static byte[] Blob(HostileServer server, long offset = 0, RegistryOptions? options = null)
    {
        using var client = new RegistryClient(options ?? Options);
        return Content.ReadAll(client.OpenBlob(server.Image, Content.Of(s_bytes), offset));
    }

    private static string BlobError(HostileServer server, long offset = 0, RegistryOptions? options = null) => Assert.Throws<StepException>(() => Blob(server, offset, options)).Message;

    [Fact]
    public void NothingComes()
    {
        using var server = new HostileServer((_, _) => "" + HostileServer.Stall);
        Assert.EndsWith("get manifest one: nothing came from it for 0.3 s (2 attempts)", Error(server, Impatient), StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Length);
    }

    [Fact]
    public void AHeadThatTrickles()
    {
        using var server = new HostileServer((_, _) => "HTTP/1.1 200 OK\r\n" + HostileServer.Trickle + "X: " + new string('x', 100_000));
        Assert.EndsWith("the head of its answer did not come within 0.9 s (2 attempts)", Error(server, Impatient), StringComparison.Ordinal);
    }

    [Fact]
    public void AManifestThatTrickles()
    {
        using var server = new HostileServer((_, _) => HostileServer.Endless(HostileServer.Trickle + new string('x', 100_000), Json));
        Assert.EndsWith("its answer comes too slowly (2 attempts)", Error(server, Impatient), StringComparison.Ordinal);
    }

    [Fact]
    public void ABlobThatStalls()
    {
        using var server = new HostileServer((_, _) => "HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\nabc" + HostileServer.Stall);
        Assert.EndsWith("nothing came from it for 0.3 s (2 attempts)", BlobError(server, options: Impatient), StringComparison.Ordinal);
        Assert.Equal(["bytes=3-", null], server.Requests.Select(one => one.Header("Range")).Reverse());
    }

    [Fact]
    public void ABlobThatTrickles()
    {
        using var server = new HostileServer((_, _) => "HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + HostileServer.Trickle + s_blob);
        Assert.Contains("bytes came from it in 0.3 s", BlobError(server, options: Impatient), StringComparison.Ordinal);
    }

    [Fact]
    public void NobodyListens()
    {
        using var dead = new DeadPort();
        using var client = new RegistryClient(Options);
        Assert.Equal($"{dead.Host}/a: get manifest latest: connect: connection refused", Assert.Throws<StepException>(() => client.GetManifest(Bulkhead.Images.References.ImageReference.Parse(dead.Host + "/a"))).Message);
    }

    /// <summary>A listener whose queue is full: the kernel drops what else wants to connect.</summary>
    [Fact]
    public void NobodyAccepts()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var place = (IPEndPoint)listener.LocalEndPoint!;
        using var first = new TcpClient("127.0.0.1", place.Port);
        using var client = new RegistryClient(Impatient);
        string message = Assert.Throws<StepException>(() => client.GetManifest(Bulkhead.Images.References.ImageReference.Parse($"127.0.0.1:{place.Port}/a"))).Message;
        Assert.EndsWith("(2 attempts)", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, "Retry-After: 0")]
    [InlineData(500, "")]
    [InlineData(502, "")]
    [InlineData(503, "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT")]
    [InlineData(504, "Retry-After: nonsense")]
    public void BusyThenGood(int status, string header)
    {
        using var server = new HostileServer((_, number) => number < 4 ? HostileServer.Reply(status, "", header.Length > 0 ? [header] : []) : HostileServer.Reply(200, s_image, Json));
        using var client = new RegistryClient(Options);
        Assert.Equal(s_image, Encoding.UTF8.GetString(client.GetManifest(server.Image).Bytes));
        Assert.Equal(4, server.Requests.Length);
    }

    [Theory]
    [InlineData(503, "", 5)]
    [InlineData(429, "", 5)]
    [InlineData(429, "Retry-After: 3600", 1)]
    [InlineData(429, "Retry-After: 2147483647", 1)]
    [InlineData(501, "", 1)]
    [InlineData(418, "", 1)]
    public void BusyForEver(int status, string header, int requests)
    {
        using var server = new HostileServer((_, _) => HostileServer.Reply(status, """{"errors":[{"code":"TOOMANYREQUESTS","message":"come\u001b[2J later"}]}""", header.Length > 0 ? [header] : []));
        Assert.EndsWith($"the registry answers status {status}: TOOMANYREQUESTS: come?[2J later", Error(server), StringComparison.Ordinal);
        Assert.Equal(requests, server.Requests.Length);
    }

    [Fact]
    public void BrokenThenGood()
    {
        using var server = new HostileServer((_, number) => number < 3 ? "" : HostileServer.Reply(200, s_image, Json));
        using var client = new RegistryClient(Options);
        client.GetManifest(server.Image);
        Assert.Equal(3, server.Requests.Length);
    }

    [Fact]
    public void BrokenForEver()
    {
        using var server = new HostileServer((_, _) => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
        Assert.EndsWith("the connection broke (5 attempts)", Error(server), StringComparison.Ordinal);
        Assert.Equal(5, server.Requests.Length);
    }

    /// <summary>Waiting ends when the caller gives up.</summary>
    [Fact]
    public void GivenUp()
    {
        using var given = new CancellationTokenSource();
        using var server = new HostileServer((_, _) =>
        {
            given.CancelAfter(500);
            return HostileServer.Reply(503);
        });
        using var client = new RegistryClient(Options with { FirstPause = TimeSpan.FromDays(1), LongestPause = TimeSpan.FromDays(1), Cancel = given.Token });
        Assert.ThrowsAny<OperationCanceledException>(() => client.GetManifest(server.Image));
    }

    /// <summary>Each connection brings 9,000 bytes; ranges are kept, or not known at all.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 12_345)]
    [InlineData(false, 0)]
    [InlineData(false, 12_345)]
    public void ABlobInPieces(bool ranges, int offset)
    {
        using var server = new HostileServer((request, number) =>
        {
            int from = ranges && request.Header("Range") is { } range ? int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;
            string head = from > 0 ? $"HTTP/1.1 206 Partial\r\nContent-Range: bytes {from}-49999/50000\r\n" : "HTTP/1.1 200 OK\r\n";
            int end = number < 3 ? Math.Min(50_000, Math.Max(from, offset) + 9_000 * number) : 50_000;
            return $"{head}Content-Length: {50_000 - from}\r\n\r\n{s_blob[from..end]}";
        });
        Assert.Equal(s_bytes[offset..], Blob(server, offset));
        Assert.Equal(3, server.Requests.Length);
    }

    [Theory]
    [InlineData("HTTP/1.1 206 P\r\nContent-Range: bytes 0-49999/50000\r\nContent-Length: 50000\r\n\r\n", "another range than the one from byte 10 of 50000")]
    [InlineData("HTTP/1.1 206 P\r\nContent-Range: bytes 10-49999/60000\r\nContent-Length: 49990\r\n\r\n", "another range than the one from byte 10 of 50000")]
    [InlineData("HTTP/1.1 206 P\r\nContent-Length: 49990\r\n\r\n", "another range than the one from byte 10 of 50000")]
    [InlineData("HTTP/1.1 206 P\r\nContent-Range: bytes 10-49999/*\r\nContent-Length: 59990\r\n\r\n", "the registry says 60000 bytes, the manifest 50000")]
    [InlineData("HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n", "the registry answers status 416")]
    public void WrongRanges(string answer, string why)
    {
        using var server = new HostileServer((_, _) => answer);
        Assert.EndsWith(why, BlobError(server, 10), StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public void LiesAboutLength()
    {
        using var longer = new HostileServer((_, _) => HostileServer.Reply(200, s_blob + "x"));
        Assert.EndsWith("the registry says 50001 bytes, the manifest 50000", BlobError(longer), StringComparison.Ordinal);
        using var shorter = new HostileServer((_, _) => HostileServer.Reply(200, s_blob[..100]));
        Assert.EndsWith("the registry says 100 bytes, the manifest 50000", BlobError(shorter), StringComparison.Ordinal);
        using var more = new HostileServer((_, _) => HostileServer.Endless(s_blob + new string('x', 1 << 20)));
        Assert.EndsWith("the registry sends more than the 50000 bytes that the manifest says", BlobError(more), StringComparison.Ordinal);
        using var less = new HostileServer((_, _) => HostileServer.Endless(s_blob[..100]));
        Assert.EndsWith("it ended after 100 of 50000 bytes (5 attempts)", BlobError(less), StringComparison.Ordinal);
        Assert.Equal(5, less.Requests.Length);
    }

    /// <summary>The last chunk's end is missing, and then the server itself: all bytes are there.</summary>
    [Fact]
    public void BrokenBehindTheLastByte()
    {
        using var server = new HostileServer((_, number) => number == 1 ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc350\r\n" + s_blob : HostileServer.Reply(416));
        Assert.Equal(s_bytes, Blob(server));
        Assert.Single(server.Requests);
    }

    [Fact]
    public void SizesThatMakeNoSense()
    {
        using var server = new HostileServer((_, _) => HostileServer.Reply(200));
        using var client = new RegistryClient(Options);
        foreach ((long size, long offset) in new[] { (-1L, 0L), (5, -1), (5, 6), (long.MinValue, 0) })
            Assert.Throws<StepException>(() => client.OpenBlob(server.Image, Content.Of(s_bytes) with { Size = size }, offset));
        Assert.Throws<StepException>(() => client.OpenBlob(server.Image, Content.Of(s_bytes) with { Digest = "sha256:../../x" }));
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n", "its answer is no HTTP")]
    [InlineData("\u0015\u0003\u0003\u0000\u0003\u0003\u0028\r\n\r\n", "its answer is no HTTP; it may speak TLS")]
    public void NoHttp(string answer, string why)
    {
        using var server = new HostileServer((_, _) => answer);
        Assert.Contains(why, Error(server), StringComparison.Ordinal);
    }

    [Fact]
    public void EndlessHeadsAndBodies()
    {
        using var head = new HostileServer((_, _) => "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Repeat("X: " + new string('x', 1000) + "\r\n", 200)) + "\r\n");
        Assert.EndsWith("the head of its answer is longer than 64 KiB", Error(head), StringComparison.Ordinal);
        using var body = new HostileServer((_, _) => HostileServer.Endless(new string(' ', RegistryClient.MaxManifest + 1), Json));
        Assert.EndsWith("its answer is longer than 4194304 bytes", Error(body), StringComparison.Ordinal);
        using var told = new HostileServer((_, _) => "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
        Assert.EndsWith("its answer is longer than 4194304 bytes", Error(told), StringComparison.Ordinal);
        using var error = new HostileServer((_, _) => "HTTP/1.1 404 No\r\nContent-Length: 10000000\r\n\r\n" + new string('x', 10_000_000));
        Assert.EndsWith("there is no manifest one", Error(error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>\u001b]0;title\u0007</html>", "status 403 (")]
    [InlineData("""{"errors":[]}""", "status 403 (")]
    [InlineData("""{"errors":[{"code":5,"message":[]}]}""", "status 403 (")]
    [InlineData("""{"errors":{"code":"A"}}""", "status 403 (")]
    [InlineData("""{"errors":["x"]}""", "status 403 (")]
    [InlineData("""{"errors":[{"code":"DENIED"}]}""", "status 403: DENIED (")]
    [InlineData("""{"errors":[{"message":"a\r\nb\u202ec\u2028d"}]}""", "status 403: a??b?c?d (")]
    [InlineData("""{"errors":[{"message":"\ud800"}]}""", "status 403 (")]
    [InlineData("""{"details":"no"}""", "status 403: no (")]
    [InlineData("[[[[[[", "status 403 (")]
    public void ErrorsInPrint(string body, string words)
    {
        using var server = new HostileServer((_, _) => HostileServer.Reply(403, body));
        Assert.Contains("the registry answers " + words, Error(server), StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public void LongErrorsAreCut()
    {
        using var server = new HostileServer((_, _) => HostileServer.Reply(403, "{\"errors\":[{\"code\":\"A\",\"message\":\"" + new string('x', 50_000) + "\"}]}"));
        Assert.Contains("xxx... (", Error(server), StringComparison.Ordinal);
    }
}
