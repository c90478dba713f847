using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Bulkhead.Oci.Image;
using Bulkhead.TestSupport;

namespace Bulkhead.Registries;

/// <summary>The command against servers that lie: an exit code, one line of error, no image, and nothing left after a prune.</summary>
public sealed class HostilePullTests
{
    private const int BombSize = 600 << 20;

    private static readonly string s_program = Environment.GetEnvironmentVariable("BULKHEAD") is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "out/bulkhead");

    private static readonly DeadPort s_nobody = new();
    private static readonly byte[] s_tar = Tar("file", Encoding.UTF8.GetBytes(new string('x', 20_000)));
    private static readonly Made s_good = new(Gzip(s_tar), s_tar);

    /// <summary>What the server has, and how it answers: null is as a registry does.</summary>
    private sealed record Row(string Name, string Why, Func<HostileServer, Made, Asked, string?> Answer)
    {
        public Made Image { get; init; } = s_good;
    }

    /// <summary>An image, and what its documents say of it.</summary>
    private sealed record Made(byte[] Layer, byte[] Tar)
    {
        public string LayerType { get; init; } = MediaTypes.LayerGzip;

        public long? LayerSize { get; init; }

        public Descriptor LayerDescriptor => Content.Of(Layer, LayerType) with { Size = LayerSize ?? Layer.Length };

        public byte[] Config => JsonSerializer.SerializeToUtf8Bytes(
            new ImageConfig { Os = "linux", Architecture = "amd64", Root = new ImageRoot { DiffIds = ["sha256:" + Convert.ToHexStringLower(SHA256.HashData(Tar))] } }, ImageJson.Default.ImageConfig);

        public byte[] Manifest => Content.Json(new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Manifest, Config = Content.Of(Config, MediaTypes.Config), Layers = [LayerDescriptor] });
    }

    private static readonly Row[] s_rows =
    [
        Of("unknown", "there is no manifest", request => IsManifest(request) ? HostileServer.Reply(404) : null),
        Of("manifest is no JSON", "", request => IsManifest(request) ? Document("<html>\u001b]0;x\u0007</html>") : null),
        Of("manifest that ends early", "", request => IsManifest(request) ? Document("""{"schemaVersion":2,"layers":[""") : null),
        Of("manifest without layers", "no configuration or no layers", request => IsManifest(request) ? Document("""{"schemaVersion":2}""") : null),
        Of("index of other platforms", "no image for linux/amd64", request => IsManifest(request) ? Typed(MediaTypes.Index, """{"schemaVersion":2,"manifests":[]}""") : null),
        Of("401 for ever", "401", (server, _, request) => request.Path.StartsWith("/token", StringComparison.Ordinal) ? HostileServer.Reply(200, """{"token":"x"}""")
            : HostileServer.Reply(401, "", $"WWW-Authenticate: Bearer realm=\"http://{server.Host}/token\",service=\"s\"")),
        Of("busy for days", "429", _ => HostileServer.Reply(429, "", "Retry-After: 100000")),
        Of("busy for ever", "503", _ => HostileServer.Reply(503)),
        Of("redirects in a circle", "redirect", (server, _, request) => HostileServer.Reply(302, "", $"Location: http://{server.Host}{request.Path}")),
        Of("redirects to a file", "redirect", request => IsLayer(request) ? HostileServer.Reply(302, "", "Location: file:///etc/passwd") : null),
        Of("redirects to nobody", "127.0.0.1", request => IsLayer(request) ? HostileServer.Reply(307, "", $"Location: http://{s_nobody.Host}/x") : null),
        Of("longer than it is", "the registry says", (_, made, request) => IsLayer(request) ? Blob([.. made.Layer, 1]) : null),
        Of("shorter than it is", "the registry says", (_, made, request) => IsLayer(request) ? Blob(made.Layer[..50]) : null),
        Of("more than was said", "sends more than", (_, made, request) => IsLayer(request) ? HostileServer.Endless(Encoding.Latin1.GetString(made.Layer) + new string('x', 1 << 20)) : null),
        Of("breaks for ever", "ended after", (_, made, request) => IsLayer(request) ? HostileServer.Endless(Encoding.Latin1.GetString(made.Layer[..50])) : null),
        Of("wrong digest", "what came has the digest", (_, made, request) => IsLayer(request) ? Blob([.. made.Layer[..^1], (byte)~made.Layer[^1]]) : null),
        Of("another configuration", "what came has the digest", (_, made, request) => IsConfig(request, made) ? Blob([.. made.Config[..^1], (byte)' ']) : null),
        Of("another tar than the diff id", "as the image says", s_good with { Tar = Tar("other", [1]) }),
        Of("damaged layer", "damaged", new Made([.. s_good.Layer[..40], .. new byte[40]], s_tar)),
        Of("negative size", "size", s_good with { LayerSize = -5 }),
        Of("huge size", "", s_good with { LayerSize = long.MaxValue }),
        Of("foreign type", "cannot be unpacked", s_good with { LayerType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" }),
        Of("bomb", "decompression bomb", Bomb()),
        Of("no HTTP", "no HTTP", _ => "nonsense\r\n\r\n"),
        Of("a head without end", "the head of its answer", _ => "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Repeat("X: " + new string('x', 1000) + "\r\n", 200)) + "\r\n"),
    ];

    /// <summary>All at once: most of them wait between attempts.</summary>
    [Fact]
    public void EachIsRefused()
    {
        var failures = new List<string>();
        Parallel.ForEach(s_rows, new ParallelOptions { MaxDegreeOfParallelism = s_rows.Length }, row =>
        {
            if (Pull(row) is not { } failure)
                return;
            lock (failures)
                failures.Add($"{row.Name}: {failure}");
        });
        Assert.Empty(failures);
    }

    /// <summary>Without a lie the same server's image runs through: what fails above fails for its row's reason.</summary>
    [Fact]
    public void TheSameWithoutALie() => Assert.Equal("it ended well", Pull(Of("good", "", s_good)));

    /// <summary>Half a minute of nothing, twice.</summary>
    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("manifests")]
    [InlineData("blobs")]
    public void StallsAreLeft(string what) =>
        Assert.Null(Pull(Of("stalls", "nothing came", request => request.Path.Contains(what, StringComparison.Ordinal) ? "HTTP/1.1 200 OK\r\n" + HostileServer.Stall : null)));

    private static Row Of(string name, string why, Func<Asked, string?> answer) => new(name, why, (_, _, request) => answer(request));

    private static Row Of(string name, string why, Func<HostileServer, Made, Asked, string?> answer) => new(name, why, answer);

    private static Row Of(string name, string why, Made image) => new(name, why, (_, _, _) => null) { Image = image };

    /// <summary>Null: it was refused as it must be.</summary>
    private static string? Pull(Row row)
    {
        using var folder = new TempFolder("hp");
        HostileServer? self = null;
        using var server = new HostileServer((request, _) => row.Answer(self!, row.Image, request) ?? Honest(row.Image, request));
        self = server;
        Outcome pull = Type(folder, "pull", "-q", server.Image.ToString());
        if (pull.ExitCode == 0)
            return "it ended well";
        var wrong = new List<string>();
        if (!pull.Err.StartsWith("bulkhead: ", StringComparison.Ordinal) || pull.Err.Trim('\n').Any(char.IsControl) || !pull.Err.Contains(row.Why, StringComparison.Ordinal) || pull.Out.Length > 0)
            wrong.Add(pull.ToString());
        if (Type(folder, "images", "-q").Ok() is { Length: > 0 } listed)
            wrong.Add("listed: " + listed);
        Type(folder, "image", "prune", "-f").Ok();
        foreach (string name in (string[])["blobs/sha256", "ingest", "layers", "names"])
            wrong.AddRange(Directory.Exists(folder["images/" + name]) ? Directory.GetFileSystemEntries(folder["images/" + name]) : []);
        return wrong.Count == 0 ? null : string.Join(", ", wrong);
    }

    /// <summary>timeout(1) in place of the limit of all commands: a stall is waited for longer.</summary>
    private static Outcome Type(TempFolder folder, params string[] words)
    {
        string output = folder["output"], errors = folder["errors"], status = folder["status"];
        Command.Run(["/bin/sh", "-c", "o=$1 e=$2 s=$3; shift 3; (timeout 150 \"$@\" >\"$o\" 2>\"$e\"; echo $? >\"$s.new\"; mv \"$s.new\" \"$s\") </dev/null >/dev/null 2>&1 &", "sh", output, errors, status, s_program, .. words], null,
            new Dictionary<string, string> { ["BULKHEAD_DATA"] = folder.FullPath, ["BULKHEAD_TRUST"] = folder["trust"], ["REGISTRY_AUTH_FILE"] = folder["auth.json"] }).Ok();
        Poll.Until(string.Join(' ', words), () => File.Exists(status), 160);
        var outcome = new Outcome(string.Join(' ', words), int.Parse(File.ReadAllText(status), System.Globalization.CultureInfo.InvariantCulture), File.ReadAllText(output), File.ReadAllText(errors));
        File.Delete(status);
        return outcome;
    }

    private static bool IsManifest(Asked request) => request.Path.Contains("/manifests/", StringComparison.Ordinal);

    private static bool IsConfig(Asked request, Made made) => request.Path.EndsWith(Content.Of(made.Config).Digest, StringComparison.Ordinal);

    /// <summary>Of the good image.</summary>
    private static bool IsLayer(Asked request) => request.Path.EndsWith(s_good.LayerDescriptor.Digest, StringComparison.Ordinal);

    private static string Honest(Made made, Asked request) =>
        IsManifest(request) ? Document(Encoding.UTF8.GetString(made.Manifest)) : IsConfig(request, made) ? Blob(made.Config)
        : request.Path.EndsWith(made.LayerDescriptor.Digest, StringComparison.Ordinal) ? Blob(made.Layer) : HostileServer.Reply(404);

    private static string Document(string text) => Typed(MediaTypes.Manifest, text);

    private static string Typed(string type, string text) => HostileServer.Reply(200, text, "Content-Type: " + type);

    private static string Blob(byte[] content) => HostileServer.Reply(200, Encoding.Latin1.GetString(content));

    private static byte[] Tar(string name, byte[] content)
    {
        using var memory = new MemoryStream();
        using (var tar = new TarWriter(memory, leaveOpen: true))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        return memory.ToArray();
    }

    /// <summary>Zeros behind a tar's end, which are read for its digest.</summary>
    private static Made Bomb()
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(s_tar);
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < BombSize; i += zeros.Length)
                gzip.Write(zeros);
        }
        return new Made(memory.ToArray(), s_tar);
    }

    private static byte[] Gzip(byte[] plain)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(plain);
        return memory.ToArray();
    }
}
