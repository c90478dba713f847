using System;
using System.Linq;
using Bulkhead.Images.Registry;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Registries;

public sealed class PlatformTests
{
    private static Manifest Index(string platforms) => new()
    {
        Manifests = [.. platforms.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((text, i) =>
        {
            string[] parts = text.Split('/');
            var platform = new Platform { Os = parts[0], Architecture = parts.ElementAtOrDefault(1) ?? "", Variant = parts.ElementAtOrDefault(2) };
            return new Descriptor { MediaType = MediaTypes.Manifest, Digest = i.ToString(System.Globalization.CultureInfo.InvariantCulture), Platform = text == "-" ? null : platform };
        })],
    };

    [Theory]
    [InlineData("linux/arm64 linux/amd64", null, 1)]
    [InlineData("linux/amd64 linux/amd64", null, 0)]
    [InlineData("linux/amd64/v3 linux/amd64", null, 1)]
    [InlineData("linux/amd64/v1", null, 0)]
    [InlineData("windows/amd64 unknown/unknown linux/amd64", null, 2)]
    [InlineData("linux/arm/v5 linux/arm/v7 linux/arm64/v8", "linux/arm/v7", 1)]
    [InlineData("linux/arm/v5 linux/arm/v7 linux/arm64/v8", "linux/arm64", 2)]
    [InlineData("linux/arm/v5 linux/arm/v7 linux/arm64/v8", "arm", 0)]
    [InlineData("linux/arm64 linux/amd64", "aarch64", 0)]
    [InlineData("linux/arm64 linux/amd64", "linux/x86_64", 1)]
    [InlineData("linux/amd64 linux/amd64/v3", "linux/amd64/v3", 1)]
    [InlineData("linux/amd64 linux/amd64/v2", "linux/amd64/v3", 0)]
    public void Chosen(string index, string? wanted, int which) =>
        Assert.Equal(which.ToString(System.Globalization.CultureInfo.InvariantCulture), PlatformChoice.Choose(Index(index), wanted is null ? null : PlatformChoice.Parse(wanted), "x").Digest);

    [Theory]
    [InlineData("linux/arm64 linux/arm/v7 windows/amd64", null, "x: there is no image for linux/amd64; there is linux/arm64, linux/arm/v7, windows/amd64")]
    [InlineData("", null, "x: there is no image for linux/amd64; there is none at all")]
    [InlineData("- unknown/unknown", null, "x: there is no image for linux/amd64; there is none at all")]
    [InlineData("linux/amd64/v3", null, "x: there is no image for linux/amd64; there is linux/amd64/v3")]
    [InlineData("linux/\u001b[2J", "linux/arm64/v9", "x: there is no image for linux/arm64/v9; there is linux/?[2J")]
    public void NotThere(string index, string? wanted, string why) =>
        Assert.Equal(why, Assert.Throws<StepException>(() => PlatformChoice.Choose(Index(index), wanted is null ? null : PlatformChoice.Parse(wanted), "x")).Message);

    [Fact]
    public void ManyAreNotAllShown()
    {
        Manifest index = Index(string.Join(' ', Enumerable.Range(0, 1000).Select(i => "linux/a" + i)));
        Assert.True(Assert.Throws<StepException>(() => PlatformChoice.Choose(index, null, "x")).Message.Length < 400);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("linux/")]
    [InlineData("linux/amd64/v1/x")]
    [InlineData("linux amd64")]
    [InlineData("linux/\u001b")]
    public void NoPlatform(string text) => Assert.Contains("is no platform", Assert.Throws<StepException>(() => PlatformChoice.Parse(text)).Message, StringComparison.Ordinal);
}
