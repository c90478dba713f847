using System;
using System.Linq;
using System.Net.Http;
using System.Text;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Registry.Configuration;
using Bulkhead.Images.Registry.Credentials;
using Bulkhead.Images.Registry.Http;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Fuzz;

/// <summary>Names of images: what passes is stable, and cannot leave the path of a URL or of a file.</summary>
internal sealed class ReferenceTarget : Target
{
    private const string Sum = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    public override byte[][] Seeds { get; } = [Text("debian"), Text("user/tool:1.2-x_y"), Text("registry.example:5000/a/b__c:tag@" + Sum), Text("[::1]:5000/a"), Text("localhost/a@" + Sum)];

    public override string[] Words => ["/", "..", ":", "@", "__", "-", "docker.io", "index.docker.io/", "://", "%2f", "A", Sum];

    protected override void Parse(byte[] input)
    {
        var parsed = ImageReference.Parse(Encoding.UTF8.GetString(input));
        string text = parsed.ToString();
        Must(ImageReference.Parse(text) == parsed && ImageReference.Parse(parsed.Familiar) == parsed, "two opinions on " + text);
        var url = new Uri($"https://{parsed.Registry}/v2/{parsed.Repository}/manifests/{parsed.Version}");
        Must(url.AbsolutePath == $"/v2/{parsed.Repository}/manifests/{parsed.Version}" && url.Query.Length == 0 && url.UserInfo.Length == 0, "a URL that leads elsewhere: " + url);
    }
}

/// <summary>registries.toml.</summary>
internal sealed class RegistriesTarget : Target
{
    public override byte[][] Seeds { get; } = [Text("[registry.\"docker.io\"]\nmirrors = [\"a.example:5000/b\", '[::1]']\ntls = \"verify\"\n[registry.x]\nblocked = true\n")];

    public override string[] Words => ["registry", "\"unverified\"", "\"off\"", "[", "]", "'''", "\\u0000", "\\uD800", "=", ".", "true"];

    protected override void Parse(byte[] input) => Must(RegistriesFile.Parse(input, "r.toml").For("docker.io").Mirrors.All(mirror => !mirror.Contains("..", StringComparison.Ordinal)), "a mirror that walks up");
}

/// <summary>Docker's config.json and podman's auth.json.</summary>
internal sealed class AuthFileTarget : Target
{
    public override byte[][] Seeds { get; } = [Text("""{"auths":{"h.example":{"auth":"dXNlcjpwYXNz"},"h.example/a":{"identitytoken":"t"},"x":{"username":"u","password":"p"}},"credHelpers":{"h.example":"ours"},"credsStore":"all"}""")];

    public override string[] Words => ["\"auths\":", "\"auth\":", "null", "{}", "[]", "\"h.example\":", "\\ud800", "\"\"", "5"];

    protected override void Parse(byte[] input)
    {
        var file = AuthFile.Parse(input, "config.json");
        _ = file.Helper(["h.example"]);
        _ = file.Entry(["h.example/a", "h.example"]);
    }
}

/// <summary>Header fields and error documents; the first byte chooses.</summary>
internal sealed class AnswerTarget : Target
{
    private static readonly Endpoint s_endpoint = new("registry.example", new Uri("https://registry.example/"), "");

    public override byte[][] Seeds { get; } =
    [
        Text("0Bearer realm=\"https://a.example/t\",service=\"s\",scope=\"repository:x:pull\", Basic realm=\"q\\\"\""), Text("1</v2/x/tags/list?last=b>; rel=\"next\""),
        Text("2bytes 10-99/100"), Text("3{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"}]}"), Text("4https://cdn.example/x?y=z"), Text("5Thu, 01 Jan 2026 00:00:00 GMT"), Text("6linux/arm/v7"),
    ];

    public override string[] Words => ["\"", "\\", ",", "=", "Bearer", "Basic", "<", ">", "rel=next", "-", "*", "9223372036854775807", "http://", "//", "@", "\u001b", "\\ud800"];

    protected override void Parse(byte[] input)
    {
        if (input.Length == 0)
            return;
        string text = Encoding.UTF8.GetString(input.AsSpan(1));
        switch (input[0] % 8)
        {
            case 0:
                Must(Challenge.Parse(text).Count <= text.Length, "more challenges than letters");
                break;
            case 1:
                _ = NextLink.Of(text);
                break;
            case 2:
                Must(!Headers.TryContentRange(text, out long first, out long? total) || (first >= 0 && total is null or >= 0), "a negative range");
                break;
            case 3:
                Must(!ErrorText.Of(500, input.AsMemory(1)).Any(char.IsControl), "a control character in print");
                break;
            case 4:
                Location(text);
                break;
            case 5:
                using (var message = new HttpResponseMessage())
                {
                    message.Headers.TryAddWithoutValidation("Retry-After", text.ReplaceLineEndings(""));
                    Must(Exchange.RetryAfter(message) is null or { Ticks: >= 0 }, "a pause that ended before");
                }
                break;
            case 6:
                _ = PlatformChoice.Parse(text);
                break;
            default:
                Must(!Printable.Name(text).Any(char.IsControl), "a control character in print");
                break;
        }
    }

    private static void Location(string text)
    {
        try
        {
            Must(Redirects.Next(s_endpoint, s_endpoint.Base, text).Scheme == Uri.UriSchemeHttps, "a way down from HTTPS");
        }
        catch (TransportException)
        {
            // Refused.
        }
    }
}

/// <summary>Manifests as registries give them: one that passes has one meaning.</summary>
internal sealed class ManifestTarget : Target
{
    public override byte[][] Seeds { get; } =
    [
        Content(new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Manifest, Config = new Descriptor { MediaType = MediaTypes.Config }, Layers = [new Descriptor { MediaType = MediaTypes.Layer, Size = 5 }] }),
        Content(new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Index, Manifests = [new Descriptor { MediaType = MediaTypes.Manifest, Platform = new Platform { Os = "linux", Architecture = "amd64" } }] }),
    ];

    public override string[] Words => ["\"layers\":", "\"manifests\":", "\"mediaType\":", MediaTypes.Index, MediaTypes.Manifest, "null", "[]", "\\ud800"];

    protected override void Parse(byte[] input)
    {
        using var message = new HttpResponseMessage();
        var endpoint = new Endpoint("registry.example", new Uri("https://registry.example/"), "");
        FetchedManifest found = ManifestCheck.Of(new Call(endpoint, HttpMethod.Get, endpoint.Base, "x", "get"), new Answer(message, input), null);
        Must(MediaTypes.IsIndex(found.MediaType) != MediaTypes.IsManifest(found.MediaType), "neither manifest nor index: " + found.MediaType);
    }

    private static byte[] Content(Manifest manifest) => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(manifest, ImageJson.Default.Manifest);
}
