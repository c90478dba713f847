using System;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>Signatures as cosign 3 lays them out: a bundle with a DSSE envelope, found by the list of referrers. Made by openssl and by hand.</summary>
public sealed class BundleTests : IDisposable
{
    private const string BundleType = "application/vnd.dev.sigstore.bundle.v0.3+json", ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private const string Sign = "https://sigstore.dev/cosign/sign/v1", InToto = "application/vnd.in-toto+json";

    private readonly Person _person = new();
    private readonly string _image, _repository, _digest;

    public BundleTests()
    {
        _repository = $"bundle-{Guid.NewGuid():N}";
        _image = $"{LocalRegistry.Host}/{_repository}:1";
        using var made = new BusyboxImage();
        Command.Run("skopeo", "copy", "-q", "--dest-tls-verify=false", "docker-archive:" + made.ShellArchive, "docker://" + _image).Ok();
        _person.Type("pull", "-q", _image).Ok();
        _digest = _person.Inspect(_image).GetProperty("Manifest").GetString()!;
        foreach (string name in (string[])["key", "other"])
        {
            Command.Run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", _person.Folder[name]).Ok();
            Command.Run("openssl", "pkey", "-in", _person.Folder[name], "-pubout", "-out", _person.Folder[name + ".pub"]).Ok();
        }
        _person.Type("trust", "add", LocalRegistry.Host, _person.Folder["key.pub"]).Ok();
    }

    /// <summary>Also the image that was pulled before there was a rule: its signature is looked for when it is run.</summary>
    [Fact]
    public void ABundleOfTheKeyLetsItRun()
    {
        Put("key", Sign, InToto, _digest);
        Assert.Equal("signed", _person.Run(_image, "/bin/echo", "signed"));
        Assert.Equal(64, _person.Type("images", "--format", "{{.SignedBy}}").Ok().Length);
    }

    [Theory]
    [InlineData("other", Sign, InToto, false)]
    // By the key itself, and not to say that it may run: what a scanner found in it.
    [InlineData("key", "https://cosign.sigstore.dev/attestation/vuln/v1", InToto, false)]
    [InlineData("key", Sign, "text/plain", false)]
    [InlineData("key", Sign, InToto, true)]
    public void OthersDoNot(string key, string predicate, string payloadType, bool otherDigest)
    {
        Put(key, predicate, payloadType, otherDigest ? "sha256:" + new string('0', 64) : _digest);
        Outcome run = _person.Type("run", "--rm", _image, "/bin/true");
        Assert.Equal(125, run.ExitCode);
        Assert.Contains("none of its 1 signatures is of this key, this content and this name", run.Err, StringComparison.Ordinal);
    }

    public void Dispose() => _person.Dispose();

    private void Put(string key, string predicate, string payloadType, string subject)
    {
        byte[] payload = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["_type"] = "https://in-toto.io/Statement/v1",
            ["subject"] = new JsonArray(new JsonObject { ["digest"] = new JsonObject { ["sha256"] = subject["sha256:".Length..] } }),
            ["predicateType"] = predicate,
            ["predicate"] = new JsonObject(),
        }.ToJsonString());
        File.WriteAllBytes(_person.Folder["message"], [.. Encoding.UTF8.GetBytes($"DSSEv1 {payloadType.Length} {payloadType} {payload.Length} "), .. payload]);
        Command.Run("openssl", "dgst", "-sha256", "-sign", _person.Folder[key], "-out", _person.Folder["sig"], _person.Folder["message"]).Ok();
        byte[] bundle = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["mediaType"] = BundleType,
            ["dsseEnvelope"] = new JsonObject
            {
                ["payload"] = Convert.ToBase64String(payload),
                ["payloadType"] = payloadType,
                ["signatures"] = new JsonArray(new JsonObject { ["sig"] = Convert.ToBase64String(File.ReadAllBytes(_person.Folder["sig"])) }),
            },
        }.ToJsonString());
        byte[] empty = Encoding.UTF8.GetBytes("{}");
        JsonObject manifest = new()
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["artifactType"] = BundleType,
            ["config"] = Blob("application/vnd.oci.empty.v1+json", empty),
            ["layers"] = new JsonArray(Blob(BundleType, bundle)),
            ["subject"] = new JsonObject { ["mediaType"] = ManifestType, ["digest"] = _digest, ["size"] = 1 },
        };
        byte[] bytes = Encoding.UTF8.GetBytes(manifest.ToJsonString());
        JsonObject entry = Describe(ManifestType, bytes);
        entry["artifactType"] = BundleType;
        Manifest((string)entry["digest"]!, ManifestType, bytes);
        // The registry has no list of referrers of its own: the tag that stands for it.
        const string Index = "application/vnd.oci.image.index.v1+json";
        Manifest(_digest.Replace(':', '-'), Index, Encoding.UTF8.GetBytes(new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = Index, ["manifests"] = new JsonArray(entry) }.ToJsonString()));
    }

    private static JsonObject Describe(string type, byte[] content) =>
        new() { ["mediaType"] = type, ["digest"] = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content)), ["size"] = content.Length };

    private JsonObject Blob(string type, byte[] content)
    {
        JsonObject described = Describe(type, content);
        using var client = new HttpClient();
        using HttpResponseMessage begun = client.PostAsync(new Uri($"http://{LocalRegistry.Host}/v2/{_repository}/blobs/uploads/"), null).Result.EnsureSuccessStatusCode();
        string place = begun.Headers.Location!.ToString();
        using var body = new ByteArrayContent(content);
        client.PutAsync(new Uri(place + (place.Contains('?') ? "&" : "?") + "digest=" + (string)described["digest"]!), body).Result.EnsureSuccessStatusCode();
        return described;
    }

    private void Manifest(string name, string type, byte[] content)
    {
        using var client = new HttpClient();
        using var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue(type);
        client.PutAsync(new Uri($"http://{LocalRegistry.Host}/v2/{_repository}/manifests/{name}"), body).Result.EnsureSuccessStatusCode();
    }
}
