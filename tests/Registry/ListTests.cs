using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Bulkhead.Images;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Registry.Configuration;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Registries;

/// <summary>Pages, referrers, mirrors, and manifests that are not what they say.</summary>
public sealed class ListTests
{
    private static readonly byte[] s_manifest = Content.Json(new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Manifest, Layers = [] });
    private static readonly string s_image = Encoding.UTF8.GetString(s_manifest);
    private static readonly Digest s_digest = Digest.Of(s_manifest);

    private static RegistryClient Client(RegistrySettings? settings = null, Action<string>? warn = null) => new(PlainRegistry.Plain() with
    {
        FirstPause = TimeSpan.FromMilliseconds(1),
        Settings = settings ?? RegistrySettings.None,
        Warn = warn ?? (_ => { }),
    });

    private static string Good(string type = MediaTypes.Manifest) => HostileServer.Reply(200, s_image, "Content-Type: " + type);

    [Fact]
    public void TagsOfSeveralPages()
    {
        using var server = new HostileServer((request, number) => number switch
        {
            1 => HostileServer.Reply(200, """{"tags":["a","b"]}""", "Link: </v2/image/tags/list?n=2&last=b>; rel=\"next\""),
            2 => HostileServer.Reply(200, """{"tags":["c",null,"bad\u001b[2J","../x"]}""", "Link: <?n=2&last=c>; rel=next"),
            _ => HostileServer.Reply(200, """{"tags":null}"""),
        });
        using RegistryClient client = Client();
        Assert.Equal(["a", "b", "c"], client.Tags(server.Image));
        Assert.Equal(["/v2/image/tags/list?n=1000", "/v2/image/tags/list?n=2&last=b", "/v2/image/tags/list?n=2&last=c"], server.Requests.Select(one => one.Path));
    }

    [Theory]
    [InlineData("http://192.0.2.1/v2/image/tags/list")]
    [InlineData("//192.0.2.1/x")]
    [InlineData("https://127.0.0.1/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/v2/image/tags/list?n=1000")]
    [InlineData("")]
    public void PagesElsewhere(string link)
    {
        using var server = new HostileServer((_, _) => HostileServer.Reply(200, """{"tags":["a"]}""", $"Link: <{link}>; rel=\"next\""));
        using RegistryClient client = Client();
        Assert.Contains("which is not another one of its own", Assert.Throws<StepException>(() => client.Tags(server.Image)).Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public void PagesWithoutEnd()
    {
        using var server = new HostileServer((_, number) => HostileServer.Reply(200, "{\"tags\":[\"a" + number + "\"]}", $"Link: </v2/image/tags/list?last={number}>; rel=\"next\""));
        using RegistryClient client = Client();
        Assert.Contains("more than 100000 entries or 1000 pages", Assert.Throws<StepException>(() => client.Tags(server.Image)).Message, StringComparison.Ordinal);
        Assert.Equal(1001, server.Requests.Length);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"tags":"a"}""")]
    public void TagsThatAreNone(string body)
    {
        using var server = new HostileServer((_, _) => HostileServer.Reply(200, body));
        using RegistryClient client = Client();
        Assert.Contains("not the JSON that was expected", Assert.Throws<StepException>(() => client.Tags(server.Image)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReferrersByTheirApi()
    {
        string page = Encoding.UTF8.GetString(Content.Json(new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Index, Manifests = [Content.Of([1], MediaTypes.Manifest) with { ArtifactType = "a/b" }] }));
        using var server = new HostileServer((_, number) => HostileServer.Reply(200, page, number == 1 ? "Link: <?page=2>; rel=\"next\"" : "X: y"));
        using RegistryClient client = Client();
        Descriptor[] all = client.Referrers(server.Image, s_digest);
        Assert.Equal(["a/b", "a/b"], all.Select(one => one.ArtifactType));
        Assert.Equal($"/v2/image/referrers/{s_digest}", server.Requests[0].Path);
    }

    /// <summary>Whoever answers with OCI-Subject keeps the list by itself.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 3)]
    public void TheListOfReferrersIsKept(bool api, int requests)
    {
        using var server = new HostileServer((request, _) => request.Method == "GET" ? HostileServer.Reply(404) : HostileServer.Reply(201, "", api ? "OCI-Subject: " + s_digest : "X: y"));
        using RegistryClient client = Client();
        client.PutManifest(server.Image, Content.Json(new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Manifest, ArtifactType = "a/b", Layers = [], Subject = Content.Of(s_manifest, MediaTypes.Manifest) }), MediaTypes.Manifest);
        Assert.Equal(requests, server.Requests.Length);
        Assert.True(api || server.Requests[^1].Path == "/v2/image/manifests/sha256-" + s_digest.Hex);
    }

    [Fact]
    public void MirrorsComeFirst()
    {
        using var mirror = new HostileServer((_, _) => Good());
        using var server = new HostileServer((_, _) => Good());
        using RegistryClient client = Client(Mirrored(server, mirror.Host + "/cache/of"));
        client.GetManifest(server.Image);
        Assert.Equal("/v2/cache/of/image/manifests/one", Assert.Single(mirror.Requests).Path);
        Assert.Empty(server.Requests);
    }

    /// <summary>A mirror that has nothing, fails, lies or is away costs a warning; the last three are not asked again.</summary>
    [Theory]
    [InlineData("404", 2, 0)]
    [InlineData("403", 1, 1)]
    [InlineData("lie", 1, 1)]
    [InlineData("away", 0, 1)]
    public void MirrorsThatFail(string how, int asked, int warned)
    {
        var warnings = new List<string>();
        using var dead = new DeadPort();
        using var mirror = new HostileServer((_, _) => how == "lie" ? HostileServer.Reply(200, s_image + " ", "Content-Type: " + MediaTypes.Manifest) : HostileServer.Reply(how == "403" ? 403 : 404));
        using var server = new HostileServer((_, _) => Good());
        using RegistryClient client = Client(Mirrored(server, how == "away" ? dead.Host : mirror.Host), warnings.Add);
        client.GetManifest(server.Image, s_digest);
        client.GetManifest(server.Image, s_digest);
        Assert.Equal(asked, mirror.Requests.Length);
        Assert.Equal(2, server.Requests.Length);
        Assert.Equal(warned, warnings.Count);
    }

    /// <summary>A password given for the registry is not meant for a mirror that asks for one.</summary>
    [Fact]
    public void MirrorsAreNotToldWhoWeAre()
    {
        using var mirror = new HostileServer((_, _) => HostileServer.Reply(401, "", "WWW-Authenticate: Basic realm=\"x\""));
        using var server = new HostileServer((_, _) => Good());
        using var client = new RegistryClient(PlainRegistry.Plain() with { Settings = Mirrored(server, mirror.Host), Given = new("anna", "secret", "the test") });
        client.GetManifest(server.Image);
        Assert.Null(Assert.Single(mirror.Requests).Header("Authorization"));
    }

    [Fact]
    public void NothingIsPushedToMirrors()
    {
        using var mirror = new HostileServer((_, _) => HostileServer.Reply(500));
        using var server = new HostileServer((_, _) => HostileServer.Reply(201));
        using RegistryClient client = Client(Mirrored(server, mirror.Host));
        client.PutManifest(server.Image, s_manifest, MediaTypes.Manifest);
        Assert.Empty(mirror.Requests);
    }

    [Fact]
    public void BlockedRegistries()
    {
        using var server = new HostileServer((_, _) => Good());
        using RegistryClient client = Client(RegistriesFile.Parse(Encoding.UTF8.GetBytes($"[registry.\"{server.Host}\"]\nblocked = true\n"), "r.toml"));
        Assert.Equal($"{server.Host} is blocked by /etc/bulkhead/registries.toml", Assert.Throws<StepException>(() => client.GetManifest(server.Image)).Message);
        Assert.Empty(server.Requests);
    }

    public static TheoryData<string, string, string> Manifests => new()
    {
        { s_image, "Content-Type: " + MediaTypes.Index, "the registry says application/vnd.oci.image.index.v1+json, the document itself application/vnd.oci.image.manifest.v1+json" },
        { s_image, "Content-Type: " + MediaTypes.DockerManifest, "the registry says" },
        { """{"layers":[]}""", "Content-Type: " + MediaTypes.Index, "it says application/vnd.oci.image.index.v1+json, and is none" },
        { """{"manifests":[]}""", "Content-Type: " + MediaTypes.Manifest, "and is none" },
        { """{"layers":[],"manifests":[]}""", "Content-Type: " + MediaTypes.Manifest, "a manifest and an index at once" },
        { """{"layers":[]}""", "Content-Type: application/vnd.docker.distribution.manifest.v1+prettyjws", "its media type application/vnd.docker.distribution.manifest.v1+prettyjws is not one that is known" },
        { """{"layers":[]}""", "Content-Type: application/json", "neither the registry nor the document says its media type" },
        { """{"layers":[]}""", "Content-Type: text/html\t", "its media type text/html is not one that is known" },
        { """{"layers":[],"layers":[]}""", "Content-Type: " + MediaTypes.Manifest, "no JSON object whose names are there once" },
        { "[]", "Content-Type: " + MediaTypes.Manifest, "no JSON object" },
        { "", "Content-Type: " + MediaTypes.Manifest, "no JSON object" },
        { """{"mediaType":5}""", "Content-Type: " + MediaTypes.Manifest, "no JSON object" },
        { new string('[', 100_000), "Content-Type: " + MediaTypes.Manifest, "no JSON object" },
        { s_image, "Docker-Content-Digest: sha256:" + new string('0', 64), "the registry calls it sha256:000" },
    };

    [Theory]
    [MemberData(nameof(Manifests))]
    public void ManifestsThatAreNone(string body, string header, string why)
    {
        using var server = new HostileServer((_, _) => HostileServer.Reply(200, body, header));
        using RegistryClient client = Client();
        string message = Assert.Throws<StepException>(() => client.GetManifest(server.Image)).Message;
        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
    }

    [Fact]
    public void OtherBytesThanTheDigest()
    {
        using var server = new HostileServer((_, _) => HostileServer.Reply(200, s_image + " ", "Content-Type: " + MediaTypes.Manifest));
        using RegistryClient client = Client();
        Assert.Contains("the registry gives other bytes: they hash to sha256:", Assert.Throws<StepException>(() => client.GetManifest(server.Image, s_digest)).Message, StringComparison.Ordinal);
        Assert.Throws<StepException>(() => client.GetManifest(server.Image.WithDigest(s_digest)));
    }

    [Theory]
    [InlineData("text/plain; charset=utf-8")]
    [InlineData("application/octet-stream")]
    [InlineData(MediaTypes.Manifest + "; charset=utf-8")]
    public void TypesThatSayNothing(string type)
    {
        using var server = new HostileServer((_, _) => Good(type));
        using RegistryClient client = Client();
        Assert.Equal(MediaTypes.Manifest, client.GetManifest(server.Image).MediaType);
    }

    [Fact]
    public void HeadsThatAreNoDigest()
    {
        using var server = new HostileServer((_, _) => HostileServer.Reply(200, "", "Docker-Content-Digest: sha256:../../etc"));
        using RegistryClient client = Client();
        Assert.Contains("is no digest", Assert.Throws<StepException>(() => client.HeadManifest(server.Image)).Message, StringComparison.Ordinal);
    }

    private static RegistrySettings Mirrored(HostileServer server, string mirror) =>
        RegistriesFile.Parse(Encoding.UTF8.GetBytes($"[registry.\"{server.Host}\"]\nmirrors = [\"{mirror}\"]\n"), "r.toml");
}
