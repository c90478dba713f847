using Bulkhead.Images.References;
using Bulkhead.Linux;

namespace Bulkhead.Registries;

public sealed class ReferenceTests
{
    private const string Sum = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("debian", "docker.io/library/debian:latest", "debian:latest")]
    [InlineData("debian:12", "docker.io/library/debian:12", "debian:12")]
    [InlineData("library/debian", "docker.io/library/debian:latest", "debian:latest")]
    [InlineData("library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest")]
    [InlineData("user/tool", "docker.io/user/tool:latest", "user/tool:latest")]
    [InlineData("docker.io/debian", "docker.io/library/debian:latest", "debian:latest")]
    [InlineData("index.docker.io/user/tool:x", "docker.io/user/tool:x", "user/tool:x")]
    [InlineData("localhost/a", "localhost/a:latest", "localhost/a:latest")]
    [InlineData("localhost:5000/a", "localhost:5000/a:latest", "localhost:5000/a:latest")]
    [InlineData("127.0.0.1:5000/a/b:c", "127.0.0.1:5000/a/b:c", "127.0.0.1:5000/a/b:c")]
    [InlineData("[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest")]
    [InlineData("registry.example/a", "registry.example/a:latest", "registry.example/a:latest")]
    [InlineData("Registry.Example/a", "Registry.Example/a:latest", "Registry.Example/a:latest")]
    [InlineData("HOST/a", "HOST/a:latest", "HOST/a:latest")]
    [InlineData("registry.example/library/a", "registry.example/library/a:latest", "registry.example/library/a:latest")]
    [InlineData("a@" + Sum, "docker.io/library/a@" + Sum, "a@" + Sum)]
    [InlineData("a:b@" + Sum, "docker.io/library/a:b@" + Sum, "a:b@" + Sum)]
    [InlineData("a__b/c-----d.e_f", "docker.io/a__b/c-----d.e_f:latest", "a__b/c-----d.e_f:latest")]
    [InlineData("a:_", "docker.io/library/a:_", "a:_")]
    [InlineData("a:A.B-c_D", "docker.io/library/a:A.B-c_D", "a:A.B-c_D")]
    [InlineData("123", "docker.io/library/123:latest", "123:latest")]
    public void Good(string text, string canonical, string familiar)
    {
        ImageReference parsed = ImageReference.Parse(text);
        Assert.Equal(canonical, parsed.ToString());
        Assert.Equal(familiar, parsed.Familiar);
        Assert.Equal(parsed, ImageReference.Parse(canonical));
        Assert.Equal(parsed, ImageReference.Parse(familiar));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("https://registry.example/a", "scheme")]
    [InlineData("docker://a", "scheme")]
    [InlineData("a:", "tag")]
    [InlineData("a:.b", "tag")]
    [InlineData("a:-b", "tag")]
    [InlineData("a:b c", "tag")]
    [InlineData("a:b\u001b[2J", "tag")]
    [InlineData("a@sha256:12", "digits")]
    [InlineData("a@sha512:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "digits")]
    [InlineData("a@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", "digits")]
    [InlineData("a@" + Sum + "@" + Sum, "digits")]
    [InlineData("@" + Sum, "name")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "id")]
    [InlineData("Debian", "lower case")]
    [InlineData("registry.example/A", "lower case")]
    [InlineData("a/../b", "name")]
    [InlineData("../a", "HOST")]
    [InlineData("..", "name")]
    [InlineData("registry.example/../a", "name")]
    [InlineData("registry.example/.a", "name")]
    [InlineData("registry.example/a.", "name")]
    [InlineData("registry.example/a..b", "name")]
    [InlineData("registry.example/a___b", "name")]
    [InlineData("registry.example/a//b", "name")]
    [InlineData("registry.example//a", "name")]
    [InlineData("registry.example/", "name")]
    [InlineData("/a", "name")]
    [InlineData("a/", "name")]
    [InlineData("registry.example/a?b", "name")]
    [InlineData("registry.example/a%2f", "name")]
    [InlineData("registry.example/a#b", "name")]
    [InlineData("user:password@registry.example/a", "digits")]
    [InlineData("registry.example:0/a", "HOST")]
    [InlineData("registry.example:65536/a", "HOST")]
    [InlineData("registry.example:x/a", "HOST")]
    [InlineData("registry..example/a", "HOST")]
    [InlineData("-registry.example/a", "HOST")]
    [InlineData("registry_x.example/a", "HOST")]
    [InlineData("[::1/a", "HOST")]
    [InlineData("[::1%eth0]/a", "HOST")]
    [InlineData("[]:5000/a", "HOST")]
    [InlineData("docker.io/evil.example/a", "another registry")]
    [InlineData("docker.io/localhost/a", "another registry")]
    [InlineData("[01]:5000/a", "HOST")]
    [InlineData("[127.0.0.1]/a", "HOST")]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123.example/a", "HOST")]
    [InlineData("rеgistry.example/a", "HOST")] // a Cyrillic letter
    [InlineData("a\n", "name")]
    [InlineData("a b", "name")]
    public void Bad(string text, string why)
    {
        StepException error = Assert.Throws<StepException>(() => ImageReference.Parse(text));
        Assert.Contains(why, error.Message, System.StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
    }

    [Fact]
    public void LongOnes()
    {
        Assert.Equal(255, ImageReference.Parse(new string('a', 247)).Repository.Length);
        Assert.Throws<StepException>(() => ImageReference.Parse(new string('a', 248)));
        Assert.Equal(128, ImageReference.Parse("a:" + new string('a', 128)).Tag!.Length);
        Assert.Throws<StepException>(() => ImageReference.Parse("a:" + new string('a', 129)));
        Assert.True(Assert.Throws<StepException>(() => ImageReference.Parse(new string('a', 100_000))).Message.Length < 400);
    }

    [Fact]
    public void TagsAndDigests()
    {
        ImageReference at = ImageReference.Parse("a:b@" + Sum);
        Assert.Equal(Sum, at.Version);
        Assert.Equal("docker.io/library/a:c", at.WithTag("c").ToString());
        Assert.Equal("b", ImageReference.Parse("a:b").Version);
        Assert.Throws<StepException>(() => at.WithTag("c/d"));
    }
}
