using System;
using System.Text;
using Bulkhead.Images.Registry.Configuration;
using Bulkhead.Linux;
using Bulkhead.TestSupport;

namespace Bulkhead.Registries;

/// <summary>registries.toml.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void Good()
    {
        RegistrySettings settings = RegistriesFile.Parse("""
            # ours
            [registry."docker.io"]
            mirrors = ["mirror.example:5000/hub", "[::1]:5000"]

            [registry."registry.example:5000"]
            tls = "unverified"
            blocked = false

            [registry.plain]
            tls = 'off'

            [registry."bad.example"]
            blocked = true
            """u8.ToArray(), "r.toml");
        Assert.Equal(["mirror.example:5000/hub", "[::1]:5000"], settings.For("docker.io").Mirrors);
        Assert.Equal(TlsMode.Unverified, settings.For("registry.example:5000").Tls);
        Assert.Equal(TlsMode.Off, settings.For("plain").Tls);
        Assert.True(settings.For("bad.example").Blocked);
        Assert.Same(HostSettings.Default, settings.For("registry.example"));
        Assert.Equal(TlsMode.Default, settings.For("docker.io").Tls);
    }

    [Theory]
    [InlineData("tls = \"off\"", "r.toml:1: unknown key tls")]
    [InlineData("\n[registry]\nx = 1", "r.toml:2: unknown table [registry]")]
    [InlineData("[registry.docker.io]\ntls = \"off\"", "r.toml:1: unknown table [registry.docker.io]; known are tables [registry.\"HOST\"], the host in quotes")]
    [InlineData("[registries.\"a\"]", "r.toml:1: unknown table")]
    [InlineData("[[registry.\"a\"]]", "r.toml:1: unknown table")]
    [InlineData("[registry.\"a\"]\nTLS = \"off\"", "r.toml:2: unknown key TLS; known are tls, mirrors, blocked")]
    [InlineData("[registry.\"a\"]\ninsecure = true", "r.toml:2: unknown key insecure")]
    [InlineData("[registry.\"a\"]\ntls.mode = \"off\"", "r.toml:2: unknown key tls.mode")]
    [InlineData("[registry.\"a\"]\ntls = false", "r.toml:2: tls must be \"verify\", \"unverified\" or \"off\"")]
    [InlineData("[registry.\"a\"]\n\ntls = \"Off\"", "r.toml:3: tls must be")]
    [InlineData("[registry.\"a\"]\nblocked = \"true\"", "r.toml:2: blocked must be true or false")]
    [InlineData("[registry.\"a\"]\nmirrors = \"b\"", "r.toml:2: mirrors must be a list")]
    [InlineData("[registry.\"a\"]\nmirrors = [1]", "r.toml:2: mirrors must be a list")]
    [InlineData("[registry.\"a\"]\nmirrors = [\"https://b\"]", "r.toml:2: mirrors holds 'https://b'")]
    [InlineData("[registry.\"a\"]\nmirrors = [\"b/../c\"]", "r.toml:2: mirrors holds")]
    [InlineData("[registry.\"a\"]\nmirrors = [\"b/\"]", "r.toml:2: mirrors holds")]
    [InlineData("[registry.\"a/b\"]", "r.toml:1: 'a/b' is no HOST[:PORT]")]
    [InlineData("[registry.\"\\u001b[2J\"]", "r.toml:1: '?[2J' is no HOST[:PORT]")]
    [InlineData("[registry.\"a\"]\n[registry.'a']", "r.toml:2: is not valid TOML")]
    [InlineData("[registry.\"a\"]\ntls = \"off\"\ntls = \"verify\"", "r.toml:3: is not valid TOML")]
    [InlineData("[registry.\"a\"]\n[registry.a]", "r.toml:2: is not valid TOML")]
    [InlineData("[registry.\"a\"\n", "r.toml:1: is not valid TOML")]
    [InlineData("[registry.\"a\"]\ntls = \"\\uD800\"", "r.toml")]
    public void Bad(string text, string why) =>
        Assert.StartsWith(why, Assert.Throws<StepException>(() => RegistriesFile.Parse(Encoding.UTF8.GetBytes(text), "r.toml")).Message, StringComparison.Ordinal);

    [Fact]
    public void Files()
    {
        using var folder = new TempFolder("bhreg");
        Assert.Same(RegistrySettings.None, RegistrySettings.Load(folder["none.toml"]));
        string path = folder.Write("r.toml", "[registry.\"a\"]\nblocked = true\n");
        Assert.True(RegistrySettings.Load(path).For("a").Blocked);
        Command.Run("chmod", "664", path).Ok();
        Assert.Contains("chmod go-w", Assert.Throws<StepException>(() => RegistrySettings.Load(path)).Message, StringComparison.Ordinal);
        Assert.Contains("not a regular file", Assert.Throws<StepException>(() => RegistrySettings.Load(folder.FullPath)).Message, StringComparison.Ordinal);
    }
}
