using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Registry.Configuration;
using Bulkhead.Images.Registry.Credentials;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;
using Bulkhead.TestSupport;

namespace Bulkhead.Registries;

/// <summary>TLS, passwords and logins with the real registry, and with skopeo as a peer.</summary>
public sealed class SecureTests(SecureRegistry registry) : IClassFixture<SecureRegistry>, IDisposable
{
    private static readonly Credential s_anna = new(SecureRegistry.User, SecureRegistry.Password, "the test");

    private readonly TempFolder folder = new("bhreg");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void PushAndPull()
    {
        using var client = new RegistryClient(SecureRegistry.Options(registry.Trusting(folder), s_anna));
        ImageReference at = registry.Reference("image:one");
        Descriptor image = Content.Push(client, at);
        Assert.Equal(image.Digest, client.GetManifest(at).Digest.Text);
    }

    [Fact]
    public void AnUnknownAuthorityIsRefused()
    {
        folder.Make("certs.d/" + registry.Host);
        string message = Fails(SecureRegistry.Options(folder["certs.d"], s_anna));
        Assert.Equal($"{registry.Host}/image: get manifest latest: its certificate is signed by an authority that nobody here trusts; the authority's certificate belongs into {folder["certs.d"]}/{registry.Host}/ca.crt", message);
    }

    [Fact]
    public void AnotherAuthorityIsRefused()
    {
        folder.Make("certs.d/" + registry.Host);
        var other = new Authority(folder.Make("other"));
        File.Copy(other["ca.crt"], folder[$"certs.d/{registry.Host}/ca.crt"]);
        Assert.Contains("nobody here trusts", Fails(SecureRegistry.Options(folder["certs.d"], s_anna)), StringComparison.Ordinal);
    }

    [Fact]
    public void UnverifiedWhereTheFileSaysSo()
    {
        var warnings = new List<string>();
        RegistrySettings settings = RegistriesFile.Parse(System.Text.Encoding.UTF8.GetBytes($"[registry.\"{registry.Host}\"]\ntls = \"unverified\"\n"), "r.toml");
        using var client = new RegistryClient(SecureRegistry.Options("/nonexistent", s_anna) with { Settings = settings, Warn = warnings.Add });
        Assert.Null(client.TryGetManifest(registry.Reference("nothing")));
        Assert.Contains("not verified", Assert.Single(warnings), StringComparison.Ordinal);
    }

    /// <summary>Without certificates for it loopback is spoken to in plain HTTP, and the error says what to do.</summary>
    [Fact]
    public void PlainHttpToTls()
    {
        string message = Fails(SecureRegistry.Options("/nonexistent", s_anna));
        Assert.Contains("status 400", message, StringComparison.Ordinal);
        Assert.Contains($"/nonexistent/{registry.Host}/ca.crt", message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClientCertificates()
    {
        string certificates = folder["certs.d"], own = folder.Make("certs.d/" + registry.MutualHost);
        File.Copy(registry.Certificates["ca.crt"], own + "/ca.crt");
        ImageReference at = ImageReference.Parse(registry.MutualHost + "/image");
        using (var without = new RegistryClient(SecureRegistry.Options(certificates, null)))
            Assert.Throws<StepException>(() => without.TryGetManifest(at));
        File.Copy(registry.Certificates["client.crt"], own + "/client.cert");
        Assert.Contains("client.key", Assert.Throws<StepException>(() => new RegistryClient(SecureRegistry.Options(certificates, null)).TryGetManifest(at)).Message, StringComparison.Ordinal);
        File.Copy(registry.Certificates["client.key"], own + "/client.key");
        using var client = new RegistryClient(SecureRegistry.Options(certificates, null));
        Assert.Null(client.TryGetManifest(at));
    }

    [Fact]
    public void NobodyAndTheWrongPassword()
    {
        string certificates = registry.Trusting(folder);
        Assert.Equal($"{registry.Host}/image: get manifest latest: the registry answers status 401: UNAUTHORIZED: authentication required (nobody is logged in; use bulkhead login {registry.Host})",
            Fails(SecureRegistry.Options(certificates, null)));
        string message = Fails(SecureRegistry.Options(certificates, s_anna with { Secret = "guess" }));
        Assert.Contains("UNAUTHORIZED", message, StringComparison.Ordinal);
        Assert.Contains("as anna of the test", message, StringComparison.Ordinal);
        Assert.DoesNotContain("guess", message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoginAndLogout()
    {
        RegistryOptions options = SecureRegistry.Options(registry.Trusting(folder), null) with { Credentials = new CredentialStore(folder["auth/config.json"]) };
        Assert.Contains("401", Assert.Throws<StepException>(() => RegistryClient.Login(registry.Host, "anna", "guess", options)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["auth/config.json"]));
        Assert.Equal(folder["auth/config.json"], RegistryClient.Login(registry.Host, SecureRegistry.User, SecureRegistry.Password, options));
        Assert.Equal("600 700", Command.Run("stat", "-c", "%a", folder["auth/config.json"]).Ok() + " " + Command.Run("stat", "-c", "%a", folder["auth"]).Ok());
        ImageReference at = registry.Reference("login:one");
        using (var client = new RegistryClient(options))
            Content.Push(client, at);
        Command.Run("skopeo", "inspect", "--raw", "--authfile", folder["auth/config.json"], "--cert-dir", folder["certs.d/" + registry.Host], "docker://" + at).Ok();
        Assert.True(RegistryClient.Logout(registry.Host, options));
        Assert.False(RegistryClient.Logout(registry.Host, options));
        using var stranger = new RegistryClient(options);
        Assert.Throws<StepException>(() => stranger.GetManifest(at));
    }

    [Fact]
    public void SkopeosLoginIsOurs()
    {
        RegistryOptions options = SecureRegistry.Options(registry.Trusting(folder), null) with { Credentials = new CredentialStore(folder["auth.json"]) };
        Command.Run("skopeo", "login", "--authfile", folder["auth.json"], "--cert-dir", folder["certs.d/" + registry.Host], "-u", SecureRegistry.User, "-p", SecureRegistry.Password, registry.Host).Ok();
        using var client = new RegistryClient(options);
        Assert.Null(client.TryGetManifest(registry.Reference("nothing")));
    }

    private string Fails(RegistryOptions options)
    {
        using var client = new RegistryClient(options);
        return Assert.Throws<StepException>(() => client.TryGetManifest(registry.Reference("image"))).Message;
    }
}
