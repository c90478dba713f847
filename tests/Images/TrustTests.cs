using System;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>trust and sign: keys made by openssl, signatures at a real registry.</summary>
public sealed class TrustTests : IDisposable
{
    private readonly Person _person = new();
    private readonly string _image;

    public TrustTests()
    {
        _image = $"{LocalRegistry.Host}/signed-{Guid.NewGuid():N}:1";
        using var made = new BusyboxImage();
        Command.Run("skopeo", "copy", "-q", "--dest-tls-verify=false", "docker-archive:" + made.ShellArchive, "docker://" + _image).Ok();
    }

    private string Repository => _image[.._image.LastIndexOf(':')];

    private (string Private, string Public) Key(string name, string kind)
    {
        string[] how = kind == "ED25519" ? ["-algorithm", "ED25519"] : ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + kind];
        Command.Run(["openssl", "genpkey", .. how, "-out", _person.Folder[name]]).Ok();
        Command.Run("openssl", "pkey", "-in", _person.Folder[name], "-pubout", "-out", _person.Folder[name + ".pub"]).Ok();
        return (_person.Folder[name], _person.Folder[name + ".pub"]);
    }

    [Theory]
    [InlineData("P-256")]
    [InlineData("ED25519")]
    public void OnlyWhatTheKeySignedRuns(string kind)
    {
        (string key, string shown) = Key("key", kind);
        _person.Type("trust", "add", LocalRegistry.Host, shown).Ok();
        Outcome unsigned = _person.Type("run", "--rm", _image, "/bin/true");
        Assert.Equal(125, unsigned.ExitCode);
        Assert.Contains($"{_image} is refused: the policy's scope '{LocalRegistry.Host}' wants a signature of a key that it names: the registry has no signature of it", unsigned.Err, StringComparison.Ordinal);
        (string wrong, _) = Key("wrong", kind);
        _person.Type("sign", "--key", wrong, _image).Ok();
        Assert.Contains("none of its 1 signatures is of this key, this content and this name", _person.Type("run", "--rm", _image, "/bin/true").Err, StringComparison.Ordinal);
        _person.Type("sign", "--key", key, _image).Ok();
        Assert.Equal("signed", _person.Run(_image, "/bin/echo", "signed"));
        string fingerprint = _person.Type("trust", "list", "--format", "{{.Keys}}").Ok().Split('\n')[0];
        Assert.Equal(64, fingerprint.Length);
        Assert.Equal(fingerprint, _person.Type("images", "--format", "{{.SignedBy}}").Ok());
    }

    /// <summary>What openssl says of the signature that sign has put there, in cosign's layout.</summary>
    [Fact]
    public void OpensslVerifiesWhatIsSigned()
    {
        (string key, string shown) = Key("key", "P-256");
        string digest = _person.Type("sign", "--key", key, _image).Ok().Trim();
        string tag = $"{Repository}:sha256-{digest["sha256:".Length..]}.sig";
        string layout = _person.Folder["signature"];
        Command.Run("skopeo", "copy", "-q", "--src-tls-verify=false", "docker://" + tag, "dir:" + layout).Ok();
        using var manifest = System.Text.Json.JsonDocument.Parse(File.ReadAllText(layout + "/manifest.json"));
        System.Text.Json.JsonElement layer = manifest.RootElement.GetProperty("layers")[0];
        Assert.Equal("application/vnd.dev.cosign.simplesigning.v1+json", layer.GetProperty("mediaType").GetString());
        File.WriteAllBytes(_person.Folder["sig"], Convert.FromBase64String(layer.GetProperty("annotations").GetProperty("dev.cosignproject.cosign/signature").GetString()!));
        string payload = layout + "/" + layer.GetProperty("digest").GetString()!["sha256:".Length..];
        Assert.Contains("Verified OK", Command.Run("openssl", "dgst", "-sha256", "-verify", shown, "-signature", _person.Folder["sig"], payload).Ok(), StringComparison.Ordinal);
        Assert.Contains(digest, File.ReadAllText(payload), StringComparison.Ordinal);
    }

    /// <summary>A signature of one image does not let another one in, under whatever name.</summary>
    [Fact]
    public void ASignatureIsOfOneContentAndOneName()
    {
        (string key, string shown) = Key("key", "P-256");
        string digest = _person.Type("sign", "--key", key, _image).Ok().Trim();
        string other = $"{LocalRegistry.Host}/other-{Guid.NewGuid():N}";
        string signature = $"sha256-{digest["sha256:".Length..]}.sig";
        Command.Run("skopeo", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", "docker://" + _image, $"docker://{other}:1").Ok();
        Command.Run("skopeo", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", $"docker://{Repository}:{signature}", $"docker://{other}:{signature}").Ok();
        _person.Type("trust", "add", LocalRegistry.Host, shown).Ok();
        Assert.Equal("", _person.Run(_image, "/bin/true"));
        Assert.Contains("this name", _person.Type("run", "--rm", other + ":1", "/bin/true").Err, StringComparison.Ordinal);
    }

    [Fact]
    public void RequireRefusesAllThatNoRuleNamesAndTheFlagIsToldAndRecorded()
    {
        _person.Type("pull", "-q", _image).Ok();
        Assert.Equal("unsigned", _person.Type("images", "--format", "{{.SignedBy}}").Ok());
        _person.Type("trust", "require").Ok();
        Assert.Contains("the policy's default rejects it", _person.Type("run", "--rm", _image, "/bin/true").Err, StringComparison.Ordinal);
        Assert.NotEqual(0, _person.Type("pull", _image).ExitCode);
        Outcome allowed = _person.Type("run", "-d", "--name", "through", "--allow-unsigned", _image, "/bin/sleep", "1000");
        allowed.Ok();
        Assert.Contains("loosening: --allow-unsigned: ", allowed.Err, StringComparison.Ordinal);
        Assert.Contains("--allow-unsigned", _person.Type("inspect", "-f", "{{json .loosenings}}", "through").Ok(), StringComparison.Ordinal);
        _person.Type("trust", "require", "--off").Ok();
        Assert.Equal("", _person.Run(_image, "/bin/true"));
    }

    [Theory]
    [InlineData("""{"default":[{"type":"reject"}],"more":1}""", "$.more is not known")]
    [InlineData("""{"default":[]}""", "$.default: an array with one rule")]
    [InlineData("""{"transports":{}}""", "$.default is missing")]
    [InlineData("""{"default":[{"type":"reject","keyPath":"/x"}]}""", "$.default[0].keyPath is not known")]
    [InlineData("""{"default":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"/x"}]}""", "signedBy (GPG) is not supported")]
    [InlineData("""{"default":[{"type":"reject"}],"default":[{"type":"insecureAcceptAnything"}]}""", "$.default is there twice")]
    [InlineData("""{"default":[{"type":"sigstoreSigned"}]}""", "one of keyPath, keyPaths and keyData")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","keyPath":"/x","signedIdentity":{"type":"anything"}}]}""", "signedIdentity.type: 'anything'")]
    [InlineData("""{"default":[{"type":"reject"}]""", "it is no JSON")]
    public void APolicyThatIsNotUnderstoodLetsNothingIn(string policy, string error)
    {
        _person.Folder.Make("trust");
        _person.Folder.Write("trust/policy.json", policy);
        foreach (string[] words in (string[][])[["pull", _image], ["run", "--rm", _image], ["trust", "list"], ["trust", "require"]])
        {
            Outcome refused = _person.Type(words);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains(error, refused.Err, StringComparison.Ordinal);
        }
    }

    /// <summary>Rules of one repository in a registry that is refused.</summary>
    [Fact]
    public void TheMostSpecificScopeDecides()
    {
        (string key, string shown) = Key("key", "P-256");
        _person.Type("trust", "require").Ok();
        _person.Type("trust", "add", Repository, shown).Ok();
        Assert.NotEqual(0, _person.Type("pull", _image).ExitCode);
        _person.Type("sign", "--key", key, _image).Ok();
        _person.Type("pull", "-q", _image).Ok();
        _person.Type("trust", "remove", Repository).Ok();
        Assert.Contains("the policy's default rejects it", _person.Type("run", "--rm", _image, "/bin/true").Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RSA", "neither ECDSA P-256 nor Ed25519")]
    [InlineData("P-384", "neither ECDSA P-256 nor Ed25519")]
    [InlineData("private", "holds a private key")]
    [InlineData("text", "is no public key in PEM")]
    public void OtherKeysAreRefused(string kind, string error)
    {
        string file = _person.Folder["other.pub"];
        if (kind == "text")
            File.WriteAllText(file, "no key\n");
        else if (kind == "private")
            file = Key("key", "P-256").Private;
        else if (kind == "RSA")
            Command.Run("openssl", "genrsa", "-out", _person.Folder["rsa"], "2048").Ok();
        if (kind == "RSA")
            Command.Run("openssl", "pkey", "-in", _person.Folder["rsa"], "-pubout", "-out", file).Ok();
        if (kind == "P-384")
            file = Key("key", "P-384").Public;
        Outcome refused = _person.Type("trust", "add", "registry.example", file);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains(error, refused.Err, StringComparison.Ordinal);
        Assert.False(File.Exists(_person.Folder["trust/policy.json"]));
    }

    public void Dispose() => _person.Dispose();
}
